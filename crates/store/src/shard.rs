//! A shard's state beside its table, and the one place where keys are changed.
//!
//! # State
//! [`Side`] is what a shard's lock guards beside the table: the timer wheel, the watchers, who waits, and on which side of the snapshot the shard is.
//! [`Counters`](crate::counters::Counters) are written with the lock held exclusively and read by anyone at any time.
//!
//! # Changes
//! Every change goes through [`ShardMut`], which does for each what a change owes to others, in this order: hand the entry to a running
//! snapshot that has not seen it, apply, keep wheel and counters in step, then emit one effect. Operations (`ops/`) decide what to
//! change; they never touch a table.
//!
//! # Invariants (checked by `debug_check`)
//! - A key with a deadline, or with a hash of which fields have one, owns exactly one timer, which waits for whatever comes first, and its entry holds the handle; every timer
//!   belongs to a key.
//! - `owed` counts the entries whose side is not the shard's; it is zero when no snapshot runs.
//! - The counters agree with the table.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use ahash::RandomState;
use bytes::Bytes;
use smallvec::SmallVec;

use crate::access::Touch;
use crate::clock::Timestamp;
use crate::counters::DEADLINE_COUNTED_MAX;
use crate::database::Database;
use crate::effect::{Delta, Effect, event};
use crate::entry::{Entry, Form};
use crate::error::StoreError;
use crate::key::Key;
use crate::notice::{self, Notice};
use crate::residue::Garbage;
use crate::serve::Ready;
use crate::snapshot::SnapshotSide;
use crate::table::{ExclusiveShard, Position, Slots};
use crate::value::{NewValue, StringRef};
use crate::waiters::Waiters;
use crate::waiting::Kind;
use crate::watch::Watchers;
use crate::wheel::{TimerId, Wheel};

/// What a shard's lock guards beside its table.
#[derive(Default)]
pub(crate) struct Side {
    pub(crate) wheel: Wheel,
    pub(crate) watchers: Watchers,
    pub(crate) waiters: Waiters,
    pub(crate) snapshot: SnapshotSide,
}

/// What the changes of one view leave to be done when its locks are released.
#[derive(Default)]
pub(crate) struct Changes {
    /// The effects so far; `None` where nobody listens.
    pub(crate) effects: Option<Vec<Effect>>,
    /// The notices so far; `None` where nobody wishes for any.
    pub(crate) notices: Option<RefCell<Vec<Notice>>>,
    /// Whether notices were accepted that are to be passed on.
    pub(crate) owes_notices: bool,
    /// The earliest instant at which a wheel that was touched needs the expirer.
    pub(crate) wake: Option<Timestamp>,
    /// What is to be dropped without a lock.
    pub(crate) garbage: Garbage,
    /// Changed keys that somebody waits for.
    pub(crate) ready: Option<Box<Ready>>,
}

impl Changes {
    /// Adds others, which came after these.
    pub(crate) fn merge(&mut self, other: Self) {
        if let (Some(effects), Some(mut more)) = (&mut self.effects, other.effects) {
            effects.append(&mut more);
        }
        if let (Some(notices), Some(more)) = (&mut self.notices, other.notices) {
            notices.get_mut().append(&mut more.into_inner());
        }
        self.wake = [self.wake, other.wake].into_iter().flatten().min();
        self.garbage.merge(other.garbage);
        if let Some(ready) = other.ready {
            self.ready.get_or_insert_default().merge(*ready);
        }
    }
}

/// So many fields that are past are taken out of a hash by who comes across them; what is more is left to the expirer.
const FIELDS_PER_CHANGE: usize = 128;

/// Parts of a string that a write has changed.
pub(crate) type Changed = SmallVec<[Range<usize>; 1]>;

/// What a write does to the deadline that the key had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewDeadline {
    Keep,
    Is(Option<Timestamp>),
}

/// A dead key that a reader came across, or one with fields that are past, remembered until they can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noticed {
    pub(crate) db: u32,
    pub(crate) shard: usize,
    hash: u64,
    timer: TimerId,
}

impl Noticed {
    /// The note for a key whose entry, or some field of it, is dead at `now`.
    pub(crate) fn about(entry: &Entry, key: &Key<'_>, shard: usize, now: Timestamp) -> Option<Self> {
        let timer = entry.timer().filter(|_| entry.is_dead(now) || entry.has_past_fields(now))?;
        Some(Self { db: key.db, shard, hash: key.hash, timer })
    }
}

/// A shard locked for writing, with all that its changes touch.
pub(crate) struct ShardMut<'v, 's> {
    pub(crate) database: &'s Database,
    pub(crate) index: usize,
    pub(crate) guard: &'v mut ExclusiveShard<'s, Side>,
    pub(crate) changes: &'v mut Changes,
    pub(crate) now: Timestamp,
    pub(crate) touch: Touch,
}

impl ShardMut<'_, '_> {
    /// Whether the key is there. One that is dead is removed first, as the expirer would.
    pub(crate) fn is_live(&mut self, key: &Key<'_>) -> bool {
        self.live_position(key).is_some()
    }

    /// Where the key's entry is, if it [is there](Self::is_live), until anything is put in or taken out.
    pub(crate) fn live_position(&mut self, key: &Key<'_>) -> Option<Position> {
        let slots = self.guard.slots();
        let position = slots.position(key.hash, key.bytes)?;
        let entry = slots.entry(position)?;
        if entry.timer().is_none() {
            return Some(position);
        }
        if entry.is_dead(self.now) {
            self.remove_as_expired(key.hash, |entry| entry.key() == key.bytes);
            self.publish_wake();
            return None;
        }
        if entry.has_past_fields(self.now) {
            self.expire_fields(key.hash, |entry| entry.key() == key.bytes, FIELDS_PER_CHANGE);
        }
        Some(position)
    }

    /// The key's entry, if it [is there](Self::is_live).
    pub(crate) fn live(&mut self, key: &Key<'_>) -> Option<&Entry> {
        let position = self.live_position(key)?;
        self.guard.slots().entry(position)
    }

    /// The string that a live key holds.
    pub(crate) fn live_string(&mut self, key: &Key<'_>) -> Result<Option<StringRef<'_>>, StoreError> {
        self.live(key).map(Entry::string).transpose()
    }

    /// Sets the key's value, and its deadline as `deadline` says.
    pub(crate) fn put(&mut self, key: &Key<'_>, value: NewValue<'_>, deadline: NewDeadline, event: &'static str) {
        let new_deadline = match deadline {
            NewDeadline::Keep => None,
            NewDeadline::Is(deadline) => Some(deadline),
        };
        let existed = self.overwrite(key, value, new_deadline);
        if !existed {
            // One that is dead is still in the table.
            self.is_live(key);
            self.insert(key, value);
            let deadline = new_deadline.flatten();
            if deadline.is_some() || value.has_timed_fields() {
                self.arm(key, deadline);
            }
        }
        self.emit(key.bytes, event, || match new_deadline {
            Some(deadline) => Delta::Put { value: value.to_value(), deadline },
            None if existed => Delta::Replace(value.to_value()),
            None => Delta::Put { value: value.to_value(), deadline: None },
        });
    }

    /// Adds to the integer that a key holds, 0 if it does not exist, and returns the sum. The deadline stays.
    pub(crate) fn add(&mut self, key: &Key<'_>, by: i64, event: &'static str) -> Result<i64, StoreError> {
        let Some(before) = self.find_live(key).map(|entry| entry.string()?.to_integer()) else {
            self.put(key, NewValue::Integer(by), NewDeadline::Keep, event);
            return Ok(by);
        };
        let sum = before?.checked_add(by).ok_or(StoreError::Overflow)?;
        self.put(key, NewValue::Integer(sum), NewDeadline::Keep, event);
        Ok(sum)
    }

    /// The key's entry, unless it is dead; a dead one stays where it is.
    fn find_live(&self, key: &Key<'_>) -> Option<&Entry> {
        self.guard.slots().find_key(key.hash, key.bytes).filter(|entry| !entry.is_dead(self.now))
    }

    /// Gives a live key what another entry shows of its past: how it was used, and that it was added to.
    pub(crate) fn inherit(&mut self, key: &Key<'_>, from: &Entry) {
        let (_, slots) = self.guard.parts();
        if let Some(entry) = slots.find_key_mut(key.hash, key.bytes) {
            entry.inherit(from);
        }
    }

    /// Appends to a live string.
    pub(crate) fn append(&mut self, key: &Key<'_>, tail: &[u8], event: &'static str) -> Result<(), StoreError> {
        let touch = self.touch;
        let (side, slots) = self.guard.parts();
        if let Some(entry) = slots.find_key_mut(key.hash, key.bytes) {
            side.snapshot.hand_over(entry);
            let before = entry.memory();
            entry.append(tail)?;
            entry.touch(touch);
            self.database.counters(self.index).count_bytes(before, entry.memory());
            self.emit(key.bytes, event, || Delta::Append(Bytes::copy_from_slice(tail)));
        }
        Ok(())
    }

    /// Lets `write` change a live string, which has at least `length` bytes then: zeros where it had none. `write` says which bytes are
    /// different now.
    pub(crate) fn write<R>(
        &mut self,
        key: &Key<'_>,
        length: usize,
        event: &'static str,
        write: impl FnOnce(&mut [u8]) -> (R, Changed),
    ) -> Result<R, StoreError> {
        let (touch, is_heard) = (self.touch, self.changes.effects.is_some());
        let (side, slots) = self.guard.parts();
        let entry = slots.find_key_mut(key.hash, key.bytes).ok_or(StoreError::NoSuchKey)?;
        entry.string()?;
        side.snapshot.hand_over(entry);
        let before = entry.memory();
        let (result, pieces) = entry.write(length, |bytes| {
            let (result, mut changed) = write(bytes);
            changed.retain(|_| is_heard);
            let piece = |range: Range<usize>| Some((range.start, Bytes::copy_from_slice(bytes.get(range)?)));
            (result, changed.into_iter().filter_map(piece).collect())
        })?;
        entry.touch(touch);
        self.database.counters(self.index).count_bytes(before, entry.memory());
        self.emit(key.bytes, event, || Delta::Write { length, pieces });
        Ok(result)
    }

    /// What writes into a live string has found the bytes there that it would write. It counts as used, and shows that it was written into.
    pub(crate) fn rewrite(&mut self, key: &Key<'_>) {
        let touch = self.touch;
        let (_, slots) = self.guard.parts();
        if let Some(entry) = slots.find_key_mut(key.hash, key.bytes) {
            entry.touch(touch);
            entry.set_form(Form::Raw);
        }
    }

    /// A live string shows another form than follows from its bytes.
    pub(crate) fn set_form(&mut self, key: &Key<'_>, form: Form) {
        let (_, slots) = self.guard.parts();
        if let Some(entry) = slots.find_key_mut(key.hash, key.bytes) {
            entry.set_form(form);
        }
    }

    /// Gives a live key a deadline, or takes it away.
    pub(crate) fn set_deadline(&mut self, key: &Key<'_>, deadline: Option<Timestamp>, event: &'static str) {
        let (side, slots) = self.guard.parts();
        if let Some(entry) = slots.find_key_mut(key.hash, key.bytes) {
            side.snapshot.hand_over(entry);
            self.arm(key, deadline);
            self.emit(key.bytes, event, || Delta::Deadline(deadline));
        }
    }

    /// Removes a live key and returns its entry.
    pub(crate) fn remove(&mut self, key: &Key<'_>, event: &'static str) -> Option<Entry> {
        if !self.is_live(key) {
            return None;
        }
        let entry = self.take_entry(key.hash, |entry| entry.key() == key.bytes)?;
        self.emit(key.bytes, event, || Delta::Delete);
        if entry.timer().is_some() {
            self.publish_wake();
        }
        Some(entry)
    }

    /// Removes what the wheel says is due, as far as `budget` goes, which pays for fields too, and returns how many keys that were.
    pub(crate) fn expire_due(&mut self, budget: &mut usize) -> usize {
        let mut expired = 0;
        while let Some((timer, hash)) = self.guard.side_mut().wheel.pop_begun(self.now, budget) {
            let (Side { wheel, .. }, slots) = self.guard.parts();
            let is_it = |entry: &Entry| entry.timer() == Some(timer);
            let entry = slots.find(hash, is_it);
            match entry.and_then(Entry::wakes) {
                Some(wakes) if !wakes.is_due(self.now) => wheel.rearm(timer, wakes),
                Some(_) if entry.is_some_and(|entry| entry.is_over(self.now)) => {
                    expired += usize::from(self.remove_as_expired(hash, is_it));
                }
                Some(_) => {
                    let taken = self.expire_fields(hash, is_it, *budget + 1);
                    *budget = (*budget + 1).saturating_sub(taken.max(1));
                }
                None => {
                    debug_assert!(false, "a timer without a key");
                    wheel.cancel(timer);
                }
            }
        }
        self.publish_wake();
        expired
    }

    /// Removes a key that a reader found dead, if it still is, or of its fields some that are past.
    pub(crate) fn expire_noticed(&mut self, noticed: &Noticed) {
        let (now, hash) = (self.now, noticed.hash);
        let is_it = |entry: &Entry| entry.timer() == Some(noticed.timer);
        if !self.remove_as_expired(hash, |entry| is_it(entry) && entry.is_dead(now)) {
            self.expire_fields(hash, |entry| is_it(entry) && entry.has_past_fields(now), FIELDS_PER_CHANGE);
        }
        self.publish_wake();
    }

    /// Removes a key if it is there and dead.
    pub(crate) fn expire_dead(&mut self, hash: u64, key: &[u8]) {
        let now = self.now;
        if self.remove_as_expired(hash, |entry| entry.key() == key && entry.is_dead(now)) {
            self.publish_wake();
        }
    }

    /// Removes every key in O(1), watchers aside. Emits no effect: a flush is one for the whole database.
    pub(crate) fn flush(&mut self) {
        let (side, slots) = self.guard.parts();
        // Dead keys too: whoever watches one began while it was alive, or it would have been removed then.
        side.watchers.touch_where(&mut self.changes.ready, |hash, key| slots.find_key(hash, key).is_some());
        let counters = self.database.counters(self.index);
        counters.changes.add(slots.len() as u64);
        counters.keys.set(0);
        let bytes = counters.bytes.get();
        counters.bytes.set(0);
        side.wheel = Wheel::default();
        counters.expires.set(0);
        counters.deadlines.set(0);
        let detached = slots.take();
        counters.groups.set(slots.groups());
        if let Some(table) = side.snapshot.take_detached(detached) {
            self.changes.garbage.add_table(table, bytes);
        }
        self.publish_wake();
    }

    /// Replaces a live key's value, and its deadline if a new one is given. Returns whether there is a live key.
    fn overwrite(&mut self, key: &Key<'_>, value: NewValue<'_>, deadline: Option<Option<Timestamp>>) -> bool {
        let (now, touch) = (self.now, self.touch);
        let (side, slots) = self.guard.parts();
        let entry = slots.find_key_mut(key.hash, key.bytes);
        let Some(entry) = entry.filter(|entry| !entry.is_dead(now)) else { return false };
        side.snapshot.hand_over(entry);
        self.changes.garbage.keep_if_long(entry.value());
        let before = entry.memory();
        let has_timed = entry.next_field_deadline().is_some();
        entry.set_value(value);
        entry.touch(touch);
        self.database.counters(self.index).count_bytes(before, entry.memory());
        let (old, new) = (entry.deadline(), deadline.unwrap_or_else(|| entry.deadline()));
        if old != new || has_timed || entry.next_field_deadline().is_some() {
            self.arm(key, new);
        }
        true
    }

    pub(crate) fn insert(&mut self, key: &Key<'_>, value: NewValue<'_>) {
        let (side, slots) = self.guard.parts();
        let entry = Entry::new(key.bytes, value, side.snapshot.side(), self.touch);
        let counters = self.database.counters(self.index);
        counters.keys.add(1);
        counters.bytes.add(entry.memory());
        slots.insert(key.hash, entry, self.database.hasher());
        counters.groups.set(slots.groups());
        self.note(key.bytes, notice::NEW);
    }

    /// Brings the key's timer in line with a new deadline, and with the deadlines of its fields.
    pub(crate) fn arm(&mut self, key: &Key<'_>, deadline: Option<Timestamp>) {
        let now = self.now;
        let (Side { wheel, .. }, slots) = self.guard.parts();
        let Some(entry) = slots.find_key_mut(key.hash, key.bytes) else { return };
        let counters = self.database.counters(self.index);
        counters.count_deadline(entry.deadline(), deadline);
        let wakes = [deadline, entry.next_field_deadline()].into_iter().flatten().min();
        let expiry = match (entry.timer(), wakes) {
            (None, None) => return,
            (None, Some(wakes)) => Some((deadline, wheel.arm(wakes, key.hash, now))),
            (Some(timer), Some(wakes)) => {
                wheel.rearm(timer, wakes);
                Some((deadline, timer))
            }
            (Some(timer), None) => {
                wheel.cancel(timer);
                None
            }
        };
        let before = entry.memory();
        entry.set_expiry(expiry);
        counters.count_bytes(before, entry.memory());
        compact_sparse(wheel, slots);
        self.publish_wake();
    }

    fn remove_as_expired(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> bool {
        let Some(entry) = self.take_entry(hash, is_it) else { return false };
        if entry.deadline().is_some_and(|deadline| deadline.is_due(self.now)) {
            self.database.lag().count(entry.deadline(), self.now);
            self.emit(entry.key(), event::EXPIRED, || Delta::Delete);
        } else {
            self.emit_fields_gone(&entry);
        }
        true
    }

    /// Takes an entry out of the table and all that knows of it. The effect is the caller's.
    pub(crate) fn take_entry(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let (Side { wheel, snapshot, .. }, slots) = self.guard.parts();
        let mut entry = slots.remove(hash, is_it, self.database.hasher())?;
        snapshot.hand_over(&mut entry);
        if let Some(timer) = entry.timer() {
            wheel.cancel(timer);
            compact_sparse(wheel, slots);
        }
        self.changes.garbage.keep_if_long(entry.value());
        let counters = self.database.counters(self.index);
        counters.count_deadline(entry.deadline(), None);
        counters.keys.sub(1);
        counters.bytes.sub(entry.memory());
        counters.groups.set(slots.groups());
        Some(entry)
    }

    pub(crate) fn emit(&mut self, key: &[u8], event: &'static str, delta: impl FnOnce() -> Delta) {
        let side = self.guard.side();
        side.watchers.touch(key, &mut self.changes.ready);
        if let Some(hash) = side.waiters.find(key)
            && !event::is_pop(event)
        {
            self.note_if_ready(hash, key);
        }
        self.database.counters(self.index).changes.add(1);
        self.note(key, event);
        if let Some(effects) = &mut self.changes.effects {
            effects.push(Effect {
                db: self.database.number(),
                key: Bytes::copy_from_slice(key),
                event,
                delta: delta(),
            });
        }
    }

    /// Tells those who watch the keyspace of something that is no effect of its own.
    pub(crate) fn note(&mut self, key: &[u8], event: &'static str) {
        let db = self.database.number();
        if let Some(notices) = &mut self.changes.notices {
            notices.get_mut().push(Notice { db, key: Bytes::copy_from_slice(key), event });
        }
    }

    /// A key was given what another had, or a copy of it: to those who watch the keyspace it is new, whatever it was, and that comes before `event`.
    pub(crate) fn note_made_new(&mut self, key: &Key<'_>, event: &'static str) {
        let db = self.database.number();
        let Some(notices) = self.changes.notices.as_mut().map(RefCell::get_mut) else { return };
        let is_new = |notice: &Notice| notice.event == notice::NEW && notice.db == db && notice.key == key.bytes;
        if let Some(at) = notices.iter().rposition(|notice| notice.event == event) {
            // What made it says so only if it was not there.
            if let Some(noted) = notices.get(at.saturating_sub(1)..).and_then(|last| last.iter().position(is_new)) {
                notices.remove(at.saturating_sub(1) + noted);
            }
            let at = notices.iter().rposition(|notice| notice.event == event).unwrap_or(0);
            notices.insert(at, Notice { db, key: Bytes::copy_from_slice(key.bytes), event: notice::NEW });
        }
    }

    /// A key that is waited for was changed: if it holds what is waited for, who waits is served when the view ends.
    #[cold]
    pub(crate) fn note_if_ready(&mut self, hash: u64, bytes: &[u8]) {
        let key = Key { db: self.database.number(), shard: self.index, hash, bytes };
        let kind = self.guard.slots().find_key(hash, bytes).and_then(Kind::of);
        if kind.is_some_and(|kind| self.guard.side().waiters.has(&key, kind)) {
            self.changes.ready.get_or_insert_default().note(&key);
        }
    }

    pub(crate) fn publish_wake(&mut self) {
        let wheel = &self.guard.side().wheel;
        let (wake, counters) = (wheel.next_wake(), self.database.counters(self.index));
        counters.set_next_wake(wake);
        counters.timers.set(wheel.memory());
        if let Some(wake) = wake {
            self.changes.wake = Some(self.changes.wake.map_or(wake, |earlier| earlier.min(wake)));
        }
    }
}

/// Gives the memory of timers that are gone back, once seven in eight are. O(timers), amortised O(1) for each that goes.
fn compact_sparse(wheel: &mut Wheel, slots: &mut Slots) {
    if !wheel.is_sparse() {
        return;
    }
    // Timers only move to lower indices, in ascending order, so no handle given out here is one that is still looked for.
    wheel.compact(|hash, old, new| {
        if let Some(entry) = slots.find_mut(hash, |entry| entry.timer() == Some(old)) {
            entry.set_timer(new);
        }
    });
}

/// Checks the invariants that this module states, for tests. O(n).
pub(crate) fn debug_check(database: &Database, index: usize, guard: &ExclusiveShard<'_, Side>, hasher: &RandomState) {
    let (side, slots) = (guard.side(), guard.slots());
    let (mut keys, mut timers, mut expires, mut owed, mut bytes, mut deadlines) = (0, 0, 0, 0, 0, 0);
    let waiting: HashMap<_, _> = side.wheel.waiting().map(|(timer, hash, fits)| ((timer, hash), fits)).collect();
    for home in 0..slots.groups() {
        slots.for_each_in_home(home, hasher, |entry| {
            keys += 1;
            bytes += entry.memory();
            assert_eq!(
                entry.wakes().is_some(),
                entry.timer().is_some(),
                "a timer is there if there is what it waits for"
            );
            if let Some((wakes, timer)) = entry.wakes().zip(entry.timer()) {
                timers += 1;
                let timer = waiting.get(&(timer, crate::key::hash(hasher, entry.key())));
                assert!(timer.is_some_and(|fits| fits(wakes)), "a key's timer is its own and up to date");
            }
            expires += usize::from(entry.deadline().is_some());
            entry.debug_check();
            owed += usize::from(entry.side() != side.snapshot.side());
            deadlines += entry.deadline().map_or(0, |deadline| deadline.as_millis().min(DEADLINE_COUNTED_MAX));
        });
    }
    side.waiters.debug_check(index);
    let counters = database.counters(index);
    assert_eq!(keys, slots.len(), "the homes show every entry");
    assert_eq!(keys, counters.keys.get(), "the key counter agrees");
    assert_eq!(bytes, counters.bytes.get(), "the byte counter agrees");
    assert_eq!(slots.groups(), counters.groups.get(), "the counter of the table's groups agrees");
    assert_eq!(side.wheel.memory(), counters.timers.get(), "the counter of the timers' bytes agrees");
    assert_eq!(timers, side.wheel.len(), "one timer a key that waits for something");
    assert_eq!(timers, waiting.len(), "every timer waits");
    let (published, actual) = (counters.next_wake(), side.wheel.next_wake());
    assert_eq!(published, actual, "the expirer knows when to wake");
    assert_eq!(expires, counters.expires.get(), "the counter of deadlines agrees");
    assert_eq!(deadlines, counters.deadlines.get(), "the sum of deadlines agrees");
    assert_eq!(owed, side.snapshot.owed(), "owed counts the entries on the old side");
}

#[cfg(test)]
#[path = "shard_tests.rs"]
mod tests;
