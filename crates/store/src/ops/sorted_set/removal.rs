//! Taking members out of sorted sets: by name, or a range of them. A long range takes time, so it is taken out of a clone, without a lock.

use std::ops::Range;

use bytes::Bytes;

use crate::change::Report;
use crate::collection::SortedSet;
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// Why a range of members goes: what its effect is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZremReason {
    /// It was named by ranks.
    Ranks,
    /// By scores.
    Scores,
    /// By members.
    Members,
    /// Those of the lowest scores were asked for.
    PopMin,
    /// Those of the highest.
    PopMax,
}

impl ZremReason {
    const fn event(self) -> &'static str {
        match self {
            Self::Ranks => event::ZREMRANGEBYRANK,
            Self::Scores => event::ZREMRANGEBYSCORE,
            Self::Members => event::ZREMRANGEBYLEX,
            Self::PopMin => event::ZPOPMIN,
            Self::PopMax => event::ZPOPMAX,
        }
    }
}

impl View<'_> {
    /// Takes members out of a sorted set; with the last one, the key goes. Returns how many were there. O(log n) for each.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zrem<'m>(&mut self, key: &Key<'_>, members: impl Iterator<Item = &'m [u8]>) -> Result<usize, StoreError> {
        let removed = self.shard_mut(key)?.change(key, |set: &mut SortedSet, report| {
            let removed: Vec<&[u8]> = members.filter(|member| set.remove(member).is_some()).collect();
            tell(report, event::ZREM, removed.iter().copied());
            removed.len()
        });
        Ok(removed?.unwrap_or(0))
    }

    /// Takes a range of ranks out of a sorted set; with the last member, the key goes. Returns how many were there. O(log n) for each: of many, make a
    /// [`SortedSetRemoval`].
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zrem_ranks(&mut self, key: &Key<'_>, ranks: Range<usize>, reason: ZremReason) -> Result<usize, StoreError> {
        let removed = self.shard_mut(key)?.change(key, |set: &mut SortedSet, report| {
            let removed = set.range(ranks.clone());
            let count = removed.len();
            tell(report, reason.event(), removed.map(|(member, _)| member));
            set.remove_range(ranks);
            count
        });
        Ok(removed?.unwrap_or(0))
    }
}

/// Says which members are gone, if any is.
fn tell<'m>(report: &mut Report<'_>, event: &'static str, mut removed: impl ExactSizeIterator<Item = &'m [u8]>) {
    if removed.len() > 0 {
        report.tell(event, || Delta::SortedSetRemove(removed.by_ref().map(Bytes::copy_from_slice).collect()));
    }
}

/// A range that is taken out of a sorted set as it was when that began.
#[derive(Debug)]
pub struct SortedSetRemoval {
    before: SortedSet,
    after: SortedSet,
    ranks: Range<usize>,
    /// Those that are still in `after`: the first of the range.
    left: Range<usize>,
    /// The names, if anybody will ask for them.
    names: Option<Vec<Bytes>>,
}

impl SortedSetRemoval {
    /// Begins to take a range of ranks out of the sorted set of a key. O(1).
    pub fn begin(view: &View<'_>, set: &SortedSet, ranks: Range<usize>) -> Self {
        let ranks = ranks.start..ranks.end.min(set.len());
        let names = view.is_heard().then(Vec::new);
        Self { before: set.clone(), after: set.clone(), left: ranks.clone(), ranks, names }
    }

    /// The sorted set as it was, and the range that is taken out.
    pub fn taken(&self) -> (&SortedSet, Range<usize>) {
        (&self.before, self.ranks.clone())
    }

    /// How many members are still to be taken out.
    pub fn members_left(&self) -> usize {
        self.left.len()
    }

    /// Takes so many more out, from the end of the range.
    pub fn step(&mut self, members: usize) {
        let from = self.left.end - members.min(self.left.len());
        let part = from..self.left.end;
        if let Some(names) = &mut self.names {
            names.extend(self.after.range(part.clone()).map(|(member, _)| Bytes::copy_from_slice(member)));
        }
        self.after.remove_range(part);
        self.left.end = from;
    }

    /// Whether the key holds what it held at the beginning. O(1).
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], [`StoreError::WrongType`].
    pub fn is_current(&self, view: &View<'_>, key: &Key<'_>) -> Result<bool, StoreError> {
        Ok(view.collection::<SortedSet>(key)?.is_some_and(|set| set.is_same(&self.before)))
    }

    /// Leaves it, as what the key holds is something else by now.
    pub fn abandon(self, view: &mut View<'_>) {
        view.discard(self.before);
        view.discard(self.after);
    }

    /// Ends it, if it is not at its end, and lets the key hold what is left. Returns how many were taken out.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], [`StoreError::WrongType`].
    pub fn store(mut self, view: &mut View<'_>, key: &Key<'_>, reason: ZremReason) -> Result<usize, StoreError> {
        self.step(usize::MAX);
        let Self { after, names, ranks, .. } = self;
        view.shard_mut(key)?.change(key, |set: &mut SortedSet, report| {
            report.discard(std::mem::replace(set, after));
            report.tell(reason.event(), || Delta::SortedSetRemove(names.unwrap_or_default()));
        })?;
        view.discard(self.before);
        Ok(ranks.len())
    }
}
