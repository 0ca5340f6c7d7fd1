//! A database: its number, its shards, and their counters. Made when it is first written.

use std::sync::atomic::{AtomicU64, Ordering};

use ahash::RandomState;
use crossbeam_utils::CachePadded;

use crate::clock::Timestamp;
use crate::counters::Counters;
use crate::footprint::block;
use crate::lag::LagCounters;
use crate::shard::Side;
use crate::table::{Shards, Slots};

/// One of a store's numbered keyspaces.
pub(crate) struct Database {
    number: u32,
    hasher: RandomState,
    shards: Shards<Side>,
    counters: Box<[CachePadded<Counters>]>,
    lag: LagCounters,
    /// Fields of hashes that were removed because their time had come.
    expired_fields: AtomicU64,
}

impl Database {
    pub(crate) fn new(number: u32, shards: usize, hasher: &RandomState) -> Self {
        Self {
            number,
            hasher: hasher.clone(),
            shards: Shards::new(shards),
            counters: (0..shards).map(|_| CachePadded::default()).collect(),
            lag: LagCounters::default(),
            expired_fields: AtomicU64::new(0),
        }
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    pub(crate) const fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    pub(crate) const fn shards(&self) -> &Shards<Side> {
        &self.shards
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "as many counters as shards; an index comes from the store's shard count"
    )]
    pub(crate) fn counters(&self, shard: usize) -> &Counters {
        &self.counters[shard]
    }

    pub(crate) fn all_counters(&self) -> impl Iterator<Item = &Counters> {
        self.counters.iter().map(|padded| &**padded)
    }

    /// How late expired keys were removed.
    pub(crate) const fn lag(&self) -> &LagCounters {
        &self.lag
    }

    pub(crate) fn count_expired_fields(&self, fields: usize) {
        self.expired_fields.fetch_add(fields as u64, Ordering::Relaxed);
    }

    /// How many fields of hashes were removed because their time had come.
    pub(crate) fn expired_fields(&self) -> u64 {
        self.expired_fields.load(Ordering::Relaxed)
    }

    /// The number of keys, dead ones that nobody noticed yet included. O(shards), no locks.
    pub(crate) fn len(&self) -> usize {
        self.all_counters().map(|counters| counters.keys.get()).sum()
    }

    /// Bytes of memory that the shards and their timers take. O(shards), no locks.
    pub(crate) fn overhead(&self) -> usize {
        self.shards.memory()
            + block(self.counters.len() * size_of::<CachePadded<Counters>>())
            + self.all_counters().map(|counters| counters.timers.get()).sum::<usize>()
    }

    /// Bytes of memory that the tables take. O(shards), no locks.
    pub(crate) fn tables(&self) -> usize {
        self.all_counters().map(|counters| Slots::memory(counters.groups.get())).sum()
    }

    /// Figures about the database. O(shards), no locks.
    pub(crate) fn stats(&self, now: Timestamp) -> DatabaseStats {
        let mut stats = DatabaseStats { number: self.number, ..DatabaseStats::default() };
        let mut deadlines = 0_u128;
        for counters in self.all_counters() {
            stats.keys += counters.keys.get();
            stats.expires += counters.expires.get();
            stats.entry_bytes += counters.bytes.get() as u64;
            deadlines += u128::from(counters.deadlines.get());
        }
        stats.table_bytes = self.tables() as u64;
        stats.other_bytes = self.overhead() as u64;
        if let Some(mean) = deadlines.checked_div(stats.expires as u128) {
            stats.average_ttl_millis = u64::try_from(mean).unwrap_or(u64::MAX).saturating_sub(now.as_millis());
        }
        stats
    }
}

/// Figures about a database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseStats {
    /// The database's number.
    pub number: u32,
    /// Its keys, dead ones that nobody noticed yet included.
    pub keys: usize,
    /// Those of them that have a deadline.
    pub expires: usize,
    /// The mean time that those have left, in milliseconds.
    pub average_ttl_millis: u64,
    /// Bytes that keys and values take.
    pub entry_bytes: u64,
    /// Bytes that the tables of keys take.
    pub table_bytes: u64,
    /// Bytes that locks, counters and timers take.
    pub other_bytes: u64,
}
