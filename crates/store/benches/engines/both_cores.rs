//! Two threads that share one store, beside two threads that share nothing.

use crate::engine::{get_from_map, get_from_store, keys, map, store};
use crate::threads::{self, Speed};
use crate::{Run, sample};

const ROW: &str = "both cores, random get of 1 M keys";

pub(crate) fn measure(run: &Run) -> anyhow::Result<()> {
    if !run.wants(ROW) {
        return Ok(());
    }
    let keys = keys();
    let stores = [store(false)?, store(false)?];
    let maps = [map(), map()];
    let [shared_store, _] = &stores;
    let [shared_map, _] = &maps;
    for round in 0..run.rounds {
        run.say(round, ROW);
        let report = |contender, speed: Speed| sample(ROW, contender, speed.millions_per_second());
        report("pyredis", threads::run(2, run.time, &keys, |_, key| get_from_store(shared_store, key)));
        report(
            "two private maps",
            threads::run(2, run.time, &keys, |thread, key| of(&maps, thread, key, get_from_map)),
        );
        report(
            "two private stores",
            threads::run(2, run.time, &keys, |thread, key| of(&stores, thread, key, get_from_store)),
        );
        report("one shared map", threads::run(2, run.time, &keys, |_, key| get_from_map(shared_map, key)));
    }
    Ok(())
}

/// A get from the thread's own engine.
fn of<E>(engines: &[E; 2], thread: usize, key: &[u8], get: impl Fn(&E, &[u8]) -> u64) -> u64 {
    engines.get(thread).map_or(0, |engine| get(engine, key))
}
