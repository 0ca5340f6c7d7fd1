//! Handles: the same operations over a store and in a transaction, typed values in and out, and errors that say what is wrong. What the operations
//! themselves do is in the tests of the types.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use pyredis_store::{
    Aggregate, BitField, BitFieldOp, BitOp, ExpireCondition, FieldExpiry, FromBytes, ListEnd, Overflow, SetOp,
    SortedSetRange, Store, StoreError, ToBytes, Ttl, TxError, ValueType, ZaddOptions,
};

/// A store with a key of each type, named after it.
fn filled() -> Store {
    let store = Store::new();
    store.set("string", "text");
    store.list("list").extend(ListEnd::Back, [1, 2, 3]).unwrap();
    store.hash("hash").extend([("one", 1), ("two", 2)]).unwrap();
    store.unordered_set("set").extend([1, 2, 3]).unwrap();
    store.sorted_set("zset").extend([("a", 1.0), ("b", 2.0)], ZaddOptions::default()).unwrap();
    store
}

/// Every operation of every handle, once, on keys that `name` gives for those of one type. Answers as text: they have too many types.
macro_rules! everything {
    ($door:expr, $name:expr) => {{
        let (door, name) = ($door, $name);
        let (list, hash, set) = (door.list(name("list")), door.hash(name("hash")), door.unordered_set(name("set")));
        let (sorted, bits) = (door.sorted_set(name("zset")), door.bitmap(name("string")));
        let field = BitField::new(0, 8, false).unwrap();
        let by_rank = SortedSetRange::Ranks(0, -1);
        let options = ZaddOptions::default();
        vec![
            format!("{:?}", list.push_front(0)),
            format!("{:?}", list.push_back("4")),
            format!("{:?}", list.extend(ListEnd::Back, [b"5", b"6"])),
            format!("{:?}", list.pop_front::<u8>()),
            format!("{:?}", list.pop_back::<String>()),
            format!("{:?}", list.pop::<i64>(ListEnd::Back)),
            format!("{:?}", list.pop_many(ListEnd::Back, 1).map(|popped| popped.len())),
            format!("{:?}", list.len()),
            format!("{:?}", list.is_empty()),
            format!("{:?}", list.get::<u16>(-1)),
            format!("{:?}", list.set(0, "first")),
            format!("{:?}", list.insert_before("2", "1")),
            format!("{:?}", list.insert_after("2", "1")),
            format!("{:?}", list.remove("1", -1)),
            format!("{:?}", list.trim(0, 2)),
            format!("{:?}", list.range::<String>(0, -1)),
            format!("{:?}", list.read().map(|list| list.len())),
            format!("{:?}", list.move_to::<String>(ListEnd::Front, name("list"), ListEnd::Back)),
            format!("{:?}", hash.set("three", 3.5)),
            format!("{:?}", hash.extend([("four", 4), ("one", 11)])),
            format!("{:?}", hash.set_if_absent("four", "5")),
            format!("{:?}", hash.get::<f64>("three")),
            format!("{:?}", hash.get_many::<i32>(["one", "none"])),
            format!("{:?}", hash.contains("two")),
            format!("{:?}", hash.incr_by("two", 40)),
            format!("{:?}", hash.incr_by_float("two", 0.5)),
            format!("{:?}", hash.remove("two")),
            format!("{:?}", hash.remove_many(["four", "none"])),
            format!("{:?}", hash.len()),
            format!("{:?}", hash.is_empty()),
            format!(
                "{:?}",
                hash.pairs::<String, f64>().map(|mut pairs| {
                    pairs.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
                    pairs
                })
            ),
            format!("{:?}", hash.read().map(|hash| hash.len())),
            format!("{:?}", set.insert(4)),
            format!("{:?}", set.extend(["4", "5"])),
            format!("{:?}", set.remove(5)),
            format!("{:?}", set.remove_many([1, 9])),
            format!("{:?}", set.contains(2)),
            format!("{:?}", set.len()),
            format!("{:?}", set.is_empty()),
            format!("{:?}", set.members::<u8>()),
            format!("{:?}", set.random::<u8>(9).map(|members| members.len())),
            format!("{:?}", set.combine(SetOp::Union, [name("set")]).map(|set| set.len())),
            format!("{:?}", set.op(SetOp::Intersection, [name("set"), name("set")])),
            format!("{:?}", set.move_to(name("set"), 2)),
            format!("{:?}", set.read().map(|set| set.len())),
            format!("{:?}", set.pop::<u8>().map(|member| member.is_some())),
            format!("{:?}", set.pop_many(9).map(|popped| popped.len())),
            format!("{:?}", sorted.insert("c", 3.0)),
            format!("{:?}", sorted.extend([("c", 4.0), ("d", 5.0)], options)),
            format!("{:?}", sorted.incr_by("a", 0.5)),
            format!("{:?}", sorted.score("a")),
            format!("{:?}", sorted.rank("b")),
            format!("{:?}", sorted.len()),
            format!("{:?}", sorted.is_empty()),
            format!("{:?}", sorted.count(by_rank)),
            format!("{:?}", sorted.range::<String>(by_rank)),
            format!("{:?}", sorted.op(SetOp::Union, Aggregate::Max, [name("zset")])),
            format!("{:?}", sorted.remove("a")),
            format!("{:?}", sorted.remove_many(["b", "none"])),
            format!("{:?}", sorted.pop_min::<String>(1)),
            format!("{:?}", sorted.read().map(|set| set.len())),
            format!("{:?}", sorted.pop_max::<String>(2)),
            format!("{:?}", bits.set(1, false)),
            format!("{:?}", bits.get(3)),
            format!("{:?}", bits.count(0..u64::MAX)),
            format!("{:?}", bits.position(true, 0..u64::MAX)),
            format!("{:?}", bits.field(&[BitFieldOp::Add(field, 1, Overflow::Wrap)])),
            format!("{:?}", bits.op(BitOp::Not, [name("string")])),
        ]
    }};
}

#[test]
fn a_transaction_does_what_the_store_does() {
    let (alone, together) = (filled(), filled());
    let answers = everything!(&alone, |name: &'static str| name);
    let keys = ["string", "list", "hash", "set", "zset"];
    let in_one = together.transaction(keys, |tx| Ok::<_, TxError>(everything!(tx, |name: &'static str| name)));
    assert_eq!(in_one.unwrap(), answers);
    assert!(answers.iter().all(|answer| answer.starts_with("Ok(")), "{answers:?}");
    let content = |store: &Store| {
        let (list, hash) = (store.list("list").read().unwrap(), store.hash("hash").read().unwrap());
        let strings = store.get("string");
        (list, hash, strings, store.exists("set"), store.exists("zset"), store.len())
    };
    assert_eq!(content(&together), content(&alone));
    together.debug_check();
}

#[test]
fn keys_that_a_transaction_has_not_named_are_undeclared() {
    let store = filled();
    let answers = store.transaction(["other"], |tx| Ok::<_, TxError>(everything!(tx, |name: &'static str| name)));
    for answer in answers.unwrap() {
        assert_eq!(answer, "Err(Undeclared)");
    }
    let moved =
        store.transaction(["list"], |tx| tx.list("list").move_to::<String>(ListEnd::Front, "other", ListEnd::Back));
    assert_eq!(moved, Err(TxError::Undeclared));
    let combined = store.transaction(["set"], |tx| tx.unordered_set("set").op(SetOp::Union, ["set", "other"]));
    assert_eq!(combined, Err(TxError::Undeclared));
    assert_eq!(store.list("list").len(), Ok(3));
}

#[test]
fn an_error_says_what_was_expected_and_what_was_found() {
    let store = filled();
    store.hash("other").set("field", "value").unwrap();
    let wrong = |expected| StoreError::WrongType { expected, found: ValueType::Hash };
    assert_eq!(store.list("other").len(), Err(wrong(ValueType::List)));
    assert_eq!(store.unordered_set("other").insert("m"), Err(wrong(ValueType::Set)));
    assert_eq!(store.sorted_set("other").pop_min::<String>(1), Err(wrong(ValueType::SortedSet)));
    assert_eq!(store.bitmap("other").get(0), Err(wrong(ValueType::String)));
    assert_eq!(store.incr_by("other", 1), Err(wrong(ValueType::String)));
    let found = StoreError::WrongType { expected: ValueType::Hash, found: ValueType::SortedSet };
    assert_eq!(store.hash("zset").get::<String>("a"), Err(found));
    assert_eq!(found.to_string(), "operation on a hash against a key that holds a sorted set");
    // Every operation refuses, whichever type it is for.
    for answer in everything!(&store, |name: &'static str| if name == "hash" { "string" } else { "other" }) {
        assert!(answer.starts_with("Err(WrongType"), "{answer}");
    }
    assert_eq!(store.get("string").as_deref(), Some(&b"text"[..]));
}

#[test]
fn what_cannot_be_read_as_the_type_stays() {
    let store = filled();
    store.list("list").push_back("text").unwrap();
    assert_eq!(store.list("list").pop_back::<u8>(), Err(StoreError::NotAnInteger));
    assert_eq!(store.list("list").move_to::<u8>(ListEnd::Back, "list", ListEnd::Front), Err(StoreError::NotAnInteger));
    assert_eq!(store.list("list").range::<String>(0, -1).unwrap(), ["1", "2", "3", "text"]);
    store.unordered_set("words").insert("text").unwrap();
    assert_eq!(store.unordered_set("words").pop::<u8>(), Err(StoreError::NotAnInteger));
    assert_eq!(store.unordered_set("words").len(), Ok(1));
    store.sorted_set("zset").insert(b"\xFF", 0.0).unwrap();
    assert_eq!(store.sorted_set("zset").pop_min::<String>(2), Err(StoreError::Unreadable));
    assert_eq!(store.sorted_set("zset").len(), Ok(3));
    store.debug_check();
}

#[test]
fn a_long_element_is_shared_and_not_copied() {
    let store = Store::new();
    store.list("list").push_back(vec![b'x'; 100_000]).unwrap();
    store.hash("hash").set("field", vec![b'y'; 100_000]).unwrap();
    let one: Bytes = store.list("list").get(0).unwrap().unwrap();
    let again: Bytes = store.list("list").pop_front().unwrap().unwrap();
    assert_eq!(one.as_ptr(), again.as_ptr());
    let one: Bytes = store.hash("hash").get("field").unwrap().unwrap();
    let again: Bytes = store.hash("hash").get("field").unwrap().unwrap();
    assert_eq!(one.as_ptr(), again.as_ptr());
}

static STORE: OnceLock<Store> = OnceLock::new();

/// A type whose reading calls the store.
#[derive(Debug)]
struct Nosy;

impl FromBytes for Nosy {
    fn from_bytes(_: &[u8]) -> Result<Self, StoreError> {
        STORE.get().map(|store| store.exists("string"));
        Ok(Self)
    }
}

#[test]
#[should_panic(expected = "could deadlock")]
fn reading_a_type_of_ones_own_must_not_call_the_store() {
    let store = STORE.get_or_init(filled);
    store.list("list").pop_front::<Nosy>().unwrap();
}

/// What asks the store for the bytes that it goes in as.
struct Asks<'s>(&'s Store, &'static str);

impl ToBytes for Asks<'_> {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        assert!(self.0.exists("string"));
        Cow::Borrowed(self.1.as_bytes())
    }
}

#[test]
fn what_goes_in_may_call_the_store() {
    let store = &filled();
    let asks = |text| Asks(store, text);
    let (list, set, sorted) = (store.list("list"), store.unordered_set("set"), store.sorted_set("zset"));
    assert!(list.set(0, asks("one")).unwrap());
    assert_eq!(list.insert_before(asks("one"), asks("zero")), Ok(Some(4)));
    assert_eq!(list.remove(asks("one"), 0), Ok(1));
    assert_eq!((set.contains(asks("1")), set.insert(asks("4")), set.remove(asks("4"))), (Ok(true), Ok(true), Ok(true)));
    assert_eq!((sorted.incr_by(asks("a"), 1.5), sorted.score(asks("a"))), (Ok(2.5), Ok(Some(2.5))));
    assert_eq!((sorted.rank(asks("a")), sorted.remove(asks("a"))), (Ok(Some(1)), Ok(true)));
    let (hash, later) = (store.hash("hash"), store.now().saturating_add(Duration::from_secs(60)));
    assert_eq!(hash.get::<i64>(asks("one")), Ok(Some(1)));
    assert_eq!(hash.get_many::<i64>([asks("one"), asks("none")]), Ok(vec![Some(1), None]));
    assert_eq!((hash.contains(asks("one")), hash.set_if_absent(asks("one"), asks("x"))), (Ok(true), Ok(false)));
    assert_eq!((hash.incr_by(asks("one"), 1), hash.incr_by_float(asks("one"), 0.5)), (Ok(2), Ok(2.5)));
    assert_eq!(hash.expire(asks("one"), Duration::from_secs(100)), Ok(true));
    assert_eq!(hash.expire_at(asks("one"), later, ExpireCondition::Always), Ok(FieldExpiry::Set));
    assert_eq!((hash.ttl(asks("one")), hash.persist(asks("one"))), (Ok(Ttl::Until(later)), Ok(true)));
    assert_eq!(hash.take::<String>(asks("one")).unwrap().as_deref(), Some("2.5"));
}
