//! What is saved is what is loaded.

mod common;

use common::{contents, record, small_store};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use pyredis_persist::{Progress, load, save};
use pyredis_store::{Clock, ManualClock, Record, Store, Timestamp};

const NOW: u64 = 1_000;

fn any_record() -> impl Strategy<Value = Record> {
    let value = prop_oneof![
        20 => vec(any::<u8>(), 0..300),
        1 => (60_000..200_000usize, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ];
    let deadline = option::of(prop_oneof![NOW - 2..NOW + 2, any::<u64>()]);
    (0..16u32, vec(any::<u8>(), 0..20), value, deadline)
        .prop_map(|(db, key, value, deadline)| record(db, &key, &value, deadline))
}

fn stopped_store() -> Store {
    Store::builder().shards(4).clock(Clock::Manual(ManualClock::starting_at(Timestamp::default()))).build()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_store_comes_back_without_what_has_expired(records in vec(any_record(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.rdb");
        let store = stopped_store();
        for record in records {
            store.restore(record).unwrap();
        }
        let before = contents(&store);
        let now = Timestamp::from_millis(NOW);
        let alive: Vec<Record> = before.iter().filter(|record| record.deadline.is_none_or(|at| !at.is_past(now))).cloned().collect();

        let progress = Progress::default();
        let saved = save(&store, &path, &progress).unwrap();
        prop_assert_eq!(saved.keys, before.len() as u64);
        prop_assert_eq!((progress.keys_done(), progress.keys_total()), (saved.keys, saved.keys));
        prop_assert_eq!((progress.bytes_done(), path.metadata().unwrap().len()), (saved.bytes, saved.bytes));

        let (loaded, progress) = (stopped_store(), Progress::default());
        let report = load(&loaded, &path, now, &progress).unwrap().unwrap();
        prop_assert_eq!(report.keys_loaded, alive.len() as u64);
        prop_assert_eq!(report.keys_loaded + report.keys_expired, saved.keys);
        prop_assert_eq!((report.bytes, report.created_at, report.file_id), (saved.bytes, saved.created_at, saved.file_id));
        prop_assert_eq!(progress.keys_done(), saved.keys);
        prop_assert_eq!((progress.bytes_done(), progress.bytes_total()), (saved.bytes, saved.bytes));
        prop_assert_eq!(contents(&loaded), alive);
        loaded.debug_check();
    }
}

#[test]
fn many_small_records_fill_many_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = small_store();
    for number in 0..20_000 {
        store.set(format!("key:{number}"), number);
    }
    let saved = save(&store, &path, &Progress::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let blocks = bytes.windows(4).filter(|window| window == b"RECS").count();
    assert!(blocks >= 3, "{} bytes in {blocks} blocks", saved.bytes);

    let loaded = small_store();
    let report = load(&loaded, &path, loaded.now(), &Progress::default()).unwrap().unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (20_000, 0));
    assert_eq!(contents(&loaded), contents(&store));
}

#[test]
fn an_empty_store_comes_back_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    assert_eq!(save(&small_store(), &path, &Progress::default()).unwrap().keys, 0);
    let loaded = small_store();
    let report = load(&loaded, &path, loaded.now(), &Progress::default()).unwrap().unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (0, 0));
    assert!(contents(&loaded).is_empty());
}

#[test]
fn no_file_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let report = load(&small_store(), &folder.path().join("dump.rdb"), Timestamp::default(), &Progress::default());
    assert_eq!(report.unwrap(), None);
}

#[test]
fn two_saves_of_the_same_store_have_different_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = small_store();
    let ids = [0; 2].map(|_| save(&store, &path, &Progress::default()).unwrap().file_id);
    assert_ne!(ids[0], ids[1]);
}
