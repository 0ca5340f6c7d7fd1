//! Transactions: several keys, one instant.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::{ExpireCondition, SetOptions, SetOutcome, Ttl};
use crate::store::Store;
use crate::value::{NewValue, Value};
use crate::view::View;

/// Why an operation in a transaction was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TxError {
    /// The key was not among those that the transaction named.
    #[error("key was not declared by the transaction")]
    Undeclared,
    /// The operation itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A transaction under way: the operations of [`Store`], and its handles, on the keys that it named. Each looks its key up among them, O(named keys).
pub struct Tx<'t, 's> {
    /// In a cell, so that handles to several keys can be kept beside one another. Nobody has it for longer than one operation.
    view: RefCell<&'t mut View<'s>>,
    keys: &'t [Key<'t>],
}

impl Store {
    /// Locks the named keys and runs `body` on them: nobody else sees the store between its operations. What was done before an error stays
    /// done; there is no rollback. O(n log n) for n named keys, and what `body` does: others wait for it.
    ///
    /// ```
    /// use pyredis_store::{Store, TxError};
    /// let store = Store::new();
    /// store.set("a", "10");
    /// let moved = store.transaction(["a", "b"], |tx| {
    ///     tx.incr_by("a", -3)?;
    ///     tx.incr_by("b", 3)
    /// });
    /// assert_eq!(moved, Ok(3));
    /// assert_eq!(store.transaction(["a"], |tx| tx.get("c")), Err(TxError::Undeclared));
    /// ```
    ///
    /// Handles work as they do over a store:
    ///
    /// ```
    /// use pyredis_store::{Store, TxError};
    /// let store = Store::new();
    /// store.list("jobs").push_back("resize")?;
    /// store.transaction(["jobs", "owners", "started"], |tx| {
    ///     let (jobs, owners) = (tx.list("jobs"), tx.hash("owners"));
    ///     if let Some(job) = jobs.pop_front::<String>()? {
    ///         owners.set(job, "worker:1")?;
    ///         tx.incr_by("started", 1)?;
    ///     }
    ///     Ok::<_, TxError>(())
    /// })?;
    /// assert_eq!(store.hash("owners").get::<String>("resize")?.as_deref(), Some("worker:1"));
    /// # Ok::<(), TxError>(())
    /// ```
    ///
    /// # Errors
    /// What `body` returns.
    ///
    /// # Panics
    /// When called, or when the store is called, inside a view on the same thread.
    pub fn transaction<K: AsRef<[u8]>, R, E>(
        &self,
        keys: impl AsRef<[K]>,
        body: impl FnOnce(&Tx<'_, '_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let keys: Vec<Key<'_>> = keys.as_ref().iter().map(|key| self.key(key.as_ref())).collect();
        let mut locks = LockSet::new();
        keys.iter().for_each(|key| locks.write(key));
        self.with_view(locks, |view| body(&Tx { view: RefCell::new(view), keys: &keys }))
    }
}

impl<'t, 's> Tx<'t, 's> {
    /// The bytes of the string that a key holds: a copy of a short value, a long one shared with the store. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`TxError::Undeclared`], as for every operation here.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>, TxError> {
        self.read(key.as_ref(), |view, key| Ok(view.get(key)?.map(|value| value.to_bytes())))
    }

    /// Sets a key.
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set(&self, key: impl AsRef<[u8]>, value: impl Into<Value>) -> Result<(), TxError> {
        self.set_with(key, value, SetOptions::default()).map(drop)
    }

    /// Sets a key as the options say.
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set_with(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value>,
        options: SetOptions,
    ) -> Result<SetOutcome, TxError> {
        let value = value.into();
        self.write(key.as_ref(), |view, key| view.set(key, NewValue::from(&value), options))
    }

    /// Removes a key. Returns whether it existed.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn del(&self, key: impl AsRef<[u8]>) -> Result<bool, TxError> {
        self.write(key.as_ref(), |view, key| view.del(key))
    }

    /// Whether a key exists.
    ///
    /// # Errors
    /// [`TxError::Undeclared`].
    pub fn exists(&self, key: impl AsRef<[u8]>) -> Result<bool, TxError> {
        self.read(key.as_ref(), |view, key| view.exists(key))
    }

    /// Adds to the integer that a key holds, 0 if it does not exist, and returns the sum. The deadline stays.
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`], [`StoreError::Overflow`].
    pub fn incr_by(&self, key: impl AsRef<[u8]>, by: i64) -> Result<i64, TxError> {
        self.write(key.as_ref(), |view, key| view.incr_by(key, by))
    }

    /// Appends to a string, empty if it does not exist, and returns its new length. The deadline stays. O(tail) while nobody else holds the
    /// value's bytes, else O(length).
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn append(&self, key: impl AsRef<[u8]>, tail: impl AsRef<[u8]>) -> Result<usize, TxError> {
        self.write(key.as_ref(), |view, key| view.append(key, tail.as_ref()))
    }

    /// How long a key has.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn ttl(&self, key: impl AsRef<[u8]>) -> Result<Ttl, TxError> {
        self.read(key.as_ref(), |view, key| view.ttl(key))
    }

    /// Lets a key expire `ttl` from now. Returns whether the key exists.
    ///
    /// # Errors
    /// [`TxError::Undeclared`].
    pub fn expire(&self, key: impl AsRef<[u8]>, ttl: Duration) -> Result<bool, TxError> {
        self.write(key.as_ref(), |view, key| {
            view.expire_at(key, view.now().saturating_add(ttl), ExpireCondition::Always)
        })
    }

    /// Takes a key's deadline away. Returns whether it had one.
    ///
    /// # Errors
    /// [`TxError::Undeclared`].
    pub fn persist(&self, key: impl AsRef<[u8]>) -> Result<bool, TxError> {
        self.write(key.as_ref(), |view, key| view.persist(key))
    }

    pub(crate) fn declared(&self, key: &[u8]) -> Result<Key<'t>, TxError> {
        self.keys.iter().find(|declared| declared.bytes == key).copied().ok_or(TxError::Undeclared)
    }

    pub(crate) fn with_view<R>(&self, operation: impl FnOnce(&mut View<'s>) -> R) -> R {
        operation(&mut self.view.borrow_mut())
    }

    pub(crate) fn read<R>(
        &self,
        key: &[u8],
        operation: impl FnOnce(&View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, TxError> {
        self.write(key, |view, key| operation(view, key))
    }

    pub(crate) fn write<R>(
        &self,
        key: &[u8],
        operation: impl FnOnce(&mut View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, TxError> {
        let key = self.declared(key)?;
        self.with_view(|view| Ok(operation(view, &key)?))
    }
}

impl fmt::Debug for Tx<'_, '_> {
    /// How many keys, and not which: they may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tx").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}
