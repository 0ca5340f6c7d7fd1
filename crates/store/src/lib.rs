//! An embeddable, concurrent keyspace: binary-safe keys and values with deadlines, atomic counters, multi-key transactions, scans
//! and snapshots. Synchronous, in memory, without a runtime, without I/O.
//!
//! ```
//! use std::time::Duration;
//! use pyredis_store::{SetOptions, Store};
//!
//! let store = Store::new();
//! store.set("user:1", "alice");
//! store.set_with("session:1", "token", SetOptions::default().ttl(Duration::from_secs(3600)))?;
//! assert_eq!(store.incr_by("visits", 1)?, 1);
//! assert_eq!(store.get("user:1").as_deref(), Some(&b"alice"[..]));
//! # Ok::<(), pyredis_store::StoreError>(())
//! ```
//!
//! A key past its deadline is never seen; [`Expirer`] frees its memory soon after. Without one, memory of dead keys that nobody reads stays.
//!
//! # How it works
//! Each database is spread over shards, each one lock. Everything goes through a [`View`]: a set of shards locked at once, in ascending order,
//! at one instant. Changes go through one place (`shard.rs`), which keeps the timer wheel, the watchers, a running snapshot and the effects in
//! step. Reading order: `store.rs`, `lock_set.rs`, `view.rs`, `shard.rs`, `ops/`, then `wheel.rs`, `scan.rs`, `snapshot.rs`, and `table/` last.
//!
//! # What the store never does
//! It never reads or writes a file or socket, never parses a protocol, never starts a thread unasked, never reads a clock behind a view's back.

mod access;
mod apart;
mod api;
mod api_string;
mod bits;
mod blocking_pop;
mod builder;
mod change;
mod clock;
mod collection;
mod compact;
mod counters;
mod database;
mod effect;
mod entry;
mod error;
mod expire;
mod field_expiry;
mod footprint;
mod glob;
mod handle;
mod key;
mod key_scan;
mod lag;
mod lock_set;
mod long_double;
mod notice;
mod ops;
mod prefetch;
mod read;
mod residue;
mod sample;
mod scan;
mod seen;
mod serve;
mod shard;
mod slab;
mod snapshot;
mod store;
mod swap;
mod table;
mod transaction;
mod turn;
mod value;
mod view;
mod waiters;
mod waiting;
mod watch;
mod wheel;

pub use access::Tracking;
pub use bits::{count_bits, find_bit};
pub use blocking_pop::BlockingPop;
pub use builder::StoreBuilder;
pub use clock::{Clock, ManualClock, Timestamp};
pub use collection::{Boundary, Collection, CollectionType, Element, Hash, List, Set, SortedSet};
pub use compact::{Compaction, CompactionStep, HighWater};
pub use database::DatabaseStats;
pub use effect::{Delta, Effect, EffectSink};
pub use error::StoreError;
pub use expire::{ExpireStep, Expirer};
pub use glob::glob_match;
pub use handle::{BitmapHandle, Door, FromBytes, HashHandle, ListHandle, SetHandle, SortedSetHandle, ToBytes};
pub use key::Key;
pub use key_scan::Scan;
pub use lag::ExpireLag;
pub use lock_set::LockSet;
pub use long_double::millis_of_seconds;
pub use notice::{Notice, NoticeSink, Wishes};
pub use ops::{
    ATTEMPTS, Aggregate, BitCalculation, BitField, BitFieldOp, BitOp, Calculation, Condition, ExpireCondition, Expiry,
    FieldExpiry, ListEdit, ListEnd, ListSearch, Overflow, Provisional, Removed, SetCalculation, SetOp, SetOptions,
    SetOutcome, SetPop, SortedSetCalculation, SortedSetRange, SortedSetRemoval, Ttl, ZaddOptions, ZaddOutcome,
    ZremReason, index_place, index_range, is_unchanged, renew,
};
pub use residue::{Garbage, Lookups, Residue};
pub use sample::RandomRanks;
pub use scan::{Cursor, KeyWalk};
pub use snapshot::{Record, SnapshotRunning, SnapshotSink, SnapshotWalk, WalkProgress};
pub use store::Store;
pub use transaction::{Tx, TxError};
pub use value::{NewValue, StringRef, VALUE_BYTES_MAX, Value, ValueRef, ValueType};
pub use view::{Access, View};
pub use waiting::{Given, Served, WaitEnd, WaitHandle, Waiting, Wish};
pub use watch::{Watch, WatchSet};
