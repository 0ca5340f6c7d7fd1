//! The keys of a command that goes on when its arguments are gone: one that it writes, and those that it reads.

use bytes::Bytes;
use pyredis_store::{Key, LockSet, Store};

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
