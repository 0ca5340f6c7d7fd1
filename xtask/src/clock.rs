//! The one place where the tasks read the time and wait for it: for durations they print, and for schedules of load.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// The present moment of the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "tasks measure real time; the rule is about the datastore's own code")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time since 1970, as servers count deadlines.
pub(crate) fn since_1970() -> Result<Duration> {
    clock_gettime(ClockId::Realtime).try_into().context("the clock is before 1970")
}

/// The moment of the monotonic clock that is so long after 1970, as the two clocks stand now; the present one if it is past.
pub(crate) fn moment_of(since_1970: Duration) -> Result<Instant> {
    Ok(now() + since_1970.saturating_sub(self::since_1970()?))
}

/// Sleeps until `moment`, exact to what the system's timers give.
pub(crate) fn wait_until(moment: Instant) {
    loop {
        let left = moment.saturating_duration_since(now());
        if left.is_zero() {
            return;
        }
        thread::park_timeout(left);
    }
}

/// Sleeps for `duration`.
pub(crate) fn wait(duration: Duration) {
    wait_until(now() + duration);
}
