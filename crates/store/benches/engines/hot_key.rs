//! Many threads at one key: what they do together, and how long a writer among them waits.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use pyredis_store::Store;

use crate::engine::{Key, Map, VALUE, get_from_map, get_from_store, keys, map, store};
use crate::threads::{self, BATCH, now};
use crate::{Run, sample};

/// What a writer rests between two sets.
const REST: Duration = Duration::from_micros(500);
/// A sample of a writer's waits ends after this, however few there are.
const PATIENCE: Duration = Duration::from_secs(2);

/// Both engines, with the hot key among others, as it would be.
struct Engines {
    hot: Key,
    store: Store,
    map: Map,
}

pub(crate) fn measure(run: &Run) -> Result<()> {
    if ![2, 4].into_iter().any(|threads| run.wants(&cpu_row(threads)))
        && ![1, 2, 4].into_iter().any(|readers| run.wants(&wait_row(readers)))
    {
        return Ok(());
    }
    let keys = keys();
    let engines = Engines { hot: keys.first().copied().unwrap_or_default(), store: store(false)?, map: map() };
    for round in 0..run.rounds {
        for threads in [2, 4].into_iter().filter(|threads| run.wants(&cpu_row(*threads))) {
            run.say(round, &speed_row(threads));
            speed(run, threads, &engines);
        }
        for readers in [1, 2, 4].into_iter().filter(|readers| run.wants(&wait_row(*readers))) {
            run.say(round, &wait_row(readers));
            wait(run, readers, &engines);
        }
    }
    Ok(())
}

fn speed_row(threads: usize) -> String {
    format!("one hot key, {threads} threads")
}

fn cpu_row(threads: usize) -> String {
    format!("one hot key, {threads} threads, by CPU time")
}

fn wait_row(readers: usize) -> String {
    format!("one hot key, a writer's wait beside {readers} threads, p99")
}

/// What some threads read together, and what one reads alone in the same round.
fn speed(run: &Run, threads: usize, Engines { hot, store, map }: &Engines) {
    let keys = [*hot; BATCH];
    let from_store = |threads| threads::run(threads, run.time, &keys, |_, key| get_from_store(store, key));
    let from_map = |threads| threads::run(threads, run.time, &keys, |_, key| get_from_map(map, key));
    let all = [
        ("pyredis", from_store(threads)),
        ("one thread", from_store(1)),
        ("dashmap", from_map(threads)),
        ("dashmap, one thread", from_map(1)),
    ];
    for (contender, speed) in all {
        sample(&speed_row(threads), contender, speed.millions_per_second());
        sample(&cpu_row(threads), contender, speed.millions_per_cpu_second());
    }
}

/// How long a writer waits for its turn while others read.
fn wait(run: &Run, readers: usize, Engines { hot, store, map }: &Engines) {
    let set = || store.set(hot, VALUE.as_slice());
    sample(&wait_row(readers), "pyredis", waits_p99(run.sets, readers, || get_from_store(store, hot), set));
    let set = || _ = black_box(map.insert(hot.as_slice().into(), VALUE.as_slice().into()));
    sample(&wait_row(readers), "dashmap", waits_p99(run.sets, readers, || get_from_map(map, hot), set));
}

/// The p99, in milliseconds, of how long `set` takes while `readers` threads `get` without rest.
fn waits_p99(sets: usize, readers: usize, get: impl Fn() -> u64 + Sync, set: impl Fn()) -> f64 {
    let is_over = AtomicBool::new(false);
    let mut waits = Vec::with_capacity(sets);
    thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    black_box(get());
                }
            });
        }
        let end = now() + PATIENCE;
        while waits.len() < sets && now() < end {
            thread::park_timeout(REST);
            let start = now();
            set();
            waits.push(start.elapsed());
        }
        is_over.store(true, Ordering::Relaxed);
    });
    waits.sort_unstable();
    let at = (waits.len() * 99).div_ceil(100).saturating_sub(1);
    waits.get(at).map_or(f64::INFINITY, Duration::as_secs_f64) * 1e3
}
