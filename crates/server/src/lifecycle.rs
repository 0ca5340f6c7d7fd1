//! The phases of a server's life, published so that tasks, sessions and tests can wait for them.

use tokio::sync::watch;

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
    phase: watch::Sender<Phase>,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self { phase: watch::Sender::new(Phase::Loading) }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Enters `to` if the phase is `from`, and says whether it was.
    pub(crate) fn step(&self, from: Phase, to: Phase) -> bool {
        self.phase.send_if_modified(|phase| {
            let is_from = *phase == from;
            if is_from {
                *phase = to;
            }
            is_from
        })
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Waits until the phase is as wanted.
    pub(crate) async fn wait_until(&self, wanted: impl FnMut(&Phase) -> bool) {
        // The sender lives in `self`, so the channel cannot be closed.
        self.subscribe().wait_for(wanted).await.ok();
    }
}
