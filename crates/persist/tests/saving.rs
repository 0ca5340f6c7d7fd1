//! What saving does to the files around it, and to the store that goes on being written.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use common::{contents, record, sample_store, small_store};
use pyredis_persist::{Foreign, Progress, SaveError, load, save};
use pyredis_store::{Record, SnapshotSink, Store};

#[test]
fn a_snapshot_is_replaced_and_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    save(&small_store(), &path, &Progress::default()).unwrap();
    assert_eq!(mode(), 0o600);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let saved = save(&sample_store(), &path, &Progress::default()).unwrap();
    assert_eq!((saved.keys, mode()), (3, 0o640));
    assert_eq!(fs::metadata(&path).unwrap().len(), saved.bytes);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn what_is_no_snapshot_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    for (bytes, expected) in [
        (&b""[..], Foreign::Empty),
        (b"REDIS0011", Foreign::RedisRdb),
        (b"PYREDIS", Foreign::Other),
        (b"my only copy of the thesis", Foreign::Other),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = save(&sample_store(), &path, &Progress::default()).unwrap_err();
        assert!(matches!(error, SaveError::Foreign { found, .. } if found == expected), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
    let error = save(&sample_store(), folder.path(), &Progress::default()).unwrap_err();
    assert!(matches!(error, SaveError::Foreign { found: Foreign::Folder, .. }), "{error}");
}

#[test]
fn a_missing_folder_is_an_error_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/dump.rdb");
    let error = save(&sample_store(), &path, &Progress::default()).unwrap_err();
    assert!(matches!(&error, SaveError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_path_without_a_name_is_an_error() {
    for path in ["", "/", "..", "missing/.."] {
        let error = save(&sample_store(), Path::new(path), &Progress::default()).unwrap_err();
        assert!(matches!(error, SaveError::Foreign { .. } | SaveError::Io { .. }), "{path}: {error}");
    }
}

#[test]
fn a_cancelled_save_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let (store, progress) = (sample_store(), Progress::default());
    save(&small_store(), &path, &progress).unwrap();
    let old = fs::read(&path).unwrap();

    progress.cancel();
    let error = save(&store, &path, &progress).unwrap_err();
    assert!(progress.is_cancelled() && matches!(error, SaveError::Cancelled { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), old);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(save(&store, &path, &Progress::default()).unwrap().keys, 3);
}

#[test]
fn two_snapshots_at_a_time_are_one_too_many() {
    struct Nowhere;
    impl SnapshotSink for Nowhere {
        fn hand_over(&self, _: Record) {}
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = sample_store();
    let first = store.begin_snapshot(Arc::new(Nowhere)).unwrap();
    let error = save(&store, &path, &Progress::default()).unwrap_err();
    assert!(matches!(error, SaveError::Running(_)), "{error}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    drop(first);
    save(&store, &path, &Progress::default()).unwrap();
}

const ACCOUNTS: u64 = 2_000;
const DEPOSIT: i64 = 1_000;

fn account(number: u64) -> String {
    format!("account:{}", number % ACCOUNTS)
}

/// Tells the traders to stop when it goes, also when an assertion fails meanwhile.
struct Closing<'a>(&'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Moves money between accounts, and adds and removes other keys, until told to stop.
#[expect(clippy::unwrap_used, reason = "a trade that fails fails the test")]
fn trade(store: &Store, seed: u64, stop: &AtomicBool, trades: &AtomicU64) {
    let mut number = seed;
    while !stop.load(Ordering::Relaxed) {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (from, to) = (account(number >> 33), account((number >> 33) + 1 + (number >> 50)));
        store
            .transaction([&from, &to], |tx| {
                tx.incr_by(&from, -7)?;
                tx.incr_by(&to, 7)
            })
            .unwrap();
        store.set(format!("noise:{}", number >> 54), "x");
        store.del(format!("noise:{}", number >> 44 & 0x3ff));
        trades.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_snapshot_beside_writers_is_one_instant() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = Store::builder().shards(16).build();
    for number in 0..ACCOUNTS {
        store.set(account(number), DEPOSIT);
    }
    let (stop, trades) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for seed in 1..=2 {
            let (store, stop, trades) = (&store, &stop, &trades);
            scope.spawn(move || trade(store, seed, stop, trades));
        }
        let _closing = Closing(&stop);
        let mut busy_saves = 0;
        while busy_saves < 5 {
            let before = trades.load(Ordering::Relaxed);
            save(&store, &path, &Progress::default()).unwrap();
            busy_saves += u32::from(trades.load(Ordering::Relaxed) > before);

            let loaded = small_store();
            load(&loaded, &path, loaded.now(), &Progress::default()).unwrap().unwrap();
            let balances = (0..ACCOUNTS).map(|number| loaded.incr_by(account(number), 0).unwrap());
            assert_eq!(balances.sum::<i64>(), DEPOSIT * i64::try_from(ACCOUNTS).unwrap());
        }
    });
    store.debug_check();
}

#[test]
fn a_flush_while_saving_changes_nothing_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = Store::builder().shards(16).build();
    let expected: Vec<Record> = (0..5_000).map(|n| record(0, format!("key:{n:04}").as_bytes(), b"v", None)).collect();
    for _ in 0..5 {
        for record in &expected {
            store.restore(record.clone()).unwrap();
        }
        let progress = Progress::default();
        thread::scope(|scope| {
            let saver = scope.spawn(|| save(&store, &path, &progress).unwrap());
            while progress.keys_total() == 0 && !saver.is_finished() {
                thread::yield_now();
            }
            store.clear();
        });
        assert!(store.is_empty());
        let loaded = small_store();
        load(&loaded, &path, loaded.now(), &Progress::default()).unwrap().unwrap();
        assert_eq!(contents(&loaded), expected);
    }
}
