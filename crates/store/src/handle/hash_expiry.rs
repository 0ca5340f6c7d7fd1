//! Deadlines of fields: what a [`HashHandle`] does with them.

use std::iter::once;
use std::time::Duration;

use super::hash::value;
use super::{Door, FromBytes, HashHandle, ToBytes};
use crate::clock::Timestamp;
use crate::collection::Hash;
use crate::ops::{Condition, ExpireCondition, Expiry, FieldExpiry, Ttl};

impl<D: Door, K: AsRef<[u8]>> HashHandle<D, K> {
    /// Gives fields values that expire `ttl` from now; where there is no key, one is made.
    ///
    /// ```
    /// use std::time::Duration;
    /// let store = pyredis_store::Store::new();
    /// store.hash("session:1").extend_for([("token", "abc")], Duration::from_secs(60))?;
    /// assert!(matches!(store.hash("session:1").ttl("token")?, pyredis_store::Ttl::Until(_)));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`set`](Self::set).
    pub fn extend_for<F: ToBytes, V: ToBytes>(
        &self,
        pairs: impl IntoIterator<Item = (F, V)>,
        ttl: Duration,
    ) -> Result<(), D::Error> {
        let pairs: Vec<(F, V)> = pairs.into_iter().collect();
        let pairs: Vec<_> = pairs.iter().map(|(field, value)| (field.to_bytes(), value.to_bytes())).collect();
        let pairs = pairs.iter().map(|(field, value)| (&**field, &**value));
        self.door.write(self.key(), |view, key| {
            view.hash_set_until(key, pairs, Expiry::After(ttl), Condition::Always).map(|_| ())
        })
    }

    /// Lets a field expire `ttl` from now. Returns whether it is there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn expire(&self, field: impl ToBytes, ttl: Duration) -> Result<bool, D::Error> {
        let field = field.to_bytes();
        self.door.write(self.key(), |view, key| {
            let at = view.now().saturating_add(ttl);
            let outcome = view.hash_expire_at(key, once(&*field), at, ExpireCondition::Always)?;
            Ok(outcome.iter().any(|outcome| *outcome != FieldExpiry::Missing))
        })
    }

    /// Lets a field expire at an instant, if the condition holds. Says what came of it.
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn expire_at(
        &self,
        field: impl ToBytes,
        at: Timestamp,
        condition: ExpireCondition,
    ) -> Result<FieldExpiry, D::Error> {
        let field = field.to_bytes();
        self.door.write(self.key(), |view, key| {
            let outcome = view.hash_expire_at(key, once(&*field), at, condition)?;
            Ok(outcome.into_iter().next().unwrap_or(FieldExpiry::Missing))
        })
    }

    /// How long a field has.
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn ttl(&self, field: impl ToBytes) -> Result<Ttl, D::Error> {
        let field = field.to_bytes();
        self.door.read(self.key(), |view, key| view.hash_ttl(key, &field))
    }

    /// Takes the deadline of a field away. Returns whether it had one.
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn persist(&self, field: impl ToBytes) -> Result<bool, D::Error> {
        let field = field.to_bytes();
        self.door.write(self.key(), |view, key| {
            let had = view.hash_persist(key, once(&*field))?;
            Ok(had.iter().any(|had| matches!(had, Ttl::Until(_))))
        })
    }

    /// Takes a field out and returns its value.
    ///
    /// # Errors
    /// See [`get`](Self::get): a value that is no `T` stays where it is.
    pub fn take<T: FromBytes>(&self, field: impl ToBytes) -> Result<Option<T>, D::Error> {
        let field = field.to_bytes();
        self.door.write(self.key(), |view, key| {
            let found = view.collection::<Hash>(key)?.map_or(Ok(None), |hash| value(hash, &field))?;
            view.hash_take(key, once(&*field))?;
            Ok(found)
        })
    }
}
