//! The block behind a slot of the table: key, value, deadline, timer, and the snapshot's bit.
//!
//! The table's slot is one thin pointer; everything else about a key lives here, and this module alone knows how.

use std::hash::{Hash, Hasher};

use crate::clock::Timestamp;
use crate::value::Value;
use crate::wheel::TimerId;

/// A key with all that belongs to it.
pub(crate) struct Entry(Box<Block>);

struct Block {
    key: Box<[u8]>,
    value: Value,
    expiry: Option<(Timestamp, TimerId)>,
    /// On which side of the current snapshot the entry is: see `snapshot.rs`.
    side: bool,
}

impl Entry {
    pub(crate) fn new(key: &[u8], value: Value, side: bool) -> Self {
        Self(Box::new(Block { key: key.into(), value, expiry: None, side }))
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0.key
    }

    pub(crate) const fn value(&self) -> &Value {
        &self.0.value
    }

    pub(crate) fn value_mut(&mut self) -> &mut Value {
        &mut self.0.value
    }

    pub(crate) fn into_value(self) -> Value {
        self.0.value
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.0.expiry.map(|(deadline, _)| deadline)
    }

    pub(crate) fn timer(&self) -> Option<TimerId> {
        self.0.expiry.map(|(_, timer)| timer)
    }

    pub(crate) fn set_expiry(&mut self, expiry: Option<(Timestamp, TimerId)>) {
        self.0.expiry = expiry;
    }

    pub(crate) fn is_dead(&self, now: Timestamp) -> bool {
        self.deadline().is_some_and(|deadline| deadline.is_past(now))
    }

    pub(crate) const fn side(&self) -> bool {
        self.0.side
    }

    pub(crate) fn set_side(&mut self, side: bool) {
        self.0.side = side;
    }

    /// Bytes of memory that the entry accounts for: its block, its key, its value and its slot.
    pub(crate) fn memory(&self) -> usize {
        const SLOT: usize = size_of::<Entry>() + 1;
        size_of::<Block>() + SLOT + self.0.key.len() + self.0.value.heap_bytes()
    }
}

/// Entries are the same when their keys are: what the table's map type asks for.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.key());
    }
}
