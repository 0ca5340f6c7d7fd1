//! Effects: what a change did, said once, for everyone who wants to know.
//!
//! Every change to a key emits one [`Effect`] while its shard is locked. Those who decide what another client may see (watchers, the
//! counters, the running snapshot) are served on the spot by `shard.rs`; whoever wants the stream itself registers an [`EffectSink`].
//! Effects are resolved: absolute deadlines, results instead of commands, and only the changed part of a value.

use std::ops::Range;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::value::Value;

/// One change of one key, or of a whole database.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The database that changed.
    pub db: u32,
    /// The key that changed; empty where the whole database did.
    pub key: Bytes,
    /// The name of the event, as Redis's keyspace notifications have it.
    pub event: &'static str,
    /// What to do to the old state to get the new one.
    pub delta: Delta,
}

impl Effect {
    pub(crate) const fn swap(db: u32, with: u32) -> Self {
        Self { db, key: Bytes::new(), event: event::SWAPDB, delta: Delta::Swap { with } }
    }

    pub(crate) const fn flush(db: u32) -> Self {
        Self { db, key: Bytes::new(), event: event::FLUSHDB, delta: Delta::Flush }
    }
}

/// The resolved difference that an effect makes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Delta {
    /// The key now has this value and this deadline.
    Put {
        /// The whole value.
        value: Value,
        /// The absolute deadline, if the key has one.
        deadline: Option<Timestamp>,
    },
    /// The key's value is replaced; its deadline stays.
    Replace(Value),
    /// These bytes stand behind the string now.
    Append(Bytes),
    /// These fields of the hash have these values now, and no deadlines.
    HashPut(Vec<(Bytes, Bytes)>),
    /// These fields of the hash have these values now, and the deadlines that they had.
    HashReplace(Vec<(Bytes, Bytes)>),
    /// These fields of the hash have this deadline now, or none.
    HashDeadline {
        /// The fields.
        fields: Vec<Bytes>,
        /// The absolute deadline.
        deadline: Option<Timestamp>,
    },
    /// These fields of the hash are gone.
    HashRemove(Vec<Bytes>),
    /// These members are in the set now.
    SetAdd(Vec<Bytes>),
    /// These members of the set are gone.
    SetRemove(Vec<Bytes>),
    /// These members of the sorted set have these scores now.
    SortedSetPut(Vec<(Bytes, f64)>),
    /// These members of the sorted set are gone.
    SortedSetRemove(Vec<Bytes>),
    /// These elements stand in the list now, in this order, the first at this place.
    ListInsert {
        /// The place, counted from the front.
        at: usize,
        /// The elements.
        elements: Vec<Bytes>,
    },
    /// The element at a place is replaced.
    ListSet {
        /// The place, counted from the front.
        at: usize,
        /// The element that is there now.
        element: Bytes,
    },
    /// The elements at these places are gone, one range after the other: each counts without those before it.
    ListRemove(Vec<Range<usize>>),
    /// Parts of the string are different now.
    Write {
        /// How many bytes the string has at least: those that it did not have are zeros.
        length: usize,
        /// What stands in it now, and from which byte on.
        pieces: Vec<(usize, Bytes)>,
    },
    /// The deadline is set, or removed; the value stays.
    Deadline(Option<Timestamp>),
    /// The key is gone.
    Delete,
    /// Every key of the database is gone.
    Flush,
    /// The database and another have each other's keys.
    Swap {
        /// The other's number.
        with: u32,
    },
}

/// Someone who receives every effect, numbered in an order in which they could have happened one after another.
pub trait EffectSink: Send + Sync {
    /// Takes the effects of one view as a unit. Sequence numbers count up by one from zero; in their order, every prefix of the units is a
    /// state that existed.
    ///
    /// Called from the changing threads, several at once: units that touch different shards may arrive slightly out of sequence. Called with
    /// shards locked: it must not wait, panic, touch a file or call the store, and it should take O(1) an effect.
    fn accept(&self, sequence: u64, effects: Vec<Effect>);
}

/// The names of events, as Redis's keyspace notifications have them.
pub(crate) mod event {
    /// Whether it only takes: what is left was there before, so whoever waits for the key has been looked for since.
    pub(crate) fn is_pop(event: &str) -> bool {
        matches!(event, LPOP | RPOP | ZPOPMAX | ZPOPMIN)
    }

    pub(crate) const APPEND: &str = "append";
    pub(crate) const COPY_TO: &str = "copy_to";
    pub(crate) const DEL: &str = "del";
    pub(crate) const EXPIRE: &str = "expire";
    pub(crate) const EXPIRED: &str = "expired";
    pub(crate) const FLUSHDB: &str = "flushdb";
    pub(crate) const HDEL: &str = "hdel";
    pub(crate) const HEXPIRE: &str = "hexpire";
    pub(crate) const HEXPIRED: &str = "hexpired";
    pub(crate) const HINCRBY: &str = "hincrby";
    pub(crate) const HINCRBYFLOAT: &str = "hincrbyfloat";
    pub(crate) const HPERSIST: &str = "hpersist";
    pub(crate) const HSET: &str = "hset";
    pub(crate) const INCRBY: &str = "incrby";
    pub(crate) const INCRBYFLOAT: &str = "incrbyfloat";
    pub(crate) const LINSERT: &str = "linsert";
    pub(crate) const LPOP: &str = "lpop";
    pub(crate) const LPUSH: &str = "lpush";
    pub(crate) const LREM: &str = "lrem";
    pub(crate) const LSET: &str = "lset";
    pub(crate) const LTRIM: &str = "ltrim";
    pub(crate) const MOVE_FROM: &str = "move_from";
    pub(crate) const MOVE_TO: &str = "move_to";
    pub(crate) const PERSIST: &str = "persist";
    pub(crate) const RENAME_FROM: &str = "rename_from";
    pub(crate) const RENAME_TO: &str = "rename_to";
    pub(crate) const RESTORE: &str = "restore";
    pub(crate) const RPOP: &str = "rpop";
    pub(crate) const RPUSH: &str = "rpush";
    pub(crate) const SADD: &str = "sadd";
    pub(crate) const SDIFFSTORE: &str = "sdiffstore";
    pub(crate) const SET: &str = "set";
    pub(crate) const SETBIT: &str = "setbit";
    pub(crate) const SETRANGE: &str = "setrange";
    pub(crate) const SINTERSTORE: &str = "sinterstore";
    pub(crate) const SORTSTORE: &str = "sortstore";
    pub(crate) const SPOP: &str = "spop";
    pub(crate) const SREM: &str = "srem";
    pub(crate) const SWAPDB: &str = "swapdb";
    pub(crate) const SUNIONSTORE: &str = "sunionstore";
    pub(crate) const ZADD: &str = "zadd";
    pub(crate) const ZDIFFSTORE: &str = "zdiffstore";
    pub(crate) const ZINCR: &str = "zincr";
    pub(crate) const ZINTERSTORE: &str = "zinterstore";
    pub(crate) const ZPOPMAX: &str = "zpopmax";
    pub(crate) const ZPOPMIN: &str = "zpopmin";
    pub(crate) const ZRANGESTORE: &str = "zrangestore";
    pub(crate) const ZREM: &str = "zrem";
    pub(crate) const ZREMRANGEBYLEX: &str = "zremrangebylex";
    pub(crate) const ZREMRANGEBYRANK: &str = "zremrangebyrank";
    pub(crate) const ZREMRANGEBYSCORE: &str = "zremrangebyscore";
    pub(crate) const ZUNIONSTORE: &str = "zunionstore";
}
