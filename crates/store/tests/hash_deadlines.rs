//! Deadlines of fields, against maps and a number for the time: any sequence of operations, with the clock moving between them and the expirer coming when it likes, gives
//! the same replies, shows no field that is past, says in its effects what it did, and leaves a snapshot that runs as it began.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/field_world.rs"]
mod field_world;
#[path = "support/records.rs"]
mod records;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::sync::Arc;
use std::time::Duration;

use field_world::{Bytes, Held, Model, Op, START, When, many, operation, play, write};
use proptest::prelude::*;
use pyredis_store::{
    Clock, Collection, Condition, ExpireCondition, Hash, ManualClock, Store, Timestamp, Value, WalkProgress, WatchSet,
};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

/// What is visible at an instant of what records or effects say.
fn visible(content: &ByKey, now: u64) -> ByKey {
    let mut visible = ByKey::new();
    for (key, (value, deadline)) in content {
        let value = match value {
            Value::Collection(Collection::Hash(hash)) => {
                let mut alive = Hash::new();
                for (field, value) in hash.iter() {
                    let deadline = hash.deadline(field);
                    if deadline.is_none_or(|deadline| deadline.as_millis() >= now) {
                        alive.insert(field, &value.to_vec());
                        alive.set_deadline(field, deadline);
                    }
                }
                if alive.is_empty() {
                    continue;
                }
                Value::from(alive)
            }
            other => other.clone(),
        };
        if deadline.is_none_or(|deadline| deadline >= now) {
            visible.insert(key.clone(), (value, *deadline));
        }
    }
    visible
}

/// A watch, the key, what it held when that began, and whether anything was done to it since.
struct Watched {
    set: WatchSet,
    key: Bytes,
    then: Option<(Held, Option<u64>)>,
}

/// What the effects say there is.
fn content(databases: &Databases) -> ByKey {
    let all = databases.iter().flat_map(|(db, content)| content.iter().map(move |(key, value)| ((*db, key), value)));
    all.map(|((db, key), value)| ((db, key.clone()), value.clone())).collect()
}

fn run(operations: &[Op], is_heard: bool) -> Result<(), TestCaseError> {
    let (clock, units) = (ManualClock::starting_at(Timestamp::from_millis(START)), Arc::new(Units::default()));
    let mut builder = Store::builder().shards(2).clock(Clock::Manual(clock.clone()));
    if is_heard {
        builder = builder.effect_sink(units.clone());
    }
    let store = builder.build();
    let mut model = Model { now: START, ..Model::default() };
    let (mut replayed, mut seen, mut snapshot, mut watched) = (Databases::new(), 0, None, None::<Watched>);
    for operation in operations {
        play(&store, &clock, &mut model, operation)?;
        match operation {
            Op::Watch(key) => match watched.take() {
                None => {
                    let mut set = WatchSet::new(&store);
                    set.watch(&store.key(key));
                    watched = Some(Watched { set, key: key.clone(), then: model.keys.get(key).cloned() });
                }
                Some(Watched { set, key, then }) => {
                    let is_changed = write(&store, &key, |view, _| view.has_changed(&set));
                    let is_other = model.keys.get(&key) != then.as_ref();
                    prop_assert!(is_changed || !is_other, "a watch sees what is different");
                }
            },
            Op::Snapshot => match snapshot.take() {
                None => {
                    let records = Arc::new(Records::default());
                    let walk = store.begin_snapshot(records.clone()).unwrap();
                    snapshot = Some((walk, records, model.clone()));
                }
                Some((mut walk, records, then)) => {
                    while walk.step(1) == WalkProgress::More {}
                    prop_assert!(
                        visible(&records.by_key(), then.now) == then.content(),
                        "the snapshot shows when it began"
                    );
                }
            },
            _ => {}
        }
        store.debug_check();
        let all = units.since(seen);
        seen += all.len();
        all.iter().flatten().for_each(|effect| replay::apply(&mut replayed, effect));
        if is_heard {
            prop_assert!(
                visible(&content(&replayed), model.now) == model.content(),
                "the effects say it, {:?}",
                operation
            );
        }
    }
    drop(snapshot);
    expire_all(&store, &model)?;
    units.since(seen).iter().flatten().for_each(|effect| replay::apply(&mut replayed, effect));
    prop_assert!(!is_heard || content(&replayed) == model.content(), "and the effects have said so");
    Ok(())
}

/// Once the expirer is through, nothing that is past takes any memory, and it knows when to come again.
fn expire_all(store: &Store, model: &Model) -> Result<(), TestCaseError> {
    while store.expire_step(store.now(), 7).more {}
    let records = Arc::new(Records::default());
    let mut walk = store.begin_snapshot(records.clone()).unwrap();
    while walk.step(100) == WalkProgress::More {}
    prop_assert!(records.by_key() == model.content(), "what is past is gone");
    let next = model.keys.values().flat_map(|(held, deadline)| {
        let fields = match held {
            Held::Text(_) => None,
            Held::Fields(fields) => fields.values().filter_map(|(_, deadline)| *deadline).min(),
        };
        [fields, *deadline].into_iter().flatten().min()
    });
    let wakes = store.expire_step(store.now(), 7).next_wake.map(Timestamp::as_millis);
    prop_assert!(
        next.min().is_none_or(|next| wakes.is_some_and(|wakes| wakes <= next + 1)),
        "who expires comes in time"
    );
    store.debug_check();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_maps_with_a_clock(operations in prop::collection::vec(operation(), 1..80), is_heard: bool) {
        run(&operations, is_heard)?;
    }
}

/// Whoever writes takes out a part of what is past, and what is left is not there for him either.
#[test]
fn more_is_past_than_a_writer_takes_out() {
    let key = b"k".to_vec();
    let pair = |number| vec![(many(number), b"5".to_vec())];
    let operations = [
        Op::SetMany(key.clone(), 2000, 10),
        Op::Set(key.clone(), vec![(b"a".to_vec(), b"1".to_vec())]),
        Op::Snapshot,
        Op::Advance(11),
        Op::All(key.clone()),
        Op::SetIfAbsent(key.clone(), many(1999), b"new".to_vec()),
        Op::Add(key.clone(), many(1998), 7),
        Op::SetUntil(key.clone(), pair(1997), When::Keep, Condition::Always),
        Op::SetUntil(key.clone(), pair(1996), When::Keep, Condition::IfPresent),
        Op::SetUntil(key.clone(), pair(1995), When::In(100), Condition::IfAbsent),
        Op::Remove(key.clone(), vec![many(1994)]),
        Op::Take(key.clone(), vec![many(1993)]),
        Op::ExpireAt(key.clone(), vec![many(1992)], 50, ExpireCondition::Always),
        Op::Persist(key.clone(), vec![many(1991)]),
        Op::Set(key.clone(), pair(1990)),
        Op::Snapshot,
        Op::Copy(key.clone(), b"copy".to_vec()),
        Op::Remove(key.clone(), vec![b"a".to_vec()]),
        Op::All(key),
    ];
    run(&operations, true).unwrap();
    run(&operations, false).unwrap();
}

/// What is left when the last field that is alive goes is past, and goes too.
#[test]
fn a_hash_of_which_all_fields_are_past_is_no_key() {
    let clock = ManualClock::starting_at(Timestamp::from_millis(START));
    let units = Arc::new(Units::default());
    let store = Store::builder().shards(2).clock(Clock::Manual(clock.clone())).effect_sink(units.clone()).build();
    store.hash("h").extend([("stays", "1")]).unwrap();
    let fields: Vec<Bytes> = (0..500).map(many).collect();
    store.hash("h").extend_for(fields.iter().map(|field| (field, "1")), Duration::from_millis(10)).unwrap();
    store.hash("whole").extend_for([("f", "1"), ("g", "2")], Duration::from_millis(10)).unwrap();
    clock.advance(Duration::from_millis(11));
    assert!(!store.exists("whole"));
    assert_eq!(store.hash("h").remove_many(["stays"]), Ok(1));
    assert!(!store.exists("h"));
    assert_eq!(store.expired_fields(), 502);
    store.debug_check();
    let events: Vec<(Bytes, &str)> =
        units.since(3).into_iter().flatten().map(|effect| (effect.key.to_vec(), effect.event)).collect();
    let of = |key: &[u8]| events.iter().filter(|(of, _)| of == key).map(|(_, event)| *event).collect::<Vec<_>>();
    assert_eq!(of(b"whole"), ["hexpired", "del"]);
    assert_eq!(of(b"h"), ["hexpired", "hdel", "hexpired", "del"]);
    assert_eq!(store.expire_step(store.now(), 10).next_wake, None, "no timer is left");
}

/// The timer waits for the earliest, and only for that: the expirer has nothing to do before.
#[test]
fn the_expirer_comes_for_each_field_in_its_millisecond() {
    let clock = ManualClock::starting_at(Timestamp::from_millis(START));
    let store = Store::builder().shards(2).clock(Clock::Manual(clock.clone())).build();
    store.hash("h").extend([("stays", "1")]).unwrap();
    for (field, ttl) in [("late", 5000), ("soon", 30), ("later", 90_000), ("sooner", 7)] {
        store.hash("h").extend_for([(field, "v")], Duration::from_millis(ttl)).unwrap();
    }
    store.expire("h", Duration::from_millis(6000));
    let before = store.memory();
    let mut went = Vec::new();
    let mut left = 5;
    while let Some(wake) = store.expire_step(store.now(), 1000).next_wake {
        clock.advance(wake.saturating_since(store.now()));
        store.expire_step(store.now(), 1000);
        let len = store.hash("h").len().unwrap();
        if len != left {
            went.push((store.now().as_millis() - START, len));
            left = len;
        }
        store.debug_check();
    }
    assert_eq!(went, [(8, 4), (31, 3), (5001, 2), (6001, 0)]);
    assert!(before > 0 && store.memory() == 0);
    assert_eq!(store.expired_fields(), 3, "the last one went with its key");
}

/// A hash without deadlines costs what it did.
#[test]
fn what_has_no_deadline_pays_for_none() {
    let store = Store::builder().shards(2).build();
    let memory = |store: &Store| store.memory() + store.overhead();
    store.hash("h").extend([("f", "v"), ("g", "w")]).unwrap();
    let before = (store.memory(), store.hash("h").read().unwrap().memory());
    store.hash("h").expire("f", Duration::from_secs(100)).unwrap();
    assert!(memory(&store) > before.0);
    assert!(store.hash("h").persist("f").unwrap());
    assert_eq!((store.memory(), store.hash("h").read().unwrap().memory()), before);
    store.hash("h").expire("f", Duration::from_secs(100)).unwrap();
    assert_eq!(store.hash("h").take::<String>("f").unwrap().as_deref(), Some("v"));
    store.hash("h").remove_many(["g"]).unwrap();
    assert_eq!(store.memory(), 0);
    store.debug_check();
}
