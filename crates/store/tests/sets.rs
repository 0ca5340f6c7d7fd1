//! Sets against `BTreeSet`s: any sequence of operations gives the same replies and members, says in its effects what it did, and leaves what a
//! snapshot or a reader holds as it was.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/records.rs"]
mod records;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use pyredis_store::{
    Collection, Provisional, Set, SetCalculation, SetOp, Store, StoreError, Value, ValueType, WalkProgress,
};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

type Bytes = Vec<u8>;
type Members = BTreeSet<Bytes>;
/// What each key holds: a set, or a string.
type Model = BTreeMap<Bytes, Option<Members>>;

#[derive(Debug, Clone)]
enum Op {
    Add(Bytes, Vec<Bytes>),
    /// Members with numbers from here on, so many.
    AddMany(Bytes, u32, u32, bool),
    Remove(Bytes, Vec<Bytes>),
    RemoveMany(Bytes, u32, u32, bool),
    Move(Bytes, Bytes, Bytes),
    Pop(Bytes),
    PopMany(Bytes, usize),
    Combine(SetOp, Vec<Bytes>),
    CombineInto(Bytes, SetOp, Vec<Bytes>),
    /// The key holds a string from now on.
    Put(Bytes),
    Delete(Bytes),
    /// Takes a reference to the set, and keeps it.
    Hold(Bytes),
}

fn key() -> impl Strategy<Value = Bytes> {
    (0..4u8).prop_map(|number| vec![b'k', b'0' + number])
}

fn member() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => (0..20i64).prop_map(|number| number.to_string().into_bytes()),
        2 => (0..20u8).prop_map(|number| vec![b'm', b'a' + number]),
        1 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => (any::<u8>(), 1000..9000usize).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn operation() -> impl Strategy<Value = Op> {
    let op = prop::sample::select(vec![SetOp::Union, SetOp::Intersection, SetOp::Difference]);
    let members = || prop::collection::vec(member(), 1..6);
    let many = || (key(), 0..1500u32, 1..1500u32, any::<bool>());
    let keys = || prop::collection::vec(key(), 1..4);
    prop_oneof![
        6 => (key(), members()).prop_map(|(key, members)| Op::Add(key, members)),
        2 => many().prop_map(|(key, from, count, text)| Op::AddMany(key, from, count, text)),
        4 => (key(), members()).prop_map(|(key, members)| Op::Remove(key, members)),
        1 => many().prop_map(|(key, from, count, text)| Op::RemoveMany(key, from, count, text)),
        3 => (key(), key(), member()).prop_map(|(from, to, member)| Op::Move(from, to, member)),
        2 => key().prop_map(Op::Pop),
        3 => (key(), prop_oneof![0..12usize, 0..2500usize]).prop_map(|(key, count)| Op::PopMany(key, count)),
        2 => (op.clone(), keys()).prop_map(|(op, sources)| Op::Combine(op, sources)),
        3 => (key(), op, keys()).prop_map(|(target, op, sources)| Op::CombineInto(target, op, sources)),
        1 => key().prop_map(Op::Put),
        1 => key().prop_map(Op::Delete),
        2 => key().prop_map(Op::Hold),
    ]
}

fn numbered(from: u32, count: u32, text: bool) -> Vec<Bytes> {
    let name = |number: u32| if text { format!("member:{number}") } else { number.to_string() };
    (from..from + count).map(|number| name(number).into_bytes()).collect()
}

fn members(set: &Set) -> Members {
    set.iter().map(|member| member.to_vec()).collect()
}

/// What an operation on a set says of a key that holds a string.
const WRONG: StoreError = StoreError::WrongType { expected: ValueType::Set, found: ValueType::String };

/// An answer as text, and what was popped: the operations have too many types.
fn apply(store: &Store, op: &Op) -> (String, Members) {
    let mut popped = Members::new();
    let text = match op {
        Op::Add(key, members) => format!("{:?}", store.unordered_set(key).extend(members)),
        Op::AddMany(key, from, count, text) => {
            format!("{:?}", store.unordered_set(key).extend(numbered(*from, *count, *text)))
        }
        Op::Remove(key, members) => format!("{:?}", store.unordered_set(key).remove_many(members)),
        Op::RemoveMany(key, from, count, text) => {
            format!("{:?}", store.unordered_set(key).remove_many(numbered(*from, *count, *text)))
        }
        Op::Move(from, to, member) => format!("{:?}", store.unordered_set(from).move_to(to, member)),
        Op::Pop(key) => {
            let result = store.unordered_set(key).pop::<Bytes>();
            popped.extend(result.clone().ok().flatten());
            format!("{:?}", result.map(|popped| usize::from(popped.is_some())))
        }
        Op::PopMany(key, count) => {
            let result = store.unordered_set(key).pop_many(*count);
            popped = result.as_ref().map(members).unwrap_or_default();
            format!("{:?}", result.map(|popped| popped.len()))
        }
        Op::Combine(op, sources) => {
            let (first, others) = sources.split_first().unwrap();
            format!("{:?}", store.unordered_set(first).combine(*op, others).map(|set| members(&set)))
        }
        Op::CombineInto(target, op, sources) => format!("{:?}", store.unordered_set(target).op(*op, sources)),
        Op::Put(key) => {
            store.set(key, "text");
            String::new()
        }
        Op::Delete(key) => format!("{:?}", store.del(key)),
        Op::Hold(key) => format!("{:?}", store.unordered_set(key).len()),
    };
    (text, popped)
}

/// A key's members; none where it does not exist.
fn of(model: &Model, key: &Bytes) -> Result<Members, StoreError> {
    model.get(key).map_or(Ok(Members::new()), |held| held.clone().ok_or(WRONG))
}

fn put(model: &mut Model, key: &Bytes, members: Members) {
    if members.is_empty() {
        model.remove(key);
    } else {
        model.insert(key.clone(), Some(members));
    }
}

fn add(model: &mut Model, key: &Bytes, new: &[Bytes]) -> Result<usize, StoreError> {
    let mut members = of(model, key)?;
    let before = members.len();
    members.extend(new.iter().cloned());
    let added = members.len() - before;
    put(model, key, members);
    Ok(added)
}

fn remove(model: &mut Model, key: &Bytes, old: &[Bytes]) -> Result<usize, StoreError> {
    let mut members = of(model, key)?;
    let before = members.len();
    members.retain(|member| !old.contains(member));
    let removed = before - members.len();
    put(model, key, members);
    Ok(removed)
}

fn combine(model: &Model, op: SetOp, sources: &[Bytes]) -> Result<Members, StoreError> {
    let sets = sources.iter().map(|key| of(model, key)).collect::<Result<Vec<Members>, StoreError>>()?;
    let combined = sets.into_iter().reduce(|one, other| match op {
        SetOp::Union => &one | &other,
        SetOp::Intersection => &one & &other,
        SetOp::Difference => &one - &other,
    });
    Ok(combined.unwrap_or_default())
}

/// The same on the model; what the store has popped is popped here.
fn apply_naive(model: &mut Model, op: &Op, popped: &Members) -> String {
    let pop = |model: &mut Model, key: &Bytes, count: usize| -> Result<usize, StoreError> {
        let before = of(model, key)?;
        assert!(popped.is_subset(&before), "only members are popped");
        put(model, key, &before - popped);
        Ok(before.len().min(count))
    };
    match op {
        Op::Add(key, members) => format!("{:?}", add(model, key, members)),
        Op::AddMany(key, from, count, text) => format!("{:?}", add(model, key, &numbered(*from, *count, *text))),
        Op::Remove(key, members) => format!("{:?}", remove(model, key, members)),
        Op::RemoveMany(key, from, count, text) => format!("{:?}", remove(model, key, &numbered(*from, *count, *text))),
        Op::Move(from, to, member) => {
            let moved = || -> Result<bool, StoreError> {
                let is_there = of(model, from)?.contains(member);
                if model.contains_key(from) {
                    of(model, to)?;
                }
                Ok(is_there)
            };
            let moved = moved();
            if moved == Ok(true) {
                remove(model, from, std::slice::from_ref(member)).unwrap();
                add(model, to, std::slice::from_ref(member)).unwrap();
            }
            format!("{moved:?}")
        }
        Op::Pop(key) => format!("{:?}", pop(model, key, 1)),
        Op::PopMany(key, count) => format!("{:?}", pop(model, key, *count)),
        Op::Combine(op, sources) => format!("{:?}", combine(model, *op, sources)),
        Op::CombineInto(target, op, sources) => {
            let result = combine(model, *op, sources);
            if let Ok(members) = &result {
                put(model, target, members.clone());
            }
            format!("{:?}", result.map(|members| members.len()))
        }
        Op::Put(key) => {
            model.insert(key.clone(), None);
            String::new()
        }
        Op::Delete(key) => format!("{:?}", model.remove(key).is_some()),
        Op::Hold(key) => format!("{:?}", of(model, key).map(|members| members.len())),
    }
}

/// What the model holds, as values.
fn values(model: &Model) -> ByKey {
    let value = |held: &Option<Members>| match held {
        Some(members) => Value::Collection(Collection::Set(members.iter().collect())),
        None => Value::from("text"),
    };
    model.iter().map(|(key, held)| ((0, key.clone()), (value(held), None))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn sets_are_sets(
        operations in prop::collection::vec(operation(), 1..30),
        begins_at in 0..30usize,
        slice in 1..50usize,
    ) {
        fastrand::seed(slice as u64);
        let units = Arc::new(Units::default());
        let sink = Arc::new(Records::default());
        let store = Store::builder().effect_sink(units.clone()).build();
        let mut model = Model::new();
        let mut held: Vec<(Set, Members)> = Vec::new();
        let mut snapshot = None;
        for (at, op) in operations.iter().enumerate() {
            if at == begins_at {
                snapshot = Some((store.begin_snapshot(sink.clone()).unwrap(), values(&model)));
            }
            if let Op::Hold(key) = op
                && let Ok(set) = store.unordered_set(key).read()
            {
                held.push((set.clone(), members(&set)));
            }
            let (reply, popped) = apply(&store, op);
            prop_assert_eq!(reply, apply_naive(&mut model, op, &popped), "reply of {:?}", op);
            if let Some((walk, _)) = &mut snapshot {
                walk.step(slice);
            }
            store.debug_check();
        }
        let mut databases = Databases::new();
        units.since(0).iter().flatten().for_each(|effect| replay::apply(&mut databases, effect));
        let replayed: ByKey =
            databases.remove(&0).unwrap_or_default().into_iter().map(|(key, content)| ((0, key), content)).collect();
        prop_assert_eq!(replayed, values(&model), "what the effects say");
        for (set, before) in &held {
            prop_assert_eq!(&members(set), before, "what a reader holds");
        }
        if let Some((mut walk, then)) = snapshot {
            while walk.step(slice) == WalkProgress::More {}
            prop_assert_eq!(sink.by_key(), then, "the snapshot");
        }
    }

    #[test]
    fn a_calculation_in_steps_is_the_same(
        sizes in prop::collection::vec((0..800u32, 0..800u32), 1..4),
        op in prop::sample::select(vec![SetOp::Union, SetOp::Intersection, SetOp::Difference]),
        bytes in 1..20_000usize,
        limit in 1..300usize,
    ) {
        let store = Store::new();
        let keys: Vec<String> = (0..sizes.len()).map(|at| format!("k{at}")).collect();
        for (key, (from, count)) in keys.iter().zip(&sizes) {
            store.unordered_set(key).extend(numbered(*from, *count, true)).unwrap();
        }
        let begin = || {
            let sources: Vec<_> = keys.iter().map(|key| store.key(key.as_bytes())).collect();
            let mut locks = pyredis_store::LockSet::new();
            sources.iter().for_each(|key| locks.read(key));
            let view = store.lock(locks, store.now());
            SetCalculation::begin(&view, op, &sources).unwrap()
        };
        let whole = begin().into_result();
        let mut sliced = begin();
        let mut left = sliced.bytes_left();
        while sliced.step(bytes) {
            prop_assert!(sliced.bytes_left() <= left, "there is ever less to do");
            left = sliced.bytes_left();
        }
        prop_assert_eq!(sliced.bytes_left(), 0);
        prop_assert_eq!(members(&sliced.into_result()), members(&whole));
        let mut counted = begin().counting_to(limit);
        while counted.step(bytes) {}
        if op == SetOp::Intersection {
            prop_assert_eq!(counted.count(), whole.len().min(limit));
        }
    }
}

#[test]
fn popped_members_are_picked_evenly() {
    fastrand::seed(11);
    for count in [1, 3, 9] {
        let mut times = [0_u32; 10];
        for _ in 0..2000 {
            let store = Store::new();
            store.unordered_set("s").extend((0..10).map(|number| number.to_string())).unwrap();
            let popped = store.unordered_set("s").pop_many(count).unwrap();
            for member in popped.iter().filter_map(|member| member.as_integer()) {
                times[usize::try_from(member).unwrap()] += 1;
            }
        }
        let mean = u32::try_from(2000 * count / 10).unwrap();
        let near = mean - mean / 4..mean + mean / 4;
        assert!(times.iter().all(|times| near.contains(times)), "{count}: {times:?}");
    }
}

/// Without the lock, too, which is how many are popped.
#[test]
fn many_popped_members_are_told_with_one_effect() {
    for count in [1200, 4000, 8500, 9999, 10_000] {
        let units = Arc::new(Units::default());
        let store = Store::builder().effect_sink(units.clone()).build();
        store.unordered_set("s").extend((0..10_000).map(|number| format!("member:{number}"))).unwrap();
        let popped = store.unordered_set("s").pop_many(count).unwrap();
        assert_eq!((popped.len(), store.unordered_set("s").len()), (count, Ok(10_000 - count)));
        let effects = units.since(1).concat();
        assert_eq!(effects[0].event, "spop");
        assert_eq!(effects.len(), if count == 10_000 { 2 } else { 1 });
        let mut content = replay::Databases::new();
        units.since(0).iter().flatten().for_each(|effect| replay::apply(&mut content, effect));
        let left = content.remove(&0).and_then(|mut keys| keys.remove(&b"s"[..]));
        let expected = (count < 10_000).then(|| Value::from(store.unordered_set("s").read().unwrap()));
        assert_eq!(left.map(|(value, _)| value), expected);
    }
}

#[test]
fn a_change_of_a_source_is_seen() {
    let store = Store::new();
    let many = || (0..3000).map(|number| format!("member:{number}"));
    let keys = [store.key(b"a"), store.key(b"b"), store.key(b"c")];
    let view = || {
        let mut locks = pyredis_store::LockSet::new();
        keys.iter().for_each(|key| locks.read(key));
        store.lock(locks, store.now())
    };
    let changes: [(&str, &dyn Fn()); 5] = [
        ("a member more", &|| _ = store.unordered_set("a").extend(["new"]).unwrap()),
        ("a member out and in", &|| {
            store.unordered_set("a").remove_many(["member:7"]).unwrap();
            store.unordered_set("a").extend(["member:7"]).unwrap();
        }),
        ("a small set", &|| _ = store.unordered_set("b").remove_many(["1"]).unwrap()),
        ("a key that was not there", &|| _ = store.unordered_set("c").extend(["1"]).unwrap()),
        ("a key that is gone", &|| _ = store.del("b")),
    ];
    for (what, change) in changes {
        for key in ["a", "b", "c"] {
            store.del(key);
        }
        store.unordered_set("a").extend(many()).unwrap();
        store.unordered_set("b").extend(["1", "2"]).unwrap();
        let calculation = SetCalculation::begin(&view(), SetOp::Union, &keys).unwrap();
        assert!(calculation.is_current(&view(), &keys).unwrap());
        change();
        assert!(!calculation.is_current(&view(), &keys).unwrap(), "{what}");
    }
}
