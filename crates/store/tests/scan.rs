//! Scanning: a key that is there all the time is returned, whatever the tables do between the steps.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use pyredis_store::{Cursor, KeyWalk, LockSet, SetOptions, Store, Timestamp};

/// What SCAN does with one call: goes on until `count` keys were seen or the database ends, passing empty shards. Returns the cursor for
/// the next call, 0 at the end.
fn scan(store: &Store, cursor: u64, count: usize, keys: &mut Vec<String>) -> u64 {
    let goal = keys.len() + count;
    let mut cursor = store.skip_empty_shards(store.db(), Cursor::from_u64(cursor));
    while let Some(at) = cursor.filter(|_| keys.len() < goal) {
        let mut locks = LockSet::new();
        locks.read_shard(store.db(), at.shard());
        let view = store.lock(locks, store.now());
        let next = view.scan_shard(store.db(), at, goal - keys.len(), |key, _| {
            keys.push(String::from_utf8(key.to_vec()).unwrap());
        });
        drop(view);
        cursor = store.skip_empty_shards(store.db(), next);
    }
    cursor.map_or(0, |cursor| {
        assert!((1..1 << 53).contains(&cursor.to_u64()), "a cursor that goes on is neither 0 nor above 2^53");
        assert_eq!(Cursor::from_u64(cursor.to_u64()), cursor);
        cursor.to_u64()
    })
}

/// Keys that come and go, at most at once.
const CHURN_KEYS_MAX: usize = 1500;
/// Steps with something going on behind them; afterwards the scan has its peace, so that it ends.
const CHURNED_STEPS: usize = 40;

/// What happens between two steps.
#[derive(Debug, Clone)]
enum Churn {
    Nothing,
    /// Tables grow.
    Add(u16),
    /// Tables shrink: the newest go, or all.
    Remove(u16),
    RemoveAll,
    /// Keys come and go one at a time: tombstones, and in the end a rehash in place.
    Rotate(u16),
    /// All keys go at once, and the constant ones come back.
    Flush,
}

fn churn() -> impl Strategy<Value = Churn> {
    prop_oneof![
        2 => Just(Churn::Nothing),
        4 => (1..800u16).prop_map(Churn::Add),
        4 => (1..800u16).prop_map(Churn::Remove),
        2 => Just(Churn::RemoveAll),
        4 => (1..500u16).prop_map(Churn::Rotate),
    ]
}

/// The keys that come and go.
struct Churner {
    store: Store,
    alive: Vec<String>,
    made: usize,
}

impl Churner {
    fn add(&mut self) {
        if self.alive.len() == CHURN_KEYS_MAX {
            return;
        }
        self.made += 1;
        let key = format!("churn:{}", self.made);
        self.store.set(&key, "");
        self.alive.push(key);
    }

    fn remove(&mut self) {
        if let Some(key) = self.alive.pop() {
            self.store.del(key);
        }
    }

    fn apply(&mut self, churn: &Churn) {
        match *churn {
            Churn::Nothing => {}
            Churn::Add(count) => (0..count).for_each(|_| self.add()),
            Churn::Remove(count) => (0..count).for_each(|_| self.remove()),
            Churn::RemoveAll => (0..self.alive.len()).for_each(|_| self.remove()),
            Churn::Rotate(count) => (0..count).for_each(|_| {
                self.add();
                if !self.alive.is_empty() {
                    let oldest = self.alive.swap_remove(0);
                    self.store.del(oldest);
                }
            }),
            Churn::Flush => {
                self.store.clear();
                self.alive.clear();
            }
        }
    }
}

fn constants(count: usize) -> BTreeSet<String> {
    (0..count).map(|number| format!("constant:{number}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn constant_keys_are_returned_beside_any_churn(
        count in 1..40usize,
        constant in 1..300usize,
        churns in prop::collection::vec(churn(), 1..20),
        shards in prop::sample::select(vec![2usize, 8]),
        seed: u64,
    ) {
        let store = Store::builder().shards(shards).hash_seed(seed).build();
        let expected = constants(constant);
        expected.iter().for_each(|key| store.set(key, ""));
        let mut churner = Churner { store: store.clone(), alive: Vec::new(), made: 0 };
        let (mut cursor, mut keys) = (0, Vec::new());
        let mut churns = churns.iter().cycle().take(CHURNED_STEPS);
        loop {
            cursor = scan(&store, cursor, count, &mut keys);
            if cursor == 0 {
                break;
            }
            churner.apply(churns.next().unwrap_or(&Churn::Nothing));
        }
        let seen: BTreeSet<String> = keys.into_iter().filter(|key| key.starts_with("constant")).collect();
        prop_assert_eq!(seen, expected);
        store.debug_check();
    }

    #[test]
    fn without_churn_each_key_comes_once(constant in 0..2000usize, count in 1..200usize, shards in 2..64usize) {
        let store = Store::builder().shards(shards).build();
        let expected = constants(constant);
        expected.iter().for_each(|key| store.set(key, ""));
        let (mut cursor, mut keys) = (0, Vec::new());
        loop {
            cursor = scan(&store, cursor, count, &mut keys);
            if cursor == 0 {
                break;
            }
        }
        prop_assert_eq!(keys.len(), constant);
        prop_assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn a_keyspace_smaller_than_count_comes_back_in_one_call(
        constant in 0..500usize,
        removed in 0..2000usize,
        more in 1..100usize,
        shards in 2..64usize,
    ) {
        let store = Store::builder().shards(shards).build();
        let expected = constants(constant);
        (0..removed).for_each(|number| store.set(format!("gone:{number}"), ""));
        expected.iter().for_each(|key| store.set(key, ""));
        (0..removed).for_each(|number| _ = store.del(format!("gone:{number}")));
        let mut keys = Vec::new();
        prop_assert_eq!(scan(&store, 0, constant + more, &mut keys), 0);
        prop_assert_eq!(keys.len(), constant);
    }

    #[test]
    fn any_number_is_some_cursor(number: u64, count in 0..5usize) {
        let store = Store::builder().shards(4).build();
        constants(100).iter().for_each(|key| store.set(key, ""));
        let mut keys = Vec::new();
        scan(&store, number, count, &mut keys);
        prop_assert!(keys.len() <= 100);
    }

    #[test]
    fn a_key_walk_returns_each_key_once(
        entries in 0..40usize,
        constant in 1..300usize,
        churns in prop::collection::vec(prop_oneof![6 => churn(), 1 => Just(Churn::Flush)], 1..20),
        seed: u64,
    ) {
        let store = Store::builder().shards(2).hash_seed(seed).build();
        let expected = constants(constant);
        expected.iter().for_each(|key| store.set(key, ""));
        let mut churner = Churner { store: store.clone(), alive: Vec::new(), made: 0 };
        let mut walk = KeyWalk::new(&store, store.db(), b"*");
        let (mut churns, mut flushed) = (churns.iter().cycle().take(CHURNED_STEPS), false);
        let mut keys = Vec::new();
        while let Some(shard) = walk.shard() {
            let mut locks = LockSet::new();
            locks.read_shard(store.db(), shard);
            walk.step(&store.lock(locks, store.now()), entries);
            keys.append(&mut walk.take_found());
            let churn = churns.next().unwrap_or(&Churn::Nothing);
            churner.apply(churn);
            flushed |= matches!(churn, Churn::Flush);
        }
        let mut times_seen = BTreeMap::new();
        for key in keys {
            *times_seen.entry(String::from_utf8(key.to_vec()).unwrap()).or_insert(0) += 1;
        }
        prop_assert!(times_seen.values().all(|times| *times == 1), "seen more than once: {:?}", times_seen);
        prop_assert!(flushed || expected.iter().all(|key| times_seen.contains_key(key)));
    }
}

#[test]
fn a_scan_shows_no_dead_keys_and_matches_patterns() {
    let store = Store::new();
    store.set("alive:1", "");
    store.set("alive:2", "");
    store.set("other", "");
    store.set_with("alive:dead", "", SetOptions::default().expire_at(Timestamp::from_millis(1))).unwrap();
    let mut keys = Vec::new();
    assert_eq!(scan(&store, 0, 100, &mut keys), 0);
    assert_eq!(
        keys.into_iter().collect::<BTreeSet<_>>(),
        BTreeSet::from(["alive:1", "alive:2", "other"].map(String::from))
    );
    let mut keys = store.keys("alive:*");
    keys.sort_unstable();
    assert_eq!(keys, ["alive:1", "alive:2"]);
    assert!(store.database(7).unwrap().keys("*").is_empty(), "a database that was never written");
}

/// A shard that shrank shows some keys twice; they are sorted out also when it is emptied before its end.
#[test]
fn a_key_walk_returns_each_key_once_from_a_shard_that_vanishes() {
    for steps_before in 20..45 {
        let store = Store::builder().shards(2).hash_seed(1).build();
        (0..1000).for_each(|number| store.set(number.to_string(), ""));
        let mut walk = KeyWalk::new(&store, store.db(), b"*");
        let mut keys = Vec::new();
        let mut step = |walk: &mut KeyWalk| {
            let mut locks = LockSet::new();
            locks.read_shard(store.db(), walk.shard().unwrap());
            walk.step(&store.lock(locks, store.now()), 1);
            keys.append(&mut walk.take_found());
        };
        while walk.shard() == Some(0) {
            step(&mut walk);
        }
        (0..steps_before).for_each(|_| step(&mut walk));
        for number in (0..1000).filter(|number| number % 10 != 0) {
            store.del(number.to_string());
        }
        (0..10).for_each(|_| step(&mut walk));
        assert_eq!(walk.shard(), Some(1), "still under way");
        store.clear();
        while walk.shard().is_some() {
            step(&mut walk);
        }
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }
}

/// What lets one call of SCAN pass many small shards: a step that was asked for more than the shard has does not leave it unfinished.
#[test]
fn a_step_asked_for_more_than_the_shard_has_finishes_it() {
    for (added, removed) in [(1, 0), (10, 9), (60, 59), (200, 150), (200, 199), (3000, 2999), (3000, 2500)] {
        let store = Store::builder().shards(2).hash_seed(3).build();
        (0..added).for_each(|number| store.set(number.to_string(), ""));
        (0..removed).for_each(|number| _ = store.del(number.to_string()));
        let mut locks = LockSet::new();
        locks.read_database(store.db());
        let view = store.lock(locks, store.now());
        for start in [0, 1 << 32].map(Cursor::from_u64) {
            let (mut keys, mut cursor) = (0, start);
            while cursor.shard() == start.shard() {
                cursor = view.scan_shard(store.db(), cursor, 1000, |_, _| keys += 1);
            }
            assert_ne!(view.scan_shard(store.db(), start, keys + 1, |_, _| {}).shard(), start.shard());
        }
    }
}

#[test]
fn a_program_scans_its_keys_and_may_change_them_meanwhile() {
    let store = Store::new();
    let other = store.database(1).unwrap();
    other.set("key:other", "v");
    for n in 0..5000 {
        store.set(format!("key:{n}"), "v");
        store.set(format!("noise:{n}"), "v");
    }
    let mut seen = BTreeSet::new();
    for key in store.scan("key:*") {
        // Deleting what was returned shrinks the tables under the scan.
        store.del(&key);
        seen.insert(key);
    }
    assert_eq!(seen.len(), 5000);
    assert!(seen.iter().all(|key| key.starts_with(b"key:")));
    assert_eq!(store.len(), 5000);
    assert_eq!(store.scan("key:*").count(), 0);
    assert_eq!(other.scan("*").collect::<Vec<_>>(), ["key:other"]);
    assert_eq!(Store::new().scan("*").next(), None);
}
