//! Changing a collection where it lies: what operations on lists, sets, hashes and sorted sets (`ops/`) go through.
//!
//! An operation gets the collection and a [`Report`] and says what it did; all that a change owes to others follows from that, as for every change
//! (`shard.rs`). A collection that is empty afterwards goes, and so does its key; one that was made for the operation and stays empty never was.

use smallvec::SmallVec;

use crate::collection::{Collection, CollectionType, List};
use crate::effect::{Delta, event};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::key::Key;
use crate::residue::Garbage;
use crate::shard::{NewDeadline, ShardMut};
use crate::value::{NewValue, ValueRef};
use crate::view::View;

/// What an operation did to a collection.
pub(crate) struct Report<'c> {
    is_heard: bool,
    is_touched: bool,
    /// Told to who watches the keyspace, though nothing was changed.
    noted: Option<&'static str>,
    effects: SmallVec<[(&'static str, Option<Delta>); 1]>,
    garbage: &'c mut Garbage,
}

impl<'c> Report<'c> {
    fn new(is_heard: bool, garbage: &'c mut Garbage) -> Self {
        Self { is_heard, is_touched: false, noted: None, effects: SmallVec::new(), garbage }
    }

    /// Something was changed: one event, and what is different now, made only if somebody listens.
    pub(crate) fn tell(&mut self, event: &'static str, delta: impl FnOnce() -> Delta) {
        let delta = self.is_heard.then(delta);
        self.effects.push((event, delta));
    }

    /// Nothing was changed, but for whoever watches the key it counts as if, as it does in Redis.
    pub(crate) const fn touch(&mut self) {
        self.is_touched = true;
    }

    /// Nothing was changed, and those who watch the keyspace hear of it all the same, as in Redis.
    pub(crate) const fn note(&mut self, event: &'static str) {
        self.noted = Some(event);
    }

    /// Something is not needed any more: what is large is dropped when the locks are released.
    pub(crate) fn discard(&mut self, rest: impl Into<Collection>) {
        self.garbage.keep_if_long(ValueRef::Collection(&rest.into()));
    }
}

impl ShardMut<'_, '_> {
    /// Lets an operation change the collection that a key holds; `None` where there is no such key.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub(crate) fn change<C: CollectionType, R>(
        &mut self,
        key: &Key<'_>,
        change: impl FnOnce(&mut C, &mut Report<'_>) -> R,
    ) -> Result<Option<R>, StoreError> {
        let Some(position) = self.live_position(key) else { return Ok(None) };
        let touch = self.touch;
        let (side, slots) = self.guard.parts();
        let Some(entry) = slots.entry_mut(position) else { return Ok(None) };
        entry.collection::<C>()?;
        side.snapshot.hand_over(entry);
        let (before, woke) = (entry.memory(), entry.wakes());
        let collection = entry.collection_mut::<C>()?;
        // Most of what is past has been taken out; what has not is not there for the operation.
        if let Some(hash) = collection.as_hash() {
            hash.look_at(self.now);
        }
        let is_heard = self.changes.effects.is_some();
        let mut report = Report::new(is_heard, &mut self.changes.garbage);
        let result = change(collection, &mut report);
        let Report { effects, is_touched, noted, .. } = report;
        let is_empty = collection.count() == 0;
        if let Some(hash) = collection.as_hash() {
            hash.look_at_all();
        }
        entry.touch(touch);
        self.database.counters(self.index).count_bytes(before, entry.memory());
        let (wakes, deadline) = (entry.wakes(), entry.deadline());
        if wakes != woke {
            self.arm(key, deadline);
        }
        if is_touched {
            self.guard.side().watchers.touch(key.bytes, &mut self.changes.ready);
        }
        if let Some(event) = noted {
            self.note(key.bytes, event);
        }
        self.emit_all(key, effects);
        if is_empty {
            self.remove(key, event::DEL);
        }
        Ok(Some(result))
    }

    /// The same, where there is no such key with an empty collection that the key holds from then on, unless it stays empty.
    ///
    /// # Errors
    /// See [`change`](Self::change).
    pub(crate) fn change_or_make<C: CollectionType, R>(
        &mut self,
        key: &Key<'_>,
        change: impl FnOnce(&mut C, &mut Report<'_>) -> R,
    ) -> Result<R, StoreError> {
        let mut change = Some(change);
        let mut once =
            |collection: &mut C, report: &mut Report<'_>| change.take().map(|change| change(collection, report));
        if let Some(result) = self.change(key, &mut once)?.flatten() {
            return Ok(result);
        }
        let mut made = C::default();
        let is_heard = self.changes.effects.is_some();
        let mut report = Report::new(is_heard, &mut self.changes.garbage);
        let result = once(&mut made, &mut report);
        let Report { effects, .. } = report;
        if made.count() > 0 {
            let made = made.into();
            let made = NewValue::Collection(&made);
            self.insert(key, made);
            if made.has_timed_fields() {
                self.arm(key, None);
            }
            self.emit_all(key, effects);
        }
        result.ok_or(StoreError::NoSuchKey)
    }

    fn emit_all(&mut self, key: &Key<'_>, effects: SmallVec<[(&'static str, Option<Delta>); 1]>) {
        for (event, delta) in effects {
            // Who listens has been asked already: without a listener, there is no delta, and nobody asks for one.
            self.emit(key.bytes, event, || delta.unwrap_or(Delta::Delete));
        }
    }
}

impl View<'_> {
    /// The collection that a key holds.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] where it holds anything else, as for every operation on collections.
    pub fn collection<C: CollectionType>(&self, key: &Key<'_>) -> Result<Option<&C>, StoreError> {
        self.live(key)?.map(Entry::collection).transpose()
    }

    /// The same for who is about to change it, or looks at it once more: it counts as used, and is no lookup in any figure.
    ///
    /// # Errors
    /// See [`collection`](Self::collection).
    pub fn held<C: CollectionType>(&self, key: &Key<'_>) -> Result<Option<&C>, StoreError> {
        self.used(key)?.map(Entry::collection).transpose()
    }

    /// What a key holds, whatever it is, for who looks at it once more.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`].
    pub fn held_value(&self, key: &Key<'_>) -> Result<Option<ValueRef<'_>>, StoreError> {
        Ok(self.used(key)?.map(Entry::value))
    }

    /// What a key holds, whatever it is.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`].
    pub fn value(&self, key: &Key<'_>) -> Result<Option<ValueRef<'_>>, StoreError> {
        Ok(self.live(key)?.map(Entry::value))
    }

    /// Lets a key hold a list that SORT has made, and no deadline; an empty one removes the key.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`].
    pub fn store_sorted(&mut self, key: &Key<'_>, list: List) -> Result<(), StoreError> {
        self.store_collection(key, list, event::SORTSTORE)
    }

    /// Gives a key a collection instead of what it held, and no deadline; an empty one removes the key. `event` names what happened.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`].
    pub fn store_collection(
        &mut self,
        key: &Key<'_>,
        collection: impl Into<Collection>,
        event: &'static str,
    ) -> Result<(), StoreError> {
        let mut shard = self.shard_mut(key)?;
        let collection = collection.into();
        if collection.is_empty() {
            shard.remove(key, event::DEL);
        } else {
            shard.put(key, NewValue::Collection(&collection), NewDeadline::Is(None), event);
        }
        Ok(())
    }
}
