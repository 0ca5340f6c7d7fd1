//! Small sets of integers: sorted, each in two, four or eight bytes, as many as the widest needs.

use std::cmp::Ordering;
use std::ops::Range;

use super::block::{Block, fitting};
use super::work;

/// Integers in ascending order. A clone shares the block; whoever changes a shared one takes a copy.
#[derive(Debug, Clone)]
pub(super) struct Ints {
    block: Block,
    count: u32,
    width: u8,
}

/// Bytes for an integer, of the three sizes.
const fn width_of(number: i64) -> u8 {
    if number >= i16::MIN as i64 && number <= i16::MAX as i64 {
        2
    } else if number >= i32::MIN as i64 && number <= i32::MAX as i64 {
        4
    } else {
        8
    }
}

impl Ints {
    pub(super) fn new() -> Self {
        Self { block: Block::default(), count: 0, width: 2 }
    }

    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether both are one block of the same integers.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.block.is_same(&other.block) && (self.count, self.width) == (other.count, other.width)
    }

    pub(super) fn memory(&self) -> usize {
        self.block.memory()
    }

    fn span(&self, at: usize) -> Range<usize> {
        let width = usize::from(self.width);
        at * width..(at + 1) * width
    }

    pub(super) fn get(&self, at: usize) -> Option<i64> {
        if at >= self.len() {
            return None;
        }
        Some(super::score::read_integer(self.block.get(self.span(at))?))
    }

    /// Where a number is, or would be.
    pub(super) fn find(&self, number: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.get(middle).unwrap_or(i64::MAX).cmp(&number) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Puts a number in. Whether it was not there.
    pub(super) fn insert(&mut self, number: i64) -> bool {
        let Err(at) = self.find(number) else { return false };
        let width = self.width.max(width_of(number));
        let need = (self.len() + 1) * usize::from(width);
        if width != self.width || self.block.len() < need {
            self.rebuild(width, need);
        }
        let (from, to) = (self.span(at).start, self.span(self.len()).start);
        let width = usize::from(width);
        work::add(to - from + width);
        let block = self.block.own();
        block.copy_within(from..to, from + width);
        if let Some(place) = block.get_mut(from..from + width) {
            place.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
        }
        self.count += 1;
        true
    }

    /// Takes a number out. Whether it was there.
    pub(super) fn remove(&mut self, number: i64) -> bool {
        let Ok(at) = self.find(number) else { return false };
        let (from, to) = (self.span(at + 1).start, self.span(self.len()).start);
        let width = usize::from(self.width);
        work::add(to - from);
        self.block.own().copy_within(from..to, from - width);
        self.count -= 1;
        if fitting(self.len() * width) <= self.block.len() / 2 {
            self.rebuild(self.width, self.len() * width);
        }
        true
    }

    /// Moves all into a block of their own with room for so many bytes, each in so many.
    fn rebuild(&mut self, width: u8, bytes: usize) {
        let mut next = Block::zeroed(fitting(bytes));
        let places = next.own().chunks_exact_mut(usize::from(width));
        for (at, place) in places.enumerate().take(self.len()) {
            let eight = self.get(at).unwrap_or_default().to_le_bytes();
            place.iter_mut().zip(eight).for_each(|(to, from)| *to = from);
        }
        work::add(self.len() * usize::from(width));
        self.block = next;
        self.width = width;
    }

    pub(super) fn iter(
        &self,
        range: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + Clone + '_ {
        let end = range.end.min(self.len());
        (range.start.min(end)..end).map(|at| {
            work::add(1);
            self.get(at).unwrap_or_default()
        })
    }
}
