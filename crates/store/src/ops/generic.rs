//! What works on keys of any type: EXISTS, DEL, RENAME, and putting back what a snapshot held.

use crate::clock::Timestamp;
use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::NewDeadline;
use crate::value::{NewValue, Value};
use crate::view::View;

impl View<'_> {
    /// Whether a key exists.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], as for every operation here.
    pub fn exists(&self, key: &Key<'_>) -> Result<bool, StoreError> {
        Ok(self.peek(key)?.is_some())
    }

    /// The name of the type of what a key holds, as TYPE gives it. Asking does not count as using it.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn type_name(&self, key: &Key<'_>) -> Result<Option<&'static str>, StoreError> {
        Ok(self.peek(key)?.map(|entry| entry.value().type_name()))
    }

    /// Removes a key. Returns whether it existed.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn del(&mut self, key: &Key<'_>) -> Result<bool, StoreError> {
        Ok(self.shard_mut(key)?.remove(key, event::DEL).is_some())
    }

    /// Moves a key's value and deadline to another key, which loses what it had. Both keys may be in different databases.
    ///
    /// # Errors
    /// [`StoreError::NoSuchKey`] if `from` does not exist; [`StoreError::Undeclared`].
    pub fn rename(&mut self, from: &Key<'_>, to: &Key<'_>) -> Result<(), StoreError> {
        // Both must be ours to write before anything is changed.
        self.shard_mut(to)?;
        let mut source = self.shard_mut(from)?;
        if !source.is_live(from) {
            return Err(StoreError::NoSuchKey);
        }
        if (from.db, from.bytes) == (to.db, to.bytes) {
            return Ok(());
        }
        if let Some(entry) = source.remove(from, event::RENAME_FROM) {
            let (value, deadline) = (entry.value().to_value(), NewDeadline::Is(entry.deadline()));
            let mut target = self.shard_mut(to)?;
            target.put(to, NewValue::from(&value), deadline, event::RENAME_TO);
            target.inherit(to, &entry);
        }
        Ok(())
    }

    /// Puts a key back as a snapshot had it.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn restore(&mut self, key: &Key<'_>, value: Value, deadline: Option<Timestamp>) -> Result<(), StoreError> {
        self.shard_mut(key)?.put(key, NewValue::from(&value), NewDeadline::Is(deadline), event::RESTORE);
        Ok(())
    }
}
