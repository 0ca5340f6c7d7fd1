//! Lists.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use super::element::{Element, Kept};
use super::order::ByPlace;
use super::page::Draft;
use super::tree::Tree;
use super::walk::Walk;

/// Elements in the order that they were put in. See [`Collection`](super::Collection) for what all guarantee.
///
/// Both ends are O(1) on average; any place is O(log n).
#[derive(Clone)]
pub struct List(Tree<ByPlace>);

/// Calls `then` with what is kept for some bytes.
fn with_draft<R>(element: &[u8], then: impl FnOnce(Draft<'_>) -> R) -> R {
    let kept = Kept::new(element);
    let record = kept.as_rec();
    then(Draft { parts: &[record.bytes], flag: record.flag, tag: 0 })
}

impl List {
    /// An empty list.
    pub fn new() -> Self {
        Self(Tree::new(ByPlace))
    }

    /// How many elements there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory behind the list.
    pub const fn memory(&self) -> usize {
        self.0.memory()
    }

    /// What OBJECT ENCODING says.
    pub const fn encoding(&self) -> &'static str {
        "quicklist"
    }

    /// Puts an element before all others.
    pub fn push_front(&mut self, element: &[u8]) {
        self.insert(0, element);
    }

    /// Puts an element behind all others.
    pub fn push_back(&mut self, element: &[u8]) {
        self.insert(self.len(), element);
    }

    /// Puts an element before that at an index, or behind all others if there is none.
    pub fn insert(&mut self, index: usize, element: &[u8]) {
        let index = index.min(self.len());
        with_draft(element, |draft| self.0.insert_at(index, draft));
    }

    /// The element at an index.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        self.0.get(index).map(Element::new)
    }

    /// The bytes of an element of 1 KB or more, shared with the list: O(1) to take along. They keep alive what lies in one page with them, some KB at most.
    pub fn share(&self, index: usize) -> Option<Bytes> {
        if self.0.get(index)?.bytes.len() < super::SHARED_BYTES_MIN {
            return None;
        }
        let found = self.0.page_at(index)?;
        Some(super::shared(found.page, index - found.before))
    }

    /// Puts another element in the place of that at an index. Whether there was one.
    pub fn set(&mut self, index: usize, element: &[u8]) -> bool {
        let there = index < self.len();
        if there {
            with_draft(element, |draft| self.0.replace_at(index, draft));
        }
        there
    }

    /// Takes out the element at an index. Whether there was one.
    pub fn remove(&mut self, index: usize) -> bool {
        let there = index < self.len();
        if there {
            self.0.remove_at(index);
        }
        there
    }

    /// Takes the element at an index out and returns a copy.
    pub fn take(&mut self, index: usize) -> Option<Vec<u8>> {
        let element = self.get(index)?.to_vec();
        self.0.remove_at(index);
        Some(element)
    }

    /// Takes out all elements from an index on. O(log n).
    pub fn split_off(&mut self, index: usize) -> Self {
        Self(self.0.split_off(index))
    }

    /// Puts all elements of another list behind these. O(log n).
    pub fn append(&mut self, other: Self) {
        self.0.append(other.0);
    }

    /// Takes out the elements of a range, which may end beyond the list. O(log n): what was taken out can be freed elsewhere.
    pub fn remove_range(&mut self, range: Range<usize>) -> Self {
        let behind = self.split_off(range.end.max(range.start));
        let removed = self.split_off(range.start);
        self.append(behind);
        removed
    }

    /// The elements of a range, which may end beyond the list, from both sides.
    pub fn range(
        &self,
        range: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = Element<'_>> + ExactSizeIterator + Clone {
        Walk::tree(&self.0, range).map(Element::new)
    }

    /// All elements.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Element<'_>> + ExactSizeIterator + Clone {
        self.range(0..self.len())
    }

    /// The places in a range where an element is, from both sides. Looks at every one on the way.
    pub fn positions<'l>(
        &'l self,
        range: Range<usize>,
        element: &'l [u8],
    ) -> impl DoubleEndedIterator<Item = usize> + 'l {
        let kept = Kept::new(element);
        let walk = Walk::tree(&self.0, range.clone());
        let places = (range.start..range.end.min(self.len())).zip(walk);
        places.filter(move |(_, record)| *record == kept.as_rec()).map(|(place, _)| place)
    }

    /// The first place in a range, from its front or its back, where an element is. Looks at every one on the way.
    pub fn position(&self, range: Range<usize>, element: &[u8], from_back: bool) -> Option<usize> {
        let mut places = self.positions(range, element);
        if from_back { places.next_back() } else { places.next() }
    }

    /// Whether this is a clone of the other, or the other of this, and neither was changed since. O(1). Lists that are equal need not be the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.is_same(&other.0)
    }

    /// Frees the list from its end, at most so many pages. Whether there is more to free.
    pub fn shed(&mut self, pages: usize) -> bool {
        self.0.shed(pages)
    }
}

impl Default for List {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: AsRef<[u8]>> Extend<T> for List {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push_back(element.as_ref()));
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for List {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut list = Self::new();
        list.extend(elements);
        list
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for List {}

impl fmt::Debug for List {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
impl List {
    /// Panics unless what is behind it is in order.
    pub(super) fn check(&self) {
        self.0.check();
    }
}
