//! The order of elements, and sorting in slices.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::vec::IntoIter;

use bytes::Bytes;

use super::Options;
use crate::command::work::ELEMENTS_PER_STEP;

/// How many elements a step puts together out of two runs.
const MERGED_PER_STEP: usize = 4 * ELEMENTS_PER_STEP;

/// An element to be sorted.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) element: Bytes,
    /// What it is sorted by as a number.
    pub(super) score: f64,
    /// What it is sorted by as a text, if that is not the element.
    pub(super) weight: Option<Bytes>,
}

impl Options {
    fn compare(&self, one: &Item, other: &Item) -> Ordering {
        let ordering = if !self.alpha {
            one.score.partial_cmp(&other.score).unwrap_or(Ordering::Equal).then_with(|| one.element.cmp(&other.element))
        } else if self.weights().is_some() {
            match (&one.weight, &other.weight) {
                (Some(one), Some(other)) => self.compare_texts(one, other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            }
        } else {
            self.compare_texts(&one.element, &other.element)
        };
        if self.descending { ordering.reverse() } else { ordering }
    }

    /// Texts that are not to be stored are compared as the C library does it in its own locale: up to a NUL.
    fn compare_texts(&self, one: &[u8], other: &[u8]) -> Ordering {
        let shown = |text: &'_ [u8]| text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        if self.target.is_some() {
            return one.cmp(other);
        }
        one.get(..shown(one)).cmp(&other.get(..shown(other)))
    }
}

/// Sorts by merging runs. Equals stay in their order.
#[derive(Debug, Default)]
pub(super) struct MergeSort {
    unsorted: IntoIter<Item>,
    /// Runs of this pass, and those that it has put together.
    runs: VecDeque<Vec<Item>>,
    merged: VecDeque<Vec<Item>>,
    /// What is being put together.
    left: IntoIter<Item>,
    right: IntoIter<Item>,
    out: Vec<Item>,
}

impl MergeSort {
    pub(super) fn new(items: Vec<Item>) -> Self {
        Self { unsorted: items.into_iter(), ..Self::default() }
    }

    /// Does a slice of it. Returns the sorted elements at the end.
    pub(super) fn step(&mut self, options: &Options) -> Option<Vec<Item>> {
        if self.unsorted.len() > 0 {
            let mut run: Vec<Item> = self.unsorted.by_ref().take(ELEMENTS_PER_STEP).collect();
            run.sort_by(|one, other| options.compare(one, other));
            self.runs.push_back(run);
            return None;
        }
        for _ in 0..MERGED_PER_STEP {
            let next = match (self.left.as_slice().first(), self.right.as_slice().first()) {
                (Some(one), Some(other)) if options.compare(other, one) == Ordering::Less => self.right.next(),
                (Some(_), _) => self.left.next(),
                _ => self.right.next(),
            };
            let Some(next) = next else { return self.next_pair() };
            self.out.push(next);
        }
        None
    }

    /// Begins with the next two runs. Returns the last one that there is.
    fn next_pair(&mut self) -> Option<Vec<Item>> {
        let done = std::mem::take(&mut self.out);
        self.merged.extend(Some(done).filter(|run| !run.is_empty()));
        if self.runs.len() == 1 {
            self.merged.extend(self.runs.pop_front());
        }
        if self.runs.is_empty() {
            if self.merged.len() <= 1 {
                return Some(self.merged.pop_front().unwrap_or_default());
            }
            std::mem::swap(&mut self.runs, &mut self.merged);
        }
        let mut next = || self.runs.pop_front().unwrap_or_default();
        let (left, right) = (next(), next());
        self.out.reserve_exact(left.len() + right.len());
        (self.left, self.right) = (left.into_iter(), right.into_iter());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_sorted_and_equals_stay_in_their_order() {
        for count in [0, 1, 1024, 1025, 5000, 10_240] {
            let item = |at: usize| Item {
                element: Bytes::from(at.to_string()),
                score: 0.0,
                weight: Some(Bytes::from((at * 7919 % 50).to_string())),
            };
            let by = Some(super::super::Pattern::parse(b"w_*"));
            let options = Options { alpha: true, by, ..Options::default() };
            let mut sort = MergeSort::new((0..count).map(item).collect());
            let sorted = loop {
                if let Some(sorted) = sort.step(&options) {
                    break sorted;
                }
            };
            let mut expected: Vec<Item> = (0..count).map(item).collect();
            expected.sort_by(|one, other| one.weight.cmp(&other.weight));
            let elements = |items: &[Item]| items.iter().map(|item| item.element.clone()).collect::<Vec<_>>();
            assert_eq!(elements(&sorted), elements(&expected), "{count}");
        }
    }
}
