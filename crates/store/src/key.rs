//! Keys as the store looks them up: which database, which bytes, and their hash, computed once.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

/// A key of one database with its hash. Made by [`Store::key`](crate::Store::key); good for the store that made it only.
#[derive(Debug, Clone, Copy)]
pub struct Key<'k> {
    pub(crate) db: u32,
    pub(crate) shard: usize,
    pub(crate) hash: u64,
    pub(crate) bytes: &'k [u8],
}

impl<'k> Key<'k> {
    /// The key's own bytes.
    pub const fn bytes(&self) -> &'k [u8] {
        self.bytes
    }

    /// The number of the database that the key belongs to.
    pub const fn db(&self) -> u32 {
        self.db
    }
}

/// Hashes a key's bytes. The only rule in the store for what a key's hash is.
#[inline]
pub(crate) fn hash(state: &RandomState, bytes: &[u8]) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
