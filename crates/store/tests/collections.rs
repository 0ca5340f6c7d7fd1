//! Collections at their real sizes: what they take beside Redis, and that a clone costs nothing.

use pyredis_store::{Hash, List, Set, SortedSet};

const MANY: usize = 100_000;

/// Bytes that redis-server 7.0.15 took for each element of a collection of a million of them (`used_memory`, after minus before), to be held against those of a
/// tenth as many here: with so many pages, what is not pages is next to nothing.
const REDIS_LIST: f64 = 16.0;
const REDIS_SET: f64 = 56.4;
const REDIS_SET_OF_INTEGERS: f64 = 48.4;
const REDIS_HASH: f64 = 72.4;
const REDIS_SORTED_SET: f64 = 109.8;

#[expect(clippy::cast_precision_loss, reason = "some megabytes")]
fn at_most(memory: usize, redis: f64) {
    let each = memory as f64 / MANY as f64;
    assert!(each <= redis, "{each} bytes for each, redis {redis}");
}

/// Numbers in no order, each once.
fn shuffled() -> impl Iterator<Item = usize> {
    (0..MANY).map(|at| at * 7919 % MANY + 900_000)
}

#[test]
fn large_collections_take_at_most_what_redis_takes() {
    let list: List = (900_000..900_000 + MANY).map(|at| format!("element:{at}")).collect();
    at_most(list.memory(), REDIS_LIST);
    let set: Set = shuffled().map(|at| format!("member:{at}")).collect();
    at_most(set.memory(), REDIS_SET);
    let integers: Set = shuffled().map(|at| at.to_string()).collect();
    at_most(integers.memory(), REDIS_SET_OF_INTEGERS);
    let hash: Hash = shuffled().map(|at| (format!("field:{at}"), format!("value:{at}"))).collect();
    at_most(hash.memory(), REDIS_HASH);
    let scores = (0_u32..).map(f64::from);
    let sorted: SortedSet = shuffled().map(|at| format!("member:{at}")).zip(scores).collect();
    at_most(sorted.memory(), REDIS_SORTED_SET);
    assert_eq!(
        [list.len(), set.len(), integers.len(), hash.len(), sorted.len()],
        [MANY; 5],
        "every number was there once"
    );
}

#[test]
fn small_collections_take_at_most_what_redis_takes() {
    // Redis 320 for each, of which some 70 are its key, its entry in the keyspace and its object.
    let hash: Hash = (1..=10).map(|at| (format!("field{at}"), format!("value:{}", 543_210 + at))).collect();
    assert!(hash.memory() + size_of::<Hash>() <= 256, "{} bytes", hash.memory());
    // Redis 511.
    let sorted: SortedSet =
        (1..=20_u32).map(|at| (format!("member:{}", 543_210 + at), f64::from(at * 7919 % 100_000))).collect();
    assert!(sorted.memory() + size_of::<SortedSet>() <= 448, "{} bytes", sorted.memory());
}

#[test]
fn what_is_gone_is_given_back() {
    let mut set: Set = shuffled().map(|at| format!("member:{at}")).collect();
    let full = set.memory();
    for at in shuffled().skip(MANY / 10) {
        assert!(set.remove(format!("member:{at}").as_bytes()));
    }
    assert!(set.memory() < full / 5, "{} of {full} bytes are left for a tenth of the members", set.memory());

    let mut list: List = (0..MANY).map(|at| at.to_string()).collect();
    let full = list.memory();
    let removed = list.remove_range(100..MANY - 100);
    assert!(list.memory() < full / 50, "{} of {full} bytes", list.memory());
    assert_eq!((list.len(), removed.len()), (200, MANY - 200));
}

#[test]
fn a_clone_shares_all_and_changes_alone() {
    let mut hash: Hash = (0..MANY).map(|at| (format!("field:{at}"), at.to_string())).collect();
    let clone = hash.clone();
    for at in (0..MANY).step_by(7) {
        hash.insert(format!("field:{at}").as_bytes(), b"other");
    }
    let values = (0..MANY).map(|at| clone.get(format!("field:{at}").as_bytes()).and_then(|value| value.as_integer()));
    assert!(values.eq((0..MANY).map(|at| i64::try_from(at).ok())));
    assert_eq!(hash.get(b"field:7").unwrap(), b"other"[..]);
}
