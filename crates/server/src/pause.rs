//! CLIENT PAUSE: commands wait for a time. It is real time, whatever clock the keys have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::stopwatch::Stopwatch;

/// What is paused, and until when.
#[derive(Default)]
pub(crate) struct Pause {
    /// Whether there may be one: what every command looks at.
    is_on: AtomicBool,
    current: Mutex<Option<Current>>,
    /// Rung when it has become shorter.
    over: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Current {
    begun: Stopwatch,
    lasts: Duration,
    /// Only what writes is paused.
    writes_only: bool,
}

impl Current {
    /// How much of it is left; `None` when it is over.
    fn left(&self) -> Option<Duration> {
        self.lasts.checked_sub(self.begun.elapsed()).filter(|left| !left.is_zero())
    }
}

impl Pause {
    /// Begins one, or makes the one that there is longer. Of two, what ends later and what holds more counts.
    pub(crate) fn begin(&self, lasts: Duration, writes_only: bool) {
        let mut current = self.lock();
        let before = current.and_then(|current| Some((current.left()?, current.writes_only)));
        *current = Some(Current {
            begun: Stopwatch::start(),
            lasts: before.map_or(lasts, |(left, _)| left.max(lasts)),
            writes_only: writes_only && before.is_none_or(|(_, writes_only)| writes_only),
        });
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Ends it.
    pub(crate) fn end(&self) {
        self.clear(&mut self.lock());
    }

    /// With the lock held: what another begins is not taken for this one, and `is_on` agrees with what there is.
    fn clear(&self, current: &mut Option<Current>) {
        *current = None;
        self.is_on.store(false, Ordering::Relaxed);
        self.over.notify_waiters();
    }

    /// Whether there may be one.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Whether a command has to wait. Ends a pause whose time is over.
    pub(crate) fn holds(&self, writes: impl FnOnce() -> bool) -> bool {
        let mut guard = self.lock();
        let Some(current) = *guard else { return false };
        if current.left().is_none() {
            self.clear(&mut guard);
            return false;
        }
        drop(guard);
        !current.writes_only || writes()
    }

    /// Waits until it is worth while to ask again.
    pub(crate) async fn changed(&self) {
        // Made before the look, so that nothing that happens after it is missed.
        let over = self.over.notified();
        let left = self.lock().and_then(|current| current.left());
        if let Some(left) = left {
            tokio::time::timeout(left, over).await.ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn what_ends_later_and_holds_more_counts() {
        let pause = Pause::default();
        assert!(!pause.is_on());
        pause.begin(LONG, true);
        assert!(pause.is_on() && !pause.holds(|| false) && pause.holds(|| true));
        pause.begin(Duration::ZERO, false);
        assert!(pause.holds(|| false), "all, and still as long");
        pause.end();
        assert!(!pause.holds(|| true) && !pause.is_on());
        pause.begin(LONG, true);
        assert!(!pause.holds(|| false), "what is over counts no more");
    }

    #[test]
    fn one_that_is_over_is_none() {
        let pause = Pause::default();
        pause.begin(Duration::ZERO, false);
        assert!(pause.is_on() && !pause.holds(|| true) && !pause.is_on());
    }
}
