//! The frozen file of format version 1: it must load for ever, and the documentation must describe it.

mod common;

use std::path::PathBuf;

use common::{collection_record, contents, record};
use pyredis_persist::{Progress, load, save};
use pyredis_store::{Clock, Hash, ManualClock, SortedSet, Store, Timestamp};

const NEW_YEAR_2100: u64 = 4_102_444_800_000;

fn fixture() -> PathBuf {
    fixture_of("v1.snapshot")
}

fn fixture_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

#[test]
fn version_1_loads() {
    let store = Store::new();
    let now = Timestamp::from_millis(NEW_YEAR_2100);
    let report = load(&store, &fixture(), now, &Progress::default()).unwrap().unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired, report.bytes), (2, 0, 129));
    assert_eq!(report.created_at, Timestamp::from_millis(1_700_000_000_000));
    assert_eq!(report.file_id[..3], [0x00, 0x11, 0x22]);
    let expected = [record(0, b"greeting", b"hello", None), record(3, b"\x00\xff", b"", Some(NEW_YEAR_2100))];
    assert_eq!(contents(&store), expected);
}

#[test]
fn a_deadline_has_passed_one_millisecond_later() {
    let store = Store::new();
    let now = Timestamp::from_millis(NEW_YEAR_2100 + 1);
    let report = load(&store, &fixture(), now, &Progress::default()).unwrap().unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (1, 1));
    assert_eq!(contents(&store), [record(0, b"greeting", b"hello", None)]);
}

#[test]
fn a_collection_of_version_1_loads() {
    let store = Store::new();
    let path = fixture_of("v1-collection.snapshot");
    let report = load(&store, &path, Timestamp::default(), &Progress::default()).unwrap().unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (1, 0));
    let scores = SortedSet::from_iter([("ann", 1.5), ("bob", f64::INFINITY)]);
    assert_eq!(contents(&store), [collection_record(0, b"scores", scores)]);
}

#[test]
fn a_hash_whose_fields_expire_loads_until_they_have() {
    let path = fixture_of("v1-fields.snapshot");
    let mut expected = Hash::from_iter([("user", "ann"), ("token", "x1")]);
    expected.set_deadline(b"token", Some(Timestamp::from_millis(NEW_YEAR_2100)));
    let store = Store::new();
    load(&store, &path, Timestamp::default(), &Progress::default()).unwrap().unwrap();
    assert_eq!(contents(&store), [collection_record(0, b"session", expected)]);
    let clock = ManualClock::starting_at(Timestamp::from_millis(NEW_YEAR_2100 + 1));
    let store = Store::builder().clock(Clock::Manual(clock)).build();
    load(&store, &path, store.now(), &Progress::default()).unwrap().unwrap();
    assert_eq!(store.hash("session").read().unwrap(), Hash::from_iter([("user", "ann")]));
    store.expire_step(store.now(), 10);
    assert_eq!(contents(&store), [collection_record(0, b"session", Hash::from_iter([("user", "ann")]))]);
}

#[test]
fn a_hash_of_which_all_fields_have_expired_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = (folder.path().join("dump.rdb"), Store::new());
    let mut hash = Hash::from_iter([("a", "1"), ("b", "2")]);
    hash.set_deadline(b"a", Some(Timestamp::from_millis(NEW_YEAR_2100)));
    hash.set_deadline(b"b", Some(Timestamp::from_millis(NEW_YEAR_2100 + 5)));
    store.restore(collection_record(0, b"h", hash)).unwrap();
    save(&store, &path, &Progress::default()).unwrap();
    for (now, loaded) in [(5, 1), (6, 0)] {
        let now = Timestamp::from_millis(NEW_YEAR_2100 + now);
        let report = load(&Store::new(), &path, now, &Progress::default()).unwrap().unwrap();
        assert_eq!((report.keys_loaded, report.keys_expired), (loaded, 1 - loaded));
    }
}

#[test]
fn the_documentation_lists_their_bytes() {
    let page = include_str!("../../../docs/persistence-format.md");
    let mut listings = page.split("```hex\n").skip(1);
    for name in ["v1.snapshot", "v1-collection.snapshot", "v1-fields.snapshot"] {
        let (listing, _) = listings.next().unwrap().split_once("```").unwrap();
        let mut listed = Vec::new();
        for line in listing.lines() {
            let (offset, rest) = line.split_once(": ").unwrap();
            assert_eq!(offset.trim().parse(), Ok(listed.len()), "the offset of: {line}");
            let hex = rest.split("   ").next().unwrap();
            listed.extend(hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
        }
        assert_eq!(listed, std::fs::read(fixture_of(name)).unwrap(), "{name}");
    }
    assert_eq!(listings.next(), None);
}
