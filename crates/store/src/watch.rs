//! Optimistic locking: who wants to know that a key was changed.
//!
//! A [`WatchSet`] is a client's list of watched keys. Every effect on one of them raises the set's flag at once, under the shard's lock, so
//! a transaction that holds its keys' locks and finds the flag down knows that nothing was changed since it began to watch.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::key::Key;
use crate::store::Store;

type Flag = Arc<AtomicBool>;

/// The watched keys of a shard. Costs nothing while empty.
#[derive(Default)]
pub(crate) struct Watchers(HashMap<Box<[u8]>, Watched>);

struct Watched {
    hash: u64,
    flags: Vec<Flag>,
}

impl Watchers {
    /// Raises the flags of those who watch `key`. O(1) when nobody watches anything in the shard.
    pub(crate) fn touch(&self, key: &[u8]) {
        if self.0.is_empty() {
            return;
        }
        if let Some(watched) = self.0.get(key) {
            watched.raise();
        }
    }

    /// Raises the flags of all watched keys that `is_touched` names. O(watched keys).
    pub(crate) fn touch_where(&self, is_touched: impl Fn(u64, &[u8]) -> bool) {
        for (key, watched) in &self.0 {
            if is_touched(watched.hash, key) {
                watched.raise();
            }
        }
    }

    fn add(&mut self, key: &Key<'_>, flag: &Flag) {
        let watched = self.0.entry(key.bytes.into()).or_insert_with(|| Watched { hash: key.hash, flags: Vec::new() });
        watched.flags.push(Arc::clone(flag));
    }

    fn remove(&mut self, key: &[u8], flag: &Flag) {
        if let Some(watched) = self.0.get_mut(key) {
            watched.flags.retain(|other| !Arc::ptr_eq(other, flag));
            if watched.flags.is_empty() {
                self.0.remove(key);
            }
        }
    }
}

impl Watched {
    fn raise(&self) {
        for flag in &self.flags {
            flag.store(true, Ordering::Relaxed);
        }
    }
}

/// A set of watched keys and whether any of them was changed. Dropping it ends the watch: like [`clear`](Self::clear), not inside a view.
pub struct WatchSet {
    store: Store,
    keys: Vec<(u32, Box<[u8]>)>,
    changed: Flag,
}

impl WatchSet {
    /// A set that watches nothing yet.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), keys: Vec::new(), changed: Flag::default() }
    }

    /// Adds a key, unless it is watched already. Locks the key's shard for a moment, so it must not be called while a view is open.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn watch(&mut self, key: &Key<'_>) {
        if self.keys.iter().any(|(db, bytes)| *db == key.db && **bytes == *key.bytes) {
            return;
        }
        self.keys.push((key.db, key.bytes.into()));
        let changed = &self.changed;
        self.store.with_shard(key, |shard| {
            // A dead key counts as absent from here on: its removal is no change to whoever watches it now.
            shard.live(key);
            shard.guard.side.watchers.add(key, changed);
        });
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The watched keys, for the lock set of the transaction.
    pub fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.keys.iter().map(|(db, bytes)| self.store.key_in(*db, bytes))
    }

    /// Whether a watched key was changed. Certain only under a view that holds all of [`keys`](Self::keys); expiry that nobody
    /// has noticed yet is the view's to see: [`View::has_changed`](crate::View::has_changed).
    pub(crate) fn is_flagged(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }

    /// Stops watching everything, and forgets what happened. Locks the shard of each key for a moment.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store, unless nothing is watched.
    pub fn clear(&mut self) {
        for (db, bytes) in std::mem::take(&mut self.keys) {
            let key = self.store.key_in(db, &bytes);
            let changed = &self.changed;
            self.store.with_shard(&key, |shard| shard.guard.side.watchers.remove(&bytes, changed));
        }
        self.changed = Flag::default();
    }
}

impl Drop for WatchSet {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched_keys(store: &Store) -> usize {
        let shards = (0..store.shard_count()).filter_map(|shard| store.inner().database(0)?.shards().write(shard));
        shards.map(|shard| shard.side.watchers.0.len()).sum()
    }

    #[test]
    fn a_watch_that_ends_leaves_nothing_in_the_shards() {
        let store = Store::new();
        let (mut first, mut second) = (WatchSet::new(&store), WatchSet::new(&store));
        for key in [b"a", b"b", b"a"] {
            first.watch(&store.key(key));
        }
        second.watch(&store.key(b"a"));
        assert_eq!(watched_keys(&store), 2);
        store.clear();
        first.clear();
        assert_eq!(watched_keys(&store), 1, "the other still watches");
        drop(second);
        assert_eq!(watched_keys(&store), 0);
    }
}
