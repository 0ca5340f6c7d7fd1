//! Watching keys: every change of a watched key raises the flag, nothing else does, and nobody is left behind in the shards.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::time::Duration;

use pyredis_store::{
    Clock, ExpireCondition, LockSet, ManualClock, Record, SetOptions, Store, Timestamp, Value, WatchSet,
};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn store() -> (Store, ManualClock) {
    let clock = ManualClock::starting_at(START);
    (Store::builder().shards(4).databases(2).clock(Clock::Manual(clock.clone())).build(), clock)
}

fn watching(store: &Store, keys: &[&str]) -> WatchSet {
    let mut watched = WatchSet::new(store);
    keys.iter().for_each(|key| watched.watch(&store.key(key.as_bytes())));
    watched
}

/// What EXEC asks, under the locks that EXEC would hold.
fn has_changed(store: &Store, watched: &WatchSet) -> bool {
    let mut locks = LockSet::new();
    watched.keys().for_each(|key| locks.read(&key));
    store.lock(locks, store.now()).has_changed(watched)
}

type Change = (&'static str, fn(&Store));

/// Every way to change "k", which holds "1" and expires in a minute.
const CHANGES: &[Change] = &[
    ("set", |store| store.set("k", "2")),
    ("set to the same", |store| store.set("k", "1")),
    ("set keeping the deadline", |store| _ = store.set_with("k", "2", SetOptions::default().keep_ttl())),
    ("del", |store| _ = store.del("k")),
    ("get_del", |store| _ = store.get_del("k")),
    ("incr_by", |store| _ = store.incr_by("k", 1)),
    ("append", |store| _ = store.append("k", "x")),
    ("expire", |store| _ = store.expire("k", millis(5))),
    ("expire in the past", |store| _ = store.expire_at("k", START, ExpireCondition::Always)),
    ("persist", |store| _ = store.persist("k")),
    ("rename from", |store| _ = store.rename("k", "other")),
    ("rename to", |store| _ = store.rename("unwatched", "k")),
    ("clear", |store| store.clear()),
    ("transaction", |store| _ = store.transaction(["k"], |tx| tx.set("k", "2"))),
    ("restore", |store| {
        let record = Record { db: 0, key: "k".into(), value: Value::from("2"), deadline: None };
        _ = store.restore(record);
    }),
];

/// Things that leave "k" as it is.
const OTHERS: &[Change] = &[
    ("reading", |store| _ = store.get("k")),
    ("another key", |store| (0..64).for_each(|number| store.set(format!("other{number}"), "v"))),
    ("the same key elsewhere", |store| store.database(1).unwrap().set("k", "v")),
    ("another database's flush", |store| {
        store.database(1).unwrap().set("k", "v");
        store.database(1).unwrap().clear();
    }),
    ("a set that is refused", |store| _ = store.set_with("k", "2", SetOptions::default().if_absent())),
    ("a deadline that is refused", |store| {
        _ = store.expire_at("k", START.saturating_add(millis(9)), ExpireCondition::IfNone);
    }),
    ("an increment that fails", |store| _ = store.incr_by("k", i64::MAX)),
    ("a rename to itself", |store| _ = store.rename("k", "k")),
    ("an expirer with nothing to do", |store| _ = store.expire_step(store.now(), 100)),
];

fn prepared() -> (Store, ManualClock) {
    let (store, clock) = store();
    store.set_with("k", "1", SetOptions::default().ttl(millis(60_000))).unwrap();
    store.set("unwatched", "v");
    (store, clock)
}

#[test]
fn every_change_is_seen() {
    for (name, change) in CHANGES {
        let (store, _clock) = prepared();
        let watched = watching(&store, &["also", "k"]);
        assert!(!has_changed(&store, &watched), "before {name}");
        change(&store);
        assert!(has_changed(&store, &watched), "{name}");
    }
}

#[test]
fn nothing_else_is() {
    for (name, other) in OTHERS {
        let (store, _clock) = prepared();
        let watched = watching(&store, &["k"]);
        other(&store);
        assert!(!has_changed(&store, &watched), "{name}");
    }
}

#[test]
fn the_birth_of_a_watched_key_is_a_change() {
    let (store, _clock) = store();
    let watched = watching(&store, &["k"]);
    store.clear();
    store.del("k");
    assert!(!has_changed(&store, &watched), "it was never there");
    store.set("k", "v");
    assert!(has_changed(&store, &watched));
}

#[test]
fn expiry_is_a_change_whoever_notices() {
    for noticed_by in ["nobody", "a reader", "the expirer", "a flush"] {
        let (store, clock) = prepared();
        let watched = watching(&store, &["k"]);
        clock.advance(millis(60_000));
        assert!(!has_changed(&store, &watched), "alive in its last millisecond");
        clock.advance(millis(1));
        match noticed_by {
            "a reader" => assert!(!store.exists("k")),
            "the expirer" => assert_eq!(store.expire_step(store.now(), 100).expired, 1),
            "a flush" => store.clear(),
            _ => {}
        }
        assert!(has_changed(&store, &watched), "noticed by {noticed_by}");
    }
}

#[test]
fn a_key_that_is_dead_when_the_watch_begins_counts_as_absent() {
    let (store, clock) = prepared();
    clock.advance(millis(60_001));
    let watched = watching(&store, &["k"]);
    store.expire_step(store.now(), 100);
    store.clear();
    assert!(!has_changed(&store, &watched), "its removal is no change");
}

#[test]
fn watches_are_separate_and_end() {
    let (store, _clock) = prepared();
    let mut first = watching(&store, &["k", "k", "unwatched"]);
    assert_eq!(first.keys().count(), 2, "a key is watched once");
    let second = watching(&store, &["unwatched"]);
    let third = watching(&store, &["k"]);
    store.set("k", "2");
    assert_eq!([&first, &second, &third].map(|watched| has_changed(&store, watched)), [true, false, true]);
    first.clear();
    assert!(first.is_empty() && !has_changed(&store, &first), "a cleared set forgets");
    drop(third);
    store.set("k", "3");
    first.watch(&store.key(b"unwatched"));
    assert!(!has_changed(&store, &first), "and watches only what it is told to");
    store.set("unwatched", "2");
    assert!(has_changed(&store, &first) && has_changed(&store, &second));
}

#[test]
fn a_swap_touches_what_is_there_before_or_after() {
    // What "k" is in the two databases, and whether who watches it in the first has to know.
    for (here, there, changes) in [(true, false, true), (false, true, true), (true, true, true), (false, false, false)]
    {
        let (store, _) = store();
        let other = store.database(1).unwrap();
        for (store, is_there) in [(&store, here), (&other, there)] {
            store.set("unwatched", "1");
            if is_there {
                store.set("k", "1");
            }
        }
        let watched = watching(&store, &["k"]);
        store.swap_databases(1, 0).unwrap();
        assert_eq!(has_changed(&store, &watched), changes, "{here} {there}");
        drop(watched);
        store.debug_check();
    }
}

#[test]
fn a_dead_key_that_is_swapped_in_is_no_change() {
    let (store, clock) = store();
    let other = store.database(1).unwrap();
    other.set_with("k", "1", SetOptions::default().ttl(millis(5))).unwrap();
    clock.advance(millis(10));
    let watched = watching(&store, &["k"]);
    store.swap_databases(0, 1).unwrap();
    assert!(!has_changed(&store, &watched));
    store.swap_databases(0, 0).unwrap();
    store.set("k", "2");
    assert!(has_changed(&store, &watched), "watchers stay where they were");
}
