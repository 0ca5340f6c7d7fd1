//! The typed API of sets. See `api.rs`.

use crate::collection::Set;
use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::{SetCalculation, SetOp, SetPop};
use crate::sample::RandomRanks;
use crate::store::Store;

impl Store {
    /// Puts members into a set, which is made if the key does not exist. Returns how many were not there.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// assert_eq!(store.set_add("tags", ["red", "blue", "red"]), Ok(2));
    /// assert_eq!(store.set_contains("tags", "blue"), Ok(true));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`] where the key holds something else, as of every method here.
    pub fn set_add<M: AsRef<[u8]>>(
        &self,
        key: impl AsRef<[u8]>,
        members: impl IntoIterator<Item = M>,
    ) -> Result<usize, StoreError> {
        let members: Vec<M> = members.into_iter().collect();
        self.write(key.as_ref(), |view, key| view.set_add(key, members.iter().map(AsRef::as_ref)))
    }

    /// Takes members out of a set. Returns how many were there. The key of a set that is left empty is gone.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_remove<M: AsRef<[u8]>>(
        &self,
        key: impl AsRef<[u8]>,
        members: impl IntoIterator<Item = M>,
    ) -> Result<usize, StoreError> {
        let members: Vec<M> = members.into_iter().collect();
        self.write(key.as_ref(), |view, key| view.set_remove(key, members.iter().map(AsRef::as_ref)))
    }

    /// Whether a set has a member.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_contains(&self, key: impl AsRef<[u8]>, member: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        self.read(key.as_ref(), |view, key| {
            Ok(view.collection::<Set>(key)?.is_some_and(|set| set.contains(member.as_ref())))
        })
    }

    /// How many members a set has; none if the key does not exist.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_len(&self, key: impl AsRef<[u8]>) -> Result<usize, StoreError> {
        self.read(key.as_ref(), |view, key| Ok(view.collection::<Set>(key)?.map_or(0, Set::len)))
    }

    /// The set that a key holds, as it is now: it shares its memory with the store and does not change when the store does. O(1).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set_add("primes", ["5", "2", "3"])?;
    /// let members: Vec<_> = store.set_members("primes")?.iter().filter_map(|member| member.as_integer()).collect();
    /// assert_eq!(members, [2, 3, 5]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_members(&self, key: impl AsRef<[u8]>) -> Result<Set, StoreError> {
        self.read(key.as_ref(), |view, key| Ok(view.collection::<Set>(key)?.cloned().unwrap_or_default()))
    }

    /// Up to `count` different members, picked at random. O(count log n).
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_random(&self, key: impl AsRef<[u8]>, count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let set = self.set_members(key)?;
        Ok(RandomRanks::distinct(set.len(), count).filter_map(|rank| Some(set.get(rank)?.to_vec())).collect())
    }

    /// Takes a member out that is picked at random.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_pop(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, StoreError> {
        self.write(key.as_ref(), |view, key| view.set_pop(key))
    }

    /// Takes up to `count` members out that are picked at random. O(1) for all that there are; else O(count log n). The key is locked for a moment only,
    /// unless the set is changed all the time.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_pop_many(&self, key: impl AsRef<[u8]>, count: usize) -> Result<Set, StoreError> {
        let key = self.key(key.as_ref());
        self.calculate_into(&key, &[key], |view, _| SetPop::begin(view, &key, count))
    }

    /// Moves a member from one set to another. Returns whether it was there.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_move(
        &self,
        from: impl AsRef<[u8]>,
        to: impl AsRef<[u8]>,
        member: impl AsRef<[u8]>,
    ) -> Result<bool, StoreError> {
        let (from, to) = (self.key(from.as_ref()), self.key(to.as_ref()));
        self.on_two(from, to, |view, from, to| view.set_move(from, to, member.as_ref()))
    }

    /// What several sets come to, all of them at one instant. Keys that do not exist count as empty sets. O(members); the keys are locked for a
    /// moment only.
    ///
    /// ```
    /// use pyredis_store::{SetOp, Store};
    /// let store = Store::new();
    /// store.set_add("a", ["1", "2", "3"])?;
    /// store.set_add("b", ["2", "3", "4"])?;
    /// assert_eq!(store.set_combine(SetOp::Intersection, &["a", "b"])?.len(), 2);
    /// assert_eq!(store.set_combine_into("c", SetOp::Union, &["a", "b"])?, 4);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_combine<K: AsRef<[u8]>>(&self, op: SetOp, sources: &[K]) -> Result<Set, StoreError> {
        let sources: Vec<Key<'_>> = sources.iter().map(|key| self.key(key.as_ref())).collect();
        let mut locks = LockSet::new();
        sources.iter().for_each(|key| locks.read(key));
        Ok(self.with_view(locks, |view| SetCalculation::begin(view, op, &sources))?.into_result())
    }

    /// The same, and `target` holds the result then, or nothing if that is empty. Returns how many members it has. While the sets are changed by others, it
    /// is begun again up to two times, and then done with all keys locked.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add); `target` may hold anything.
    pub fn set_combine_into<K: AsRef<[u8]>>(
        &self,
        target: impl AsRef<[u8]>,
        op: SetOp,
        sources: &[K],
    ) -> Result<usize, StoreError> {
        let target = self.key(target.as_ref());
        let sources: Vec<Key<'_>> = sources.iter().map(|key| self.key(key.as_ref())).collect();
        self.calculate_into(&target, &sources, |view, keys| SetCalculation::begin(view, op, keys))
    }
}
