//! Sets: what [`Store::unordered_set`](crate::Store::unordered_set) and [`Tx::unordered_set`](crate::Tx::unordered_set) give.

use super::door::calculate_into;
use super::{Door, FromBytes, ToBytes, handle};
use crate::collection::Set;
use crate::error::StoreError;
use crate::ops::{SetCalculation, SetOp, SetPop};
use crate::sample::RandomRanks;

handle! {
    /// The set of a key. Every method is expected O(1) for each member that it names, if it does not say otherwise, and fails with
    /// [`StoreError::WrongType`] where the key holds anything else. A set that loses its last member is gone, as is its key.
    ///
    /// # Panics
    /// Every method, when called inside a view of a store on the same thread, as in [`Store::get_with`](crate::Store::get_with).
    SetHandle, unordered_set,
    /// A handle to the set of a key: *unordered*, as [`Store::set`](crate::Store::set) is what sets a string. O(1), nothing is looked up.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// let tags = store.unordered_set("tags");
    /// assert!(tags.insert("red")?);
    /// assert!(!tags.insert("red")?);
    /// assert!(tags.contains("red")?);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    #[doc(alias = "set")]
}

impl<D: Door, K: AsRef<[u8]>> SetHandle<D, K> {
    /// Puts a member in; where there is no key, one is made. Returns whether it was not there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn insert(&self, member: impl ToBytes) -> Result<bool, D::Error> {
        Ok(self.extend([member])? > 0)
    }

    /// Puts members in, all at one instant. Returns how many were not there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn extend<M: ToBytes>(&self, members: impl IntoIterator<Item = M>) -> Result<usize, D::Error> {
        let members: Vec<M> = members.into_iter().collect();
        let members: Vec<_> = members.iter().map(ToBytes::to_bytes).collect();
        self.door.write(self.key(), |view, key| view.set_add(key, members.iter().map(|member| &**member)))
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
        self.door.write(self.key(), |view, key| view.set_remove(key, members.iter().map(|member| &**member)))
    }

    /// Whether there is such a member.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn contains(&self, member: impl ToBytes) -> Result<bool, D::Error> {
        let member = member.to_bytes();
        self.door
            .read(self.key(), |view, key| Ok(view.collection::<Set>(key)?.is_some_and(|set| set.contains(&member))))
    }

    /// How many members there are. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn len(&self) -> Result<usize, D::Error> {
        self.door.read(self.key(), |view, key| Ok(view.collection::<Set>(key)?.map_or(0, Set::len)))
    }

    /// Whether there are none, as where there is no key. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn is_empty(&self) -> Result<bool, D::Error> {
        Ok(self.len()? == 0)
    }

    /// The members, in no order. O(n), the reading of it under no lock, but in a transaction.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.unordered_set("primes").extend([5, 2, 3])?;
    /// let mut primes: Vec<u32> = store.unordered_set("primes").members()?;
    /// primes.sort_unstable();
    /// assert_eq!(primes, [2, 3, 5]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`StoreError::Unreadable`] or its like where a member is no `M`.
    pub fn members<M: FromBytes>(&self) -> Result<Vec<M>, D::Error> {
        let set = self.read()?;
        Ok(set.iter().map(|member| member.with_bytes(M::from_bytes)).collect::<Result<_, StoreError>>()?)
    }

    /// The whole set as it is at this moment; empty where there is none. It shares its memory with the store, and never changes. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn read(&self) -> Result<Set, D::Error> {
        self.door.read(self.key(), |view, key| Ok(view.collection::<Set>(key)?.cloned().unwrap_or_default()))
    }

    /// Up to `count` different members, picked at random. O(count log n).
    ///
    /// # Errors
    /// See [`members`](Self::members).
    pub fn random<M: FromBytes>(&self, count: usize) -> Result<Vec<M>, D::Error> {
        let set = self.read()?;
        let members = RandomRanks::distinct(set.len(), count).filter_map(|rank| set.get(rank));
        Ok(members.map(|member| member.with_bytes(M::from_bytes)).collect::<Result<_, StoreError>>()?)
    }

    /// Takes a member out that is picked at random. O(log n).
    ///
    /// # Errors
    /// See [`members`](Self::members); a member that is no `M` stays.
    pub fn pop<M: FromBytes>(&self) -> Result<Option<M>, D::Error> {
        self.door.write(self.key(), |view, key| view.set_pop(key, M::from_bytes))
    }

    /// Takes up to `count` members out that are picked at random, as a set of their own. O(1) for all that there are; else O(count log n), for
    /// which the key is locked for a moment only, unless the set is changed all the time, or this is a transaction.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn pop_many(&self, count: usize) -> Result<Set, D::Error> {
        calculate_into(self.door, self.key(), &[self.key()], |view, keys| {
            SetPop::begin(view, keys.first().ok_or(StoreError::Undeclared)?, count)
        })
    }

    /// Moves a member to another set. Returns whether it was there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; the other key has to hold a set or nothing, if this one holds any.
    pub fn move_to(&self, target: impl AsRef<[u8]>, member: impl ToBytes) -> Result<bool, D::Error> {
        let member = member.to_bytes();
        self.door.at_once(&[self.key(), target.as_ref()], &[], |view, keys, _| {
            let [from, to] = keys else { return Err(StoreError::Undeclared) };
            view.set_move(from, to, &member)
        })
    }

    /// What this set, and then others, come to, all of them at one instant. Keys that do not exist count as empty sets. O(members), and the keys are
    /// locked for a moment only.
    ///
    /// ```
    /// use pyredis_store::{SetOp, Store};
    /// let store = Store::new();
    /// store.unordered_set("a").extend([1, 2, 3])?;
    /// store.unordered_set("b").extend([2, 3, 4])?;
    /// assert_eq!(store.unordered_set("a").combine(SetOp::Intersection, ["b"])?.len(), 2);
    /// assert_eq!(store.unordered_set("c").op(SetOp::Union, ["a", "b"])?, 4);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn combine<O: AsRef<[u8]>>(&self, op: SetOp, others: impl AsRef<[O]>) -> Result<Set, D::Error> {
        let mut sources = vec![self.key()];
        sources.extend(others.as_ref().iter().map(AsRef::as_ref));
        let calculation = self.door.at_once(&[], &sources, |view, _, keys| SetCalculation::begin(view, op, keys))?;
        Ok(calculation.into_result())
    }

    /// Lets this key hold what several sets come to, whatever it held, or nothing if that is empty. Returns how many members it has. While the sets are changed
    /// by others, it is begun again up to two times, and then done with all keys locked, as it is in a transaction.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], of the sources only.
    pub fn op<S: AsRef<[u8]>>(&self, op: SetOp, sources: impl AsRef<[S]>) -> Result<usize, D::Error> {
        let sources: Vec<&[u8]> = sources.as_ref().iter().map(AsRef::as_ref).collect();
        calculate_into(self.door, self.key(), &sources, |view, keys| SetCalculation::begin(view, op, keys))
    }
}
