//! Many threads: what a view or a transaction does happens at one instant, nobody waits for ever, and a panic leaves no lock behind.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use pyredis_store::{Key, LockSet, Record, SetOptions, SnapshotSink, Store, StringRef, TxError, Value, View, WatchSet};

const ACCOUNTS: usize = 32;
const BALANCE: i64 = 100;

fn account(number: usize) -> String {
    format!("account:{number}")
}

fn balance(value: Option<StringRef<'_>>) -> i64 {
    value.map_or(0, |value| value.to_integer().unwrap())
}

/// Opens a view of these keys.
fn view<'s>(store: &'s Store, keys: &[Key<'_>], write: bool) -> View<'s> {
    let mut locks = LockSet::new();
    keys.iter().for_each(|key| if write { locks.write(key) } else { locks.read(key) });
    store.lock(locks, store.now())
}

fn sum_of_balances(store: &Store) -> i64 {
    let names: Vec<_> = (0..ACCOUNTS).map(account).collect();
    let keys: Vec<_> = names.iter().map(|name| store.key(name.as_bytes())).collect();
    let view = view(store, &keys, false);
    keys.iter().map(|key| balance(view.get(key).unwrap())).sum()
}

/// Runs `work` on as many threads as there are, at once, with the thread's number, beside `meanwhile` on this one until all are done.
fn on_threads(threads: usize, work: impl Fn(usize) + Sync, meanwhile: impl Fn()) {
    let (running, barrier) = (AtomicUsize::new(threads), Barrier::new(threads + 1));
    /// Counts down when the thread ends, also by a panic.
    struct Ending<'a>(&'a AtomicUsize);
    impl Drop for Ending<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    std::thread::scope(|scope| {
        for number in 0..threads {
            let (work, running, barrier) = (&work, &running, &barrier);
            scope.spawn(move || {
                let _ending = Ending(running);
                barrier.wait();
                work(number);
            });
        }
        barrier.wait();
        while running.load(Ordering::SeqCst) > 0 {
            meanwhile();
            std::thread::yield_now();
        }
    });
}

#[test]
fn transfers_keep_the_sum_and_readers_see_it() {
    for shards in [2, 64] {
        let store = Store::builder().shards(shards).build();
        (0..ACCOUNTS).for_each(|number| store.set(account(number), BALANCE));
        let transfer = |number: usize| {
            let mut random = fastrand::Rng::with_seed(number as u64);
            for _ in 0..3000 {
                let (from, to) = (account(random.usize(..ACCOUNTS)), account(random.usize(..ACCOUNTS)));
                let amount = random.i64(1..10);
                let moved: Result<_, TxError> = store.transaction([&from, &to], |tx| {
                    tx.incr_by(&from, -amount)?;
                    tx.incr_by(&to, amount)
                });
                moved.unwrap();
            }
        };
        let expected = BALANCE * i64::try_from(ACCOUNTS).unwrap();
        on_threads(4, transfer, || assert_eq!(sum_of_balances(&store), expected));
        assert_eq!(sum_of_balances(&store), expected);
        store.debug_check();
    }
}

#[test]
fn a_pair_written_together_is_never_read_torn() {
    let store = Store::builder().shards(64).build();
    let keys = [store.key(b"left"), store.key(b"right")];
    let write_both = |number: usize| {
        for round in 0..5000 {
            let mut view = view(&store, &keys, true);
            let value = Value::from(format!("{number}:{round}"));
            for key in &keys {
                view.set(key, (&value).into(), SetOptions::default()).unwrap();
            }
        }
    };
    let read_both = || {
        let view = view(&store, &keys, false);
        assert_eq!(view.get(&keys[0]), view.get(&keys[1]));
    };
    on_threads(3, write_both, read_both);
}

#[test]
fn overlapping_lock_sets_do_not_deadlock() {
    let store = Store::builder().shards(8).databases(3).build();
    let lock_many = |number: usize| {
        let mut random = fastrand::Rng::with_seed(number as u64);
        for _ in 0..5000 {
            let names: Vec<_> = (0..random.usize(1..8)).map(|_| random.u32(..100).to_string()).collect();
            let mut locks = LockSet::new();
            for name in &names {
                let key = store.key_in(random.u32(..3), name.as_bytes());
                if random.bool() { locks.read(&key) } else { locks.write(&key) }
            }
            match random.u8(..50) {
                0 => locks.write_database(random.u32(..3)),
                1 => locks.read_database(random.u32(..3)),
                _ => {}
            }
            _ = store.lock(locks, store.now());
        }
    };
    on_threads(4, lock_many, || store.debug_check());
}

struct Ignore;

impl SnapshotSink for Ignore {
    fn hand_over(&self, _record: Record) {}
}

/// A view of several databases makes those that are missing, while a snapshot stops the making and takes every lock.
#[test]
fn making_databases_beside_snapshots_does_not_deadlock() {
    for _ in 0..300 {
        let store = Store::builder().shards(2).databases(8).build();
        let make = |_| {
            for db in 0..8 {
                let keys = [store.key_in(db, b"k"), store.key_in(7, b"k"), store.key_in(0, b"k")];
                let mut view = view(&store, &keys, true);
                keys.iter().for_each(|key| _ = view.incr_by(key, 1).unwrap());
            }
        };
        on_threads(2, make, || _ = store.begin_snapshot(Arc::new(Ignore)));
    }
}

/// What does not exist when a view is opened stays empty to it, in all its databases alike.
#[test]
fn databases_made_together_appear_together() {
    for _ in 0..500 {
        let store = Store::builder().shards(2).databases(3).build();
        let keys = [store.key_in(0, b"k"), store.key_in(1, b"k"), store.key_in(2, b"k")];
        let is_written = AtomicBool::new(false);
        let write_or_read = |number: usize| {
            if number == 0 {
                let mut view = view(&store, &keys, true);
                keys.iter().for_each(|key| _ = view.incr_by(key, 1).unwrap());
                drop(view);
                return is_written.store(true, Ordering::SeqCst);
            }
            loop {
                let was_written = is_written.load(Ordering::SeqCst);
                let view = view(&store, &keys, false);
                let values = keys.each_ref().map(|key| balance(view.get(key).unwrap()));
                assert!(values == [0, 0, 0] || values == [1, 1, 1], "torn: {values:?}");
                if was_written {
                    return;
                }
            }
        };
        on_threads(2, write_or_read, || {});
    }
}

/// WATCH, GET, and SET under the locks if nothing has changed: no increment is lost.
#[test]
fn optimistic_increments_are_exact() {
    const ROUNDS: usize = 500;
    let store = Store::builder().shards(2).build();
    let key = store.key(b"counter");
    let increment = |_| {
        for _ in 0..ROUNDS {
            loop {
                let mut watched = WatchSet::new(&store);
                watched.watch(&key);
                let before =
                    store.get("counter").map_or(0, |text| std::str::from_utf8(&text).unwrap().parse().unwrap());
                let mut view = view(&store, &[key], true);
                let is_unchanged = !view.has_changed(&watched);
                if is_unchanged {
                    view.set(&key, (before + 1i64).into(), SetOptions::default()).unwrap();
                }
                drop(view);
                if is_unchanged {
                    break;
                }
            }
        }
    };
    on_threads(3, increment, || {});
    assert_eq!(store.get("counter").as_deref(), Some((3 * ROUNDS).to_string().as_bytes()));
}

fn message_of(panic: Box<dyn std::any::Any + Send>) -> String {
    panic.downcast::<String>().map_or_else(|other| (*other.downcast::<&str>().unwrap()).to_owned(), |text| *text)
}

#[test]
fn calling_the_store_inside_a_view_panics_and_says_so() {
    let store = Store::new();
    store.set("k", "v");
    let key = store.key(b"k");
    let mut watched = WatchSet::new(&store);
    let nested: [(&str, &dyn Fn()); 8] = [
        ("get", &|| _ = store.get("other")),
        ("set", &|| store.set("other", "v")),
        ("set in a database that does not exist yet", &|| store.database(5).unwrap().set("k", "v")),
        ("transaction", &|| _ = store.transaction(["k"], |tx| tx.get("k"))),
        ("expire_step", &|| _ = store.expire_step(store.now(), 1)),
        ("begin_snapshot", &|| _ = store.begin_snapshot(Arc::new(Ignore))),
        ("keys", &|| _ = store.keys("*")),
        ("another store", &|| Store::new().set("k", "v")),
    ];
    for (name, call) in nested {
        let caught = catch_unwind(AssertUnwindSafe(|| store.get_with("k", |_| call())));
        let message = caught.map_err(message_of).unwrap_err();
        assert!(message.contains("while this thread holds a view"), "{name}: {message}");
        store.set("k", "v"); // neither the lock nor the turn stayed behind
    }
    let caught = catch_unwind(AssertUnwindSafe(|| {
        store.get_with("k", |_| watched.watch(&store.key_in(9, b"k")));
    }));
    assert!(message_of(caught.unwrap_err()).contains("holds a view"));
    // A view that outlives a caught panic still holds its thread's turn.
    let held = view(&store, &[key], false);
    assert!(catch_unwind(AssertUnwindSafe(|| store.get("k"))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| store.get("k"))).is_err());
    drop(held);
    assert!(store.exists("k"));
}

/// A value's memory that says whether the key's shard could be locked when it was freed.
struct Freed {
    bytes: Vec<u8>,
    store: Store,
    unlocked: mpsc::Sender<bool>,
}

impl AsRef<[u8]> for Freed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        let (store, (sender, locked)) = (self.store.clone(), mpsc::channel());
        std::thread::spawn(move || sender.send(store.exists("k")).ok());
        self.unlocked.send(locked.recv_timeout(Duration::from_secs(5)).is_ok()).ok();
    }
}

/// Giving a long value's memory back takes its time: never with a lock held, however the value came to its end.
#[test]
fn long_values_are_freed_without_a_lock() {
    type End = fn(&Store);
    let ends: [(&str, End); 7] = [
        ("del", |store| _ = store.del("k")),
        ("get_del", |store| drop(store.get_del("k"))),
        ("set", |store| store.set("k", "v")),
        ("rename", |store| {
            store.set("other", "v");
            store.rename("other", "k").unwrap();
        }),
        ("clear", |store| store.clear()),
        ("expiry", |store| {
            store.expire("k", Duration::from_millis(1));
            store.expire_step(store.now().saturating_add(Duration::from_millis(2)), 10);
        }),
        ("dropped inside a view", |store| {
            let key = store.key(b"k");
            let mut view = view(store, &[key], true);
            drop(view.set(&key, "v".into(), SetOptions::default()).unwrap());
        }),
    ];
    for (name, end) in ends {
        let store = Store::builder().shards(2).build();
        let (unlocked, freed) = mpsc::channel();
        let memory = Freed { bytes: vec![0; 100_000], store: store.clone(), unlocked };
        store.set("k", bytes::Bytes::from_owner(memory));
        assert!(freed.try_recv().is_err(), "the value keeps its memory");
        end(&store);
        assert_eq!(freed.try_recv(), Ok(true), "{name}");
    }
}

#[test]
fn a_panic_in_a_transaction_releases_its_locks_and_keeps_what_was_done() {
    let store = Store::new();
    store.set("a", "1");
    let caught = catch_unwind(AssertUnwindSafe(|| {
        store.transaction(["a", "b"], |tx| -> Result<(), TxError> {
            tx.set("b", "2")?;
            panic!("midway")
        })
    }));
    assert!(caught.is_err());
    std::thread::scope(|scope| {
        // From another thread, which would wait for ever for a lock that was left behind.
        scope.spawn(|| assert_eq!((store.get("b").as_deref(), store.incr_by("a", 1)), (Some(&b"2"[..]), Ok(2))));
    });
    store.debug_check();
}
