//! Fields of which some have a deadline: which, in the order of these, and which are past at the instant that one looks.
//!
//! # Guarantees
//! - The earliest deadline is known in O(1), that of a field in O(log n), and how many are past at an instant in O(log n).
//! - Whoever looks at an instant ([`look_at`](Timed::look_at)) finds the fields whose deadline is past nowhere, not even in the count. They are there until they are
//!   taken out, which costs as much as there are of them, so that is done a slice at a time: [`take_past`](Timed::take_past).
//!
//! # How
//! The deadlines are a sorted set with the fields as members and milliseconds as scores. A score is exact up to 2^53, the year 287396; a later deadline
//! counts as that.

use crate::clock::Timestamp;

use super::fields::Fields;
use super::sorted_set::{Boundary, SortedSet};

/// The last deadline, in milliseconds.
const LAST: u64 = (1 << 53) - 2;

#[derive(Clone)]
pub(super) struct Timed {
    pub(super) fields: Fields,
    /// Each a field that is there.
    deadlines: SortedSet,
    first: Option<Timestamp>,
    /// The instant at which one looks; at the epoch, nothing is past.
    looks_at: Timestamp,
    /// How many deadlines are past then.
    hidden: usize,
}

impl Timed {
    pub(super) fn new(fields: Fields) -> Self {
        Self { fields, deadlines: SortedSet::new(), first: None, looks_at: Timestamp::default(), hidden: 0 }
    }

    /// How many fields have a deadline, past ones included.
    pub(super) const fn deadlines(&self) -> usize {
        self.deadlines.len()
    }

    /// How many fields are past.
    pub(super) const fn hidden(&self) -> usize {
        self.hidden
    }

    /// The earliest deadline, past ones included. O(1).
    pub(super) const fn first(&self) -> Option<Timestamp> {
        self.first
    }

    pub(super) fn memory(&self) -> usize {
        self.fields.memory() + self.deadlines.memory()
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.looks_at == other.looks_at && self.shares(other)
    }

    /// Whether both have the same fields and deadlines, whenever one looks. O(1).
    pub(super) fn shares(&self, other: &Self) -> bool {
        self.fields.is_same(&other.fields) && self.deadlines.is_same(&other.deadlines)
    }

    /// What is past at this instant is not there from here on.
    pub(super) fn look_at(&mut self, now: Timestamp) {
        self.looks_at = now;
        self.hidden = if self.first.is_some_and(|first| first.is_past(now)) { self.past(now) } else { 0 };
    }

    /// How many deadlines are past at an instant.
    fn past(&self, now: Timestamp) -> usize {
        self.deadlines.position(Boundary::BeforeScore(score(now.as_millis().min(LAST + 1))))
    }

    /// Whether all fields are past at an instant.
    pub(super) fn is_dead(&self, now: Timestamp) -> bool {
        self.first.is_some_and(|first| first.is_past(now))
            && self.deadlines.len() == self.fields.len()
            && self.past(now) == self.fields.len()
    }

    /// Whether a field is past, and so not there. O(1) where none is.
    pub(super) fn hides(&self, field: &[u8]) -> bool {
        self.hidden > 0 && self.is_past(field, self.looks_at)
    }

    /// Whether a field is past at an instant.
    pub(super) fn is_past(&self, field: &[u8], now: Timestamp) -> bool {
        self.first.is_some_and(|first| first.is_past(now)) && self.deadline(field).is_some_and(|at| at.is_past(now))
    }

    /// When a field is past, if it ever is.
    pub(super) fn deadline(&self, field: &[u8]) -> Option<Timestamp> {
        self.deadlines.score(field).map(instant)
    }

    /// Gives a field that is there a deadline, or takes it away.
    pub(super) fn set_deadline(&mut self, field: &[u8], deadline: Option<Timestamp>) {
        match deadline {
            Some(deadline) => _ = self.deadlines.insert(field, score(deadline.as_millis().min(LAST))),
            None => _ = self.deadlines.remove(field),
        }
        self.refresh();
    }

    /// Takes out fields that are past at an instant, the earliest first, and at most so many; tells which.
    pub(super) fn take_past(&mut self, now: Timestamp, most: usize, mut each: impl FnMut(&[u8])) {
        let count = self.past(now).min(most);
        for (field, _) in self.deadlines.range(0..count) {
            self.fields.remove(field);
            each(field);
        }
        self.deadlines.remove_range(0..count);
        self.refresh();
    }

    /// Frees from the end, at most so many pages. Whether there is more to free.
    pub(super) fn shed(&mut self, pages: usize) -> bool {
        let has_more = self.deadlines.shed(pages) || self.fields.shed(pages);
        self.refresh();
        has_more
    }

    /// Takes out what is past at the instant at which one looks, at most so many. Whether there is more.
    pub(super) fn sweep(&mut self, most: usize) -> bool {
        self.take_past(self.looks_at, most.min(self.hidden), |_| ());
        self.hidden > 0
    }

    fn refresh(&mut self) {
        self.first = self.deadlines.get_at(0).map(|(_, score)| instant(score));
        self.look_at(self.looks_at);
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        self.fields.check();
        self.deadlines.check();
        assert!(!self.deadlines.is_empty(), "who has no deadline has no place for them");
        assert!(self.deadlines.iter().all(|(field, _)| self.fields.contains(field)), "a deadline is a field's");
        assert_eq!(self.first, self.deadlines.iter().next().map(|(_, score)| instant(score)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are no more than 53 bits")]
const fn score(millis: u64) -> f64 {
    millis as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was made from such a number")]
const fn instant(score: f64) -> Timestamp {
    Timestamp::from_millis(score as u64)
}
