//! Sorted sets: what [`Store::sorted_set`](crate::Store::sorted_set) and [`Tx::sorted_set`](crate::Tx::sorted_set) give.

use std::ops::Range;

use super::door::calculate_into;
use super::{Door, FromBytes, ToBytes, handle};
use crate::collection::SortedSet;
use crate::error::StoreError;
use crate::ops::{Aggregate, SetOp, SortedSetCalculation, SortedSetRange, ZaddOptions, ZaddOutcome, ZremReason};

handle! {
    /// The sorted set of a key: members, each with a score; the lowest score first, members of one score in the order of their bytes. Every method is
    /// O(log n) for each member that it names or returns, if it does not say otherwise, and fails with [`StoreError::WrongType`] where the key holds
    /// anything else. A sorted set that loses its last member is gone, as is its key.
    ///
    /// # Panics
    /// Every method, when called inside a view of a store on the same thread, as in [`Store::get_with`](crate::Store::get_with).
    SortedSetHandle, sorted_set,
    /// A handle to the sorted set of a key. O(1), nothing is looked up.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// let board = store.sorted_set("board");
    /// assert!(board.insert("alice", 120.0)?);
    /// assert!(!board.insert("alice", 150.0)?);
    /// assert_eq!(board.score("alice")?, Some(150.0));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
}

impl<D: Door, K: AsRef<[u8]>> SortedSetHandle<D, K> {
    /// Gives a member a score; where there is no key, one is made. Returns whether the member is new.
    ///
    /// # Errors
    /// [`StoreError::NotANumber`] where the score is NaN; [`StoreError::WrongType`].
    pub fn insert(&self, member: impl ToBytes, score: f64) -> Result<bool, D::Error> {
        Ok(self.extend([(member, score)], ZaddOptions::default())?.added > 0)
    }

    /// Gives members scores as the options say, one after the other and all at one instant.
    ///
    /// ```
    /// use pyredis_store::{Store, ZaddOptions};
    /// let store = Store::new();
    /// let best = ZaddOptions::default().if_greater();
    /// store.sorted_set("board").extend([("alice", 120.0), ("bob", 90.0)], best)?;
    /// let outcome = store.sorted_set("board").extend([("alice", 80.0), ("bob", 95.0)], best)?;
    /// assert_eq!((outcome.added, outcome.updated), (0, 1));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`insert`](Self::insert).
    pub fn extend<M: ToBytes>(
        &self,
        members: impl IntoIterator<Item = (M, f64)>,
        options: ZaddOptions,
    ) -> Result<ZaddOutcome, D::Error> {
        let members: Vec<(M, f64)> = members.into_iter().collect();
        let members: Vec<_> = members.iter().map(|(member, score)| (member.to_bytes(), *score)).collect();
        let pairs = members.iter().map(|(member, score)| (&**member, *score));
        self.door.write(self.key(), |view, key| view.zadd(key, pairs, options))
    }

    /// Adds to the score of a member, 0 if it is not there, and returns the sum.
    ///
    /// # Errors
    /// [`StoreError::NotANumber`] where the sum is NaN; [`StoreError::WrongType`].
    pub fn incr_by(&self, member: impl ToBytes, by: f64) -> Result<f64, D::Error> {
        let member = member.to_bytes();
        self.door.write(self.key(), |view, key| {
            // Without a condition there is always a sum.
            view.zincr_by(key, &member, by, ZaddOptions::default())?.ok_or(StoreError::NotANumber)
        })
    }

    /// The score of a member. Expected O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn score(&self, member: impl ToBytes) -> Result<Option<f64>, D::Error> {
        let member = member.to_bytes();
        self.look(|set| set.and_then(|set| set.score(&member)))
    }

    /// How many members are before one: 0 for that of the lowest score.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn rank(&self, member: impl ToBytes) -> Result<Option<usize>, D::Error> {
        let member = member.to_bytes();
        self.look(|set| set.and_then(|set| Some(set.rank(&member)?.0)))
    }

    /// How many members there are. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn len(&self) -> Result<usize, D::Error> {
        self.look(|set| set.map_or(0, SortedSet::len))
    }

    /// Whether there are none, as where there is no key. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn is_empty(&self) -> Result<bool, D::Error> {
        Ok(self.len()? == 0)
    }

    /// How many members there are in a range. O(log n).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn count(&self, range: SortedSetRange<'_>) -> Result<usize, D::Error> {
        self.look(|set| set.map_or(0, |set| range.ranks(set).len()))
    }

    /// The members of a range, and their scores. O(log n + members), under the lock: of many, [`read`](Self::read) the set.
    ///
    /// ```
    /// use std::ops::Bound;
    /// use pyredis_store::{SortedSetRange, Store};
    /// let store = Store::new();
    /// for (name, score) in [("alice", 120.0), ("bob", 90.0), ("carol", 300.0)] {
    ///     store.sorted_set("board").insert(name, score)?;
    /// }
    /// let lowest: Vec<(String, f64)> = store.sorted_set("board").range(SortedSetRange::Ranks(0, 0))?;
    /// assert_eq!(lowest, [("bob".into(), 90.0)]);
    /// let high = SortedSetRange::Scores(Bound::Excluded(90.0), Bound::Unbounded);
    /// assert_eq!(store.sorted_set("board").count(high)?, 2);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`StoreError::Unreadable`] or its like where a member is no `M`.
    pub fn range<M: FromBytes>(&self, range: SortedSetRange<'_>) -> Result<Vec<(M, f64)>, D::Error> {
        self.door.read(self.key(), |view, key| {
            let set = view.collection::<SortedSet>(key)?;
            set.map_or(Ok(Vec::new()), |set| members(set, range.ranks(set)))
        })
    }

    /// The whole sorted set as it is at this moment; empty where there is none. It shares its memory with the store, and never changes. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn read(&self) -> Result<SortedSet, D::Error> {
        self.look(|set| set.cloned().unwrap_or_default())
    }

    /// Takes a member out. Returns whether it was there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn remove(&self, member: impl ToBytes) -> Result<bool, D::Error> {
        Ok(self.remove_many([member])? > 0)
    }

    /// Takes members out, all at one instant. Returns how many were there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn remove_many<M: ToBytes>(&self, members: impl IntoIterator<Item = M>) -> Result<usize, D::Error> {
        let members: Vec<M> = members.into_iter().collect();
        let members: Vec<_> = members.iter().map(ToBytes::to_bytes).collect();
        self.door.write(self.key(), |view, key| view.zrem(key, members.iter().map(|member| &**member)))
    }

    /// Takes up to `count` members of the lowest scores out and returns them, the lowest first.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// let jobs = store.sorted_set("jobs");
    /// jobs.insert("late", 20.0)?;
    /// jobs.insert("soon", 10.0)?;
    /// assert_eq!(jobs.pop_min::<String>(1)?, [("soon".into(), 10.0)]);
    /// assert_eq!(jobs.pop_max::<String>(9)?, [("late".into(), 20.0)]);
    /// assert!(!store.exists("jobs"));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`range`](Self::range); where one of them is no `M`, all of them stay.
    pub fn pop_min<M: FromBytes>(&self, count: usize) -> Result<Vec<(M, f64)>, D::Error> {
        self.pop(ZremReason::PopMin, |len| 0..count.min(len))
    }

    /// The same with the highest scores, the highest first.
    ///
    /// # Errors
    /// See [`pop_min`](Self::pop_min).
    pub fn pop_max<M: FromBytes>(&self, count: usize) -> Result<Vec<(M, f64)>, D::Error> {
        let mut members = self.pop(ZremReason::PopMax, |len| len.saturating_sub(count)..len)?;
        members.reverse();
        Ok(members)
    }

    /// Lets this key hold what several sorted sets, or sets, come to, whatever it held, or nothing if that is empty. The scores that a member has there are
    /// put together as `aggregate` says; one of a set counts as 1. Returns how many members it has. O(members log members); the keys are
    /// locked for a moment only, unless they are changed again and again, and for all of it in a transaction.
    ///
    /// ```
    /// use pyredis_store::{Aggregate, SetOp, Store};
    /// let store = Store::new();
    /// store.sorted_set("may").insert("alice", 3.0)?;
    /// store.sorted_set("june").insert("alice", 4.0)?;
    /// assert_eq!(store.sorted_set("year").op(SetOp::Union, Aggregate::Sum, ["may", "june"])?, 1);
    /// assert_eq!(store.sorted_set("year").score("alice")?, Some(7.0));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`], of the sources only.
    pub fn op<S: AsRef<[u8]>>(
        &self,
        op: SetOp,
        aggregate: Aggregate,
        sources: impl AsRef<[S]>,
    ) -> Result<usize, D::Error> {
        let sources: Vec<&[u8]> = sources.as_ref().iter().map(AsRef::as_ref).collect();
        calculate_into(self.door, self.key(), &sources, |view, keys| {
            Ok(SortedSetCalculation::begin(view, op, keys)?.with(&[], aggregate))
        })
    }

    fn pop<M: FromBytes>(
        &self,
        reason: ZremReason,
        ranks: impl FnOnce(usize) -> Range<usize>,
    ) -> Result<Vec<(M, f64)>, D::Error> {
        self.door.write(self.key(), |view, key| {
            let Some(set) = view.collection::<SortedSet>(key)? else { return Ok(Vec::new()) };
            let ranks = ranks(set.len());
            let members = members(set, ranks.clone())?;
            view.zrem_ranks(key, ranks, reason)?;
            Ok(members)
        })
    }

    fn look<R>(&self, look: impl FnOnce(Option<&SortedSet>) -> R) -> Result<R, D::Error> {
        self.door.read(self.key(), |view, key| view.collection(key).map(look))
    }
}

fn members<M: FromBytes>(set: &SortedSet, ranks: Range<usize>) -> Result<Vec<(M, f64)>, StoreError> {
    set.range(ranks).map(|(member, score)| Ok((M::from_bytes(member)?, score))).collect()
}
