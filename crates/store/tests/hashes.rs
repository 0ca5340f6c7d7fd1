//! Hashes against maps: any sequence of operations gives the same replies and fields, and says in its effects what it did; and what is shared with
//! readers or a snapshot stays as it was for them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/records.rs"]
mod records;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use pyredis_store::{Hash, Store, StoreError, Value, ValueType, WalkProgress};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

type Bytes = Vec<u8>;
type Fields = BTreeMap<Bytes, Bytes>;

#[derive(Debug, Clone, PartialEq)]
enum Held {
    Text(Bytes),
    Fields(Fields),
}

type Model = BTreeMap<Bytes, Held>;

#[derive(Debug, Clone)]
enum Op {
    Set(Bytes, Vec<(Bytes, Bytes)>),
    /// So many fields of one stem, so that there are trees.
    SetMany(Bytes, u8, usize),
    RemoveMany(Bytes, u8, usize),
    SetIfAbsent(Bytes, Bytes, Bytes),
    Remove(Bytes, Vec<Bytes>),
    Add(Bytes, Bytes, i64),
    AddFloat(Bytes, Bytes, i32),
    Get(Bytes, Bytes),
    All(Bytes),
    Scan(Bytes, usize),
    SetText(Bytes, Bytes),
    Delete(Bytes),
    Copy(Bytes, Bytes),
    /// Takes a clone and keeps it.
    Hold(Bytes),
    /// Begins a snapshot, or ends the one that runs.
    Snapshot,
}

fn key() -> impl Strategy<Value = Bytes> {
    (0..3_u8).prop_map(|number| vec![b'k', b'0' + number])
}

fn field() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => (0..6_u8).prop_map(|number| vec![b'a' + number]),
        2 => (0..700_usize).prop_map(|number| many(b'x', number)),
        1 => Just(Bytes::new()),
        1 => Just(vec![b'l'; 65]),
    ]
}

fn many(stem: u8, number: usize) -> Bytes {
    [&[stem][..], number.to_string().as_bytes()].concat()
}

fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => any::<i16>().prop_map(|number| number.to_string().into_bytes()),
        1 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        3 => prop::collection::vec(any::<u8>(), 0..70),
        1 => (any::<u8>(), prop::sample::select(vec![64_usize, 65, 1023, 1024, 4096, 70_000])).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn by() -> impl Strategy<Value = i64> {
    prop_oneof![2 => -9..9_i64, 1 => any::<i64>(), 1 => prop::sample::select(vec![i64::MIN, i64::MAX])]
}

fn operation() -> impl Strategy<Value = Op> {
    let pairs = prop::collection::vec((field(), value()), 0..4);
    let stem = || prop::sample::select(vec![b'x', b'y']);
    prop_oneof![
        6 => (key(), pairs).prop_map(|(key, pairs)| Op::Set(key, pairs)),
        2 => (key(), stem(), 0..700_usize).prop_map(|(key, stem, count)| Op::SetMany(key, stem, count)),
        2 => (key(), stem(), 0..700_usize).prop_map(|(key, stem, count)| Op::RemoveMany(key, stem, count)),
        3 => (key(), field(), value()).prop_map(|(key, field, value)| Op::SetIfAbsent(key, field, value)),
        5 => (key(), prop::collection::vec(field(), 0..4)).prop_map(|(key, fields)| Op::Remove(key, fields)),
        4 => (key(), field(), by()).prop_map(|(key, field, by)| Op::Add(key, field, by)),
        3 => (key(), field(), any::<i32>()).prop_map(|(key, field, by)| Op::AddFloat(key, field, by)),
        3 => (key(), field()).prop_map(|(key, field)| Op::Get(key, field)),
        2 => key().prop_map(Op::All),
        2 => (key(), 1..50_usize).prop_map(|(key, count)| Op::Scan(key, count)),
        1 => (key(), value()).prop_map(|(key, value)| Op::SetText(key, value)),
        1 => key().prop_map(Op::Delete),
        1 => (key(), key()).prop_map(|(from, to)| Op::Copy(from, to)),
        2 => key().prop_map(Op::Hold),
        2 => Just(Op::Snapshot),
    ]
}

/// What an operation on a hash says of a key that holds a string.
const WRONG: StoreError = StoreError::WrongType { expected: ValueType::Hash, found: ValueType::String };

/// An answer as text: the operations have too many types.
fn apply(store: &Store, op: &Op) -> String {
    match op {
        Op::Set(key, pairs) => {
            format!("{:?}", store.hash(key).extend(pairs.iter().map(|(field, value)| (field, value))))
        }
        Op::SetMany(key, stem, count) => {
            format!("{:?}", store.hash(key).extend((0..*count).map(|number| (many(*stem, number), number.to_string()))))
        }
        Op::RemoveMany(key, stem, count) => {
            format!("{:?}", store.hash(key).remove_many((0..*count).map(|number| many(*stem, number))))
        }
        Op::SetIfAbsent(key, field, value) => format!("{:?}", store.hash(key).set_if_absent(field, value)),
        Op::Remove(key, fields) => format!("{:?}", store.hash(key).remove_many(fields)),
        Op::Add(key, field, by) => format!("{:?}", store.hash(key).incr_by(field, *by)),
        Op::AddFloat(key, field, by) => {
            format!("{:?}", store.hash(key).incr_by_float(field, f64::from(*by)))
        }
        Op::Get(key, field) => {
            let value = store.hash(key).get::<Bytes>(field);
            format!("{value:?} {:?}", store.hash(key).contains(field))
        }
        Op::All(key) => {
            let all = |hash: Hash| fields_of(&hash);
            format!("{:?} {:?}", store.hash(key).read().map(all), store.hash(key).len())
        }
        Op::Scan(key, count) => match store.hash(key).read() {
            Err(error) => format!("{error:?}"),
            Ok(hash) => {
                let (mut cursor, mut found) = (0, Fields::new());
                loop {
                    cursor = hash.scan(cursor, *count, |field, value| {
                        assert!(found.insert(field.to_vec(), value.to_vec()).is_none(), "shown twice");
                    });
                    if cursor == 0 {
                        break format!("{found:?}");
                    }
                }
            }
        },
        Op::SetText(key, value) => {
            store.set(key, value.clone());
            String::new()
        }
        Op::Delete(key) => format!("{:?}", store.del(key)),
        Op::Copy(from, to) => format!("{:?}", store.copy(from, to, 0, true).unwrap()),
        Op::Hold(_) | Op::Snapshot => String::new(),
    }
}

/// The same with a map. Every error is decided before anything is changed.
fn apply_naive(model: &mut Model, op: &Op) -> String {
    match op {
        Op::Set(key, pairs) => format!("{:?}", set(model, key, pairs.clone())),
        Op::SetMany(key, stem, count) => {
            let pairs = (0..*count).map(|number| (many(*stem, number), number.to_string().into_bytes()));
            format!("{:?}", set(model, key, pairs.collect()))
        }
        Op::Remove(key, fields) => format!("{:?}", remove(model, key, fields)),
        Op::RemoveMany(key, stem, count) => {
            let fields: Vec<Bytes> = (0..*count).map(|number| many(*stem, number)).collect();
            format!("{:?}", remove(model, key, &fields))
        }
        Op::SetIfAbsent(key, field, value) => {
            let added = fields(model, key).and_then(|fields| {
                if fields.contains_key(field) { Ok(0) } else { set(model, key, vec![(field.clone(), value.clone())]) }
            });
            format!("{:?}", added.map(|added| added > 0))
        }
        Op::Add(key, field, by) => format!("{:?}", add(model, key, field, *by)),
        Op::AddFloat(key, field, by) => {
            // Only what integers can tell is looked at here; the arithmetic has its own tests.
            let sum = fields(model, key).and_then(|fields| {
                let before =
                    fields.get(field).map_or(Some(0), |value| std::str::from_utf8(value).ok()?.parse::<i64>().ok());
                before.ok_or(StoreError::FieldNotAFloat)
            });
            let sum = sum.map(|before| i128::from(before) + i128::from(*by));
            if let Ok(sum) = sum {
                set(model, key, vec![(field.clone(), sum.to_string().into_bytes())]).unwrap();
            }
            format!("{:?}", sum.map(|sum| sum as f64))
        }
        Op::Get(key, field) => {
            let value = fields(model, key).map(|fields| fields.get(field).cloned());
            let is_there = value.clone().map(|value| value.is_some());
            format!("{value:?} {is_there:?}")
        }
        Op::All(key) => {
            let fields = fields(model, key);
            let len = fields.clone().map(|fields| fields.len());
            format!("{fields:?} {len:?}")
        }
        Op::Scan(key, _) => {
            fields(model, key).map_or_else(|error| format!("{error:?}"), |fields| format!("{fields:?}"))
        }
        Op::SetText(key, value) => {
            model.insert(key.clone(), Held::Text(value.clone()));
            String::new()
        }
        Op::Delete(key) => format!("{:?}", model.remove(key).is_some()),
        Op::Copy(from, to) => {
            let copied = model.get(from).cloned().filter(|_| from != to);
            let answer = model.contains_key(from);
            model.extend(copied.map(|held| (to.clone(), held)));
            format!("{answer:?}")
        }
        Op::Hold(_) | Op::Snapshot => String::new(),
    }
}

fn fields(model: &Model, key: &Bytes) -> Result<Fields, StoreError> {
    match model.get(key) {
        None => Ok(Fields::new()),
        Some(Held::Fields(fields)) => Ok(fields.clone()),
        Some(Held::Text(_)) => Err(WRONG),
    }
}

fn set(model: &mut Model, key: &Bytes, pairs: Vec<(Bytes, Bytes)>) -> Result<usize, StoreError> {
    let mut fields = fields(model, key)?;
    let before = fields.len();
    fields.extend(pairs);
    let added = fields.len() - before;
    if !fields.is_empty() {
        model.insert(key.clone(), Held::Fields(fields));
    }
    Ok(added)
}

fn remove(model: &mut Model, key: &Bytes, names: &[Bytes]) -> Result<usize, StoreError> {
    let mut fields = fields(model, key)?;
    let removed = names.iter().filter(|name| fields.remove(*name).is_some()).count();
    if fields.is_empty() {
        model.remove(key);
    } else {
        model.insert(key.clone(), Held::Fields(fields));
    }
    Ok(removed)
}

fn add(model: &mut Model, key: &Bytes, field: &Bytes, by: i64) -> Result<i64, StoreError> {
    let before = match fields(model, key)?.get(field) {
        None => 0,
        // As strict as Redis: what is written as it would be printed.
        Some(value) => std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse::<i64>().ok().filter(|number| number.to_string() == text))
            .ok_or(StoreError::FieldNotAnInteger)?,
    };
    let sum = before.checked_add(by).ok_or(StoreError::Overflow)?;
    set(model, key, vec![(field.clone(), sum.to_string().into_bytes())])?;
    Ok(sum)
}

fn fields_of(hash: &Hash) -> Fields {
    hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect()
}

/// What a store without deadlines holds, from what its effects said.
fn content(databases: &Databases) -> ByKey {
    let all = databases.iter().flat_map(|(db, content)| content.iter().map(move |(key, value)| ((*db, key), value)));
    all.map(|((db, key), value)| ((db, key.clone()), value.clone())).collect()
}

fn expected(model: &Model) -> ByKey {
    let value = |held: &Held| match held {
        Held::Text(text) => Value::from(&text[..]),
        Held::Fields(fields) => Value::from(fields.iter().collect::<Hash>()),
    };
    model.iter().map(|(key, held)| ((0, key.clone()), (value(held), None))).collect()
}

/// Whether adding to this is left to the tests of the arithmetic.
fn is_beyond_integers(model: &Model, op: &Op) -> bool {
    let Op::AddFloat(key, field, _) = op else { return false };
    let held = fields(model, key).ok().and_then(|fields| fields.get(field).cloned());
    held.is_some_and(|value| {
        let number = std::str::from_utf8(&value).ok().and_then(|text| text.parse::<i64>().ok());
        number.map_or_else(|| value.iter().any(u8::is_ascii_alphanumeric), |number| number.unsigned_abs() > 1 << 52)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_map(operations in prop::collection::vec(operation(), 1..80), is_heard: bool) {
        let units = Arc::new(Units::default());
        let mut builder = Store::builder().shards(2);
        if is_heard {
            builder = builder.effect_sink(units.clone());
        }
        let store = builder.build();
        let (mut model, mut replayed, mut held) = (Model::new(), Databases::new(), Vec::new());
        let (mut seen, mut snapshot) = (0, None);
        for operation in &operations {
            if is_beyond_integers(&model, operation) {
                continue;
            }
            let reply = apply_naive(&mut model, operation);
            prop_assert_eq!(apply(&store, operation), reply, "{:?}", operation);
            match operation {
                Op::Hold(key) => held.extend(store.hash(key).read().ok().map(|hash| (hash, fields(&model, key).unwrap()))),
                Op::Snapshot => match snapshot.take() {
                    None => {
                        let records = Arc::new(Records::default());
                        let walk = store.begin_snapshot(records.clone()).unwrap();
                        snapshot = Some((walk, records, expected(&model)));
                    }
                    Some((mut walk, records, then)) => {
                        while walk.step(1) == WalkProgress::More {}
                        prop_assert!(records.by_key() == then, "the snapshot shows when it began");
                    }
                },
                _ => {}
            }
            let all = units.since(seen);
            seen += all.len();
            all.iter().flatten().for_each(|effect| replay::apply(&mut replayed, effect));
            if is_heard {
                prop_assert!(content(&replayed) == expected(&model), "the effects say everything, {:?}", operation);
            }
        }
        for (key, expected) in &model {
            if let Held::Fields(expected) = expected {
                prop_assert!(fields_of(&store.hash(key).read().unwrap()) == *expected);
            }
        }
        prop_assert_eq!(store.database(0).unwrap().len(), model.len());
        held.iter().for_each(|(hash, then)| assert!(fields_of(hash) == *then, "a clone stays as it was"));
        store.debug_check();
    }
}

#[test]
fn what_changes_nothing_says_nothing() {
    let units = Arc::new(Units::default());
    let store = Store::builder().shards(2).effect_sink(units.clone()).build();
    store.hash("h").extend([("f", "v")]).unwrap();
    store.set("s", "text");
    let seen = units.since(0).len();
    assert_eq!(store.hash("h").set_if_absent("f", "w"), Ok(false));
    assert_eq!(store.hash("h").remove_many(["g", "x"]), Ok(0));
    assert_eq!(store.hash("none").remove_many(["g"]), Ok(0));
    assert_eq!(store.hash("new").extend([("", ""); 0]), Ok(0));
    assert_eq!(store.hash("h").incr_by("f", 1), Err(StoreError::FieldNotAnInteger));
    assert_eq!(store.hash("h").incr_by_float("f", 1.0), Err(StoreError::FieldNotAFloat));
    assert_eq!(store.hash("new").incr_by_float("f", f64::INFINITY), Err(StoreError::InfiniteIncrement));
    assert_eq!(store.hash("new").incr_by_float("f", f64::NAN), Err(StoreError::NotAFloat));
    assert_eq!(store.hash("s").extend([("f", "v")]), Err(WRONG));
    assert_eq!(store.hash("s").incr_by("f", 1), Err(WRONG));
    assert_eq!(store.hash("s").remove_many(["f"]), Err(WRONG));
    assert!(!store.exists("new"));
    assert_eq!(units.since(seen), Vec::<Vec<_>>::new());
}

#[test]
fn events_have_the_names_that_redis_gives_them() {
    let units = Arc::new(Units::default());
    let store = Store::builder().shards(2).effect_sink(units.clone()).build();
    store.hash("h").extend([("f", "1"), ("g", "x")]).unwrap();
    store.hash("h").set_if_absent("i", "1").unwrap();
    store.hash("h").incr_by("f", 1).unwrap();
    store.hash("h").incr_by_float("f", 0.5).unwrap();
    store.hash("h").remove_many(["g", "none", "g"]).unwrap();
    store.hash("h").remove_many(["f", "i"]).unwrap();
    let events: Vec<Vec<&str>> =
        units.since(0).iter().map(|unit| unit.iter().map(|effect| effect.event).collect()).collect();
    assert_eq!(
        events,
        [vec!["hset"], vec!["hset"], vec!["hincrby"], vec!["hincrbyfloat"], vec!["hdel"], vec!["hdel", "del"]]
    );
}
