//! The typed API: a thin shell over the operations of a view, one lock set a call, on the store's clock.

use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::{ExpireCondition, SetOptions, SetOutcome, Ttl};
use crate::read::Found;
use crate::snapshot::Record;
use crate::store::Store;
use crate::value::{NewValue, StringRef, Value};
use crate::view::{Access, View};

/// How many keys are fetched together: enough to hide the wait for memory, few enough to stay in the nearest cache.
const PREFETCHED_KEYS: usize = 32;

/// Every method here locks the shards of the keys that it names, does one thing, and releases them. Expected O(1) per key unless said
/// otherwise. All of them panic when called inside a view of a store on the same thread (see [`Store::lock`]).
impl Store {
    /// Sets a key, replacing what it held and its deadline.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("greeting", "hello");
    /// assert_eq!(store.get("greeting").as_deref(), Some(&b"hello"[..]));
    /// ```
    ///
    /// # Panics
    /// When the value is longer than 512 MB; [`set_with`](Self::set_with) returns an error instead.
    #[expect(clippy::expect_used, reason = "the documented panic of the convenient form")]
    pub fn set(&self, key: impl AsRef<[u8]>, value: impl Into<Value>) {
        self.set_with(key, value, SetOptions::default()).expect("the value is longer than 512 MB");
    }

    /// Sets a key as the options say.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pyredis_store::{SetOptions, Store};
    /// let store = Store::new();
    /// let outcome = store.set_with("session", "alice", SetOptions::default().ttl(Duration::from_secs(60)).if_absent())?;
    /// assert!(outcome.stored);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set_with(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value>,
        options: SetOptions,
    ) -> Result<SetOutcome, StoreError> {
        let value = value.into();
        self.write(key.as_ref(), |view, key| view.set(key, NewValue::from(&value), options))
    }

    /// The bytes of the string that a key holds, if it holds one: a copy of a short value, a long one shared with the store. O(1).
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Bytes> {
        self.read_string(key.as_ref(), |string| string.to_bytes())
    }

    /// Calls `read` with the bytes of the string that a key holds, under the shard's lock and without a copy.
    ///
    /// ```should_panic
    /// let store = pyredis_store::Store::new();
    /// store.set("a", "1");
    /// store.get_with("a", |_| store.set("b", "2")); // would deadlock one day, so it panics every day
    /// ```
    pub fn get_with<R>(&self, key: impl AsRef<[u8]>, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        self.read_string(key.as_ref(), |string| string.with_bytes(read))
    }

    /// Calls `visit` with the place of each key in `keys` and the bytes that the key holds, in order, each under its shard's lock and at its own
    /// moment. What one lookup waits for is fetched while others are looked up: among many keys this is much faster than one call after the
    /// other. O(keys).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("a", "1");
    /// let mut found = Vec::new();
    /// store.get_many_with(&["a", "b"], |_, bytes| found.push(bytes.map(<[u8]>::len)));
    /// assert_eq!(found, [Some(1), None]);
    /// ```
    ///
    /// # Panics
    /// When called, or when the store is called, inside a view on the same thread.
    pub fn get_many_with<K: AsRef<[u8]>>(&self, keys: &[K], mut visit: impl FnMut(usize, Option<&[u8]>)) {
        for (batch, first) in keys.chunks(PREFETCHED_KEYS).zip((0..).step_by(PREFETCHED_KEYS)) {
            let batch: SmallVec<[Key<'_>; PREFETCHED_KEYS]> = batch.iter().map(|key| self.key(key.as_ref())).collect();
            self.prefetch(&batch);
            for (key, place) in batch.iter().zip(first..) {
                let found = self.read_key(key, |string| string.with_bytes(|bytes| visit(place, Some(bytes))));
                if found.is_none() {
                    visit(place, None);
                }
            }
        }
    }

    /// Removes a key. Returns whether it existed.
    pub fn del(&self, key: impl AsRef<[u8]>) -> bool {
        self.write(key.as_ref(), |view, key| view.del(key)).unwrap_or_default()
    }

    /// Removes a key that holds a string and returns that.
    pub fn get_del(&self, key: impl AsRef<[u8]>) -> Option<Bytes> {
        self.write(key.as_ref(), |view, key| view.get_del(key)).ok().flatten()
    }

    /// Whether a key exists.
    pub fn exists(&self, key: impl AsRef<[u8]>) -> bool {
        self.read(key.as_ref(), |view, key| view.exists(key)).unwrap_or_default()
    }

    /// Adds to the integer that a key holds, 0 if it does not exist, and returns the sum. The deadline stays.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// assert_eq!(store.incr_by("hits", 2), Ok(2));
    /// assert_eq!(store.incr_by("hits", -3), Ok(-1));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`], [`StoreError::Overflow`].
    pub fn incr_by(&self, key: impl AsRef<[u8]>, by: i64) -> Result<i64, StoreError> {
        self.write(key.as_ref(), |view, key| view.incr_by(key, by))
    }

    /// Appends to a string, empty if it does not exist, and returns its new length. The deadline stays. O(tail) while nobody else holds the
    /// value's bytes, else O(length).
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn append(&self, key: impl AsRef<[u8]>, tail: impl AsRef<[u8]>) -> Result<usize, StoreError> {
        self.write(key.as_ref(), |view, key| view.append(key, tail.as_ref()))
    }

    /// How long a key has.
    pub fn ttl(&self, key: impl AsRef<[u8]>) -> Ttl {
        self.read(key.as_ref(), |view, key| view.ttl(key)).unwrap_or(Ttl::Missing)
    }

    /// Lets a key expire `ttl` from now. Returns whether the key exists.
    pub fn expire(&self, key: impl AsRef<[u8]>, ttl: Duration) -> bool {
        let always = ExpireCondition::Always;
        self.write(key.as_ref(), |view, key| view.expire_at(key, view.now().saturating_add(ttl), always))
            .unwrap_or_default()
    }

    /// Lets a key expire at an instant, if the condition holds. Returns whether it does and the key exists.
    pub fn expire_at(&self, key: impl AsRef<[u8]>, at: Timestamp, condition: ExpireCondition) -> bool {
        self.write(key.as_ref(), |view, key| view.expire_at(key, at, condition)).unwrap_or_default()
    }

    /// Takes a key's deadline away. Returns whether it had one.
    pub fn persist(&self, key: impl AsRef<[u8]>) -> bool {
        self.write(key.as_ref(), |view, key| view.persist(key)).unwrap_or_default()
    }

    /// Moves a key, with its deadline, to another, which loses what it had.
    ///
    /// # Errors
    /// [`StoreError::NoSuchKey`] if `from` does not exist.
    pub fn rename(&self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), StoreError> {
        self.on_two(self.key(from.as_ref()), self.key(to.as_ref()), |view, from, to| view.rename(from, to))
    }

    /// The same, if `to` does not exist. Returns whether it did not.
    ///
    /// # Errors
    /// See [`rename`](Self::rename).
    pub fn rename_if_absent(&self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        self.on_two(self.key(from.as_ref()), self.key(to.as_ref()), |view, from, to| view.rename_if_absent(from, to))
    }

    /// Gives another key, of the database `db`, the value and the deadline of one; if that exists, only if it is to be replaced. Returns
    /// whether it was; it was not if `from` does not exist. A value longer than 64 KB is shared, not copied.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("a", "1");
    /// assert_eq!(store.copy("a", "b", 1, false), Ok(true));
    /// assert_eq!(store.database(1)?.get("b").as_deref(), Some(&b"1"[..]));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NoSuchDatabase`].
    pub fn copy(
        &self,
        from: impl AsRef<[u8]>,
        to: impl AsRef<[u8]>,
        db: u32,
        replaces: bool,
    ) -> Result<bool, StoreError> {
        let target = self.database(db)?;
        self.on_two(self.key(from.as_ref()), target.key(to.as_ref()), |view, from, to| view.copy(from, to, replaces))
    }

    /// Moves a key to another database, if that has none of its name. Returns whether it was moved; it is not if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::NoSuchDatabase`].
    pub fn move_key(&self, key: impl AsRef<[u8]>, db: u32) -> Result<bool, StoreError> {
        let target = self.database(db)?;
        self.on_two(self.key(key.as_ref()), target.key(key.as_ref()), |view, from, to| view.move_key(from, to))
    }

    /// Removes every key of the handle's database. O(shards); the entries are freed before it returns, but under no lock.
    pub fn clear(&self) {
        let mut locks = LockSet::new();
        locks.write_database(self.db());
        self.with_view(locks, |view| view.flush(self.db()));
    }

    /// Puts a key back as a snapshot had it, in the database that the record names.
    ///
    /// # Errors
    /// [`StoreError::NoSuchDatabase`].
    pub fn restore(&self, record: Record) -> Result<(), StoreError> {
        let Record { db, key, value, deadline } = record;
        self.database(db)?.write(&key, |view, key| view.restore(key, value, deadline))
    }

    pub(crate) fn on_two<R>(
        &self,
        from: Key<'_>,
        to: Key<'_>,
        operation: impl FnOnce(&mut View<'_>, &Key<'_>, &Key<'_>) -> R,
    ) -> R {
        let mut locks = LockSet::new();
        locks.write(&from);
        locks.write(&to);
        self.with_view(locks, |view| operation(view, &from, &to))
    }

    fn read_string<R>(&self, key: &[u8], read: impl FnOnce(StringRef<'_>) -> R) -> Option<R> {
        self.read_key(&self.key(key), read)
    }

    fn read_key<R>(&self, key: &Key<'_>, read: impl FnOnce(StringRef<'_>) -> R) -> Option<R> {
        let mut read = Some(read);
        let mut read_once = |string: StringRef<'_>| read.take().map(|read| read(string));
        match self.read_shortly(key, &mut read_once) {
            Found::Alive(result) => result,
            Found::Absent => None,
            Found::Unsure => {
                let view = self.lock_key(key, Access::Read, self.now());
                self.settled(view, |view| view.get(key).ok().flatten().and_then(read_once))
            }
        }
    }

    pub(crate) fn read<R>(&self, key: &[u8], operation: impl FnOnce(&View<'_>, &Key<'_>) -> R) -> R {
        let (key, now) = (self.key(key), self.now());
        self.settled(self.lock_key(&key, Access::Read, now), |view| operation(view, &key))
    }

    pub(crate) fn write<R>(&self, key: &[u8], operation: impl FnOnce(&mut View<'_>, &Key<'_>) -> R) -> R {
        let (key, now) = (self.key(key), self.now());
        self.settled(self.lock_key(&key, Access::Write, now), |view| operation(view, &key))
    }

    /// Opens a view on the store's clock, and settles what it leaves.
    pub(crate) fn with_view<R>(&self, locks: LockSet, operation: impl FnOnce(&mut View<'_>) -> R) -> R {
        self.settled(self.lock(locks, self.now()), operation)
    }

    fn settled<R>(&self, mut view: View<'_>, operation: impl FnOnce(&mut View<'_>) -> R) -> R {
        let now = view.now();
        let result = operation(&mut view);
        let residue = view.finish();
        self.settle(residue, now);
        result
    }
}
