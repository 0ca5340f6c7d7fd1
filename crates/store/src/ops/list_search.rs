//! Where an element is in a list: LPOS, and the first half of LINSERT and LREM. A search pauses whenever it is told to.

use bytes::Bytes;

use crate::collection::{Element, List};
use crate::value::parse_integer;

/// A search for the places of an element in a list.
#[derive(Debug, Clone)]
pub struct ListSearch {
    pub(super) element: Bytes,
    /// The element as an integer, if it is kept as one.
    integer: Option<i64>,
    from_back: bool,
    /// Matches to pass over first.
    skip: usize,
    /// Matches to find.
    wanted: usize,
    /// Elements to look at.
    within: usize,
    /// Elements that were looked at.
    passed: usize,
    found: Vec<usize>,
}

impl ListSearch {
    /// A search for every place, from the front.
    pub fn new(element: &[u8]) -> Self {
        let (integer, element) = (parse_integer(element), Bytes::copy_from_slice(element));
        let (wanted, within) = (usize::MAX, usize::MAX);
        Self { element, integer, from_back: false, skip: 0, wanted, within, passed: 0, found: Vec::new() }
    }

    /// The same from the back.
    #[must_use]
    pub fn from_back(self, from_back: bool) -> Self {
        Self { from_back, ..self }
    }

    /// Passes over the first places.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Finds at most so many places.
    #[must_use]
    pub fn at_most(self, wanted: usize) -> Self {
        Self { wanted, ..self }
    }

    /// Looks at no more than so many elements.
    #[must_use]
    pub fn within(self, within: usize) -> Self {
        Self { within, ..self }
    }

    /// Looks at so many elements of the list more, which has to be the same each time, and compares no more than so many bytes, or one element: only elements
    /// that are as long as the one that is looked for are compared. Returns whether the search is not over yet.
    pub fn step(&mut self, list: &List, elements: usize, bytes: usize) -> bool {
        let end = self.within.min(list.len());
        let next = self.passed.saturating_add(elements).min(end);
        if self.from_back {
            let (from, to) = (list.len() - next, list.len() - self.passed);
            self.look_at((from..to).rev().zip(list.range(from..to).rev()), bytes);
        } else {
            let range = self.passed..next;
            self.look_at(range.clone().zip(list.range(range)), bytes);
        }
        self.passed < end && self.found.len() < self.wanted
    }

    fn look_at<'e>(&mut self, elements: impl Iterator<Item = (usize, Element<'e>)>, bytes: usize) {
        let mut left = bytes;
        for (place, element) in elements {
            if left == 0 || self.found.len() >= self.wanted {
                break;
            }
            self.passed += 1;
            let is_like = match element {
                Element::Integer(number) => self.integer == Some(number),
                // Whatever text is an integer is kept as one.
                Element::Bytes(_) if self.integer.is_some() => false,
                Element::Bytes(element) if element.len() != self.element.len() => false,
                Element::Bytes(element) => {
                    left = left.saturating_sub(element.len());
                    element == self.element
                }
            };
            if is_like && self.skip > 0 {
                self.skip -= 1;
            } else if is_like {
                self.found.push(place);
            }
        }
    }

    /// The places that were found, in the order of the search.
    pub fn places(&self) -> &[usize] {
        &self.found
    }

    /// Bytes of memory behind the places.
    pub(super) const fn memory(&self) -> usize {
        self.found.capacity() * size_of::<usize>()
    }

    /// The place of such a number, counted from the back of the list.
    pub(super) fn nth_from_behind(&self, number: usize) -> Option<usize> {
        let at = if self.from_back { number } else { self.found.len().checked_sub(number + 1)? };
        self.found.get(at).copied()
    }
}
