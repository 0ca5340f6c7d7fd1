//! Saving: one snapshot at a time, on a thread of its own, and what is known about the last.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyredis_persist::{Progress, SaveError};
use pyredis_store::{Store, Timestamp};
use thiserror::Error;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use crate::config::{Config, SaveRule};
use crate::stopwatch::Stopwatch;

/// How long after a failed snapshot the next one by rule waits, in seconds, as in Redis.
const RETRY_SECONDS: u64 = 5;

/// Takes snapshots of the store.
pub(crate) struct Saver {
    store: Store,
    /// The snapshot's file; `None` where nothing is kept on disk.
    path: Option<PathBuf>,
    known: Arc<Known>,
}

/// What is known of the snapshots, shared with the thread that writes one.
struct Known {
    state: Mutex<State>,
    /// Whether the last snapshot failed. Every write looks at it, so looking takes no lock.
    has_failed: AtomicBool,
    /// Rung when a snapshot has ended or is asked for.
    changed: Notify,
}

struct State {
    running: Option<Running>,
    /// One more is wanted as soon as possible.
    is_scheduled: bool,
    status: SaveStatus,
}

struct Running {
    started: Stopwatch,
    progress: Arc<Progress>,
}

/// What INFO says about snapshots.
#[derive(Debug, Clone)]
pub(crate) struct SaveStatus {
    /// When the last good snapshot was written; at first, when the server started.
    pub(crate) last_save: Timestamp,
    /// When the last one was tried.
    last_try: Timestamp,
    /// How long the last one took, in seconds.
    pub(crate) last_seconds: Option<u64>,
    pub(crate) saves: u64,
    /// The store's changes that the last good snapshot has.
    changes_saved: u64,
    /// Of the running one: for how many seconds, and how many keys of how many.
    pub(crate) current: Option<(u64, u64, u64)>,
}

/// Why no snapshot was started.
#[derive(Debug, Error)]
pub(crate) enum CannotStart {
    #[error("Background save already in progress")]
    Running,
    #[error("this server keeps nothing on disk")]
    Nowhere,
}

/// The end of a snapshot, to be waited for.
pub(crate) struct SaveTicket(oneshot::Receiver<Result<(), SaveError>>);

impl SaveTicket {
    /// Waits until the snapshot is on disk.
    pub(crate) async fn done(self) -> Result<(), String> {
        match self.0.await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err("the snapshot's thread ended early".into()),
        }
    }
}

impl Saver {
    pub(crate) fn new(store: &Store, path: Option<PathBuf>) -> Self {
        let status = SaveStatus {
            last_save: store.now(),
            last_try: Timestamp::default(),
            last_seconds: None,
            saves: 0,
            changes_saved: 0,
            current: None,
        };
        let state = Mutex::new(State { running: None, is_scheduled: false, status });
        let known = Known { state, has_failed: AtomicBool::new(false), changed: Notify::new() };
        Self { store: store.clone(), path, known: Arc::new(known) }
    }

    /// What the store holds now is what the disk has: after loading.
    pub(crate) fn mark_clean(&self) {
        self.known.lock().status.changes_saved = self.store.changes();
    }

    /// Starts a snapshot.
    pub(crate) fn start(&self) -> Result<SaveTicket, CannotStart> {
        let path = self.path.clone().ok_or(CannotStart::Nowhere)?;
        let mut state = self.known.lock();
        if state.running.is_some() {
            return Err(CannotStart::Running);
        }
        let progress = Arc::new(Progress::default());
        state.running = Some(Running { started: Stopwatch::start(), progress: Arc::clone(&progress) });
        state.is_scheduled = false;
        state.status.last_try = self.store.now();
        drop(state);

        let (sender, receiver) = oneshot::channel();
        let store = self.store.clone();
        let mut run = Run { known: Arc::clone(&self.known), store: store.clone(), outcome: Outcome::Failed };
        let save = move || {
            // Changes made between this line and the snapshot's instant are in it and count as unsaved: never the other way round.
            let changes = store.changes();
            let result = pyredis_persist::save(&store, &path, &progress);
            match &result {
                Ok(report) => {
                    tracing::info!("saved {} keys, {} bytes, to {}", report.keys, report.bytes, path.display());
                    run.outcome = Outcome::Saved { changes };
                }
                Err(error @ SaveError::Cancelled { .. }) => {
                    tracing::info!("{error}");
                    run.outcome = Outcome::Cancelled;
                }
                Err(error) => tracing::error!("saving failed: {error}"),
            }
            // Whoever hears of the end finds it noted.
            drop(run);
            sender.send(result.map(drop)).ok();
        };
        if let Err(error) = std::thread::Builder::new().name("pyredis-save".into()).spawn(save) {
            // The run and the ticket's other end went with the closure, so everybody knows.
            tracing::error!("cannot start the snapshot's thread: {error}");
        }
        Ok(SaveTicket(receiver))
    }

    /// Asks for a snapshot as soon as none is being written.
    pub(crate) fn schedule(&self) -> Result<(), CannotStart> {
        if !self.has_file() {
            return Err(CannotStart::Nowhere);
        }
        self.known.lock().is_scheduled = true;
        self.known.changed.notify_waiters();
        Ok(())
    }

    /// Whether there is a file to save to.
    pub(crate) fn has_file(&self) -> bool {
        self.path.is_some()
    }

    /// Tells the snapshot that is being written, if one is, to give up. Returns whether one was.
    pub(crate) fn cancel(&self) -> bool {
        self.known.lock().running.as_ref().map(|running| running.progress.cancel()).is_some()
    }

    /// Tells the snapshot that is being written to give up, and waits until there is none.
    pub(crate) async fn cancelled(&self) {
        loop {
            let changed = self.changed();
            if !self.cancel() {
                return;
            }
            changed.await;
        }
    }

    /// Ends when [`is_due`](Self::is_due) may have changed because a snapshot has ended or was asked for, from this call on.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.known.changed.notified()
    }

    /// Whether a snapshot is to be started now, by a rule or because one was scheduled.
    pub(crate) fn is_due(&self, rules: &[SaveRule], now: Timestamp) -> bool {
        let changes = self.unsaved_changes();
        let state = self.known.lock();
        let SaveStatus { last_save, last_try, .. } = state.status;
        let seconds_since = |then: Timestamp| now.saturating_since(then).as_secs();
        let may_try = !self.has_failed() || seconds_since(last_try) >= RETRY_SECONDS;
        let rule_is_met = |rule: &SaveRule| changes >= rule.changes && seconds_since(last_save) >= rule.seconds;
        self.has_file() && state.running.is_none() && (state.is_scheduled || (may_try && rules.iter().any(rule_is_met)))
    }

    /// Changes that no snapshot has yet.
    pub(crate) fn unsaved_changes(&self) -> u64 {
        self.store.changes().saturating_sub(self.known.lock().status.changes_saved)
    }

    /// Whether the last snapshot could not be written.
    pub(crate) fn has_failed(&self) -> bool {
        self.known.has_failed.load(Ordering::Relaxed)
    }

    /// Whether writes are to be refused because what they write could not be saved.
    pub(crate) fn refuses_writes(&self, config: &Config) -> bool {
        config.stop_writes_on_bgsave_error && !config.save.is_empty() && self.has_failed()
    }

    pub(crate) fn status(&self) -> SaveStatus {
        let state = self.known.lock();
        let current = state.running.as_ref().map(|running| {
            (running.started.elapsed().as_secs(), running.progress.keys_done(), running.progress.keys_total())
        });
        SaveStatus { current, ..state.status.clone() }
    }
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A snapshot from its start to its end, which is noted when this is dropped: however its thread ends, and even if there was none.
struct Run {
    known: Arc<Known>,
    store: Store,
    outcome: Outcome,
}

/// How a snapshot ended.
#[derive(Clone, Copy)]
enum Outcome {
    /// It is on disk, and has at least so many of the store's changes.
    Saved {
        changes: u64,
    },
    /// Somebody did not want it any more, which says nothing about the disk.
    Cancelled,
    Failed,
}

impl Drop for Run {
    fn drop(&mut self) {
        let now = self.store.now();
        let mut state = self.known.lock();
        let took = state.running.take().map(|running| running.started.elapsed().as_secs());
        state.status.last_seconds = took.or(state.status.last_seconds);
        match self.outcome {
            Outcome::Saved { changes } => {
                state.status.changes_saved = changes;
                state.status.last_save = now;
                state.status.saves += 1;
                self.known.has_failed.store(false, Ordering::Relaxed);
            }
            Outcome::Cancelled => {}
            Outcome::Failed => self.known.has_failed.store(true, Ordering::Relaxed),
        }
        drop(state);
        self.known.changed.notify_waiters();
    }
}
