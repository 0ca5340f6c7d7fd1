//! What the tests share.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use pyredis_persist::{LoadError, LoadReport, Progress, load};
use pyredis_store::{Collection, Record, SnapshotSink, Store, Timestamp, Value, WalkProgress};

/// A store small enough to make a thousand of.
pub(crate) fn small_store() -> Store {
    Store::builder().shards(2).build()
}

pub(crate) fn record(db: u32, key: &[u8], value: &[u8], deadline: Option<u64>) -> Record {
    Record { db, key: key.to_vec().into(), value: Value::from(value), deadline: deadline.map(Timestamp::from_millis) }
}

pub(crate) fn collection_record(db: u32, key: &[u8], collection: impl Into<Collection>) -> Record {
    Record { db, key: key.to_vec().into(), value: Value::Collection(collection.into()), deadline: None }
}

/// All that a store holds, dead or alive, by database and key.
pub(crate) fn contents(store: &Store) -> Vec<Record> {
    #[derive(Default)]
    struct Collected(Mutex<Vec<Record>>);
    impl SnapshotSink for Collected {
        fn hand_over(&self, record: Record) {
            self.0.lock().unwrap().push(record);
        }
    }
    let collected = Arc::new(Collected::default());
    let mut walk = store.begin_snapshot(Arc::<Collected>::clone(&collected)).unwrap();
    while walk.step(1024) == WalkProgress::More {}
    let mut records = std::mem::take(&mut *collected.0.lock().unwrap());
    records.sort_by(|a, b| (a.db, &a.key).cmp(&(b.db, &b.key)));
    records
}

/// Loads into a small store as of the epoch, when nothing has expired.
pub(crate) fn load_quietly(path: &Path) -> Result<Option<LoadReport>, LoadError> {
    load(&small_store(), path, Timestamp::default(), &Progress::default())
}

/// A few keys of all shapes.
pub(crate) fn sample_store() -> Store {
    let store = small_store();
    for record in [
        record(0, b"greeting", b"hello", None),
        record(0, b"", b"\x00\xff\r\n", Some(4_102_444_800_000)),
        record(15, b"counter", b"1", Some(u64::MAX - 1)),
    ] {
        store.restore(record).unwrap();
    }
    store
}
