//! The phases of a server's life, published so that tasks, sessions and tests can wait for them.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::sync::Notify;

/// Where in its life a server is. It goes forward only, but for `Saving`, which falls back to `Ready` if the save fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It listens and answers that it is loading.
    Loading,
    /// It serves.
    Ready,
    /// It writes its last snapshot; nothing is changed meanwhile, so that what was acknowledged is in it.
    Saving,
    /// It is over; connections are closed.
    Stopped,
}

impl Phase {
    /// The phases by their numbers.
    const ALL: [Self; 4] = [Self::Loading, Self::Ready, Self::Saving, Self::Stopped];

    fn numbered(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Stopped)
    }
}

/// How to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShutdownMode {
    /// Whether to write a snapshot; `None` leaves it to whether the configuration has save rules.
    pub save: Option<bool>,
    /// End even if the snapshot cannot be written.
    pub force: bool,
}

/// The current phase, and whoever waits for the next.
pub(crate) struct Lifecycle {
    /// The phase's number. Every command looks at it, so looking takes no lock.
    phase: AtomicU8,
    /// Whether the end was forced though the last snapshot could not be written.
    is_unsaved: AtomicBool,
    /// Rung after every change.
    changed: Notify,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self { phase: AtomicU8::new(Phase::Loading as u8), is_unsaved: AtomicBool::new(false), changed: Notify::new() }
    }

    /// The last snapshot could not be written, and the server ends all the same.
    pub(crate) fn note_unsaved(&self) {
        self.is_unsaved.store(true, Ordering::Relaxed);
    }

    /// Whether that was so.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.is_unsaved.load(Ordering::Relaxed)
    }

    pub(crate) fn phase(&self) -> Phase {
        Phase::numbered(self.phase.load(Ordering::Acquire))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Enters `to` if the phase is `from`; else says which it is.
    pub(crate) fn step(&self, from: Phase, to: Phase) -> Result<(), Phase> {
        let swapped = self.phase.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire);
        swapped.map_err(Phase::numbered)?;
        self.changed.notify_waiters();
        Ok(())
    }

    /// Waits until the phase is as wanted, and returns it. A phase that passes in between may go unseen.
    pub(crate) async fn wait_until(&self, wanted: impl Fn(Phase) -> bool) -> Phase {
        loop {
            // Made before the look: it hears every ring from here on.
            let changed = self.changed.notified();
            let phase = self.phase();
            if wanted(phase) {
                return phase;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_from_another_phase_changes_nothing_and_says_where_it_stands() {
        let lifecycle = Lifecycle::new();
        for phase in Phase::ALL {
            lifecycle.enter(phase);
            for from in Phase::ALL.into_iter().filter(|from| *from != phase) {
                assert_eq!(lifecycle.step(from, Phase::Stopped), Err(phase));
                assert_eq!(lifecycle.phase(), phase);
            }
            assert_eq!(lifecycle.step(phase, phase), Ok(()));
        }
    }
}
