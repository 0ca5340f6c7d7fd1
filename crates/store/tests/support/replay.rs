//! What the effects say: applied to nothing, they give the content.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;

use pyredis_store::{CollectionType, Delta, Effect, Hash, List, Set, SortedSet, Value};

/// A value, and its deadline in milliseconds.
pub(crate) type Content = (Value, Option<u64>);

/// By database and key. Dead keys included.
pub(crate) type Databases = BTreeMap<u32, BTreeMap<Vec<u8>, Content>>;

/// The same in one map, by database and key together.
pub(crate) type ByKey = BTreeMap<(u32, Vec<u8>), Content>;

/// Does what an effect says. Panics when the effect makes no sense here.
pub(crate) fn apply(databases: &mut Databases, effect: &Effect) {
    if let Delta::Swap { with } = &effect.delta {
        let (one, other) = (databases.remove(&effect.db), databases.remove(with));
        databases.insert(effect.db, other.unwrap_or_default());
        databases.insert(*with, one.unwrap_or_default());
        return;
    }
    let content = databases.entry(effect.db).or_default();
    let key = effect.key.to_vec();
    match &effect.delta {
        Delta::Put { value, deadline } => {
            content.insert(key, (value.clone(), deadline.map(|deadline| deadline.as_millis())));
        }
        Delta::Replace(value) => content.get_mut(&key).expect("a key to replace").0 = value.clone(),
        Delta::Append(tail) => {
            let value = &mut content.get_mut(&key).expect("a key to append to").0;
            *value = Value::from([&bytes(value), &tail[..]].concat());
        }
        Delta::Write { length, pieces } => {
            let value = &mut content.get_mut(&key).expect("a key to write into").0;
            let mut bytes = bytes(value);
            bytes.resize(bytes.len().max(*length), 0);
            for (from, piece) in pieces {
                bytes[*from..from + piece.len()].copy_from_slice(piece);
            }
            *value = Value::from(bytes);
        }
        Delta::Deadline(deadline) => {
            content.get_mut(&key).expect("a key to expire").1 = deadline.map(|deadline| deadline.as_millis());
        }
        Delta::Delete => _ = content.remove(&key).expect("a key to delete"),
        Delta::Flush => content.clear(),
        delta => change(content, key, delta),
    }
}

/// A change of a collection. The first one makes it; one that is left empty is followed by the effect that removes the key.
fn change(content: &mut BTreeMap<Vec<u8>, Content>, key: Vec<u8>, delta: &Delta) {
    fn of<C: CollectionType>(content: &mut BTreeMap<Vec<u8>, Content>, key: Vec<u8>) -> &mut C {
        let made = || (Value::Collection(C::default().into()), None);
        match &mut content.entry(key).or_insert_with(made).0 {
            Value::Collection(collection) => C::of_mut(collection).expect("a collection of the delta's type"),
            other => panic!("a collection to change, not {other:?}"),
        }
    }
    match delta {
        Delta::HashPut(pairs) => of::<Hash>(content, key).extend(pairs.iter().map(|(field, value)| (field, value))),
        Delta::HashReplace(pairs) => {
            let hash = of::<Hash>(content, key);
            pairs.iter().for_each(|(field, value)| _ = hash.replace(field, value));
        }
        Delta::HashDeadline { fields, deadline } => {
            let hash = of::<Hash>(content, key);
            assert!(fields.iter().all(|field| hash.set_deadline(field, *deadline)), "fields to expire");
        }
        Delta::HashRemove(fields) => {
            let hash = of::<Hash>(content, key);
            assert!(fields.iter().all(|field| hash.remove(field)), "fields to remove");
        }
        Delta::SetAdd(members) => {
            let set = of::<Set>(content, key);
            assert!(members.iter().all(|member| set.insert(member)), "members that are new");
        }
        Delta::SetRemove(members) => {
            let set = of::<Set>(content, key);
            assert!(members.iter().all(|member| set.remove(member)), "members to remove");
        }
        Delta::SortedSetPut(pairs) => {
            let set = of::<SortedSet>(content, key);
            pairs.iter().for_each(|(member, score)| _ = set.insert(member, *score));
        }
        Delta::SortedSetRemove(members) => {
            let set = of::<SortedSet>(content, key);
            assert!(members.iter().all(|member| set.remove(member).is_some()), "members to remove");
        }
        Delta::ListInsert { at, elements } => {
            let list = of::<List>(content, key);
            elements.iter().enumerate().for_each(|(offset, element)| list.insert(at + offset, element));
        }
        Delta::ListSet { at, element } => assert!(of::<List>(content, key).set(*at, element), "an element to replace"),
        Delta::ListRemove(ranges) => {
            let list = of::<List>(content, key);
            for range in ranges {
                assert_eq!(list.remove_range(range.clone()).len(), range.len(), "elements to remove");
            }
        }
        other => panic!("an unknown delta: {other:?}"),
    }
}

/// A string's bytes.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    value.as_bytes().expect("a string").to_vec()
}
