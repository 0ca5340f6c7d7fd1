//! Hashes against a map of the standard library.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::Hash;
use super::{bounded, cases, element};

#[derive(Debug, Clone)]
enum Step {
    Insert(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    Keep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (element(), element()).prop_map(|(field, value)| Step::Insert(field, value)),
        3 => element().prop_map(Step::Remove),
        1 => Just(Step::Keep),
    ]
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn same(hash: &Hash, model: &Model) {
    hash.check();
    assert_eq!(hash.len(), model.len());
    let pairs: Model = hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    assert_eq!(pairs, *model);
    for (rank, (field, value)) in hash.iter().enumerate() {
        assert_eq!(hash.get(field), Some(value));
        assert_eq!(hash.get_at(rank), Some((field, value)));
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_hash_is_what_a_map_is(steps in prop::collection::vec(step(), 1..600), short in any::<bool>()) {
        let mut model = Model::new();
        let mut hash = Hash::new();
        let mut kept = Vec::new();
        for step in steps {
            match step {
                Step::Insert(field, mut value) => {
                    if short && (field.len() > 64 || value.len() > 64) {
                        value.truncate(64);
                        continue;
                    }
                    assert_eq!(bounded(&mut hash, Hash::is_tree, |hash| hash.insert(&field, &value)), model.insert(field, value).is_none());
                }
                Step::Remove(field) => assert_eq!(bounded(&mut hash, Hash::is_tree, |hash| hash.remove(&field)), model.remove(&field).is_some()),
                Step::Keep => kept.push((hash.clone(), model.clone())),
            }
        }
        same(&hash, &model);
        for (clone, model) in &kept {
            same(clone, model);
        }
    }
}

#[test]
fn a_small_hash_keeps_the_order_of_insertion() {
    let mut hash: Hash = [("b", "1"), ("a", "x"), ("c", "")].into_iter().collect();
    hash.insert(b"a", b"something longer");
    hash.insert(b"b", b"-7");
    assert_eq!(format!("{hash:?}"), r#"{"b": "-7", "a": "something longer", "c": ""}"#);
    assert_eq!(hash.get(b"b").unwrap().as_integer(), Some(-7));
}

#[test]
fn encodings_change_where_redis_changes_them() {
    let full: Hash = (0..512).map(|at| (format!("f{at}"), "v")).collect();
    assert_eq!(full.encoding(), "listpack");
    let mut over = full.clone();
    over.insert(b"f0", b"w");
    assert_eq!(over.encoding(), "listpack");
    over.insert(b"f512", b"v");
    assert_eq!((over.len(), over.encoding()), (513, "hashtable"));
    over.remove(b"f512");
    assert_eq!((over.len(), over.encoding(), full.encoding()), (512, "hashtable", "listpack"));

    for (field, value, encoding) in [(64, 64, "listpack"), (65, 1, "hashtable"), (1, 65, "hashtable")] {
        let hash = Hash::from_iter([(vec![b'f'; field], vec![b'v'; value])]);
        assert_eq!((hash.len(), hash.encoding()), (1, encoding));
    }
}

#[test]
fn pairs_of_any_length_come_back() {
    let mut hash = Hash::new();
    let lengths = [0, 1, 63, 64, 65, 127, 128, 129, 16_383, 16_384, 70_000];
    for field in lengths {
        for value in lengths {
            hash.insert(&[vec![b'f'; field], value.to_string().into_bytes()].concat(), &vec![b'v'; value]);
        }
    }
    hash.check();
    for field in lengths {
        for value in lengths {
            let got = hash.get(&[vec![b'f'; field], value.to_string().into_bytes()].concat()).unwrap();
            assert_eq!(got, vec![b'v'; value][..]);
            let shared = hash.share(&[vec![b'f'; field], value.to_string().into_bytes()].concat());
            assert_eq!(shared.is_some(), value >= 1024);
            assert!(shared.is_none_or(|bytes| bytes == vec![b'v'; value]));
        }
    }
}

#[test]
fn a_place_for_deadlines_takes_none_where_there_are_none() {
    assert_eq!(size_of::<Hash>(), size_of::<super::super::fields::Fields>());
}
