//! An entry and time: its deadline and its timer, and what of it is over at an instant: the key, or fields of the hash that it holds.

use super::{Apart, EXPIRES, Entry, Header, Incoming, LASTS, SIDE};
use crate::clock::Timestamp;
use crate::collection::{Collection, Hash};
use crate::wheel::TimerId;

impl Entry {
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.expiry().and_then(|(deadline, _)| deadline)
    }

    pub(crate) fn timer(&self) -> Option<TimerId> {
        self.expiry().map(|(_, timer)| timer)
    }

    /// Gives the entry's timer another handle.
    pub(crate) fn set_timer(&mut self, timer: TimerId) {
        if self.timer().is_some() {
            self.set_expiry(Some((self.deadline(), timer)));
        }
    }

    /// Whether the key is gone at an instant: its own deadline is past, or it holds a hash of which every field's is.
    pub(crate) fn is_dead(&self, now: Timestamp) -> bool {
        let Some((deadline, _)) = self.expiry() else { return false };
        deadline.is_some_and(|deadline| deadline.is_past(now)) || self.hash().is_some_and(|hash| hash.is_dead(now))
    }

    /// Whether a timer that is due means the key, and not some of its fields.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.deadline().is_some_and(|deadline| deadline.is_due(now)) || self.is_dead(now)
    }

    /// That what the key holds is in order.
    pub(crate) fn debug_check(&self) {
        if let Some(hash) = self.hash() {
            hash.debug_check();
        }
    }

    /// Whether a field of the hash that the key holds is past at an instant.
    pub(crate) fn has_past_fields(&self, now: Timestamp) -> bool {
        self.timer().is_some() && self.hash().is_some_and(|hash| hash.has_past(now))
    }

    /// What the key's timer waits for: its own deadline, or the earliest of a field.
    pub(crate) fn wakes(&self) -> Option<Timestamp> {
        [self.deadline(), self.next_field_deadline()].into_iter().flatten().min()
    }

    /// The earliest deadline of a field of the hash that the key holds.
    pub(crate) fn next_field_deadline(&self) -> Option<Timestamp> {
        self.hash()?.next_deadline()
    }

    fn hash(&self) -> Option<&Hash> {
        match self.apart()? {
            Apart::Collection(Collection::Hash(hash)) => Some(hash),
            _ => None,
        }
    }

    /// A copy that shows the hash as it is at an instant; `None` where the key holds none. It is for readers: it has the entry's deadline and handle, and is in no table.
    pub(crate) fn seen_at(&self, now: Timestamp) -> Option<Self> {
        let mut hash = self.hash()?.clone();
        hash.look_at(now);
        let header = self.header();
        let incoming = Incoming::Apart(Apart::Collection(hash.into()));
        let mut copied = Header::new(self.key(), &incoming, header.has(EXPIRES), header.has(SIDE));
        copied.flags |= header.flags & LASTS;
        Some(Self::build(copied, self.access_word(), self.key(), incoming, self.expiry()))
    }

    /// Whether this is such a copy of an entry, which was not changed since.
    pub(crate) fn is_seen_as(&self, entry: &Self) -> bool {
        let shares = self.hash().zip(entry.hash()).is_some_and(|(hash, other)| hash.shares(other));
        shares && self.key() == entry.key() && self.expiry() == entry.expiry()
    }
}
