//! Figures about a shard that anyone may read without its lock.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::clock::Timestamp;

/// Written with the shard locked exclusively. Relaxed unless said otherwise: each is exact, together they need not be.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) keys: AtomicUsize,
    /// Those of them that have a deadline.
    pub(crate) expires: AtomicUsize,
    /// The sum of their deadlines in milliseconds, each counted with at most [`DEADLINE_COUNTED_MAX`].
    pub(crate) deadlines: AtomicU64,
    /// Bytes of entries.
    pub(crate) bytes: AtomicUsize,
    /// Changes since the store was made.
    pub(crate) changes: AtomicU64,
    /// Keys removed because their deadline had passed.
    pub(crate) expired: AtomicU64,
    /// Milliseconds at which the wheel next has something to do, plus one; zero is never. Sequentially consistent: see `expire.rs`.
    next_wake: AtomicU64,
}

/// The year 2527: a million deadlines, each counted with no more than this, add up without an overflow.
pub(crate) const DEADLINE_COUNTED_MAX: u64 = (1 << 44) - 1;

impl Counters {
    /// An entry took so many bytes and takes so many now.
    pub(crate) fn count_bytes(&self, before: usize, after: usize) {
        if before != after {
            self.bytes.fetch_add(after, Ordering::Relaxed);
            self.bytes.fetch_sub(before, Ordering::Relaxed);
        }
    }

    /// A key had one deadline and has another now.
    pub(crate) fn count_deadline(&self, old: Option<Timestamp>, new: Option<Timestamp>) {
        if let Some(old) = old {
            self.expires.fetch_sub(1, Ordering::Relaxed);
            self.deadlines.fetch_sub(old.as_millis().min(DEADLINE_COUNTED_MAX), Ordering::Relaxed);
        }
        if let Some(new) = new {
            self.expires.fetch_add(1, Ordering::Relaxed);
            self.deadlines.fetch_add(new.as_millis().min(DEADLINE_COUNTED_MAX), Ordering::Relaxed);
        }
    }

    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.next_wake.load(Ordering::SeqCst).checked_sub(1).map(Timestamp::from_millis)
    }

    pub(crate) fn set_next_wake(&self, wake: Option<Timestamp>) {
        let stored = wake.map_or(0, |wake| wake.as_millis().saturating_add(1));
        if self.next_wake.load(Ordering::Relaxed) != stored {
            self.next_wake.store(stored, Ordering::SeqCst);
        }
    }
}
