//! The keys of a store as an iterator, for programs: a walk that holds no lock between two keys and at no time more than a slice of keys.
//!
//! What it returns is what `scan.rs` guarantees.

use std::vec;

use bytes::Bytes;

use crate::glob::glob_match;
use crate::lock_set::LockSet;
use crate::scan::Cursor;
use crate::store::Store;

/// Keys that are looked at under one lock.
const SLICE_KEYS: usize = 256;

/// The keys that match a pattern; made by [`Store::scan`].
#[derive(Debug)]
pub struct Scan {
    store: Store,
    pattern: Box<[u8]>,
    cursor: Option<Cursor>,
    /// What the last slice held and was not returned yet.
    found: vec::IntoIter<Bytes>,
}

impl Store {
    /// The keys that match a glob pattern, in no order, while others change the store. A key that is there all the time is returned; one that
    /// comes or goes meanwhile may or may not be, and one may come twice ([`keys`](Self::keys) returns each once).
    ///
    /// ```
    /// # let store = pyredis_store::Store::new();
    /// store.set("user:1", "alice");
    /// store.set("visits", "7");
    /// for key in store.scan("user:*") {
    ///     // No lock is held here.
    ///     store.expire(key, std::time::Duration::from_secs(60));
    /// }
    /// ```
    ///
    /// # Panics
    /// The iterator does, when it is used inside a view of a store.
    pub fn scan(&self, pattern: impl AsRef<[u8]>) -> Scan {
        Scan {
            store: self.clone(),
            pattern: pattern.as_ref().into(),
            cursor: self.skip_empty_shards(self.db(), Cursor::START),
            found: Vec::new().into_iter(),
        }
    }
}

impl Iterator for Scan {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(key) = self.found.next() {
                return Some(key);
            }
            let (db, cursor) = (self.store.db(), self.cursor?);
            let mut locks = LockSet::new();
            locks.read_shard(db, cursor.shard());
            let mut found = Vec::new();
            let next = self.store.lock(locks, self.store.now()).scan_shard(db, cursor, SLICE_KEYS, |key, _| {
                if glob_match(&self.pattern, key) {
                    found.push(Bytes::copy_from_slice(key));
                }
            });
            self.found = found.into_iter();
            self.cursor = self.store.skip_empty_shards(db, next);
        }
    }
}
