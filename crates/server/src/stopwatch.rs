//! How long things take: the monotonic clock, for figures only. What keys see is the store's clock.

use std::time::{Duration, Instant};

/// A point on the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time since the start or the last lap. One reading of the clock ends a lap and begins the next.
    pub(crate) fn lap(&mut self) -> Duration {
        let next = Self::start();
        let lap = next.0.duration_since(self.0);
        *self = next;
        lap
    }
}
