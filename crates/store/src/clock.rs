//! Time as an input: where "now" comes from, and the instants that keys expire at.
//!
//! The store never reads a clock behind its caller's back: a view is opened at a [`Timestamp`], and only the convenience methods of
//! [`Store`](crate::Store) ask the store's [`Clock`]. This is the one file that reads the system's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An instant in milliseconds since the Unix epoch. All arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The last instant there is.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This instant moved `by` later, at most to [`Timestamp::MAX`]. Fractions of a millisecond are dropped.
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is not earlier.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Whether a timer for this deadline has nothing to wait for at `now`: the last millisecond there is has none behind it.
    pub(crate) const fn is_due(self, now: Self) -> bool {
        self.is_past(now) || now.0 == u64::MAX
    }

    /// Whether a key with this deadline is gone at `now`. As in Redis, the deadline itself is the key's last millisecond.
    pub const fn is_past(self, now: Self) -> bool {
        now.0 > self.0
    }
}

/// Where a store takes its "now" from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's wall clock.
    #[default]
    System,
    /// A clock that only moves when it is told to.
    Manual(ManualClock),
}

impl Clock {
    /// The current instant.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Manual(clock) => clock.now(),
        }
    }
}

impl Clock {
    /// An instant that has come, and was the present one a moment ago: of the system's clock, the beginning of the last tick's second. Costs a fraction
    /// of [`now`](Self::now).
    #[inline]
    pub(crate) fn lately(&self) -> Timestamp {
        match self {
            Self::System => system_lately(),
            Self::Manual(clock) => clock.now(),
        }
    }
}

#[cfg(target_os = "linux")]
#[inline]
fn system_lately() -> Timestamp {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    Timestamp(time.tv_sec.cast_unsigned().wrapping_mul(1000))
}

#[cfg(not(target_os = "linux"))]
fn system_lately() -> Timestamp {
    system_now()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

/// A clock for tests: it stands still until [`advance`](ManualClock::advance) moves it. Clones share the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(start.0)))
    }

    /// The instant that the clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock `by` later. Whoever waits for a deadline has to be told: see [`Store::wake_expirer`](crate::Store::wake_expirer).
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| Some(now.saturating_add(by))).ok();
    }
}
