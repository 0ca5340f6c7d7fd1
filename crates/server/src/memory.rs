//! What the server knows of its memory, and how it gives back what it does not use.
//!
//! There are two counts: the allocator's, where the program has told us of it, which is `used_memory`; and our own, by what it is for. The second is
//! the store's count of entries, tables and timers, a connection's own memory times their number, and what was in use when the server
//! had nothing yet. They agree but for what nobody counts: buffers of clients that are slow, values that were written to and have room to spare.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use pyredis_store::{DatabaseStats, Store, Timestamp};

use crate::allocator::Allocator;
use crate::worker::Pool;

/// Memory that was freed is given back from so many bytes on: less is soon used again.
const FREED_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// And where it is at least this fraction of what was in use.
const FREED_PART: u64 = 16;

/// The allocator, and figures that need a memory of their own.
pub(crate) struct Memory {
    pub(crate) allocator: Option<&'static dyn Allocator>,
    /// Where purging is to be done; known once the workers run.
    pub(crate) pool: OnceLock<Pool>,
    /// Bytes in use before there was data.
    startup: AtomicU64,
    peak: AtomicU64,
    /// The most that was seen in use since memory was last given back.
    high: AtomicU64,
    /// Bytes that one connection takes.
    connection: AtomicU64,
}

/// Bytes, by what they are for.
pub(crate) struct Footprint {
    /// All that is in use: by the allocator's count, else by ours.
    pub(crate) used: u64,
    /// The most that was ever seen in use.
    pub(crate) peak: u64,
    /// In use before there was data; 0 where nobody counted.
    pub(crate) startup: u64,
    /// Connections that wait.
    pub(crate) clients: u64,
    /// What is not data: startup, connections, tables, timers, locks.
    pub(crate) overhead: u64,
    /// Keys and values.
    pub(crate) dataset: u64,
    pub(crate) keys: u64,
    pub(crate) databases: Vec<DatabaseStats>,
}

impl Memory {
    pub(crate) fn new(allocator: Option<&'static dyn Allocator>) -> Self {
        let [startup, peak, high, connection] = [const { AtomicU64::new(0) }; 4];
        Self { allocator, pool: OnceLock::new(), startup, peak, high, connection }
    }

    /// Everything is there but the data.
    pub(crate) fn note_startup(&self) {
        self.startup.store(self.allocated(), Ordering::Relaxed);
    }

    /// What a connection takes that has nothing to do.
    pub(crate) fn note_connection(&self, bytes: usize) {
        self.connection.store(bytes as u64, Ordering::Relaxed);
    }

    /// Looks how much is in use; to be called every so often, by one. Returns whether so much was freed that it should be given back.
    pub(crate) fn look(&self) -> bool {
        let used = self.allocated();
        self.peak.fetch_max(used, Ordering::Relaxed);
        let high = self.high.load(Ordering::Relaxed).max(used);
        let much_was_freed = high - used > FREED_BYTES_MIN.max(high / FREED_PART);
        self.high.store(if much_was_freed { used } else { high }, Ordering::Relaxed);
        much_was_freed
    }

    fn allocated(&self) -> u64 {
        self.allocator.map_or(0, Allocator::allocated)
    }

    /// The figures as they are now. O(shards), no locks.
    pub(crate) fn footprint(&self, store: &Store, connections: usize, now: Timestamp) -> Footprint {
        let databases = store.stats(now);
        let sum = |of: fn(&DatabaseStats) -> u64| databases.iter().map(of).sum::<u64>();
        let (dataset, keys) = (sum(|database| database.entry_bytes), sum(|database| database.keys as u64));
        let clients = self.connection.load(Ordering::Relaxed) * connections as u64;
        let startup = self.startup.load(Ordering::Relaxed);
        let overhead = startup + clients + sum(|database| database.table_bytes + database.other_bytes);
        let used = self.allocator.map_or(overhead + dataset, Allocator::allocated);
        let peak = self.peak.fetch_max(used, Ordering::Relaxed).max(used);
        Footprint { used, peak, startup, clients, overhead, dataset, keys, databases }
    }

    /// Gives what is unused back to the operating system, on every thread; done when the result is. `None` where no allocator is known.
    pub(crate) fn purge(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (allocator, pool) = (self.allocator?, self.pool.get()?.clone());
        Some(async move {
            // In this order, as what a thread frees for a worker may have been the worker's.
            pool.on_freers(|| allocator.purge()).await;
            pool.on_workers(|| allocator.purge()).await;
        })
    }

    /// The same without keeping workers from their clients, and so without what takes long to find: the operating system is called on the
    /// threads that free for them.
    pub(crate) fn give_back(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (allocator, pool) = (self.allocator?, self.pool.get()?.clone());
        Some(async move {
            pool.on_workers(|| allocator.collect()).await;
            pool.on_freers(|| allocator.purge()).await;
        })
    }
}

impl Footprint {
    /// What is in use beyond what was at the start.
    pub(crate) const fn beyond_startup(&self) -> u64 {
        self.used.saturating_sub(self.startup)
    }

    /// Keys and values among what is in use beyond the start, in percent.
    pub(crate) fn dataset_percent(&self) -> f64 {
        100.0 * ratio(self.dataset, self.beyond_startup()).min(1.0)
    }
}

/// One figure by another; nothing by nothing is 0.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
