//! Many keys at once, beside one after the other.

use anyhow::Result;

use crate::engine::{get_from_store, keys, look, store};
use crate::{Run, sample, threads};

const ROW: &str = "embedded get_many of 1 M keys";

pub(crate) fn measure(run: &Run) -> Result<()> {
    if !run.wants(ROW) {
        return Ok(());
    }
    let keys = keys();
    let store = store(true)?;
    for round in 0..run.rounds {
        run.say(round, ROW);
        let many = threads::run_batches(1, run.time, &keys, |_, batch| {
            let mut seen = 0_u64;
            store.get_many_with(batch, |_, value| seen = seen.wrapping_add(value.map_or(0, look)));
            seen
        });
        sample(ROW, "pyredis", many.cpu_nanos_per_get());
        let single = threads::run(1, run.time, &keys, |_, key| get_from_store(&store, key));
        sample(ROW, "one by one", single.cpu_nanos_per_get());
    }
    Ok(())
}
