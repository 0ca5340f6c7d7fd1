//! Flooding: keys that were chosen to collide under one seed are keys like any others under another.

use std::hash::{BuildHasher, Hasher};

use pyredis_store::{Cursor, LockSet, Store};

const KEYS: usize = 100_000;
/// What the keys have in common of their hashes: the bits by which the 16 thousand homes of a table for so many keys differ from their next fifteen.
const COMMON: u64 = 0xF << 18;
/// The first of two shards has all hashes below a fraction, two fifths and a bit, of them all.
const FIRST_SHARD: u64 = u64::MAX / 5 * 2;

/// Keys of one shard and one home in 16 under the hash that `Store::builder().hash_seed(seed)` uses.
fn colliding_keys(seed: u64) -> Vec<Vec<u8>> {
    let state = ahash::RandomState::with_seeds(seed, !seed, seed.rotate_left(21), 0);
    let collides = |key: &Vec<u8>| {
        let mut hasher = state.build_hasher();
        hasher.write(key);
        let hash = hasher.finish();
        hash & COMMON == 0 && hash < FIRST_SHARD
    };
    (0u64..).map(|number| number.to_le_bytes().to_vec()).filter(collides).take(KEYS).collect()
}

/// The most keys that share one home: what a lookup has to tell apart at worst. A scan asked for one key stops behind the home it is in.
fn most_in_one_home(seed: u64, keys: &[Vec<u8>]) -> usize {
    let store = Store::builder().shards(2).hash_seed(seed).build();
    keys.iter().for_each(|key| store.set(key, ""));
    assert_eq!(store.len(), KEYS);
    let (mut cursor, mut most) = (Some(Cursor::START), 0);
    while let Some(at) = cursor {
        let mut locks = LockSet::new();
        locks.read_shard(0, at.shard());
        let view = store.lock(locks, store.now());
        let mut seen = 0;
        let next = view.scan_shard(0, at, 1, |_, _| seen += 1);
        most = most.max(seen);
        drop(view);
        cursor = store.skip_empty_shards(0, next);
    }
    most
}

#[test]
fn keys_that_collide_under_one_seed_do_not_under_another() {
    let colliding = colliding_keys(1);
    assert!(most_in_one_home(1, &colliding) > 60, "the keys were chosen well");
    let ordinary: Vec<_> = (0..KEYS as u64).map(|number| number.to_le_bytes().to_vec()).collect();
    let (flooded, usual) = (most_in_one_home(2, &colliding), most_in_one_home(2, &ordinary));
    assert!(flooded <= usual * 3 / 2, "{flooded} keys share a home, {usual} of ordinary keys");
    assert!(flooded <= 28, "{flooded} keys share a home: of seven in the mean");
}
