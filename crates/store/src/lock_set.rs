//! Which shards a view needs, and for what.

use smallvec::SmallVec;

use crate::key::Key;

/// What keys, shards and databases a view needs, and for what.
#[derive(Debug, Clone, Default)]
pub struct LockSet {
    pub(crate) shards: SmallVec<[Want; 4]>,
    /// Databases, and whether they are only read.
    pub(crate) databases: SmallVec<[(u32, bool); 1]>,
}

/// A shard and whether it is to be written. Ordered as locks are taken, the stronger wish for a shard first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Want {
    pub(crate) db: u32,
    pub(crate) shard: usize,
    pub(crate) only_read: bool,
}

impl From<Want> for LockSet {
    fn from(want: Want) -> Self {
        Self { shards: SmallVec::from_iter([want]), databases: SmallVec::new() }
    }
}

impl LockSet {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key to be read.
    pub fn read(&mut self, key: &Key<'_>) {
        self.shards.push(Want { db: key.db, shard: key.shard, only_read: true });
    }

    /// Adds a key to be written.
    pub fn write(&mut self, key: &Key<'_>) {
        self.shards.push(Want { db: key.db, shard: key.shard, only_read: false });
    }

    /// Adds one shard to be read.
    pub fn read_shard(&mut self, db: u32, shard: usize) {
        self.shards.push(Want { db, shard, only_read: true });
    }

    /// Adds every shard of a database, to be read.
    pub fn read_database(&mut self, db: u32) {
        self.databases.push((db, true));
    }

    /// Adds every shard of a database, to be written. A database that was never written stays unmade.
    pub fn write_database(&mut self, db: u32) {
        self.databases.push((db, false));
    }

    /// Adds every shard of a database, to be written, and has it made.
    pub(crate) fn make_database(&mut self, db: u32) {
        self.shards.push(Want { db, shard: 0, only_read: false });
        self.write_database(db);
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty() && self.databases.is_empty()
    }
}
