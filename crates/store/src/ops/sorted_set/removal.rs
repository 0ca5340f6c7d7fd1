//! Taking members out of sorted sets: by name, or a range of them. A long range takes time, so it is taken out of a clone, without a lock.

use std::ops::Range;

use bytes::Bytes;

use crate::change::Report;
use crate::collection::SortedSet;
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::ops::calculation::{BYTES_UNDER_LOCK, Calculation, ELEMENTS_UNDER_LOCK, Provisional, is_unchanged};
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
    /// Nothing, where the key did not exist.
    before: Option<SortedSet>,
    after: SortedSet,
    ranks: Range<usize>,
    /// Those that are still in `after`: the first of the range.
    left: Range<usize>,
    reason: ZremReason,
    /// The names, if anybody will ask for them.
    names: Option<Vec<Bytes>>,
}

/// What was taken out: a range of ranks of a sorted set as it was.
#[derive(Debug, Clone)]
pub struct Removed {
    /// The sorted set.
    pub from: SortedSet,
    /// The range.
    pub ranks: Range<usize>,
}

impl SortedSetRemoval {
    /// Begins to take a range of ranks out of the sorted set of a key: what `find` finds there. O(log n).
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn begin(
        view: &View<'_>,
        key: &Key<'_>,
        find: impl FnOnce(&SortedSet) -> Range<usize>,
        reason: ZremReason,
    ) -> Result<Self, StoreError> {
        let before = view.held::<SortedSet>(key)?.cloned();
        let (len, ranks) = before.as_ref().map_or((0, 0..0), |set| (set.len(), find(set)));
        let ranks = ranks.start.min(len)..ranks.end.min(len);
        let (after, names) = (before.clone().unwrap_or_default(), view.is_heard().then(Vec::new));
        Ok(Self { before, after, left: ranks.clone(), ranks, reason, names })
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
}

impl Provisional for SortedSetRemoval {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        let [key] = keys else { return Err(StoreError::Undeclared) };
        Ok(is_unchanged(view.held::<SortedSet>(key)?, self.before.as_ref(), SortedSet::is_same))
    }

    fn held_bytes(&self) -> usize {
        self.before.as_ref().map_or(0, SortedSet::memory) + self.after.memory()
    }
}

impl Calculation for SortedSetRemoval {
    /// What was taken out; nothing where the key does not exist, or the range is empty.
    type Stored = Option<Removed>;

    fn is_short(&self) -> bool {
        let (members, bytes) = (self.left.len(), self.before.as_ref().map_or(0, SortedSet::memory));
        let bytes_each = bytes / self.before.as_ref().map_or(1, SortedSet::len).max(1);
        members <= ELEMENTS_UNDER_LOCK && bytes_each.saturating_mul(members) <= BYTES_UNDER_LOCK
    }

    fn advance(&mut self) -> bool {
        self.step(ELEMENTS_UNDER_LOCK);
        self.members_left() > 0
    }

    fn store(mut self, view: &mut View<'_>, key: &Key<'_>) -> Result<Self::Stored, StoreError> {
        self.step(usize::MAX);
        let Self { before, after, names, ranks, reason, .. } = self;
        let Some(from) = before.filter(|_| !ranks.is_empty()) else { return Ok(None) };
        view.shard_mut(key)?.change(key, |set: &mut SortedSet, report| {
            report.discard(std::mem::replace(set, after));
            report.tell(reason.event(), || Delta::SortedSetRemove(names.unwrap_or_default()));
        })?;
        Ok(Some(Removed { from, ranks }))
    }
}
