//! The keys of a command that is no longer there: what its work goes on with.

use bytes::Bytes;
use pyredis_store::{Key, Store};

/// Copies of keys of one database.
pub(super) struct OwnKeys {
    store: Store,
    db: u32,
    keys: Vec<Bytes>,
}

impl OwnKeys {
    pub(super) fn new(store: &Store, db: u32, keys: &[Key<'_>]) -> Self {
        let keys = keys.iter().map(|key| Bytes::copy_from_slice(key.bytes())).collect();
        Self { store: store.clone(), db, keys }
    }

    /// The keys, hashed.
    pub(super) fn keys(&self) -> Vec<Key<'_>> {
        self.keys.iter().map(|key| self.store.key_in(self.db, key)).collect()
    }
}
