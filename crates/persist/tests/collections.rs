//! Collections come back as they were, however large, and no block grows with them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails fails its test")]

mod common;

use std::fs;
use std::path::Path;

use common::{collection_record, contents, small_store};
use proptest::collection::vec;
use proptest::prelude::*;
use pyredis_persist::{LoadError, Progress, load, save};
use pyredis_store::{Collection, Hash, List, Record, Set, SortedSet, Store, Timestamp, Value};

/// Lengths of all blocks of a file, the footer's too.
fn block_lengths(path: &Path) -> Vec<usize> {
    let bytes = fs::read(path).unwrap();
    let mut lengths = Vec::new();
    let mut start = 40;
    while start < bytes.len() {
        let length = u32::from_le_bytes(bytes[start + 4..start + 8].try_into().unwrap());
        lengths.push(16 + length as usize);
        start += 16 + length as usize;
    }
    lengths
}

/// Saves records, loads them and compares. Returns the lengths of the blocks that were needed, and what was loaded.
fn there_and_back(records: &[Record]) -> (Vec<usize>, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = small_store();
    for record in records {
        store.restore(record.clone()).unwrap();
    }
    let saved = save(&store, &path, &Progress::default()).unwrap();
    let (loaded, progress) = (small_store(), Progress::default());
    let report = load(&loaded, &path, Timestamp::default(), &progress).unwrap().unwrap();
    let keys = records.len() as u64;
    assert_eq!((saved.keys, report.keys_loaded, progress.keys_done()), (keys, keys, keys));
    let (before, after) = (contents(&store), contents(&loaded));
    assert!(before == after, "what came back is not what was saved");
    loaded.debug_check();
    (block_lengths(&path), after)
}

fn all_types(elements: &[Vec<u8>]) -> Vec<Record> {
    let numbered = || elements.iter().enumerate();
    let hash: Hash = numbered().map(|(number, element)| (element, number.to_string())).collect();
    let scores: SortedSet = numbered().map(|(number, element)| (element, number as f64 / 7.0 - 3.0)).collect();
    let mut timed = hash.clone();
    for (number, element) in numbered().filter(|(number, _)| number % 3 == 0) {
        timed.set_deadline(element, Some(Timestamp::from_millis(4_102_444_800_000 + number as u64)));
    }
    let values = [
        Collection::from(elements.iter().collect::<List>()),
        elements.iter().collect::<Set>().into(),
        hash.into(),
        timed.into(),
        scores.into(),
    ];
    values
        .into_iter()
        .filter(|collection| !collection.is_empty())
        .zip(0_u32..)
        .map(|(collection, db)| collection_record(db, b"key", collection))
        .collect()
}

fn any_element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..80),
        4 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..5_000),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_collection_comes_back(elements in vec(any_element(), 0..300)) {
        there_and_back(&all_types(&elements));
    }
}

#[test]
fn a_large_collection_is_many_small_blocks() {
    let elements: Vec<Vec<u8>> = (0..30_000).map(|number| format!("element:{number}").into_bytes()).collect();
    let (lengths, _) = there_and_back(&all_types(&elements));
    assert!(lengths.len() > 12, "{lengths:?}");
    assert!(lengths.iter().all(|length| *length <= 192 * 1024 + 16), "{lengths:?}");
}

#[test]
fn long_elements_have_blocks_of_their_own() {
    let element = |fill: u8, length: usize| vec![fill; length];
    let elements =
        [element(b'a', 10), element(b'b', 300_000), element(b'c', 20), element(b'd', 66_000), element(b'e', 500_000)];
    let (lengths, _) = there_and_back(&all_types(&elements));
    assert!(lengths.iter().all(|length| *length < 500_200), "{lengths:?}");
    assert_eq!(lengths.iter().filter(|length| **length > 490_000).count(), 5, "{lengths:?}");
}

#[test]
fn a_long_key_is_not_repeated_for_every_element() {
    let elements: Vec<Vec<u8>> = (0..10_000).map(|number| format!("element:{number}").into_bytes()).collect();
    let records: Vec<Record> =
        all_types(&elements).into_iter().map(|record| Record { key: vec![b'k'; 200_000].into(), ..record }).collect();
    let (lengths, _) = there_and_back(&records);
    assert!(lengths.iter().sum::<usize>() < 5 * 700_000, "{lengths:?}");
}

#[test]
fn strings_between_the_pieces_stay_out_of_them() {
    let elements: Vec<Vec<u8>> = (0..9_000).map(|number| format!("element:{number}").into_bytes()).collect();
    let mut records = Vec::new();
    for db in 0..4 {
        for number in 0..20 {
            let (key, length) = (format!("{number}"), if number % 3 == 0 { 70_000 } else { 10 });
            let record = match number % 2 {
                0 => common::record(db, key.as_bytes(), &vec![b'x'; length], None),
                _ => collection_record(db, key.as_bytes(), elements.iter().collect::<List>()),
            };
            records.push(record);
        }
    }
    there_and_back(&records);
}

#[test]
fn scores_come_back_to_the_last_bit() {
    let smallest = f64::from_bits(1);
    let scores = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        smallest,
        -smallest,
        0.1,
        1.0 / 3.0,
        3.0,
        9_007_199_254_740_993.0,
    ];
    for times in [1, 100] {
        let set: SortedSet = (0..times)
            .flat_map(|round| scores.iter().enumerate().map(move |(at, score)| (format!("{round}:{at}"), *score)))
            .collect();
        let (_, loaded) = there_and_back(&[collection_record(0, b"zset", set)]);
        let Value::Collection(Collection::SortedSet(set)) = &loaded[0].value else { panic!("{loaded:?}") };
        assert_eq!(set.len(), times * scores.len());
        for round in 0..times {
            for (at, score) in scores.iter().enumerate() {
                let found = set.score(format!("{round}:{at}").as_bytes()).unwrap();
                assert_eq!(found.to_bits(), score.to_bits(), "{score}");
            }
        }
    }
}

#[test]
fn what_has_become_small_is_kept_as_what_is_small() {
    let fields = (0..1_000).map(|number| number.to_string());
    let mut hash: Hash = fields.clone().map(|field| (field, "value")).collect();
    fields.skip(3).for_each(|field| assert!(hash.remove(field.as_bytes())));
    assert_eq!(hash.encoding(), "hashtable");
    let (_, loaded) = there_and_back(&[collection_record(0, b"hash", hash)]);
    let Value::Collection(collection) = &loaded[0].value else { panic!("{loaded:?}") };
    assert_eq!((collection.encoding(), collection.len()), ("listpack", 3));
}

#[test]
fn a_collection_in_pieces_expires_as_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = small_store();
    let list: List = (0..30_000).map(|number| format!("element:{number}")).collect();
    let deadline = Some(Timestamp::from_millis(4_102_444_800_000));
    store.restore(Record { deadline, ..collection_record(0, b"list", list) }).unwrap();
    save(&store, &path, &Progress::default()).unwrap();
    for (now, expected) in [(4_102_444_800_000, (1, 0)), (4_102_444_800_001, (0, 1))] {
        let report = load(&small_store(), &path, Timestamp::from_millis(now), &Progress::default()).unwrap().unwrap();
        assert_eq!((report.keys_loaded, report.keys_expired), expected);
    }
}

#[test]
fn a_database_that_the_store_lacks_is_named_where_the_collection_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let list: List = (0..60_000).map(|number| format!("element:{number}")).collect();
    let store = small_store();
    store.restore(collection_record(7, b"list", list)).unwrap();
    save(&store, &path, &Progress::default()).unwrap();
    assert!(block_lengths(&path).len() > 3);
    let few = Store::builder().databases(7).shards(2).build();
    let error = load(&few, &path, Timestamp::default(), &Progress::default()).unwrap_err();
    assert!(matches!(error, LoadError::UnknownDatabase { offset: 40, db: 7, databases: 7, .. }), "{error}");
}
