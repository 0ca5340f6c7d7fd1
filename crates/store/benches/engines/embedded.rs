//! Reading without a copy, beside what an embedder would use otherwise.

use anyhow::Result;
use pyredis_store::Expirer;

use crate::engine::{get_from_map, get_from_store, keys, look, map, moka, quick, store};
use crate::threads::{self, Speed, now};
use crate::{Run, sample};

fn row(threads: usize) -> String {
    format!("embedded get_with of 1 M keys, {threads} {}", if threads == 1 { "thread" } else { "threads" })
}

pub(crate) fn measure(run: &Run) -> Result<()> {
    let wanted: Vec<_> = [1, 2].into_iter().filter(|threads| run.wants(&row(*threads))).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let keys = keys();
    let (store, map, moka, quick) = (store(true)?, map(), moka(), quick()?);
    // It has nothing to do for an hour, but an embedder would have it.
    let _expirer = Expirer::spawn(&store)?;
    for round in 0..run.rounds {
        for &threads in &wanted {
            run.say(round, &row(threads));
            let report = |contender, speed: Speed| sample(&row(threads), contender, speed.cpu_nanos_per_get());
            report("pyredis", threads::run(threads, run.time, &keys, |_, key| get_from_store(&store, key)));
            report("dashmap", threads::run(threads, run.time, &keys, |_, key| get_from_map(&map, key)));
            let get = |_, key: &[u8]| quick.get(key).map_or(0, |(_, value)| look(&value));
            report("quick_cache", threads::run(threads, run.time, &keys, get));
            let get = |_, key: &[u8]| {
                let value = quick.get(key).filter(|(deadline, _)| now() < *deadline);
                value.map_or(0, |(_, value)| look(&value))
            };
            report("quick_cache, deadline checked", threads::run(threads, run.time, &keys, get));
            let get = |_, key: &[u8]| moka.get(key).map_or(0, |value| look(&value));
            report("moka", threads::run(threads, run.time, &keys, get));
        }
    }
    Ok(())
}
