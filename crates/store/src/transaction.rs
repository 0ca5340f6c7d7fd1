//! Transactions: several keys, one instant.

use bytes::Bytes;
use thiserror::Error;

use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::{SetOptions, SetOutcome, Ttl};
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

/// A transaction under way: operations of [`Store`] on the keys that it named. Each looks its key up among them, O(named keys).
pub struct Tx<'t, 's> {
    view: &'t mut View<'s>,
    keys: &'t [Key<'t>],
}

impl Store {
    /// Locks the named keys and runs `body` on them: nobody else sees the store between its operations. What was done before an error stays
    /// done; there is no rollback.
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
    /// # Errors
    /// What `body` returns.
    ///
    /// # Panics
    /// When called, or when the store is called, inside a view on the same thread.
    pub fn transaction<K: AsRef<[u8]>, R, E>(
        &self,
        keys: impl AsRef<[K]>,
        body: impl FnOnce(&mut Tx<'_, '_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let keys: Vec<Key<'_>> = keys.as_ref().iter().map(|key| self.key(key.as_ref())).collect();
        let mut locks = LockSet::new();
        keys.iter().for_each(|key| locks.write(key));
        self.with_view(locks, |view| body(&mut Tx { view, keys: &keys }))
    }
}

impl<'t> Tx<'t, '_> {
    /// The bytes of the string that a key holds.
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`TxError::Undeclared`], as for every operation here.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>, TxError> {
        let key = self.declared(key.as_ref())?;
        Ok(self.view.get(&key)?.map(|value| value.to_bytes()))
    }

    /// Sets a key.
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set(&mut self, key: impl AsRef<[u8]>, value: impl Into<Value>) -> Result<(), TxError> {
        self.set_with(key, value, SetOptions::default()).map(drop)
    }

    /// Sets a key as the options say.
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set_with(
        &mut self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value>,
        options: SetOptions,
    ) -> Result<SetOutcome, TxError> {
        let key = self.declared(key.as_ref())?;
        Ok(self.view.set(&key, NewValue::from(&value.into()), options)?)
    }

    /// Removes a key. Returns whether it existed.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn del(&mut self, key: impl AsRef<[u8]>) -> Result<bool, TxError> {
        let key = self.declared(key.as_ref())?;
        Ok(self.view.del(&key)?)
    }

    /// Adds to the integer that a key holds and returns the sum.
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`], [`StoreError::Overflow`].
    pub fn incr_by(&mut self, key: impl AsRef<[u8]>, by: i64) -> Result<i64, TxError> {
        let key = self.declared(key.as_ref())?;
        Ok(self.view.incr_by(&key, by)?)
    }

    /// How long a key has.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn ttl(&self, key: impl AsRef<[u8]>) -> Result<Ttl, TxError> {
        let key = self.declared(key.as_ref())?;
        Ok(self.view.ttl(&key)?)
    }

    fn declared(&self, key: &[u8]) -> Result<Key<'t>, TxError> {
        self.keys.iter().find(|declared| declared.bytes == key).copied().ok_or(TxError::Undeclared)
    }
}
