//! Expiry of fields: taking those that are past out of a hash, and what that owes to others.

use bytes::Bytes;

use crate::collection::Hash;
use crate::effect::{Delta, event};
use crate::entry::Entry;
use crate::key::Key;
use crate::shard::ShardMut;

impl ShardMut<'_, '_> {
    /// Takes fields that are past out of the hash of an entry, if it is there, the earliest first, and at most so many. Returns how many.
    ///
    /// The key must not be dead: some field stays.
    pub(crate) fn expire_fields(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool, most: usize) -> usize {
        let (now, is_heard) = (self.now, self.changes.effects.is_some());
        let (side, slots) = self.guard.parts();
        let Some(entry) = slots.find_mut(hash, is_it) else { return 0 };
        side.snapshot.hand_over(entry);
        let before = entry.memory();
        let (mut taken, mut gone) = (0, Vec::new());
        if let Ok(fields) = entry.collection_mut::<Hash>() {
            fields.take_past(now, most, |field| {
                taken += 1;
                gone.extend(is_heard.then(|| Bytes::copy_from_slice(field)));
            });
        }
        let (bytes, deadline) = (Bytes::copy_from_slice(entry.key()), entry.deadline());
        self.database.counters(self.index).count_bytes(before, entry.memory());
        self.database.count_expired_fields(taken);
        let key = Key { db: self.database.number(), shard: self.index, hash, bytes: &bytes };
        self.arm(&key, deadline);
        if taken > 0 {
            self.emit(key.bytes, event::HEXPIRED, || Delta::HashRemove(gone));
        }
        taken
    }

    /// Says that a key went because all of its fields were past. To go through them would take as long as there are fields, so they are not named: the key goes with them.
    pub(crate) fn emit_fields_gone(&mut self, entry: &Entry) {
        self.database.count_expired_fields(entry.collection::<Hash>().map_or(0, Hash::len));
        self.emit(entry.key(), event::HEXPIRED, || Delta::HashRemove(Vec::new()));
        self.emit(entry.key(), event::DEL, || Delta::Delete);
    }
}
