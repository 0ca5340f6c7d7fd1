//! A snapshot's sink that keeps what it is handed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::sync::Mutex;

use pyredis_store::{Record, SnapshotSink};

use crate::replay::ByKey;

/// Keeps every record.
#[derive(Default)]
pub(crate) struct Records(Mutex<Vec<Record>>);

impl Records {
    /// What was handed over. Panics when a key was handed over twice.
    pub(crate) fn by_key(&self) -> ByKey {
        let mut by_key = ByKey::new();
        for record in self.0.lock().unwrap().iter() {
            let content = (record.value.clone(), record.deadline.map(|deadline| deadline.as_millis()));
            let before = by_key.insert((record.db, record.key.to_vec()), content);
            assert!(before.is_none(), "handed over twice: {record:?}");
        }
        by_key
    }
}

impl SnapshotSink for Records {
    fn hand_over(&self, record: Record) {
        self.0.lock().unwrap().push(record);
    }
}
