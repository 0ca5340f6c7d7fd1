//! A store to compare with: maps and a number for the time, too simple to be wrong.

use std::collections::BTreeMap;

use pyredis_store::Value;

use crate::replay::{ByKey, Content, Databases, bytes};

/// Several databases and the time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naive {
    pub(crate) databases: Databases,
    pub(crate) now: u64,
}

impl Naive {
    pub(crate) fn starting_at(now: u64) -> Self {
        Self { databases: BTreeMap::new(), now }
    }

    /// A key's value and deadline, unless its deadline has passed.
    fn content(&self, db: u32, key: &[u8]) -> Option<&Content> {
        self.databases.get(&db)?.get(key).filter(|(_, deadline)| deadline.is_none_or(|deadline| deadline >= self.now))
    }

    /// The same of a key that holds a string: its bytes.
    pub(crate) fn get(&self, db: u32, key: &[u8]) -> Option<(Vec<u8>, Option<u64>)> {
        self.content(db, key).map(|(value, deadline)| (bytes(value), *deadline))
    }

    pub(crate) fn put(&mut self, db: u32, key: &[u8], value: Vec<u8>, deadline: Option<u64>) {
        self.databases.entry(db).or_default().insert(key.to_vec(), (Value::from(value), deadline));
    }

    /// Removes a key, and returns it if it was alive.
    pub(crate) fn remove(&mut self, db: u32, key: &[u8]) -> Option<(Vec<u8>, Option<u64>)> {
        let alive = self.get(db, key);
        self.databases.entry(db).or_default().remove(key);
        alive
    }

    /// What a client could see: the keys that are alive, by database and key.
    pub(crate) fn visible(&self) -> ByKey {
        let all = self.databases.iter().flat_map(|(db, content)| content.keys().map(move |key| (*db, key)));
        all.filter_map(|(db, key)| Some(((db, key.clone()), self.content(db, key)?.clone()))).collect()
    }
}
