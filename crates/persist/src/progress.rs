//! How far a save or a load has come, for whoever watches it from another thread, and the way to stop it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The state of one [`save`](crate::save) or [`load`](crate::load). Share it in an `Arc` to watch from other threads; make a new one for each run.
///
/// The figures are read one by one, so together they may be a few records apart.
#[derive(Debug, Default)]
pub struct Progress {
    keys_done: AtomicU64,
    keys_total: AtomicU64,
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Keys written, or read (the expired ones included), so far.
    pub fn keys_done(&self) -> u64 {
        self.keys_done.load(Ordering::Relaxed)
    }

    /// Keys to write in all; while loading 0, since only the end of the file says how many there are.
    pub fn keys_total(&self) -> u64 {
        self.keys_total.load(Ordering::Relaxed)
    }

    /// Bytes of the file written or read so far.
    pub fn bytes_done(&self) -> u64 {
        self.bytes_done.load(Ordering::Relaxed)
    }

    /// Bytes of the file in all; while saving 0, since nobody knows before the end.
    pub fn bytes_total(&self) -> u64 {
        self.bytes_total.load(Ordering::Relaxed)
    }

    /// Asks the run to end. It does at its next block, with an error that says so; the file that was there stays.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked the run to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self, keys_total: u64, bytes_total: u64) {
        self.keys_total.store(keys_total, Ordering::Relaxed);
        self.bytes_total.store(bytes_total, Ordering::Relaxed);
        self.reached(0, 0);
    }

    pub(crate) fn reached(&self, keys: u64, bytes: u64) {
        self.keys_done.store(keys, Ordering::Relaxed);
        self.bytes_done.store(bytes, Ordering::Relaxed);
    }
}
