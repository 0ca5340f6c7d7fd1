//! Threads that get keys at the same time, and how fast they were.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::engine::Key;

/// How many gets a thread makes between two looks at the clock.
pub(crate) const BATCH: usize = 256;

/// What some threads did in a sample, all together.
#[derive(Default)]
pub(crate) struct Speed {
    gets: f64,
    gets_per_second: f64,
    cpu: Duration,
}

impl Speed {
    pub(crate) fn millions_per_second(&self) -> f64 {
        self.gets_per_second / 1e6
    }

    pub(crate) fn millions_per_cpu_second(&self) -> f64 {
        self.gets / self.cpu.as_secs_f64() / 1e6
    }

    pub(crate) fn cpu_nanos_per_get(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / self.gets
    }
}

/// Runs `get` for `time` on each of some threads, over all keys again and again, from different places on; it learns the thread's number.
///
/// All run all the time, and none ends early and leaves the others a quieter machine.
pub(crate) fn run(threads: usize, time: Duration, keys: &[Key], get: impl Fn(usize, &[u8]) -> u64 + Sync) -> Speed {
    run_batches(threads, time, keys, |thread, batch| {
        batch.iter().fold(0, |seen: u64, key| seen.wrapping_add(get(thread, key)))
    })
}

/// The same with all keys between two looks at the clock given at once.
pub(crate) fn run_batches(
    threads: usize,
    time: Duration,
    keys: &[Key],
    get: impl Fn(usize, &[Key]) -> u64 + Sync,
) -> Speed {
    let barrier = Barrier::new(threads);
    let work = |thread: usize| {
        let mut batches = keys.chunks(BATCH).cycle().skip(keys.len() / BATCH * thread / threads);
        barrier.wait();
        let (start, cpu) = (now(), thread_cpu());
        let mut gets = 0;
        while start.elapsed() < time {
            let batch = batches.next().unwrap_or_default();
            black_box(get(thread, batch));
            gets += batch.len();
        }
        (gets, start.elapsed(), thread_cpu().saturating_sub(cpu))
    };
    let work = &work;
    let mut all = Speed::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        for (gets, elapsed, cpu) in running.into_iter().filter_map(|thread| thread.join().ok()) {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let gets = gets as f64;
            all.gets += gets;
            all.gets_per_second += gets / elapsed.as_secs_f64();
            all.cpu += cpu;
        }
    });
    all
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// CPU time of the present thread.
fn thread_cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}
