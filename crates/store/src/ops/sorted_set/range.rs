//! Ranges of members of a sorted set: by rank, by score, by member.

use std::ops::{Bound, Range};

use crate::collection::{Boundary, SortedSet};

/// Some members of a sorted set, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SortedSetRange<'m> {
    /// From one rank to another, both included; negative ones count from the end, -1 is the last.
    Ranks(i64, i64),
    /// From one score to another.
    Scores(Bound<f64>, Bound<f64>),
    /// From one member to another, in the order of their bytes. Means something only where all members have one score.
    Members(Bound<&'m [u8]>, Bound<&'m [u8]>),
    /// None of them.
    Nothing,
}

impl SortedSetRange<'_> {
    /// The ranks of the members, from the lowest score. O(log n).
    pub fn ranks(&self, set: &SortedSet) -> Range<usize> {
        let (start, end) = match *self {
            Self::Ranks(start, end) => between(start, end, set.len()),
            Self::Scores(min, max) => (
                begin(min, set, Boundary::BeforeScore, Boundary::AfterScore),
                end(max, set, Boundary::BeforeScore, Boundary::AfterScore),
            ),
            Self::Members(min, max) => (
                begin(min, set, Boundary::BeforeMember, Boundary::AfterMember),
                end(max, set, Boundary::BeforeMember, Boundary::AfterMember),
            ),
            Self::Nothing => (0, 0),
        };
        start..end.max(start)
    }
}

/// Redis's rule for ranges of indices: where each begins, and where it has ended.
fn between(start: i64, end: i64, len: usize) -> (usize, usize) {
    let whole = i64::try_from(len).unwrap_or(i64::MAX);
    let counted = |index: i64| if index < 0 { index.saturating_add(whole) } else { index };
    let start = usize::try_from(counted(start)).unwrap_or(0).min(len);
    let end = usize::try_from(counted(end).saturating_add(1)).unwrap_or(0).min(len);
    (start, end)
}

fn begin<'m, T>(min: Bound<T>, set: &SortedSet, before: fn(T) -> Boundary<'m>, after: fn(T) -> Boundary<'m>) -> usize {
    match min {
        Bound::Unbounded => 0,
        Bound::Included(first) => set.position(before(first)),
        Bound::Excluded(first) => set.position(after(first)),
    }
}

fn end<'m, T>(max: Bound<T>, set: &SortedSet, before: fn(T) -> Boundary<'m>, after: fn(T) -> Boundary<'m>) -> usize {
    match max {
        Bound::Unbounded => set.len(),
        Bound::Included(last) => set.position(after(last)),
        Bound::Excluded(last) => set.position(before(last)),
    }
}
