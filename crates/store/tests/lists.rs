//! Lists in the store, against deques: any sequence of operations gives the same answers and elements, and says in its effects what it did; what readers and
//! a snapshot have taken stays as it was for them.
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
    Access, Calculation, Key, List, ListEdit, ListEnd, ListSearch, LockSet, Provisional, Store, StoreError, Value,
    ValueType, View, WalkProgress, index_range, renew,
};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

type Bytes = Vec<u8>;
type Model = BTreeMap<Bytes, Vec<Bytes>>;

#[derive(Debug, Clone)]
enum Op {
    Push(Bytes, ListEnd, Vec<Bytes>),
    /// So many elements, few of them different, which makes a tree of some height.
    Fill(Bytes, usize),
    Pop(Bytes, ListEnd),
    PopMany(Bytes, ListEnd, usize),
    Set(Bytes, i64, Bytes),
    Insert(Bytes, Bytes, Bytes, bool),
    Remove(Bytes, Bytes, i64),
    Trim(Bytes, i64, i64),
    Move(Bytes, ListEnd, Bytes, ListEnd),
    Get(Bytes, i64),
    Find(Bytes, Bytes, bool, usize, usize, usize),
    Delete(Bytes),
    /// Makes it a string.
    Overwrite(Bytes),
    /// Takes the list by reference and keeps it for so many operations.
    Hold(Bytes),
}

fn key() -> impl Strategy<Value = Bytes> {
    (0..3u8).prop_map(|number| vec![b'k', b'0' + number])
}

/// Few, so that they meet again; integers among them, and some longer than a page.
fn element() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => (0..4u8).prop_map(|number| number.to_string().into_bytes()),
        2 => prop::collection::vec(any::<u8>(), 0..3),
        1 => (0..2u8, prop::sample::select(vec![127usize, 1023, 1024, 5000, 70_000]))
            .prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn end() -> impl Strategy<Value = ListEnd> {
    prop::sample::select(vec![ListEnd::Front, ListEnd::Back])
}

fn index() -> impl Strategy<Value = i64> {
    prop_oneof![6 => -12..12i64, 2 => -6000..6000i64, 1 => any::<i64>()]
}

fn count() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..6usize, 1 => 0..6000usize, 1 => Just(usize::MAX)]
}

fn operation() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (key(), end(), prop::collection::vec(element(), 0..6)).prop_map(|(key, end, all)| Op::Push(key, end, all)),
        1 => (key(), 1000..4000usize).prop_map(|(key, count)| Op::Fill(key, count)),
        4 => (key(), end()).prop_map(|(key, end)| Op::Pop(key, end)),
        2 => (key(), end(), count()).prop_map(|(key, end, count)| Op::PopMany(key, end, count)),
        4 => (key(), index(), element()).prop_map(|(key, index, element)| Op::Set(key, index, element)),
        4 => (key(), element(), element(), any::<bool>())
            .prop_map(|(key, pivot, element, after)| Op::Insert(key, pivot, element, after)),
        4 => (key(), element(), index()).prop_map(|(key, element, count)| Op::Remove(key, element, count)),
        2 => (key(), index(), index()).prop_map(|(key, start, stop)| Op::Trim(key, start, stop)),
        4 => (key(), end(), key(), end()).prop_map(|(from, out, to, into)| Op::Move(from, out, to, into)),
        2 => (key(), index()).prop_map(|(key, index)| Op::Get(key, index)),
        4 => (key(), element(), any::<bool>(), 0..3usize, count(), count())
            .prop_map(|(key, element, back, skip, most, within)| Op::Find(key, element, back, skip, most, within)),
        1 => key().prop_map(Op::Delete),
        1 => key().prop_map(Op::Overwrite),
        2 => key().prop_map(Op::Hold),
    ]
}

/// What `Fill` puts in.
fn filling(count: usize) -> Vec<Bytes> {
    (0..count).map(|at| (at * at % 7 / 2).to_string().into_bytes()).collect()
}

fn elements(list: &List) -> Vec<Bytes> {
    list.iter().map(|element| element.to_vec()).collect()
}

fn push(store: &Store, key: &Bytes, end: ListEnd, elements: &[Bytes]) -> String {
    format!("{:?}", store.list(key).extend(end, elements))
}

/// An answer as text: the operations have too many types.
fn apply(store: &Store, op: &Op) -> String {
    match op {
        Op::Push(key, end, elements) => push(store, key, *end, elements),
        Op::Fill(key, count) => push(store, key, ListEnd::Back, &filling(*count)),
        Op::Pop(key, end) => format!("{:?}", store.list(key).pop::<Bytes>(*end)),
        Op::PopMany(key, end, count) => {
            let key = store.key(key);
            let mut locks = LockSet::new();
            locks.write(&key);
            let popped = store.lock(locks, store.now()).list_pop(&key, *end, *count);
            format!("{:?}", popped.map(|popped| popped.as_ref().map(elements)))
        }
        Op::Set(key, index, element) => format!("{:?}", store.list(key).set(*index, element)),
        Op::Insert(key, pivot, element, after) => {
            let list = store.list(key);
            let inserted = if *after { list.insert_after(pivot, element) } else { list.insert_before(pivot, element) };
            format!("{inserted:?}")
        }
        Op::Remove(key, element, count) => format!("{:?}", store.list(key).remove(element, *count)),
        Op::Trim(key, start, stop) => format!("{:?}", store.list(key).trim(*start, *stop)),
        Op::Move(from, out, to, into) => format!("{:?}", store.list(from).move_to::<Bytes>(*out, to, *into)),
        Op::Get(key, index) => format!("{:?}", store.list(key).get::<Bytes>(*index)),
        Op::Find(key, element, from_back, skip, most, within) => {
            let found = store.list(key).read().map(|list| {
                let search = ListSearch::new(element).from_back(*from_back).skip(*skip);
                let mut search = search.at_most(*most).within(*within);
                while search.step(&list, 100, 1000) {}
                search.places().to_vec()
            });
            format!("{found:?}")
        }
        Op::Delete(key) => format!("{:?}", store.del(key)),
        Op::Overwrite(key) => {
            store.set(key, "string");
            String::new()
        }
        Op::Hold(_) => String::new(),
    }
}

/// What an operation on a list says of a key that holds a string.
const WRONG: StoreError = StoreError::WrongType { expected: ValueType::List, found: ValueType::String };

/// A key that holds a string is one with an impossible list.
const STRING: &str = "string";

struct Wrong;

impl Wrong {
    fn text<T: std::fmt::Debug>(result: Result<T, Self>) -> String {
        format!("{:?}", result.map_err(|Self| WRONG))
    }
}

fn list_of(model: &Model, strings: &Strings, key: &Bytes) -> Result<Option<Vec<Bytes>>, Wrong> {
    if strings.contains_key(key) { Err(Wrong) } else { Ok(model.get(key).cloned()) }
}

type Strings = BTreeMap<Bytes, ()>;

fn put(model: &mut Model, key: &Bytes, list: Vec<Bytes>) {
    if list.is_empty() {
        model.remove(key);
    } else {
        model.insert(key.clone(), list);
    }
}

fn place(end: ListEnd, list: &[Bytes]) -> usize {
    if end == ListEnd::Front { 0 } else { list.len() - 1 }
}

fn push_naive(model: &mut Model, strings: &Strings, key: &Bytes, end: ListEnd, new: &[Bytes]) -> Result<usize, Wrong> {
    let mut list = list_of(model, strings, key)?.unwrap_or_default();
    for element in new {
        let at = if end == ListEnd::Front { 0 } else { list.len() };
        list.insert(at, element.clone());
    }
    let length = list.len();
    put(model, key, list);
    Ok(length)
}

/// The same, element by element.
#[expect(clippy::too_many_lines, reason = "one arm an operation")]
fn apply_naive(model: &mut Model, strings: &mut Strings, op: &Op) -> String {
    match op {
        Op::Push(key, end, elements) => Wrong::text(push_naive(model, strings, key, *end, elements)),
        Op::Fill(key, count) => Wrong::text(push_naive(model, strings, key, ListEnd::Back, &filling(*count))),
        Op::Pop(key, end) => Wrong::text(list_of(model, strings, key).map(|list| {
            let mut list = list?;
            let popped = list.remove(place(*end, &list));
            put(model, key, list);
            Some(popped)
        })),
        Op::PopMany(key, end, count) => Wrong::text(list_of(model, strings, key).map(|list| {
            let mut list = list?;
            let count = (*count).min(list.len());
            let from = if *end == ListEnd::Front { 0 } else { list.len() - count };
            let popped: Vec<Bytes> = list.drain(from..from + count).collect();
            put(model, key, list);
            Some(popped)
        })),
        Op::Set(key, index, element) => match list_of(model, strings, key) {
            Ok(None) => format!("{:?}", Err::<bool, _>(StoreError::NoSuchKey)),
            found => Wrong::text(found.map(|list| {
                let mut list = list.unwrap();
                let at = index_range(*index, *index, list.len()).next();
                at.is_some_and(|at| {
                    list[at].clone_from(element);
                    put(model, key, list);
                    true
                })
            })),
        },
        Op::Insert(key, pivot, element, after) => Wrong::text(list_of(model, strings, key).map(|list| {
            let mut list = list?;
            let at = list.iter().position(|other| other == pivot)? + usize::from(*after);
            list.insert(at, element.clone());
            let length = list.len();
            put(model, key, list);
            Some(length)
        })),
        Op::Remove(key, element, count) => Wrong::text(list_of(model, strings, key).map(|list| {
            let mut list = list.unwrap_or_default();
            let mut places: Vec<usize> = (0..list.len()).filter(|at| list[*at] == *element).collect();
            let most = usize::try_from(count.unsigned_abs()).unwrap();
            if *count < 0 {
                places.drain(..places.len().saturating_sub(most));
            } else if *count > 0 {
                places.truncate(most);
            }
            places.iter().rev().for_each(|at| _ = list.remove(*at));
            put(model, key, list);
            places.len()
        })),
        Op::Trim(key, start, stop) => Wrong::text(list_of(model, strings, key).map(|list| {
            let list = list.unwrap_or_default();
            let length = list.len() as i128;
            let place = |index: i64| i128::from(index) + if index < 0 { length } else { 0 };
            let kept = (0..).zip(list).filter(|(at, _)| (place(*start)..=place(*stop)).contains(at));
            put(model, key, kept.map(|(_, element)| element).collect());
        })),
        Op::Move(from, out, to, into) => Wrong::text(list_of(model, strings, from).and_then(|list| {
            let Some(mut list) = list else { return Ok(None) };
            list_of(model, strings, to)?;
            let element = list.remove(place(*out, &list));
            put(model, from, list);
            push_naive(model, strings, to, *into, std::slice::from_ref(&element))?;
            Ok(Some(element))
        })),
        Op::Get(key, index) => Wrong::text(list_of(model, strings, key).map(|list| {
            let list = list?;
            let place = i128::from(*index) + if *index < 0 { list.len() as i128 } else { 0 };
            list.get(usize::try_from(place).ok()?).cloned()
        })),
        Op::Find(key, element, from_back, skip, most, within) => {
            Wrong::text(list_of(model, strings, key).map(|list| {
                let list = list.unwrap_or_default();
                let mut places: Vec<usize> = (0..list.len()).collect();
                if *from_back {
                    places.reverse();
                }
                let found = places.into_iter().take(*within).filter(|at| list[*at] == *element);
                found.skip(*skip).take(*most).collect::<Vec<_>>()
            }))
        }
        Op::Delete(key) => format!("{:?}", strings.remove(key).is_some() | model.remove(key).is_some()),
        Op::Overwrite(key) => {
            model.remove(key);
            strings.insert(key.clone(), ());
            String::new()
        }
        Op::Hold(_) => String::new(),
    }
}

fn content(model: &Model, strings: &Strings) -> ByKey {
    let lists = model.iter().map(|(key, list)| (key, Value::from(list.iter().collect::<List>())));
    let strings = strings.keys().map(|key| (key, Value::from(STRING)));
    lists.chain(strings).map(|(key, value)| ((0, key.clone()), (value, None))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn lists_behave_like_deques(operations in prop::collection::vec(operation(), 1..60), snapshot_at in 0..40usize) {
        let units = Arc::new(Units::default());
        let store = Store::builder().shards(4).hash_seed(7).effect_sink(units.clone()).build();
        let (mut model, mut strings, mut effects) = (Model::new(), Strings::new(), Databases::new());
        let (mut held, mut snapshot) = (Vec::new(), None);
        for (at, op) in operations.iter().enumerate() {
            if at == snapshot_at {
                let records = Arc::new(Records::default());
                let walk = store.begin_snapshot(records.clone()).unwrap();
                snapshot = Some((walk, records, content(&model, &strings)));
            }
            if let Op::Hold(key) = op {
                held.extend(store.list(key).read().ok().map(|list| (elements(&list), list)));
            }
            prop_assert_eq!(apply(&store, op), apply_naive(&mut model, &mut strings, op), "{:?}", op);
            if let Some((walk, ..)) = &mut snapshot {
                walk.step(1);
            }
            store.debug_check();
        }
        for (elements_then, list) in held {
            prop_assert_eq!(elements(&list), elements_then);
        }
        if let Some((mut walk, records, content)) = snapshot {
            while walk.step(10) == WalkProgress::More {}
            prop_assert_eq!(records.by_key(), content);
        }
        units.since(0).iter().flatten().for_each(|effect| replay::apply(&mut effects, effect));
        let replayed: ByKey = effects.remove(&0).unwrap_or_default().into_iter().map(|(key, content)| ((0, key), content)).collect();
        prop_assert_eq!(replayed, content(&model, &strings));
    }
}

/// A list of 10 000 elements of which two in three are `x`.
fn long() -> Store {
    let store = Store::new();
    let elements = (0..10_000).map(|at| if at % 3 == 0 { at.to_string() } else { "x".to_owned() });
    store.list("k").extend(ListEnd::Back, elements).unwrap();
    store
}

#[test]
fn an_edit_knows_when_the_list_is_another() {
    let store = long();
    let key = store.key(b"k");
    let view = || store.lock_key(&key, Access::Write, store.now());
    let begin = |view: &View<'_>, keys: &[Key<'_>]| ListEdit::remove(view, &keys[0], b"x", 0);
    let keys = [key];
    let mut edit = begin(&view(), &keys).unwrap();
    while edit.step(1000, 1000) {}
    assert!(edit.is_current(&view(), &keys).unwrap());
    store.list("k").set(5000, "x").unwrap();
    assert!(!edit.is_current(&view(), &keys).unwrap());
    let (edit, is_current) = renew(edit, &mut view(), &keys, begin).unwrap();
    assert!(!is_current);
    assert_eq!(edit.store(&mut view(), &key), Ok(Some((6666, 3334))));
}

/// Elements as long as the one that is looked for are compared, and no more of them than was allowed.
#[test]
fn a_search_pauses_after_so_many_bytes() {
    let list: List = (0..100).map(|at| if at % 2 == 0 { vec![b'a'; 10_000] } else { vec![b'b'; 9_999] }).collect();
    for from_back in [false, true] {
        let mut steps = 0;
        let mut search = ListSearch::new(&[b'c'; 10_000]).from_back(from_back);
        while search.step(&list, 1024, 50_000) {
            steps += 1;
        }
        assert!((9..=10).contains(&steps), "50 elements of 10 000 bytes, 5 at a time: {steps} steps");
        let mut search = ListSearch::new(&[b'c'; 9_998]);
        assert!(!search.step(&list, 1024, 50_000), "nothing is as long");
        let mut search = ListSearch::new(&[b'a'; 10_000]).from_back(from_back).skip(1).at_most(40);
        while search.step(&list, 1024, 1) {}
        let first = if from_back { 96 } else { 2 };
        assert_eq!((search.places()[0], search.places().len()), (first, 40));
    }
}

#[test]
fn what_is_equal_is_not_the_same() {
    let store = long();
    let list = store.list("k").read().unwrap();
    store.list("k").extend(ListEnd::Back, ["y"]).unwrap();
    store.list("k").pop_back::<Bytes>().unwrap();
    let now = store.list("k").read().unwrap();
    assert!(list == now && !list.is_same(&now) && list.is_same(&list.clone()));
}

#[test]
fn many_elements_are_removed_with_one_effect() {
    let units = Arc::new(Units::default());
    let store = Store::builder().effect_sink(units.clone()).build();
    store.list("k").extend(ListEnd::Back, (0..2400).map(|at| format!("{:0>40}", at % 2))).unwrap();
    assert_eq!(store.list("k").remove(format!("{:0>40}", 1), 1100), Ok(1100));
    assert_eq!(units.since(1).concat().len(), 1);
    assert_eq!(store.list("k").remove("nothing", 0), Ok(0));
    store.list("k").trim(0, -1).unwrap();
    assert_eq!(units.since(2).concat().len(), 0);
    let mut content = Databases::new();
    units.since(0).iter().flatten().for_each(|effect| replay::apply(&mut content, effect));
    assert_eq!(content[&0][&b"k"[..]].0, Value::from(store.list("k").read().unwrap()));
}
