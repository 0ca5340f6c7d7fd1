//! Saving: one snapshot at a time, on a thread of its own, and what is known about the last.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyredis_persist::{Progress, SaveError};
use pyredis_store::{Store, Timestamp};
use thiserror::Error;
use tokio::sync::{Notify, oneshot};

use crate::config::{Config, SaveRule};
use crate::stopwatch::Stopwatch;

/// How long after a failed snapshot the next one by rule waits, in seconds, as in Redis.
const RETRY_SECONDS: u64 = 5;

/// Takes snapshots of the store.
pub(crate) struct Saver {
    store: Store,
    path: PathBuf,
    state: Arc<Mutex<State>>,
    /// Rung when a snapshot has ended.
    ended: Arc<Notify>,
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
    pub(crate) last_ok: bool,
    /// How long the last one took, in seconds.
    pub(crate) last_seconds: Option<u64>,
    pub(crate) saves: u64,
    /// The store's changes that the last good snapshot has.
    changes_saved: u64,
    /// Of the running one: for how many seconds, and how many keys of how many.
    pub(crate) current: Option<(u64, u64, u64)>,
}

/// A snapshot is being written already.
#[derive(Debug, Error)]
#[error("a snapshot is being written already")]
pub(crate) struct AlreadySaving;

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
    pub(crate) fn new(store: &Store, path: PathBuf) -> Self {
        let status = SaveStatus {
            last_save: store.now(),
            last_try: Timestamp::default(),
            last_ok: true,
            last_seconds: None,
            saves: 0,
            changes_saved: 0,
            current: None,
        };
        let state = State { running: None, is_scheduled: false, status };
        Self { store: store.clone(), path, state: Arc::new(Mutex::new(state)), ended: Arc::default() }
    }

    /// What the store holds now is what the disk has: after loading.
    pub(crate) fn mark_clean(&self) {
        self.lock().status.changes_saved = self.store.changes();
    }

    /// Starts a snapshot.
    pub(crate) fn start(&self) -> Result<SaveTicket, AlreadySaving> {
        let mut state = self.lock();
        if state.running.is_some() {
            return Err(AlreadySaving);
        }
        let progress = Arc::new(Progress::default());
        state.running = Some(Running { started: Stopwatch::start(), progress: Arc::clone(&progress) });
        state.is_scheduled = false;
        state.status.last_try = self.store.now();
        drop(state);

        let (sender, receiver) = oneshot::channel();
        let (store, path) = (self.store.clone(), self.path.clone());
        let (state, ended) = (Arc::clone(&self.state), Arc::clone(&self.ended));
        let run = move || {
            // Changes made between this line and the snapshot's instant are in it and count as unsaved: never the other way round.
            let changes = store.changes();
            let result = pyredis_persist::save(&store, &path, &progress);
            match &result {
                Ok(report) => {
                    tracing::info!("saved {} keys, {} bytes, to {}", report.keys, report.bytes, path.display())
                }
                Err(error) => tracing::error!("saving failed: {error}"),
            }
            finish(&state, store.now(), result.is_ok().then_some(changes));
            sender.send(result.map(drop)).ok();
            ended.notify_waiters();
        };
        if let Err(error) = std::thread::Builder::new().name("pyredis-save".into()).spawn(run) {
            // The ticket's other end went with the closure, so whoever holds the ticket learns of it.
            tracing::error!("cannot start the snapshot's thread: {error}");
            finish(&self.state, self.store.now(), None);
        }
        Ok(SaveTicket(receiver))
    }

    /// Asks for a snapshot as soon as none is being written.
    pub(crate) fn schedule(&self) {
        self.lock().is_scheduled = true;
        self.ended.notify_waiters();
    }

    pub(crate) fn is_saving(&self) -> bool {
        self.lock().running.is_some()
    }

    /// Waits until no snapshot is being written; one that is may be told to give up.
    pub(crate) async fn wait_idle(&self, cancel: bool) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            match &self.lock().running {
                None => return,
                Some(running) if cancel => running.progress.cancel(),
                Some(_) => {}
            }
            ended.await;
        }
    }

    /// Waits until [`is_due`](Self::is_due) may have changed because a snapshot has ended or was asked for.
    pub(crate) async fn changed(&self) {
        self.ended.notified().await;
    }

    /// Whether a snapshot is to be started now, by a rule or because one was scheduled.
    pub(crate) fn is_due(&self, rules: &[SaveRule], now: Timestamp) -> bool {
        let changes = self.unsaved_changes();
        let state = self.lock();
        let SaveStatus { last_save, last_try, last_ok, .. } = state.status;
        let seconds_since = |then: Timestamp| now.saturating_since(then).as_secs();
        let may_try = last_ok || seconds_since(last_try) >= RETRY_SECONDS;
        let rule_is_met = |rule: &SaveRule| changes >= rule.changes && seconds_since(last_save) >= rule.seconds;
        state.running.is_none() && (state.is_scheduled || (may_try && rules.iter().any(rule_is_met)))
    }

    /// Changes that no snapshot has yet.
    pub(crate) fn unsaved_changes(&self) -> u64 {
        self.store.changes().saturating_sub(self.lock().status.changes_saved)
    }

    /// Whether writes are to be refused because what they write could not be saved.
    pub(crate) fn refuses_writes(&self, config: &Config) -> bool {
        config.stop_writes_on_bgsave_error && !config.save.is_empty() && !self.lock().status.last_ok
    }

    pub(crate) fn status(&self) -> SaveStatus {
        let state = self.lock();
        let current = state.running.as_ref().map(|running| {
            (running.started.elapsed().as_secs(), running.progress.keys_done(), running.progress.keys_total())
        });
        SaveStatus { current, ..state.status.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes how a snapshot ended; `changes_saved` of a good one.
fn finish(state: &Mutex<State>, now: Timestamp, changes_saved: Option<u64>) {
    let mut state = lock(state);
    if let Some(running) = state.running.take() {
        state.status.last_seconds = Some(running.started.elapsed().as_secs());
    }
    state.status.last_ok = changes_saved.is_some();
    if let Some(changes) = changes_saved {
        state.status.changes_saved = changes;
        state.status.last_save = now;
        state.status.saves += 1;
    }
}
