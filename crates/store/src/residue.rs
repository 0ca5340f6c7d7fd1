//! What a finished view leaves to be done without its locks.

use crate::shard::Noticed;
use crate::table::Slots;
use crate::value::{Value, ValueRef};

/// Values from this many bytes on are freed without a lock: giving back so much memory is not done in no time.
const LONG_BYTES_MIN: usize = 64 * 1024;

/// What a finished view leaves. Give it to [`Store::settle`](crate::Store::settle); dropping it is safe, then dead keys wait for the expirer.
#[must_use]
#[derive(Default)]
pub struct Residue {
    /// How many reads found their key, and how many did not.
    pub lookups: Lookups,
    pub(crate) noticed: Vec<Noticed>,
    pub(crate) garbage: Garbage,
}

/// Reads of keys, by whether the key was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookups {
    /// The key was there.
    pub hits: u64,
    /// It was not.
    pub misses: u64,
}

impl Residue {
    /// Adds what another view left.
    #[inline]
    pub fn merge(&mut self, mut other: Self) {
        if !other.noticed.is_empty() {
            self.noticed.append(&mut other.noticed);
        }
        self.garbage.merge(other.garbage);
        self.lookups.hits += other.lookups.hits;
        self.lookups.misses += other.lookups.misses;
    }

    /// Takes out what costs time to drop; drop it where nobody waits. `None` if there is nothing.
    pub fn take_garbage(&mut self) -> Option<Garbage> {
        let garbage = std::mem::take(&mut self.garbage);
        garbage.0.is_some().then_some(garbage)
    }
}

/// Flushed tables, long values that were removed or replaced, and what was worked out for nothing. Dropping it frees them: O(entries) for the tables,
/// O(bytes) for the values, unless someone else still holds them.
#[derive(Default)]
pub struct Garbage(Option<Box<Kept>>);

/// Most views leave nothing, so what they would leave it in is made when it is needed.
#[derive(Default)]
struct Kept {
    tables: Vec<Slots>,
    values: Vec<Value>,
    others: Vec<Box<dyn Send>>,
    /// Bytes of all.
    bytes: usize,
}

impl Garbage {
    /// Anything else that takes long to free, and about how many bytes that frees.
    pub fn of(rest: impl Send + 'static, bytes: usize) -> Self {
        let mut garbage = Self::default();
        let kept = garbage.kept();
        kept.bytes = bytes;
        kept.others.push(Box::new(rest));
        garbage
    }

    /// Whether so many bytes are freed where nobody waits for it.
    pub const fn is_long(bytes: usize) -> bool {
        bytes >= LONG_BYTES_MIN
    }

    /// About how many bytes are to be freed.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.bytes)
    }

    /// Takes a flushed table, whose entries take so many bytes.
    pub(crate) fn add_table(&mut self, table: Slots, bytes: usize) {
        let kept = self.kept();
        kept.bytes += bytes + Slots::memory(table.groups());
        kept.tables.push(table);
    }

    fn kept(&mut self) -> &mut Kept {
        self.0.get_or_insert_default()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        if let Some(mut other) = other.0 {
            let kept = self.kept();
            kept.tables.append(&mut other.tables);
            kept.values.append(&mut other.values);
            kept.others.append(&mut other.others);
            kept.bytes += other.bytes;
        }
    }

    /// Holds a long value, which its entry is about to lose, until the locks are released. O(1).
    pub(crate) fn keep_if_long(&mut self, value: ValueRef<'_>) {
        let is_long = match value {
            ValueRef::String(string) => string.as_shared().is_some_and(|bytes| Self::is_long(bytes.len())),
            ValueRef::Collection(collection) => Self::is_long(collection.memory()),
        };
        if is_long {
            self.keep(value.to_value());
        }
    }

    /// Takes a value that is not needed any more: a long one is held until the locks are released.
    pub(crate) fn discard(&mut self, value: Value) {
        if Self::is_long(bytes_of(&value)) {
            self.keep(value);
        }
    }

    fn keep(&mut self, value: Value) {
        let kept = self.kept();
        kept.bytes += bytes_of(&value);
        kept.values.push(value);
    }
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::String(bytes) => bytes.len(),
        Value::Collection(collection) => collection.memory(),
    }
}
