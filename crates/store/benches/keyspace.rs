//! What the store costs, beside the raw map it is built on: a `DashMap` with the same hasher, which has no deadlines, no effects and no
//! snapshots to keep; and beside moka, a cache that has deadlines. Figures are per operation of one thread; with two threads, per operation
//! of each.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use ahash::RandomState;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use dashmap::DashMap;
use pyredis_store::Store;

const KEYS: usize = 100_000;
const VALUE: &[u8] = b"0123456789abcdef";

type Map = DashMap<Box<[u8]>, Box<[u8]>, RandomState>;
/// Values are shared, so that a get copies none.
type Moka = moka::sync::Cache<Box<[u8]>, Arc<[u8]>, RandomState>;

fn keys() -> Vec<Vec<u8>> {
    let mut keys: Vec<_> = (0..KEYS).map(|number| format!("key:{number:012}").into_bytes()).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut keys);
    keys
}

fn filled_store(keys: &[Vec<u8>]) -> Store {
    let store = Store::new();
    keys.iter().for_each(|key| store.set(key, VALUE));
    store
}

fn filled_moka(keys: &[Vec<u8>]) -> Moka {
    let moka = moka::sync::Cache::builder().max_capacity(2 * KEYS as u64).build_with_hasher(RandomState::new());
    for key in keys {
        moka.insert(key.as_slice().into(), VALUE.into());
    }
    moka
}

fn filled_map(keys: &[Vec<u8>]) -> Map {
    let map = Map::with_capacity_and_hasher_and_shard_amount(0, RandomState::new(), 256);
    for key in keys {
        map.insert(key.as_slice().into(), VALUE.into());
    }
    map
}

/// Measures `operation` on one key after the other, on one thread and on two at once.
fn measure(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, keys: &[Vec<u8>], operation: impl Fn(&[u8]) + Sync) {
    let mut keys_in_turn = keys.iter().cycle();
    group.bench_function(format!("{name}/1 thread"), |bencher| {
        bencher.iter(|| keys_in_turn.next().map(|key| operation(key)));
    });
    group.bench_function(format!("{name}/2 threads"), |bencher| {
        bencher.iter_custom(|iterations| on_two_threads(iterations, keys, &operation));
    });
}

/// The longer of two threads' times, each through the keys from its own end.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn on_two_threads(iterations: u64, keys: &[Vec<u8>], operation: &(impl Fn(&[u8]) + Sync)) -> Duration {
    let barrier = Barrier::new(2);
    let run = |offset: usize| {
        barrier.wait();
        let start = std::time::Instant::now();
        let rounds = usize::try_from(iterations).unwrap_or(usize::MAX);
        keys.iter().cycle().skip(offset).take(rounds).for_each(|key| operation(key));
        start.elapsed()
    };
    std::thread::scope(|threads| {
        let other = threads.spawn(|| run(KEYS / 2));
        run(0).max(other.join().unwrap_or_default())
    })
}

fn keyspace(criterion: &mut Criterion) {
    let keys = keys();
    let (store, map, moka) = (filled_store(&keys), filled_map(&keys), filled_moka(&keys));
    let counters: Vec<_> = (0..1000).map(|number| format!("counter:{number}").into_bytes()).collect();

    let mut group = criterion.benchmark_group("get");
    measure(&mut group, "store", &keys, |key| _ = black_box(store.get(key)));
    measure(&mut group, "store, by reference", &keys, |key| _ = black_box(store.get_with(key, <[u8]>::len)));
    measure(&mut group, "dashmap", &keys, |key| _ = black_box(map.get(key).map(|value| value.len())));
    measure(&mut group, "moka", &keys, |key| _ = black_box(moka.get(key).map(|value| value.len())));
    group.finish();

    let mut group = criterion.benchmark_group("set");
    measure(&mut group, "store", &keys, |key| store.set(key, VALUE));
    measure(&mut group, "dashmap", &keys, |key| _ = black_box(map.insert(key.into(), VALUE.into())));
    measure(&mut group, "moka", &keys, |key| moka.insert(key.into(), VALUE.into()));
    group.finish();

    let mut group = criterion.benchmark_group("incr");
    measure(&mut group, "store", &counters, |key| _ = black_box(store.incr_by(key, 1)));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000))
        .without_plots();
    targets = keyspace
}
criterion_main!(benches);
