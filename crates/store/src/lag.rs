//! How late keys went: a histogram of the time from a key's deadline to its removal, by whoever removed it.
//!
//! One set of counters a database. Shards count at the same time, so adding is an atomic addition; removing a key costs far more.

use std::array::from_fn;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Timestamp;

const BOUNDS: usize = 11;

/// How many keys were removed how late after their deadline. A deadline is a key's last millisecond, so the least is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExpireLag {
    /// Keys by the first bound that they kept; the last number counts those that kept none.
    counts: [u64; BOUNDS + 1],
}

impl ExpireLag {
    /// The bounds, in milliseconds.
    pub const BOUNDS: [u64; BOUNDS] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000];

    /// Each bound, and how many keys were removed no later than that.
    pub fn up_to(&self) -> impl Iterator<Item = (u64, u64)> {
        let sums = self.counts.iter().scan(0_u64, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        Self::BOUNDS.into_iter().zip(sums)
    }

    /// How many keys were removed in all.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Those of one and the other.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_add)
    }

    /// Those that were removed since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        self.with(earlier, u64::saturating_sub)
    }

    fn with(&self, other: &Self, number: impl Fn(u64, u64) -> u64) -> Self {
        let mut counts = self.counts;
        counts.iter_mut().zip(other.counts).for_each(|(count, other)| *count = number(*count, other));
        Self { counts }
    }
}

/// The counters of one database.
#[derive(Default)]
pub(crate) struct LagCounters([AtomicU64; BOUNDS + 1]);

impl LagCounters {
    /// A key with this deadline is removed at `now`.
    pub(crate) fn count(&self, deadline: Option<Timestamp>, now: Timestamp) {
        let late = deadline.map_or(0, |deadline| now.as_millis().saturating_sub(deadline.as_millis()));
        let place = ExpireLag::BOUNDS.partition_point(|bound| *bound < late);
        if let Some(count) = self.0.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self) -> ExpireLag {
        ExpireLag { counts: from_fn(|place| self.0.get(place).map_or(0, |count| count.load(Ordering::Relaxed))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_counted_under_the_first_bound_that_it_kept() {
        let counters = LagCounters::default();
        let at = Timestamp::from_millis;
        for late in [0, 1, 2, 3, 5, 100, 101, 10_000, 10_001, u64::MAX - 1000] {
            counters.count(Some(at(1000)), at(1000 + late));
        }
        let lag = counters.get();
        let sums: Vec<_> = lag.up_to().collect();
        assert_eq!(sums[..3], [(1, 2), (2, 3), (5, 5)]);
        assert_eq!(sums[6..], [(100, 6), (200, 7), (500, 7), (1000, 7), (10_000, 8)]);
        assert_eq!((lag.total(), lag.plus(&lag).total(), lag.since(&lag)), (10, 20, ExpireLag::default()));
    }
}
