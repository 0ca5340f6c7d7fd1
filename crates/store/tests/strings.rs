//! Strings that are changed where they are, against byte vectors: any sequence of writes into parts and bits gives the same replies and bytes, and
//! says in its effects what it did; and what is shared with readers or a snapshot stays as it was for them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on ends")]

#[path = "support/records.rs"]
mod records;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use pyredis_store::{
    BitField, BitFieldOp, BitOp, Overflow, Store, StoreError, Value, ValueType, WalkProgress, count_bits, find_bit,
};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

type Bytes = Vec<u8>;
type Model = BTreeMap<Bytes, Bytes>;

#[derive(Debug, Clone)]
enum Op {
    Set(Bytes, Bytes),
    SetRange(Bytes, usize, Bytes),
    GetRange(Bytes, i64, i64),
    SetBit(Bytes, u64, bool),
    GetBit(Bytes, u64),
    CountBits(Bytes, u64, u64),
    FindBit(Bytes, u64, u64, bool),
    BitField(Bytes, Vec<Step>),
    Combine(BitOp, Bytes, Vec<Bytes>),
    Copy(Bytes, Bytes, bool),
    RenameIfAbsent(Bytes, Bytes),
    /// Takes the bytes by reference and keeps them for so many operations.
    Hold(Bytes),
}

/// Kind (get, set, add), offset, bits, whether signed, number, overflow.
type Step = (u8, u64, u32, bool, i64, Overflow);

fn key() -> impl Strategy<Value = Bytes> {
    (0..4u8).prop_map(|number| vec![b'k', b'0' + number])
}

/// Short ones, integers, and some on each side of every limit of how a string is kept.
fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..24),
        2 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        2 => (any::<u8>(), prop::sample::select(vec![21usize, 4095, 4096, 4097, 65_536, 65_537, 70_000]))
            .prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..200u64, 2 => 32_700..32_800u64, 1 => 0..600_000u64]
}

fn index() -> impl Strategy<Value = i64> {
    prop_oneof![6 => -30..30i64, 1 => -70_000..70_000i64, 1 => any::<i64>()]
}

fn step() -> impl Strategy<Value = Step> {
    let overflow = prop::sample::select(vec![Overflow::Wrap, Overflow::Saturate, Overflow::Fail]);
    let number = prop_oneof![3 => -300..300i64, 1 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
    (0..3u8, offset(), 1..=64u32, any::<bool>(), number, overflow).prop_map(
        |(kind, offset, bits, signed, number, overflow)| (kind, offset, bits, signed || bits == 64, number, overflow),
    )
}

fn operation() -> impl Strategy<Value = Op> {
    let op = prop::sample::select(vec![BitOp::And, BitOp::Or, BitOp::Xor, BitOp::Not]);
    prop_oneof![
        3 => (key(), bytes()).prop_map(|(key, value)| Op::Set(key, value)),
        4 => (key(), 0..200usize, bytes()).prop_map(|(key, offset, bytes)| Op::SetRange(key, offset, bytes)),
        1 => (key(), 0..140_000usize, bytes()).prop_map(|(key, offset, bytes)| Op::SetRange(key, offset, bytes)),
        3 => (key(), index(), index()).prop_map(|(key, start, end)| Op::GetRange(key, start, end)),
        4 => (key(), offset(), any::<bool>()).prop_map(|(key, offset, bit)| Op::SetBit(key, offset, bit)),
        2 => (key(), offset()).prop_map(|(key, offset)| Op::GetBit(key, offset)),
        2 => (key(), offset(), offset()).prop_map(|(key, from, to)| Op::CountBits(key, from, to)),
        2 => (key(), offset(), offset(), any::<bool>()).prop_map(|(key, from, to, bit)| Op::FindBit(key, from, to, bit)),
        4 => (key(), prop::collection::vec(step(), 0..4)).prop_map(|(key, steps)| Op::BitField(key, steps)),
        2 => (op, key(), prop::collection::vec(key(), 1..4)).prop_map(|(op, target, mut sources)| {
            sources.truncate(if op == BitOp::Not { 1 } else { sources.len() });
            Op::Combine(op, target, sources)
        }),
        1 => (key(), key(), any::<bool>()).prop_map(|(from, to, replaces)| Op::Copy(from, to, replaces)),
        1 => (key(), key()).prop_map(|(from, to)| Op::RenameIfAbsent(from, to)),
        2 => key().prop_map(Op::Hold),
    ]
}

/// An answer as text: the operations have too many types.
fn apply(store: &Store, op: &Op) -> String {
    match op {
        Op::Set(key, value) => {
            store.set(key, value.clone());
            String::new()
        }
        Op::SetRange(key, offset, bytes) => format!("{:?}", store.set_range(key, *offset, bytes).unwrap()),
        Op::GetRange(key, start, end) => format!("{:?}", store.get_range(key, *start, *end).to_vec()),
        Op::SetBit(key, offset, bit) => format!("{:?}", store.bitmap(key).set(*offset, *bit).unwrap()),
        Op::GetBit(key, offset) => format!("{:?}", store.bitmap(key).get(*offset).unwrap()),
        Op::CountBits(key, from, to) => format!("{:?}", store.bitmap(key).count(*from..*to).unwrap()),
        Op::FindBit(key, from, to, bit) => format!("{:?}", store.bitmap(key).position(*bit, *from..*to).unwrap()),
        Op::BitField(key, steps) => {
            let steps: Vec<BitFieldOp> = steps.iter().map(|step| real_step(*step)).collect();
            format!("{:?}", store.bitmap(key).field(&steps).unwrap())
        }
        Op::Combine(op, target, sources) => format!("{:?}", store.bitmap(target).op(*op, sources).unwrap()),
        Op::Copy(from, to, replaces) => format!("{:?}", store.copy(from, to, 0, *replaces).unwrap()),
        Op::RenameIfAbsent(from, to) => format!("{:?}", store.rename_if_absent(from, to).ok()),
        Op::Hold(_) => String::new(),
    }
}

fn real_step((kind, offset, bits, is_signed, number, overflow): Step) -> BitFieldOp {
    let field = BitField::new(offset, bits, is_signed).unwrap();
    match kind {
        0 => BitFieldOp::Get(field),
        1 => BitFieldOp::Set(field, number, overflow),
        _ => BitFieldOp::Add(field, number, overflow),
    }
}

/// The same, bit by bit.
fn apply_naive(model: &mut Model, op: &Op) -> String {
    let string = |model: &Model, key: &Bytes| model.get(key).cloned().unwrap_or_default();
    match op {
        Op::Set(key, value) => {
            model.insert(key.clone(), value.clone());
            String::new()
        }
        Op::SetRange(key, offset, bytes) => {
            if bytes.is_empty() {
                return format!("{:?}", string(model, key).len());
            }
            let value = model.entry(key.clone()).or_default();
            value.resize(value.len().max(offset + bytes.len()), 0);
            value[*offset..offset + bytes.len()].copy_from_slice(bytes);
            format!("{:?}", value.len())
        }
        Op::GetRange(key, start, end) => {
            let value = string(model, key);
            let length = value.len() as i128;
            let place = |index: i64| if index < 0 { (i128::from(index) + length).max(0) } else { index.into() };
            let backwards = *start < 0 && *end < 0 && start > end;
            let inside = |at: &i128| !backwards && (place(*start)..=place(*end)).contains(at);
            format!(
                "{:?}",
                (0..length).filter(inside).map(|at| value[usize::try_from(at).unwrap()]).collect::<Vec<_>>()
            )
        }
        Op::SetBit(key, offset, bit) => {
            let before = naive_bit(&string(model, key), *offset);
            naive_set(model.entry(key.clone()).or_default(), *offset, *bit);
            format!("{before:?}")
        }
        Op::GetBit(key, offset) => format!("{:?}", naive_bit(&string(model, key), *offset)),
        Op::CountBits(key, from, to) => format!("{:?}", naive_count(&string(model, key), *from, *to)),
        Op::FindBit(key, from, to, bit) => format!("{:?}", naive_find(&string(model, key), *from, *to, *bit)),
        Op::BitField(key, steps) => naive_bit_field(model, key, steps),
        Op::Combine(op, target, sources) => {
            let sources: Vec<Bytes> = sources.iter().map(|key| string(model, key)).collect();
            let length = sources.iter().map(Vec::len).max().unwrap();
            let byte = |at: usize| {
                let bytes = sources.iter().map(|source| source.get(at).copied().unwrap_or(0));
                match op {
                    BitOp::And => bytes.fold(0xFF, |left, right| left & right),
                    BitOp::Or => bytes.fold(0, |left, right| left | right),
                    BitOp::Xor => bytes.fold(0, |left, right| left ^ right),
                    BitOp::Not => !bytes.sum::<u8>(),
                }
            };
            model.remove(target);
            if length > 0 {
                model.insert(target.clone(), (0..length).map(byte).collect());
            }
            format!("{length:?}")
        }
        Op::Copy(from, to, replaces) => {
            let copied = model.get(from).cloned().filter(|_| *replaces || !model.contains_key(to));
            let is_copied = copied.is_some();
            model.extend(copied.map(|value| (to.clone(), value)));
            format!("{is_copied:?}")
        }
        Op::RenameIfAbsent(from, to) => {
            let Some(value) = model.get(from).cloned() else { return "None".to_owned() };
            let is_free = !model.contains_key(to);
            if is_free {
                model.remove(from);
                model.insert(to.clone(), value);
            }
            format!("{:?}", Some(is_free))
        }
        Op::Hold(_) => String::new(),
    }
}

fn naive_bit(string: &[u8], offset: u64) -> bool {
    string.get(usize::try_from(offset / 8).unwrap()).is_some_and(|byte| byte >> (7 - offset % 8) & 1 == 1)
}

fn naive_set(string: &mut Bytes, offset: u64, bit: bool) {
    let byte = usize::try_from(offset / 8).unwrap();
    string.resize(string.len().max(byte + 1), 0);
    string[byte] = string[byte] & !(0x80 >> (offset % 8)) | u8::from(bit) << (7 - offset % 8);
}

fn naive_count(string: &[u8], from: u64, to: u64) -> u64 {
    (from..to).filter(|offset| naive_bit(string, *offset)).count() as u64
}

fn naive_find(string: &[u8], from: u64, to: u64, bit: bool) -> Option<u64> {
    (from..to.min(string.len() as u64 * 8)).find(|offset| naive_bit(string, *offset) == bit)
}

fn naive_bit_field(model: &mut Model, key: &Bytes, steps: &[Step]) -> String {
    let ends =
        steps.iter().filter(|step| step.0 > 0).map(|(_, offset, bits, ..)| (offset + u64::from(*bits)).div_ceil(8));
    if let Some(length) = ends.max() {
        let value = model.entry(key.clone()).or_default();
        value.resize(value.len().max(usize::try_from(length).unwrap()), 0);
    }
    let mut string = model.get(key).cloned().unwrap_or_default();
    let answers: Vec<Option<i64>> = steps
        .iter()
        .map(|&(kind, offset, bits, is_signed, number, overflow)| {
            let places = offset..offset + u64::from(bits);
            let raw = places.clone().fold(0_i128, |raw, place| raw * 2 + i128::from(naive_bit(&string, place)));
            let range = 1_i128 << bits;
            let (least, most) = if is_signed { (-range / 2, range / 2 - 1) } else { (0, range - 1) };
            let shown = |raw: i128| if raw > most { raw - range } else { raw };
            let before = shown(raw);
            let wanted = match kind {
                0 => return Some(i64::try_from(before).unwrap()),
                1 if is_signed => i128::from(number),
                1 => i128::from(u64::from_ne_bytes(number.to_ne_bytes())),
                _ => before + i128::from(number),
            };
            let written = match overflow {
                Overflow::Wrap => shown(wanted.rem_euclid(range)),
                Overflow::Saturate => wanted.clamp(least, most),
                Overflow::Fail if (least..=most).contains(&wanted) => wanted,
                Overflow::Fail => return None,
            };
            for (place, power) in places.zip((0..bits).rev()) {
                naive_set(&mut string, place, written >> power & 1 == 1);
            }
            Some(i64::try_from(if kind == 1 { before } else { written }).unwrap())
        })
        .collect();
    if let Some(value) = model.get_mut(key) {
        *value = string;
    }
    format!("{answers:?}")
}

/// What a store without deadlines holds, from what its effects said.
fn content(databases: &Databases) -> ByKey {
    let all = databases.iter().flat_map(|(db, content)| content.iter().map(move |(key, value)| ((*db, key), value)));
    all.map(|((db, key), value)| ((db, key.clone()), value.clone())).collect()
}

fn expected_content(model: &Model) -> ByKey {
    model.iter().map(|(key, value)| ((0, key.clone()), (Value::from(&value[..]), None))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_bytes(operations in prop::collection::vec(operation(), 1..60), is_heard: bool) {
        let units = Arc::new(Units::default());
        let mut builder = Store::builder().shards(2);
        if is_heard {
            builder = builder.effect_sink(units.clone());
        }
        let store = builder.build();
        let (mut model, mut replayed, mut held) = (Model::new(), Databases::new(), Vec::new());
        let mut seen = 0;
        for operation in &operations {
            let expected = apply_naive(&mut model, operation);
            prop_assert_eq!(apply(&store, operation), expected, "{:?}", operation);
            if let Op::Hold(key) = operation {
                held.push((store.get(key), model.get(key).cloned()));
            }
            for unit in units.since(seen) {
                seen += 1;
                unit.iter().for_each(|effect| replay::apply(&mut replayed, effect));
            }
            if is_heard {
                prop_assert!(content(&replayed) == expected_content(&model), "the effects say everything, {:?}", operation);
            }
        }
        let stored: Model = model.keys().map(|key| (key.clone(), store.get(key).unwrap().to_vec())).collect();
        prop_assert!(stored == model);
        prop_assert_eq!(store.len(), model.len());
        for (held, expected) in held {
            prop_assert!(held.map(|bytes| bytes.to_vec()) == expected, "what a reader holds has changed");
        }
        store.debug_check();
    }

    #[test]
    fn bits_are_counted_and_found(
        string in prop::collection::vec(prop::sample::select(vec![0u8, 0, 0xFF, 0xFF, 1, 0x80, 0x5A]), 0..40),
        from in 0..330u64,
        to in 0..330u64,
        bit: bool,
    ) {
        prop_assert_eq!(count_bits(&string, from..to), naive_count(&string, from, to));
        prop_assert_eq!(find_bit(&string, from..to, bit), naive_find(&string, from, to, bit));
    }
}

#[test]
fn a_long_string_is_changed_where_it_is() {
    let store = Store::new();
    store.set("long", vec![7; 1_000_000]);
    let address = || store.get("long").unwrap().as_ptr();
    let before = address();
    for bit in [0, 100, 7_999_999] {
        store.bitmap("long").set(bit, true).unwrap();
        store.bitmap("long").set(bit, false).unwrap();
    }
    store.set_range("long", 500_000, "part").unwrap();
    assert_eq!(address(), before, "nobody held it");
    let held = store.get("long").unwrap();
    store.bitmap("long").set(3, true).unwrap();
    assert_eq!(held[0], 7 & 0x7F);
    assert_ne!(address(), before, "a reader held it");
}

#[test]
fn a_write_that_changes_nothing_copies_nothing() {
    let store = Store::new();
    store.set("long", vec![0xFF; 1_000_000]);
    let held = store.get("long").unwrap();
    store.bitmap("long").set(5, true).unwrap();
    let field = BitField::new(8, 8, false).unwrap();
    store.bitmap("long").field(&[BitFieldOp::Set(field, 255, Overflow::Fail)]).unwrap();
    assert_eq!(store.get("long").unwrap().as_ptr(), held.as_ptr());
    assert_eq!(store.changes(), 1);
}

#[test]
fn a_snapshot_has_the_bytes_of_its_moment() {
    let store = Store::new();
    let contents: Vec<(&str, Bytes)> =
        vec![("inline", vec![1; 100]), ("integer", b"12345".to_vec()), ("long", vec![2; 300_000])];
    contents.iter().for_each(|(key, value)| store.set(key, value.clone()));
    let records = Arc::new(Records::default());
    let mut walk = store.begin_snapshot(records.clone()).unwrap();
    for (key, value) in &contents {
        store.bitmap(key).set(1, value[0] & 0x40 == 0).unwrap();
        store.set_range(key, 2, "changed").unwrap();
        let field = BitField::new(100, 7, true).unwrap();
        store.bitmap(key).field(&[BitFieldOp::Set(field, 9, Overflow::Wrap)]).unwrap();
        store.rename_if_absent(key, format!("{key}-moved")).unwrap();
        store.copy(format!("{key}-moved"), key, 2, false).unwrap();
        store.move_key(format!("{key}-moved"), 1).unwrap();
    }
    while walk.step(10) == WalkProgress::More {}
    let expected: Vec<_> =
        contents.iter().map(|(key, value)| ((0, key.as_bytes().to_vec()), (Value::from(&value[..]), None))).collect();
    assert!(records.by_key().into_iter().collect::<Vec<_>>() == expected);
    drop(walk);
    store.debug_check();
}

#[test]
fn what_is_refused_changes_nothing() {
    let store = Store::new();
    let limit = pyredis_store::VALUE_BYTES_MAX;
    assert!(store.set_range("k", limit, "x").is_err());
    assert!(store.bitmap("k").set(limit as u64 * 8, true).is_err());
    assert!(store.bitmap("k").set(u64::MAX, false).is_err());
    let field = BitField::new(limit as u64 * 8 - 1, 2, false).unwrap();
    assert!(store.bitmap("k").field(&[BitFieldOp::Add(field, 0, Overflow::Wrap)]).is_err());
    store.set("text", "abc");
    assert!(store.incr_by_float("text", 1.0).is_err());
    assert!(store.incr_by_float("k", f64::INFINITY).is_err());
    assert_eq!((store.len(), store.changes()), (1, 1));
    assert_eq!(BitField::new(0, 64, false), None);
    assert_eq!(BitField::new(0, 65, true), None);
    assert_eq!(BitField::new(0, 0, true), None);
    assert_eq!(BitField::new(u64::MAX, 1, true), None);
}

#[test]
fn keys_are_copied_and_moved_between_databases() {
    let store = Store::new();
    let other = store.database(1).unwrap();
    store.set("a", "1");
    store.set_with("b", "2", pyredis_store::SetOptions::default().ttl(std::time::Duration::from_secs(60))).unwrap();
    assert_eq!(store.copy("b", "c", 1, false), Ok(true));
    assert_eq!(other.ttl("c"), store.ttl("b"));
    assert_eq!(store.move_key("a", 1), Ok(true));
    assert_eq!((store.get("a"), other.get("a").as_deref()), (None, Some(&b"1"[..])));
    store.set("a", "here");
    assert_eq!(store.move_key("a", 1), Ok(false));
    assert_eq!(store.move_key("none", 1), Ok(false));
    assert!(store.move_key("a", 16).is_err());
    store.debug_check();
}

#[test]
fn what_is_compared_first_is_set_or_removed_only_if_it_is_the_same() {
    let units = Arc::new(Units::default());
    let store = Store::builder().shards(2).effect_sink(units.clone()).build();
    store.set("number", "7");
    store.set("text", "07");
    store.hash("hash").set("f", "v").unwrap();
    let seen = units.since(0).len();
    assert_eq!(store.set_if_equal("none", "", "new"), Ok(false));
    assert_eq!(store.set_if_equal("number", "07", "8"), Ok(false));
    assert_eq!(store.set_if_equal("text", "7", "8"), Ok(false));
    let wrong = StoreError::WrongType { expected: ValueType::String, found: ValueType::Hash };
    assert_eq!(store.set_if_equal("hash", "v", "8"), Err(wrong));
    assert_eq!(store.del_if_equal("none", ""), Ok(false));
    assert_eq!(store.del_if_equal("number", "07"), Ok(false));
    assert_eq!(store.del_if_equal("hash", "v"), Err(wrong));
    assert_eq!(units.since(seen), Vec::<Vec<_>>::new(), "what is not the same changes nothing");
    assert_eq!(store.set_if_equal("number", "7", "8"), Ok(true));
    assert_eq!(store.get("number").as_deref(), Some(&b"8"[..]));
    assert_eq!(store.del_if_equal("text", "07"), Ok(true));
    assert!(!store.exists("text"));
    store.debug_check();
}
