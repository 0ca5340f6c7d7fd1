//! The keys of a command that goes on when its arguments are gone: one that it writes, and those that it reads.

use bytes::Bytes;
use pyredis_store::{Key, LockSet, Store};

/// A key of a command that is no longer there.
pub(super) struct OwnKey {
    store: Store,
    db: u32,
    bytes: Bytes,
}

impl OwnKey {
    pub(super) fn new(store: &Store, key: &Key<'_>) -> Self {
        Self { store: store.clone(), db: key.db(), bytes: Bytes::copy_from_slice(key.bytes()) }
    }

    /// The key, hashed.
    pub(super) fn key(&self) -> Key<'_> {
        self.store.key_in(self.db, &self.bytes)
    }

    /// Another key of its database.
    pub(super) fn beside<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        self.store.key_in(self.db, bytes)
    }
}

/// A target and sources, all in one database.
pub(super) struct OwnKeys {
    store: Store,
    db: u32,
    target: Bytes,
    sources: Vec<Bytes>,
}

impl OwnKeys {
    pub(super) fn new(store: Store, target: &Key<'_>, sources: &[Key<'_>]) -> Self {
        let own = |key: &Key<'_>| Bytes::copy_from_slice(key.bytes());
        Self { store, db: target.db(), target: own(target), sources: sources.iter().map(own).collect() }
    }

    pub(super) fn target(&self) -> Key<'_> {
        self.store.key_in(self.db, &self.target)
    }

    pub(super) fn sources(&self) -> Vec<Key<'_>> {
        self.sources.iter().map(|key| self.store.key_in(self.db, key)).collect()
    }

    /// The locks for all of them.
    pub(super) fn locks(&self) -> LockSet {
        let mut locks = LockSet::new();
        locks.write(&self.target());
        self.sources().iter().for_each(|key| locks.read(key));
        locks
    }
}
