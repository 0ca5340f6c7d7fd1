//! The typed API of sorted sets. See `api.rs`.

use std::ops::Range;

use bytes::Bytes;

use crate::collection::SortedSet;
use crate::error::StoreError;
use crate::ops::{SortedSetRange, ZaddOptions, ZremReason};
use crate::store::Store;

/// Members of a sorted set, each with a score: the lowest score first, members of one score in the order of their bytes. All of these fail with
/// [`StoreError::WrongType`] where a key holds something else.
impl Store {
    /// Gives a member of a sorted set a score. Returns whether it is new. A key that does not exist counts as an empty set. O(log n).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// assert_eq!(store.zadd("board", "alice", 120.0), Ok(true));
    /// assert_eq!(store.zadd("board", "alice", 150.0), Ok(false));
    /// assert_eq!(store.zscore("board", "alice"), Ok(Some(150.0)));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NotANumber`] where the score is NaN; [`StoreError::WrongType`].
    pub fn zadd(&self, key: impl AsRef<[u8]>, member: impl AsRef<[u8]>, score: f64) -> Result<bool, StoreError> {
        let pair = std::iter::once((member.as_ref(), score));
        let outcome = self.write(key.as_ref(), |view, key| view.zadd(key, pair, ZaddOptions::default()))?;
        Ok(outcome.added > 0)
    }

    /// Adds to the score of a member, 0 if it is not there, and returns the sum. O(log n).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.zadd("board", "alice", 120.0)?;
    /// assert_eq!(store.zincr_by("board", "alice", 0.5)?, 120.5);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NotANumber`] where the sum is NaN; [`StoreError::WrongType`].
    pub fn zincr_by(&self, key: impl AsRef<[u8]>, member: impl AsRef<[u8]>, by: f64) -> Result<f64, StoreError> {
        let options = ZaddOptions::default();
        let sum = self.write(key.as_ref(), |view, key| view.zincr_by(key, member.as_ref(), by, options))?;
        // Without a condition there is always a sum.
        sum.ok_or(StoreError::NotANumber)
    }

    /// The score of a member. Expected O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zscore(&self, key: impl AsRef<[u8]>, member: impl AsRef<[u8]>) -> Result<Option<f64>, StoreError> {
        self.read_sorted_set(key.as_ref(), |set| set.score(member.as_ref())).map(Option::flatten)
    }

    /// How many members are before one: 0 for that of the lowest score. O(log n).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zrank(&self, key: impl AsRef<[u8]>, member: impl AsRef<[u8]>) -> Result<Option<usize>, StoreError> {
        let rank = |set: &SortedSet| set.rank(member.as_ref()).map(|(rank, _)| rank);
        self.read_sorted_set(key.as_ref(), rank).map(Option::flatten)
    }

    /// How many members a sorted set has. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zcard(&self, key: impl AsRef<[u8]>) -> Result<usize, StoreError> {
        self.read_sorted_set(key.as_ref(), SortedSet::len).map(Option::unwrap_or_default)
    }

    /// Copies of the members of a range, and their scores. O(log n + members): of a large set, keep a [clone](Self::sorted_set) and read that.
    ///
    /// ```
    /// use std::ops::Bound;
    /// use pyredis_store::{SortedSetRange, Store};
    /// let store = Store::new();
    /// for (name, score) in [("alice", 120.0), ("bob", 90.0), ("carol", 300.0)] {
    ///     store.zadd("board", name, score)?;
    /// }
    /// let lowest = store.zrange("board", SortedSetRange::Ranks(0, 0))?;
    /// assert_eq!(lowest, [("bob".into(), 90.0)]);
    /// let high = store.zrange("board", SortedSetRange::Scores(Bound::Excluded(90.0), Bound::Unbounded))?;
    /// assert_eq!(high.len(), 2);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zrange(&self, key: impl AsRef<[u8]>, range: SortedSetRange<'_>) -> Result<Vec<(Bytes, f64)>, StoreError> {
        let members = self.read_sorted_set(key.as_ref(), |set| copies(set, range.ranks(set)))?;
        Ok(members.unwrap_or_default())
    }

    /// The whole sorted set as it is at this moment: it shares its memory with the store, and never changes. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn sorted_set(&self, key: impl AsRef<[u8]>) -> Result<Option<SortedSet>, StoreError> {
        self.read_sorted_set(key.as_ref(), SortedSet::clone)
    }

    /// Removes a member; with the last one, the key goes. Returns whether it was there. O(log n).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zrem(&self, key: impl AsRef<[u8]>, member: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        let member = std::iter::once(member.as_ref());
        Ok(self.write(key.as_ref(), |view, key| view.zrem(key, member))? > 0)
    }

    /// Removes so many members of the lowest scores and returns them, the lowest first. O(log n) for each.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.zadd("jobs", "late", 20.0)?;
    /// store.zadd("jobs", "soon", 10.0)?;
    /// assert_eq!(store.zpop_min("jobs", 1)?, [("soon".into(), 10.0)]);
    /// assert_eq!(store.zpop_max("jobs", 9)?, [("late".into(), 20.0)]);
    /// assert!(!store.exists("jobs"));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zpop_min(&self, key: impl AsRef<[u8]>, count: usize) -> Result<Vec<(Bytes, f64)>, StoreError> {
        self.zpop(key.as_ref(), ZremReason::PopMin, |len| 0..count.min(len))
    }

    /// The same with the highest scores, the highest first.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn zpop_max(&self, key: impl AsRef<[u8]>, count: usize) -> Result<Vec<(Bytes, f64)>, StoreError> {
        let mut members = self.zpop(key.as_ref(), ZremReason::PopMax, |len| len.saturating_sub(count)..len)?;
        members.reverse();
        Ok(members)
    }

    fn zpop(
        &self,
        key: &[u8],
        reason: ZremReason,
        ranks: impl FnOnce(usize) -> Range<usize>,
    ) -> Result<Vec<(Bytes, f64)>, StoreError> {
        self.write(key, |view, key| {
            let Some(set) = view.collection::<SortedSet>(key)? else { return Ok(Vec::new()) };
            let ranks = ranks(set.len());
            let members = copies(set, ranks.clone());
            view.zrem_ranks(key, ranks, reason)?;
            Ok(members)
        })
    }

    fn read_sorted_set<R>(&self, key: &[u8], read: impl FnOnce(&SortedSet) -> R) -> Result<Option<R>, StoreError> {
        self.read(key, |view, key| Ok(view.collection(key)?.map(read)))
    }
}

fn copies(set: &SortedSet, ranks: Range<usize>) -> Vec<(Bytes, f64)> {
    set.range(ranks).map(|(member, score)| (Bytes::copy_from_slice(member), score)).collect()
}
