//! Walking over the records of a page or a tree, from either end.

use std::iter::FusedIterator;
use std::ops::Range;

use super::order::Order;
use super::page::{Page, Rec};
use super::tree::{Found, Tree};
use super::work;

/// The records of one page.
#[derive(Debug, Clone)]
pub(super) struct PageWalk<'p> {
    page: Option<&'p Page>,
    at: usize,
    end: usize,
    /// Where `at` begins, and where `end` would.
    offset: usize,
    end_offset: usize,
}

impl<'p> PageWalk<'p> {
    pub(super) const EMPTY: Self = Self { page: None, at: 0, end: 0, offset: 0, end_offset: 0 };

    pub(super) fn new(page: &'p Page, range: Range<usize>) -> Self {
        let end = range.end.min(page.count());
        let at = range.start.min(end);
        Self { page: Some(page), at, end, offset: page.offset(at), end_offset: page.offset(end) }
    }

    const fn len(&self) -> usize {
        self.end - self.at
    }
}

impl<'p> Iterator for PageWalk<'p> {
    type Item = Rec<'p>;

    #[inline]
    fn next(&mut self) -> Option<Rec<'p>> {
        let page = self.page.filter(|_| self.at < self.end)?;
        let record = page.record_at(self.at, self.offset);
        self.at += 1;
        self.offset += record.bytes.len();
        work::add(1);
        Some(record)
    }
}

impl DoubleEndedIterator for PageWalk<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let page = self.page.filter(|_| self.at < self.end)?;
        self.end -= 1;
        self.end_offset -= page.cell(self.end).0;
        work::add(1);
        Some(page.record_at(self.end, self.end_offset))
    }
}

/// The records of a tree, or of one page, by rank.
#[derive(Clone)]
pub(super) struct Walk<'t, O: Order> {
    tree: Option<&'t Tree<O>>,
    /// What neither of the two pages has begun.
    rest: Range<usize>,
    front: PageWalk<'t>,
    back: PageWalk<'t>,
}

impl<'t, O: Order> Walk<'t, O> {
    /// The records of a tree.
    pub(super) fn tree(tree: &'t Tree<O>, range: Range<usize>) -> Self {
        let end = range.end.min(tree.len());
        Self { tree: Some(tree), rest: range.start.min(end)..end, front: PageWalk::EMPTY, back: PageWalk::EMPTY }
    }

    /// The records of a page.
    pub(super) fn page(page: &'t Page, range: Range<usize>) -> Self {
        Self { tree: None, rest: 0..0, front: PageWalk::new(page, range), back: PageWalk::EMPTY }
    }
}

impl<'t, O: Order> Iterator for Walk<'t, O> {
    type Item = Rec<'t>;

    #[inline]
    fn next(&mut self) -> Option<Rec<'t>> {
        if let Some(record) = self.front.next() {
            return Some(record);
        }
        if self.rest.is_empty() {
            return self.back.next();
        }
        let Found { page, before } = self.tree?.page_at(self.rest.start)?;
        let end = self.rest.end.min(before + page.count());
        self.front = PageWalk::new(page, self.rest.start - before..end - before);
        self.rest.start = end;
        self.front.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.front.len() + self.rest.len() + self.back.len();
        (len, Some(len))
    }
}

impl<O: Order> DoubleEndedIterator for Walk<'_, O> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if let Some(record) = self.back.next_back() {
            return Some(record);
        }
        if self.rest.is_empty() {
            return self.front.next_back();
        }
        let Found { page, before } = self.tree?.page_at(self.rest.end - 1)?;
        let start = self.rest.start.max(before);
        self.back = PageWalk::new(page, start - before..self.rest.end - before);
        self.rest.end = start;
        self.back.next_back()
    }
}

impl<O: Order> ExactSizeIterator for Walk<'_, O> {}
impl<O: Order> FusedIterator for Walk<'_, O> {}
