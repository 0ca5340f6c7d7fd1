//! The engines, filled alike, and what a get does in each: find the value and look at its first and last byte.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ahash::RandomState;
use anyhow::Result;
use dashmap::DashMap;
use moka::sync::Cache as Moka;
use pyredis_store::{SetOptions, Store};
use quick_cache::sync::{Cache as QuickCache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, UnitWeighter};

use crate::threads::now;

pub(crate) const KEYS: usize = 1_000_000;
pub(crate) const VALUE: [u8; 64] = [b'x'; 64];
const HOUR: Duration = Duration::from_secs(3600);
/// Room enough that no cache throws anything out.
const ROOM: usize = 2 * KEYS;

pub(crate) type Key = [u8; 16];
/// The raw map that the store is built on, with its hasher.
pub(crate) type Map = DashMap<Box<[u8]>, Box<[u8]>, RandomState>;
/// A cache whose values are shared, so that a get copies none.
pub(crate) type MokaCache = Moka<Box<[u8]>, Arc<[u8]>, RandomState>;
/// With each value's deadline beside it: the cache itself has none.
pub(crate) type Quick = QuickCache<Box<[u8]>, (Instant, Arc<[u8]>), UnitWeighter, RandomState>;

/// All keys, in no order. Engines are filled in another: what is read one after the other does not lie one behind the other in memory, or the
/// processor would fetch it unasked.
pub(crate) fn keys() -> Vec<Key> {
    let mut keys: Vec<Key> = (0..KEYS).map(key).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut keys);
    keys
}

fn key(number: usize) -> Key {
    let mut key = *b"key:000000000000";
    let mut rest = number;
    for digit in key.iter_mut().skip(4).rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    key
}

/// Something of a value that an engine can't know without having it.
pub(crate) fn look(value: &[u8]) -> u64 {
    u64::from(value.first().copied().unwrap_or_default()) + u64::from(value.last().copied().unwrap_or_default())
}

pub(crate) fn store(ttl: bool) -> Result<Store> {
    let store = Store::new();
    for key in (0..KEYS).map(key) {
        let options = SetOptions::default();
        store.set_with(key, VALUE.as_slice(), if ttl { options.ttl(HOUR) } else { options })?;
    }
    Ok(store)
}

pub(crate) fn map() -> Map {
    let map = Map::with_hasher_and_shard_amount(RandomState::new(), Store::new().shard_count());
    for key in (0..KEYS).map(key) {
        map.insert(key.as_slice().into(), VALUE.as_slice().into());
    }
    map
}

/// With a time to live, as the store has.
pub(crate) fn moka() -> MokaCache {
    let builder = Moka::builder().max_capacity(ROOM as u64).time_to_live(HOUR);
    let cache = builder.build_with_hasher(RandomState::new());
    for key in (0..KEYS).map(key) {
        cache.insert(key.as_slice().into(), VALUE.as_slice().into());
    }
    cache.run_pending_tasks();
    cache
}

pub(crate) fn quick() -> Result<Quick> {
    let deadline = now() + HOUR;
    let options = OptionsBuilder::new().estimated_items_capacity(ROOM).weight_capacity(ROOM as u64).build()?;
    let cache = Quick::with_options(options, UnitWeighter, RandomState::new(), DefaultLifecycle::default());
    for key in (0..KEYS).map(key) {
        cache.insert(key.as_slice().into(), (deadline, VALUE.as_slice().into()));
    }
    Ok(cache)
}

pub(crate) fn get_from_store(store: &Store, key: &[u8]) -> u64 {
    store.get_with(key, look).unwrap_or_default()
}

pub(crate) fn get_from_map(map: &Map, key: &[u8]) -> u64 {
    map.get(key).map_or(0, |value| look(&value))
}
