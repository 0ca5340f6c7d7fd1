//! Optimistic locking: who wants to know that a key was changed.
//!
//! A [`WatchSet`] is a client's list of watched keys. Every effect on one of them raises the set's flag at once, under the shard's lock, so
//! a transaction that holds its keys' locks and finds the flag down knows that nothing was changed since it began to watch. A [`Watch`] is one
//! whose owner is woken, too, when the locks are released.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use parking_lot::Mutex;

use crate::key::Key;
use crate::serve::Ready;
use crate::store::Store;

type Flag = Arc<Mark>;

/// That something was changed, and whom to wake for it.
#[derive(Default)]
struct Mark {
    changed: AtomicBool,
    /// For those who are woken; a transaction looks by itself.
    waker: Option<Mutex<Option<Waker>>>,
}

impl Mark {
    fn raise(&self, later: &mut Option<Box<Ready>>) {
        self.changed.store(true, Ordering::Relaxed);
        if let Some(waker) = self.waker.as_ref().and_then(|waker| waker.lock().take()) {
            later.get_or_insert_default().wake_later(waker);
        }
    }
}

/// Watched keys that a shard keeps room for, however few there are.
const ROOM_KEPT: usize = 64;

/// The watched keys of a shard. Costs nothing while empty.
#[derive(Default)]
pub(crate) struct Watchers(HashMap<Box<[u8]>, Watched>);

struct Watched {
    hash: u64,
    flags: Vec<Flag>,
}

impl Watchers {
    /// Raises the flags of those who watch `key`; `later` gets whom to wake. O(1) when nobody watches anything in the shard.
    pub(crate) fn touch(&self, key: &[u8], later: &mut Option<Box<Ready>>) {
        if self.0.is_empty() {
            return;
        }
        if let Some(watched) = self.0.get(key) {
            watched.raise(later);
        }
    }

    /// Raises the flags of all watched keys that `is_touched` names. O(watched keys).
    pub(crate) fn touch_where(&self, later: &mut Option<Box<Ready>>, is_touched: impl Fn(u64, &[u8]) -> bool) {
        for (key, watched) in &self.0 {
            if is_touched(watched.hash, key) {
                watched.raise(later);
            }
        }
    }

    /// The watched keys, with their hashes.
    pub(crate) fn watched(&self) -> Vec<(u64, Box<[u8]>)> {
        self.0.iter().map(|(key, watched)| (watched.hash, key.clone())).collect()
    }

    /// Returns whether the flag was not there yet. O(flags of the key).
    fn add(&mut self, key: &Key<'_>, flag: &Flag) -> bool {
        let watched = self.0.entry(key.bytes.into()).or_insert_with(|| Watched { hash: key.hash, flags: Vec::new() });
        let is_new = !watched.flags.iter().any(|other| Arc::ptr_eq(other, flag));
        if is_new {
            watched.flags.push(Arc::clone(flag));
        }
        is_new
    }

    fn remove(&mut self, key: &[u8], flag: &Flag) {
        if let Some(watched) = self.0.get_mut(key) {
            watched.flags.retain(|other| !Arc::ptr_eq(other, flag));
            if watched.flags.is_empty() {
                self.0.remove(key);
                if self.0.capacity() > ROOM_KEPT && self.0.len() < self.0.capacity() / 8 {
                    self.0.shrink_to(self.0.len() * 2);
                }
            }
        }
    }
}

impl Watched {
    fn raise(&self, later: &mut Option<Box<Ready>>) {
        self.flags.iter().for_each(|flag| flag.raise(later));
    }
}

/// A set of watched keys and whether any of them was changed. Dropping it ends the watch: like [`clear`](Self::clear), not inside a view.
pub struct WatchSet {
    store: Store,
    keys: Vec<(u32, Box<[u8]>)>,
    /// Made with the first key: most clients never watch any.
    changed: Option<Flag>,
}

impl WatchSet {
    /// A set that watches nothing yet.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), keys: Vec::new(), changed: None }
    }

    /// Adds a key, unless it is watched already. Locks the key's shard for a moment, so it must not be called while a view is open.
    /// O(sets that watch the key).
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn watch(&mut self, key: &Key<'_>) {
        let changed = &*self.changed.get_or_insert_default();
        let is_new = self.store.with_shard(key, |shard| {
            // A dead key counts as absent from here on: its removal is no change to whoever watches it now.
            shard.is_live(key);
            shard.guard.side_mut().watchers.add(key, changed)
        });
        if is_new {
            self.keys.push((key.db, key.bytes.into()));
        }
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys are watched.
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The watched keys, for the lock set of the transaction.
    pub fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.keys.iter().map(|(db, bytes)| self.store.key_in(*db, bytes))
    }

    /// Whether a watched key was changed. Certain only under a view that holds all of [`keys`](Self::keys); expiry that nobody
    /// has noticed yet is the view's to see: [`View::has_changed`](crate::View::has_changed).
    pub fn is_flagged(&self) -> bool {
        self.changed.as_ref().is_some_and(|mark| mark.changed.load(Ordering::Relaxed))
    }

    /// Stops watching everything, and forgets what happened. Locks the shard of each key for a moment.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store, unless nothing is watched.
    pub fn clear(&mut self) {
        let Some(changed) = self.changed.take() else { return };
        for (db, bytes) in std::mem::take(&mut self.keys) {
            let key = self.store.key_in(db, &bytes);
            self.store.with_shard(&key, |shard| shard.guard.side_mut().watchers.remove(&bytes, &changed));
        }
    }
}

impl fmt::Debug for WatchSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WatchSet").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Drop for WatchSet {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Changes of keys, as they happen: see [`Store::watch`]. A stream of them, too. Dropping it ends the watch: not inside a view.
pub struct Watch(WatchSet);

impl Store {
    /// Watches keys from here on: whoever changes one of them, by whatever door, wakes the watch. Expiry, flushes, renames and swaps of databases are
    /// changes as well; and so is writing what was there. Locks the shard of each key for a moment. O(keys).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let store = pyredis_store::Store::new();
    /// let mut settings = store.watch(["settings"]);
    /// store.hash("settings").set("colour", "red")?;
    /// store.hash("settings").set("colour", "blue")?;
    /// settings.changed().await; // once for both
    /// assert_eq!(store.hash("settings").get::<String>("colour")?.as_deref(), Some("blue"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn watch<K: AsRef<[u8]>>(&self, keys: impl AsRef<[K]>) -> Watch {
        let mut set = WatchSet::new(self);
        set.changed = Some(Arc::new(Mark { waker: Some(Mutex::default()), ..Mark::default() }));
        keys.as_ref().iter().for_each(|key| set.watch(&self.key(key.as_ref())));
        Watch(set)
    }
}

impl Watch {
    /// Waits until one of the keys is changed, unless one was since the last time. Changes that come together are one. To be dropped at any time.
    pub async fn changed(&mut self) {
        poll_fn(|context| self.poll_changed(context)).await;
    }

    /// The same for those who poll.
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(Mark { changed, waker: Some(waker) }) = self.0.changed.as_deref() else { return Poll::Pending };
        // Under the lock: who raises the mark after this finds whom to wake.
        let mut waker = waker.lock();
        if changed.swap(false, Ordering::Relaxed) {
            return Poll::Ready(());
        }
        *waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Stream for Watch {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        self.poll_changed(context).map(Some)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watch").field("keys", &self.0.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags that the shards hold.
    fn watches(store: &Store) -> usize {
        let shards = (0..store.shard_count()).filter_map(|shard| store.inner().database(0)?.shards().write(shard));
        shards.map(|shard| shard.side().watchers.0.values().map(|watched| watched.flags.len()).sum::<usize>()).sum()
    }

    #[test]
    fn a_watch_that_ends_leaves_nothing_in_the_shards() {
        let store = Store::new();
        let (mut first, mut second) = (WatchSet::new(&store), WatchSet::new(&store));
        for key in [b"a", b"b", b"a"] {
            first.watch(&store.key(key));
        }
        second.watch(&store.key(b"a"));
        assert_eq!(watches(&store), 3, "a key is watched once by each set");
        store.clear();
        first.clear();
        assert_eq!(watches(&store), 1, "the other still watches");
        drop(second);
        assert_eq!(watches(&store), 0);
    }

    #[test]
    fn a_shard_that_many_watched_gives_the_memory_back() {
        let store = Store::builder().shards(2).build();
        let mut watched = WatchSet::new(&store);
        (0..10_000u32).for_each(|number| watched.watch(&store.key(&number.to_le_bytes())));
        watched.clear();
        for shard in 0..2 {
            let guard = store.inner().database(0).unwrap().shards().write(shard).unwrap();
            assert!(guard.side().watchers.0.capacity() <= 2 * ROOM_KEPT);
        }
    }
}
