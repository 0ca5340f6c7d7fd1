//! Snapshots: whatever goes on meanwhile, entries being moved together among it, the sink receives what was there when the snapshot began, once, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/records.rs"]
mod records;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use pyredis_store::{
    Clock, Compaction, ManualClock, SetOptions, SnapshotRunning, SnapshotWalk, Store, Timestamp, Value, WalkProgress,
};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DATABASES: u32 = 4;

#[derive(Debug, Clone)]
enum Op {
    /// Sets this many keys from a number on: tables grow while they are walked.
    SetMany(u32, u16, u16),
    DelMany(u32, u16, u16),
    Append(u32, u16),
    Expire(u32, u16, u64),
    Rename(u32, u16, u16),
    Clear(u32),
    Swap(u32, u32),
    Advance(u64),
    ExpireStep(usize),
    /// Moves entries together, or begins that anew.
    Compact(usize),
    Begin,
    Step(usize),
    Abandon,
}

fn operation() -> impl Strategy<Value = Op> {
    let db = || 0..DATABASES;
    prop_oneof![
        4 => (db(), 0..300u16, 1..100u16).prop_map(|(db, from, count)| Op::SetMany(db, from, count)),
        3 => (db(), 0..300u16, 1..200u16).prop_map(|(db, from, count)| Op::DelMany(db, from, count)),
        2 => (db(), 0..300u16).prop_map(|(db, key)| Op::Append(db, key)),
        3 => (db(), 0..300u16, 0..50u64).prop_map(|(db, key, ttl)| Op::Expire(db, key, ttl)),
        2 => (db(), 0..300u16, 0..300u16).prop_map(|(db, from, to)| Op::Rename(db, from, to)),
        1 => db().prop_map(Op::Clear),
        3 => (db(), db()).prop_map(|(one, other)| Op::Swap(one, other)),
        1 => (0..40u64).prop_map(Op::Advance),
        2 => (0..40usize).prop_map(Op::ExpireStep),
        3 => (0..8usize).prop_map(Op::Compact),
        3 => Just(Op::Begin),
        12 => (0..40usize).prop_map(Op::Step),
        1 => Just(Op::Abandon),
    ]
}

/// A snapshot under way, and what it should come to.
struct Running {
    walk: SnapshotWalk,
    records: Arc<Records>,
    expected: ByKey,
}

struct World {
    store: Store,
    clock: ManualClock,
    units: Arc<Units>,
    /// What is in the store, dead keys included, by its own effects.
    replayed: Databases,
    units_seen: usize,
    running: Option<Running>,
    compaction: Compaction,
}

impl World {
    fn new(shards: usize) -> Self {
        let (clock, units) = (ManualClock::starting_at(START), Arc::new(Units::default()));
        let builder = Store::builder().databases(DATABASES).shards(shards).clock(Clock::Manual(clock.clone()));
        let store = builder.effect_sink(units.clone()).build();
        let compaction = store.compaction();
        Self { store, clock, units, replayed: Databases::new(), units_seen: 0, running: None, compaction }
    }

    fn content(&mut self) -> ByKey {
        for unit in self.units.since(self.units_seen) {
            self.units_seen += 1;
            unit.iter().for_each(|effect| replay::apply(&mut self.replayed, effect));
        }
        let databases = self.replayed.iter();
        databases.flat_map(|(db, keys)| keys.iter().map(|(key, entry)| ((*db, key.clone()), entry.clone()))).collect()
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::SetMany(db, from, count) => {
                (from..from + count).for_each(|key| self.database(db).set(key.to_string(), key.to_string()));
            }
            Op::DelMany(db, from, count) => {
                (from..from + count).for_each(|key| _ = self.database(db).del(key.to_string()))
            }
            Op::Append(db, key) => _ = self.database(db).append(key.to_string(), "+"),
            Op::Expire(db, key, ttl) => _ = self.database(db).expire(key.to_string(), Duration::from_millis(ttl)),
            Op::Rename(db, from, to) => _ = self.database(db).rename(from.to_string(), to.to_string()),
            Op::Clear(db) => self.database(db).clear(),
            Op::Swap(one, other) => self.store.swap_databases(one, other).unwrap(),
            Op::Advance(by) => self.clock.advance(Duration::from_millis(by)),
            Op::ExpireStep(budget) => _ = self.store.expire_step(self.clock.now(), budget),
            Op::Compact(steps) => self.compact(steps),
            Op::Begin => self.begin(),
            Op::Step(entries) => self.step(entries),
            Op::Abandon => self.abandon(),
        }
    }

    fn database(&self, db: u32) -> Store {
        self.store.database(db).unwrap()
    }

    fn compact(&mut self, steps: usize) {
        for _ in 0..steps {
            if !self.compaction.step().more {
                self.compaction = self.store.compaction();
                self.store.debug_check();
            }
        }
    }

    fn begin(&mut self) {
        let records = Arc::new(Records::default());
        let begun = self.store.begin_snapshot(records.clone());
        if self.running.is_some() {
            assert_eq!(begun.err(), Some(SnapshotRunning), "one snapshot at a time");
            return;
        }
        let (walk, expected) = (begun.unwrap(), self.content());
        assert_eq!(walk.keys_total(), expected.len());
        self.running = Some(Running { walk, records, expected });
    }

    fn step(&mut self, entries: usize) {
        let Some(running) = &mut self.running else { return };
        if running.walk.step(entries) == WalkProgress::Done {
            assert_eq!(running.records.by_key(), running.expected);
            self.running = None;
        }
    }

    fn abandon(&mut self) {
        let Some(Running { walk, records, expected }) = self.running.take() else { return };
        drop(walk);
        let seen = records.by_key();
        assert!(seen.iter().all(|(key, entry)| expected.get(key) == Some(entry)), "only what was there");
    }

    fn finish(&mut self) {
        self.walk_on();
        // The next one still finds every bit on one side.
        self.begin();
        self.walk_on();
        self.store.debug_check();
    }

    fn walk_on(&mut self) {
        for steps in 0.. {
            assert!(steps < 10_000, "the walk does not come to an end");
            if self.running.is_none() {
                return;
            }
            self.step(16);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_is_what_was_there_when_it_began(
        operations in prop::collection::vec(operation(), 1..150),
        shards in prop::sample::select(vec![2usize, 16]),
    ) {
        let mut world = World::new(shards);
        world.apply(&Op::SetMany(0, 0, 200));
        for operation in &operations {
            world.apply(operation);
        }
        world.finish();
    }
}

#[test]
fn an_empty_store_is_an_empty_snapshot() {
    let store = Store::new();
    let records = Arc::new(Records::default());
    let mut walk = store.begin_snapshot(records.clone()).unwrap();
    store.set("later", "v");
    while walk.step(16) == WalkProgress::More {}
    assert_eq!((walk.keys_total(), records.by_key()), (0, ByKey::new()));
}

#[test]
fn a_snapshot_shares_values_and_a_later_append_leaves_them_alone() {
    let store = Store::new();
    store.set("k", vec![b'x'; 100_000]);
    let records = Arc::new(Records::default());
    let mut walk = store.begin_snapshot(records.clone()).unwrap();
    store.append("k", "y").unwrap();
    while walk.step(16) == WalkProgress::More {}
    assert_eq!(records.by_key()[&(0, b"k".to_vec())].0, Value::from(vec![b'x'; 100_000]));
    assert_eq!(store.get("k").unwrap().len(), 100_001);
}

/// What is flushed is handed over in slices too, however large the table was.
#[test]
fn a_flush_does_not_flood_the_sink() {
    const SLICE: usize = 16;
    let store = Store::builder().shards(2).build();
    (0..2000).for_each(|key| store.set(key.to_string(), "v"));
    let records = Arc::new(Records::default());
    let mut walk = store.begin_snapshot(records.clone()).unwrap();
    walk.step(SLICE);
    store.clear();
    store.set("later", "v");
    let mut before = records.by_key().len();
    while walk.step(SLICE) == WalkProgress::More {
        let after = records.by_key().len();
        assert!(after - before < 3 * SLICE, "{} records in one step", after - before);
        before = after;
    }
    assert_eq!((before, walk.keys_total()), (2000, 2000));
    store.debug_check();
}

#[test]
fn a_walk_that_is_dropped_lets_the_next_begin() {
    let store = Store::new();
    (0..1000).for_each(|key| store.set(key.to_string(), "v"));
    let mut walk = store.begin_snapshot(Arc::new(Records::default())).unwrap();
    walk.step(10);
    store.set("1", "w");
    drop(walk);
    store.debug_check();
    let records = Arc::new(Records::default());
    let mut walk = store.begin_snapshot(records.clone()).unwrap();
    while walk.step(100) == WalkProgress::More {}
    assert_eq!(records.by_key().len(), 1000);
}

const ACCOUNTS: usize = 64;
const BALANCE: i64 = 100;

fn account(number: usize) -> String {
    format!("account:{number}")
}

/// Moves money between accounts, and makes and breaks other keys, until told to stop.
fn trade(store: &Store, seed: u64, is_over: &AtomicBool) {
    let mut random = fastrand::Rng::with_seed(seed);
    while !is_over.load(Ordering::Relaxed) {
        let (from, to) = (account(random.usize(..ACCOUNTS)), account(random.usize(..ACCOUNTS)));
        store
            .transaction([&from, &to], |tx| {
                tx.incr_by(&from, -1)?;
                tx.incr_by(&to, 1).map(drop)
            })
            .unwrap();
        let other = store.database(random.u32(1..DATABASES)).unwrap();
        let key = random.u32(..500).to_string();
        match random.u8(..8) {
            0 => _ = other.del(&key),
            1 => _ = other.append(&key, "x").unwrap(),
            2 => _ = other.rename(&key, random.u32(..500).to_string()),
            3 if random.u8(..50) == 0 => other.clear(),
            _ => {
                _ = other
                    .set_with(&key, "v", SetOptions::default().ttl(Duration::from_millis(random.u64(..5))))
                    .unwrap()
            }
        }
        if random.u8(..10) == 0 {
            store.expire_step(store.now(), 50);
        }
    }
}

/// Tells the traders to stop when it goes, also by a failed assertion: whoever waits for them would wait for ever.
struct Closing<'a>(&'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_snapshot_amid_transfers_sees_one_instant() {
    let store = Store::builder().databases(DATABASES).shards(16).build();
    (0..ACCOUNTS).for_each(|number| store.set(account(number), BALANCE));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let (store, is_over) = (&store, &is_over);
        let _closing = Closing(is_over);
        (0..3).for_each(|seed| drop(threads.spawn(move || trade(store, seed, is_over))));
        for round in 0..60 {
            let records = Arc::new(Records::default());
            let mut walk = store.begin_snapshot(records.clone()).unwrap();
            if round % 10 == 9 {
                walk.step(5);
                continue; // dropped half-way
            }
            let keys_total = walk.keys_total();
            while walk.step(1 + round % 20) == WalkProgress::More {}
            let content = records.by_key();
            assert_eq!(content.len(), keys_total);
            let balances = content.iter().filter(|((db, _), _)| *db == 0);
            let sum: i64 = balances.map(|(_, (value, _))| value.to_integer().unwrap()).sum();
            assert_eq!(sum, i64::try_from(ACCOUNTS).unwrap() * BALANCE);
        }
    });
    store.debug_check();
}

#[test]
fn a_snapshot_beside_swaps_sees_one_instant() {
    let store = Store::builder().shards(2).build();
    for (db, keys) in [(0, 0..1000), (1, 500..2000), (2, 0..50)] {
        let database = store.database(db).unwrap();
        keys.for_each(|key| database.set(key.to_string(), format!("{key} in {db}")));
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (one, other) in [(0, 1), (2, 0), (1, 2)].into_iter().cycle().take(100_000) {
                store.swap_databases(one, other).unwrap();
                if over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        for _ in 0..20 {
            let records = Arc::new(Records::default());
            let mut walk = store.begin_snapshot(records.clone()).unwrap();
            while walk.step(7) == WalkProgress::More {}
            let seen = records.by_key();
            assert_eq!(seen.len(), 2550);
            // Each content is in one database, whichever, and whole.
            let mut places = BTreeMap::new();
            for ((db, _), (value, _)) in &seen {
                let text = replay::bytes(value);
                places.entry(text[text.len() - 1]).or_insert_with(BTreeSet::new).insert(*db);
            }
            assert!(places.values().all(|places| places.len() == 1), "{places:?}");
        }
        over.store(true, Ordering::Relaxed);
    });
    store.debug_check();
}
