//! The one place where the tasks read the time: for durations they print, and for the load generator's schedule.

use std::time::Instant;

/// The present moment of the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "tasks measure real time; the rule is about the datastore's own code")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
