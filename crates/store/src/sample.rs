//! Random ranks: which elements a command that wants some at random takes.

use ahash::AHashSet;

/// So many ranks below a length, picked at random: each the same chance. Expected O(1) a rank.
#[derive(Debug)]
pub struct RandomRanks {
    len: usize,
    left: usize,
    /// The ranks that came, where none may come twice.
    seen: Option<AHashSet<usize>>,
}

impl RandomRanks {
    /// `count` ranks, of which each may come again; none if `len` is 0.
    pub const fn repeating(len: usize, count: usize) -> Self {
        Self { len, left: if len == 0 { 0 } else { count }, seen: None }
    }

    /// `count` different ranks, or all of them if there are no more: each choice of so many is as likely as any other, in no order that could be relied on.
    /// Takes some bytes for each.
    pub fn distinct(len: usize, count: usize) -> Self {
        Self { len, left: count.min(len), seen: Some(AHashSet::new()) }
    }

    /// How many are still to come.
    pub const fn left(&self) -> usize {
        self.left
    }
}

impl Iterator for RandomRanks {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let Some(seen) = &mut self.seen else { return Some(fastrand::usize(..self.len)) };
        // Floyd's way: each step opens one rank more, and takes that one if the rank that it picks has come already.
        let newest = self.len - 1 - self.left;
        let picked = fastrand::usize(..=newest);
        let rank = if seen.insert(picked) { picked } else { newest };
        if rank == newest {
            seen.insert(newest);
        }
        Some(rank)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for RandomRanks {}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn distinct_ranks_are_different_and_below_the_length() {
        fastrand::seed(7);
        for (len, count) in [(0, 0), (0, 5), (1, 1), (5, 3), (5, 5), (5, 9), (1000, 990), (100_000, 10)] {
            let ranks: Vec<usize> = RandomRanks::distinct(len, count).collect();
            assert_eq!(ranks.len(), count.min(len));
            assert_eq!(ranks.iter().collect::<BTreeSet<_>>().len(), ranks.len(), "{len} {count}");
            assert!(ranks.iter().all(|rank| *rank < len));
        }
    }

    #[test]
    fn every_choice_is_as_likely_as_any_other() {
        fastrand::seed(7);
        let mut times: BTreeMap<BTreeSet<usize>, u32> = BTreeMap::new();
        for _ in 0..10_000 {
            *times.entry(RandomRanks::distinct(5, 3).collect()).or_default() += 1;
        }
        assert_eq!(times.len(), 10, "choices of three out of five");
        // 1000 each; the seed is fixed.
        assert!(times.values().all(|times| (870..1130).contains(times)), "{times:?}");
    }

    #[test]
    fn repeated_ranks_are_as_many_as_asked_for() {
        fastrand::seed(7);
        let mut times = [0; 4];
        RandomRanks::repeating(4, 4000).for_each(|rank| times[rank] += 1);
        assert!(times.iter().all(|times| (870..1130).contains(times)), "{times:?}");
        assert_eq!(RandomRanks::repeating(0, 10).count(), 0);
    }
}
