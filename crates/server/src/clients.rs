//! How many clients there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts connections and numbers them.
#[derive(Default)]
pub(crate) struct Clients {
    connected: Arc<AtomicUsize>,
    last_id: AtomicU64,
}

/// A connection's place among the clients; given back when dropped.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Clients {
    /// A place for a connection, if fewer than `limit` are taken.
    pub(crate) fn admit(&self, limit: usize) -> Option<Place> {
        let admit_one = |connected| (connected < limit).then_some(connected + 1);
        self.connected.fetch_update(Ordering::Relaxed, Ordering::Relaxed, admit_one).ok()?;
        Some(Place(Arc::clone(&self.connected)))
    }

    /// The number of a new connection; counts up from 1.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
