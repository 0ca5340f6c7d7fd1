//! What goes into one record: a whole value, or a piece of a large collection.
//!
//! A collection is cut by the bytes of its elements, so that neither a block nor what a reader holds of the file grows with the collection. A piece
//! is a reference to the collection, which shares its pages with the store, and a range of ranks: nothing is copied.

use std::ops::Range;

use pyredis_store::{Collection, Element, Hash, Record, Timestamp, Value};
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Serialize, Serializer};
use serde_bytes::Bytes;

use crate::format::{CONTINUES, DEADLINE_BYTES, ELEMENT_OVERHEAD_BYTES, RECORD_OVERHEAD_BYTES, TIMED_HASH};

/// A record on its way into a block.
pub(crate) struct Piece {
    record: Record,
    /// The ranks that are meant of a collection.
    range: Range<usize>,
    /// What the piece needs at most when encoded.
    bytes: usize,
}

impl Piece {
    /// The first piece of a record, of about `limit` bytes at most, if its elements are no longer. A long key, which each piece repeats, makes
    /// the pieces longer too: together they never are more than about twice the value.
    pub(crate) fn first(record: Record, limit: usize) -> Self {
        Self::new(record, 0, limit)
    }

    /// The piece behind this one, if there is more.
    pub(crate) fn next(&self, limit: usize) -> Option<Self> {
        let Value::Collection(collection) = &self.record.value else { return None };
        let from = self.range.end;
        (from < collection.len()).then(|| Self::new(self.record.clone(), from, limit))
    }

    /// What the piece needs at most when encoded.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The whole record.
    pub(crate) fn into_record(self) -> Record {
        self.record
    }

    fn new(record: Record, from: usize, limit: usize) -> Self {
        let key = record.key.len();
        let mut fitting = Fitting {
            range: from..from,
            bytes: key.saturating_add(RECORD_OVERHEAD_BYTES),
            limit: limit.max(key.saturating_mul(2)),
        };
        let rest = from..usize::MAX;
        match &record.value {
            Value::String(bytes) => fitting.bytes = fitting.bytes.saturating_add(bytes.len()),
            Value::Collection(Collection::List(list)) => fitting.fill(list.range(rest).map(Element::len)),
            Value::Collection(Collection::Set(set)) => fitting.fill(set.range(rest).map(Element::len)),
            Value::Collection(Collection::Hash(hash)) => {
                let more = if is_timed(hash) { DEADLINE_BYTES } else { 0 };
                let lengths = hash.range(rest).map(|(field, value)| field.len().saturating_add(value.len()));
                fitting.fill(lengths.map(|length| length.saturating_add(more)));
            }
            Value::Collection(Collection::SortedSet(set)) => {
                fitting.fill(set.range(rest).map(|(member, _)| member.len()));
            }
            // Serializing it will fail.
            _ => {}
        }
        let Fitting { range, bytes, .. } = fitting;
        Self { record, range, bytes }
    }
}

/// How much goes into a piece.
struct Fitting {
    range: Range<usize>,
    bytes: usize,
    limit: usize,
}

impl Fitting {
    /// Takes as many elements as fit, and at least one.
    fn fill(&mut self, lengths: impl Iterator<Item = usize>) {
        for length in lengths {
            let bytes = self.bytes.saturating_add(length).saturating_add(ELEMENT_OVERHEAD_BYTES);
            if bytes > self.limit && !self.range.is_empty() {
                return;
            }
            self.bytes = bytes;
            self.range.end += 1;
        }
    }
}

/// `[db, key, {type: content}, deadline or nil]`.
impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Record { db, key, deadline, .. } = &self.record;
        (db, Bytes::new(key), Content(self), deadline.map(Timestamp::as_millis)).serialize(serializer)
    }
}

/// Whether fields have deadlines.
const fn is_timed(hash: &Hash) -> bool {
    hash.deadlines() > 0
}

/// A value under the name of its type, as TYPE gives it, or that of a hash with deadlines; the name of a piece that continues another ends in `+`.
struct Content<'a>(&'a Piece);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Piece { record, range, .. } = self.0;
        let mut map = serializer.serialize_map(Some(1))?;
        let name = match &record.value {
            Value::Collection(Collection::Hash(hash)) if is_timed(hash) => TIMED_HASH,
            value => value.value_type().name(),
        };
        match range.start {
            0 => map.serialize_key(name)?,
            _ => map.serialize_key(&format_args!("{name}{CONTINUES}"))?,
        }
        match &record.value {
            Value::String(bytes) => map.serialize_value(Bytes::new(bytes))?,
            Value::Collection(collection) => map.serialize_value(&Elements(collection, range))?,
            _ => return Err(S::Error::custom(NO_FORMAT)),
        }
        map.end()
    }
}

/// The elements of a range of ranks.
struct Elements<'a>(&'a Collection, &'a Range<usize>);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(collection, range) = self;
        let range = Range::clone(range);
        match collection {
            Collection::List(list) => serializer.collect_seq(list.range(range).map(Bin)),
            Collection::Set(set) => serializer.collect_seq(set.range(range).map(Bin)),
            Collection::Hash(hash) if is_timed(hash) => {
                serializer.collect_map(hash.range(range).map(|(field, value)| {
                    let deadline = hash.deadline(field).map(Timestamp::as_millis);
                    (Bytes::new(field), (Bin(value), deadline))
                }))
            }
            Collection::Hash(hash) => {
                serializer.collect_map(hash.range(range).map(|(field, value)| (Bytes::new(field), Bin(value))))
            }
            Collection::SortedSet(set) => {
                serializer.collect_map(set.range(range).map(|(member, score)| (Bytes::new(member), score)))
            }
            _ => Err(S::Error::custom(NO_FORMAT)),
        }
    }
}

/// A type that is new to the store and not yet to the format must never be saved as something else.
const NO_FORMAT: &str = "the format has no such type";

struct Bin<'a>(Element<'a>);

impl Serialize for Bin<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.with_bytes(|bytes| serializer.serialize_bytes(bytes))
    }
}
