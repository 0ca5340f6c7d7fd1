//! What works on keys of any type: EXISTS, DEL, RENAME, MOVE, COPY, and putting back what a snapshot held.

use crate::clock::Timestamp;
use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::NewDeadline;
use crate::value::{NewValue, Value, ValueType};
use crate::view::View;

impl View<'_> {
    /// Whether a key exists.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], as for every operation here.
    pub fn exists(&self, key: &Key<'_>) -> Result<bool, StoreError> {
        Ok(self.peek(key)?.is_some())
    }

    /// Which kind of value a key holds. Asking does not count as using it.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn value_type(&self, key: &Key<'_>) -> Result<Option<ValueType>, StoreError> {
        Ok(self.peek(key)?.map(|entry| entry.value().value_type()))
    }

    /// Removes a key. Returns whether it existed.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn del(&mut self, key: &Key<'_>) -> Result<bool, StoreError> {
        Ok(self.shard_mut(key)?.remove(key, event::DEL).is_some())
    }

    /// Counts a key as used. Returns whether it exists.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn use_key(&self, key: &Key<'_>) -> Result<bool, StoreError> {
        Ok(self.live(key)?.is_some())
    }

    /// Moves a key's value and deadline to another key, which loses what it had. Both keys may be in different databases.
    ///
    /// # Errors
    /// [`StoreError::NoSuchKey`] if `from` does not exist; [`StoreError::Undeclared`].
    pub fn rename(&mut self, from: &Key<'_>, to: &Key<'_>) -> Result<(), StoreError> {
        self.check_pair(from, to)?;
        if (from.db, from.bytes) != (to.db, to.bytes) {
            self.carry_over(from, to, event::RENAME_FROM, event::RENAME_TO)?;
        }
        Ok(())
    }

    /// The same, if `to` does not exist. Returns whether it did not.
    ///
    /// # Errors
    /// See [`rename`](Self::rename).
    pub fn rename_if_absent(&mut self, from: &Key<'_>, to: &Key<'_>) -> Result<bool, StoreError> {
        self.check_pair(from, to)?;
        if self.shard_mut(to)?.is_live(to) {
            return Ok(false);
        }
        self.carry_over(from, to, event::RENAME_FROM, event::RENAME_TO)?;
        Ok(true)
    }

    /// Moves a key's value and deadline to a key of another database, if that does not exist. Returns whether it was moved; it is not if `from`
    /// does not exist.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn move_key(&mut self, from: &Key<'_>, to: &Key<'_>) -> Result<bool, StoreError> {
        let is_there = self.shard_mut(from)?.is_live(from);
        if self.shard_mut(to)?.is_live(to) || !is_there {
            return Ok(false);
        }
        self.carry_over(from, to, event::MOVE_FROM, event::MOVE_TO)?;
        Ok(true)
    }

    /// Gives another key the same value and deadline; if that exists, only if it is to be replaced. Returns whether it was; it was not if `from`
    /// does not exist. Both keys may be in different databases. A value longer than 64 KB is shared, not copied.
    ///
    /// # Errors
    /// See [`exists`](Self::exists).
    pub fn copy(&mut self, from: &Key<'_>, to: &Key<'_>, replaces: bool) -> Result<bool, StoreError> {
        self.shard_mut(to)?;
        let copied = self.live(from)?.map(|entry| {
            let mut value = entry.value().to_value();
            // Who reads does not see fields that are past; they are copied all the same, and expire there.
            if let Value::Collection(collection) = &mut value {
                collection.look_at_all();
            }
            (value, entry.deadline(), entry.form())
        });
        let mut target = self.shard_mut(to)?;
        let is_taken = target.is_live(to);
        let Some((value, deadline, form)) = copied.filter(|_| replaces || !is_taken) else { return Ok(false) };
        target.put(to, NewValue::from(&value), NewDeadline::Is(deadline), event::COPY_TO);
        target.note_made_new(to, event::COPY_TO);
        if let Some(form) = form {
            target.set_form(to, form);
        }
        Ok(true)
    }

    /// That both keys are ours to write, before anything is changed, and that the first exists.
    fn check_pair(&mut self, from: &Key<'_>, to: &Key<'_>) -> Result<(), StoreError> {
        self.shard_mut(to)?;
        if self.shard_mut(from)?.is_live(from) { Ok(()) } else { Err(StoreError::NoSuchKey) }
    }

    /// Moves an entry to another key, and what it shows of its past.
    fn carry_over(
        &mut self,
        from: &Key<'_>,
        to: &Key<'_>,
        event_from: &'static str,
        event_to: &'static str,
    ) -> Result<(), StoreError> {
        if let Some(entry) = self.shard_mut(from)?.remove(from, event_from) {
            let (value, deadline) = (entry.value().to_value(), NewDeadline::Is(entry.deadline()));
            let mut target = self.shard_mut(to)?;
            target.put(to, NewValue::from(&value), deadline, event_to);
            target.inherit(to, &entry);
            target.note_made_new(to, event_from);
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
