//! Threads that get keys at the same time, and how fast they were.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::engine::Key;

/// What some threads did in a sample.
pub(crate) struct Speed {
    gets: f64,
    /// From the first thread's start to the last one's end.
    elapsed: Duration,
    /// Of all threads.
    cpu: Duration,
}

impl Speed {
    pub(crate) fn millions_per_second(&self) -> f64 {
        self.gets / self.elapsed.as_secs_f64() / 1e6
    }

    pub(crate) fn millions_per_cpu_second(&self) -> f64 {
        self.gets / self.cpu.as_secs_f64() / 1e6
    }

    pub(crate) fn cpu_nanos_per_get(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / self.gets
    }
}

/// Runs `get` on so many keys on each of some threads, which begin at different places; it learns the thread's number.
pub(crate) fn run(threads: usize, gets: usize, keys: &[Key], get: impl Fn(usize, &[u8]) -> u64 + Sync) -> Speed {
    let barrier = Barrier::new(threads);
    let work = |thread: usize| {
        let mut keys = keys.iter().cycle().skip(keys.len() * thread / threads).take(gets);
        barrier.wait();
        let (start, cpu) = (now(), thread_cpu());
        let seen = keys.try_fold(0_u64, |seen, key| seen.checked_add(get(thread, key)));
        black_box(seen);
        (start, now(), thread_cpu().saturating_sub(cpu))
    };
    let work = &work;
    let timings: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let start = timings.iter().map(|(start, ..)| *start).min();
    let end = timings.iter().map(|(_, end, _)| *end).max();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let gets = (timings.len() * gets) as f64;
    let elapsed = start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start);
    Speed { gets, elapsed, cpu: timings.iter().map(|(.., cpu)| *cpu).sum() }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// CPU time of the present thread.
fn thread_cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}
