//! All clients: how many there are, how each is reached, and what each shows of itself.
//!
//! A connection owns its session; nobody else reads or writes it. What others may know of it (CLIENT LIST) it publishes after each batch in a
//! few relaxed atomics of its own (`shown.rs`), and what others have for it (messages, an end) lies in its mailbox (`mailbox.rs`). So CLIENT commands reach every client without stopping it, and the path of a plain command shares nothing.

pub(crate) mod client;
pub(crate) mod mailbox;
pub(crate) mod shown;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use client::Client;
use shown::Waits;

/// Counts connections, numbers them, and finds them by number.
#[derive(Default)]
pub(crate) struct Clients {
    connected: Arc<AtomicUsize>,
    last_id: AtomicU64,
    by_id: Mutex<BTreeMap<u64, Arc<Client>>>,
    waiting: Arc<AtomicUsize>,
}

/// A client that waits in a command, or for a pause to end; until dropped.
pub(crate) struct Waiting {
    client: Arc<Client>,
    waiting: Arc<AtomicUsize>,
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

    /// From here on others can reach the client.
    pub(crate) fn enter(&self, client: &Arc<Client>) {
        self.lock().insert(client.id, Arc::clone(client));
    }

    /// The connection has ended.
    pub(crate) fn leave(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// The client of that number, unless it is about to end.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<Client>> {
        self.lock().get(&id).filter(|client| !client.mailbox.is_killed()).map(Arc::clone)
    }

    /// Up to `most` clients with a number above `id`, in the order of their numbers: for who goes through all of them in slices. What is about
    /// to end is among them.
    pub(crate) fn after(&self, id: u64, most: usize) -> Vec<Arc<Client>> {
        let range = (Bound::Excluded(id), Bound::Unbounded);
        self.lock().range(range).take(most).map(|(_, client)| Arc::clone(client)).collect()
    }

    /// The client begins to wait.
    pub(crate) fn begin_wait(&self, client: &Arc<Client>, waits: Waits) -> Waiting {
        client.shown.set_waits(waits);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting { client: Arc::clone(client), waiting: Arc::clone(&self.waiting) }
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.client.shown.set_waits(Waits::Not);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
