//! What a block contains, as MessagePack: an array of records, or the footer's counts.
//!
//! These are the wire's own types: the store knows nothing of serde, and its types may change without changing the file.
//! Bytes are borrowed both ways: writing reads them where the store has them, reading shares or copies them out of the block.

use std::fmt;

use bytes::Bytes;
use pyredis_store::{Record, Timestamp, VALUE_BYTES_MAX, Value};
use rmp_serde::Deserializer;
use rmp_serde::decode::Error;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _, Serialize, Serializer};

use crate::error::Damage;

/// A key with all that belongs to it: `[db, key, {type: value}, deadline or nil]`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRecord<'a> {
    db: u32,
    #[serde(borrow, with = "serde_bytes")]
    key: &'a [u8],
    #[serde(borrow)]
    value: WireValue<'a>,
    /// Milliseconds since the Unix epoch.
    deadline: Option<u64>,
}

/// A value under the name of its type, as TYPE gives it. A new type is a new variant.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireValue<'a> {
    String(#[serde(borrow, with = "serde_bytes")] &'a [u8]),
}

/// What the last block says: `[records, blocks]`, itself not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footer {
    pub(crate) records: u64,
    pub(crate) blocks: u64,
}

/// Records on their way into a block.
pub(crate) struct Records<'a>(pub(crate) &'a [Record]);

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(WireRecord::from))
    }
}

impl<'a> From<&'a Record> for WireRecord<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            db: record.db,
            key: &record.key,
            value: WireValue::from(&record.value),
            deadline: record.deadline.map(Timestamp::as_millis),
        }
    }
}

impl<'a> From<&'a Value> for WireValue<'a> {
    fn from(value: &'a Value) -> Self {
        Self::String(value.as_bytes().map_or(&[][..], |bytes| bytes))
    }
}

impl WireRecord<'_> {
    /// The record, its bytes shared with the block's `payload` that it was read from, but for values short enough to copy.
    fn into_record(self, payload: &Bytes) -> Result<Record, &'static str> {
        let WireValue::String(bytes) = self.value;
        if bytes.len() > VALUE_BYTES_MAX {
            return Err("the value is longer than 512 MB");
        }
        Ok(Record {
            db: self.db,
            key: payload.slice_ref(self.key),
            value: Value::from(payload.slice_ref(bytes)),
            deadline: self.deadline.map(Timestamp::from_millis),
        })
    }
}

/// Calls `each` with every record of a payload, in order, until it returns an error.
///
/// # Errors
/// The first one of `each`, or what is wrong with the payload; the records before that have been given to `each`.
pub(crate) fn read_records<E: From<Damage>>(
    payload: &Bytes,
    each: impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let mut stopped = None;
    let mut deserializer = Deserializer::from_read_ref(payload.as_ref());
    let mut item = 0;
    let visitor = EachRecord { payload, each, stopped: &mut stopped, item: &mut item };
    let outcome = deserializer.deserialize_seq(visitor);
    match (stopped, outcome) {
        (Some(error), _) => Err(error),
        (None, Err(source)) => Err(Damage::Content { item, source }.into()),
        (None, Ok(())) => expect_end(&mut deserializer).map_err(E::from),
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

/// Visits an array of records without ever holding more than one.
struct EachRecord<'a, F, E> {
    payload: &'a Bytes,
    each: F,
    /// The error of `each`, which serde's error type cannot carry.
    stopped: &'a mut Option<E>,
    item: &'a mut u64,
}

impl<'de, E, F: FnMut(Record) -> Result<(), E>> Visitor<'de> for EachRecord<'_, F, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut records: A) -> Result<(), A::Error> {
        while let Some(record) = records.next_element::<WireRecord<'de>>()? {
            let record = record.into_record(self.payload).map_err(de::Error::custom)?;
            if let Err(error) = (self.each)(record) {
                *self.stopped = Some(error);
                return Err(de::Error::custom("stopped"));
            }
            *self.item += 1;
        }
        Ok(())
    }
}
