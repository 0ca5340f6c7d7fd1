//! What a block contains, as MessagePack: an array of records, or the footer's counts.
//!
//! These are the wire's own types: the store knows nothing of serde, and its types may change without changing the file.
//! Bytes are borrowed both ways: writing reads them where the store has them (`piece.rs`), reading shares or copies them out of the block.

use std::fmt;

use bytes::Bytes;
use pyredis_store::{Record, Timestamp, Value};
use rmp_serde::Deserializer;
use rmp_serde::decode::Error;
use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _, Serialize};

use crate::content::{Bin, Content, ReadContent};
use crate::error::Damage;

/// What the last block says: `[records, blocks]`, itself not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footer {
    pub(crate) records: u64,
    pub(crate) blocks: u64,
}

/// Reads the records of a file, block by block, and puts together the collections that come in several.
#[derive(Default)]
pub(crate) struct RecordReader {
    /// A collection that the next record may continue.
    open: Option<Record>,
    /// How many records there were.
    records: u64,
}

impl RecordReader {
    /// How many records there were, those that continue others included.
    pub(crate) const fn records(&self) -> u64 {
        self.records
    }

    /// The database of the key that the next record may continue.
    pub(crate) fn open_database(&self) -> Option<u32> {
        self.open.as_ref().map(|record| record.db)
    }

    /// The last collection, which nothing continues.
    pub(crate) const fn finish(&mut self) -> Option<Record> {
        self.open.take()
    }

    /// Calls `each` with every key of which a payload has the end, in order, until it returns an error. A collection ends where another record begins,
    /// or with [`finish`](Self::finish).
    ///
    /// # Errors
    /// The first one of `each`, or what is wrong with the payload; the keys before that have been given to `each`.
    pub(crate) fn read<E: From<Damage>>(
        &mut self,
        payload: &Bytes,
        each: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        let mut deserializer = Deserializer::from_read_ref(payload.as_ref());
        let mut item = 0;
        let visitor = EachRecord { payload, each, stopped: &mut stopped, item: &mut item, open: &mut self.open };
        let outcome = deserializer.deserialize_seq(visitor);
        self.records += item;
        match (stopped, outcome) {
            (Some(error), _) => Err(error),
            (None, Err(source)) => Err(Damage::Content { item, source }.into()),
            (None, Ok(())) => expect_end(&mut deserializer).map_err(E::from),
        }
    }
}

/// Reads the counts of the last block.
pub(crate) fn read_footer(payload: &[u8]) -> Result<Footer, Damage> {
    let mut deserializer = Deserializer::from_read_ref(payload);
    let footer = Footer::deserialize(&mut deserializer).map_err(|source| Damage::Content { item: 0, source })?;
    expect_end(&mut deserializer)?;
    Ok(footer)
}

/// Only at the end is there no byte to begin another item with. A unit is asked for because nothing is read behind the first byte of another type.
fn expect_end<'de, R: rmp_serde::decode::ReadSlice<'de>>(deserializer: &mut Deserializer<R>) -> Result<(), Damage> {
    match <()>::deserialize(deserializer) {
        Err(Error::InvalidMarkerRead(_)) => Ok(()),
        _ => Err(Damage::BlockTail),
    }
}

/// Visits an array of records without ever holding more than one, and the collection that it continues.
struct EachRecord<'a, F, E> {
    payload: &'a Bytes,
    each: F,
    /// The error of `each`, which serde's error type cannot carry.
    stopped: &'a mut Option<E>,
    item: &'a mut u64,
    open: &'a mut Option<Record>,
}

impl<'de, E, F: FnMut(Record) -> Result<(), E>> Visitor<'de> for EachRecord<'_, F, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut records: A) -> Result<(), A::Error> {
        while let Some(begun) = records.next_element_seed(ReadRecord { payload: self.payload, open: self.open })? {
            if let Some(begun) = begun {
                let ended = self.open.take();
                let may_continue = matches!(begun.value, Value::Collection(_));
                let whole = if may_continue { self.open.replace(begun) } else { Some(begun) };
                for record in ended.into_iter().chain(whole) {
                    if let Err(error) = (self.each)(record) {
                        *self.stopped = Some(error);
                        return Err(de::Error::custom("stopped"));
                    }
                }
            }
            *self.item += 1;
        }
        Ok(())
    }
}

/// Reads `[db, key, {type: content}, deadline or nil]`; `None` if it was a piece more of the open collection.
struct ReadRecord<'a> {
    payload: &'a Bytes,
    open: &'a mut Option<Record>,
}

impl<'de> DeserializeSeed<'de> for ReadRecord<'_> {
    type Value = Option<Record>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<Record>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ReadRecord<'_> {
    type Value = Option<Record>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record, an array of 4")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Option<Record>, A::Error> {
        let too_short = |length| move || de::Error::invalid_length(length, &"a record, an array of 4");
        let db = fields.next_element()?.ok_or_else(too_short(0))?;
        let Bin(key) = fields.next_element()?.ok_or_else(too_short(1))?;
        let mut open = self.open.as_mut().filter(|open| (open.db, &*open.key) == (db, key));
        let seed = ReadContent { open: open.as_mut().map(|open| &mut open.value) };
        let content = fields.next_element_seed(seed)?.ok_or_else(too_short(2))?;
        let deadline: Option<u64> = fields.next_element()?.ok_or_else(too_short(3))?;
        let deadline = deadline.map(Timestamp::from_millis);
        let value = match content {
            Content::String(bytes) => Value::from(self.payload.slice_ref(bytes)),
            Content::Begins(collection) => Value::Collection(collection),
            Content::Continues if open.is_some_and(|open| open.deadline == deadline) => return Ok(None),
            Content::Continues => return Err(de::Error::custom("the record continues one with another deadline")),
        };
        Ok(Some(Record { db, key: self.payload.slice_ref(key), value, deadline }))
    }
}
