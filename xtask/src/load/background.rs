//! An open loop in the background, for a task that does something to the server meanwhile.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use indicatif::ProgressBar;

use super::outcome::Outcome;
use super::plan::{Command, Plan};
use super::run_workers;

/// Nobody's task takes longer than this.
const LIMIT: Duration = Duration::from_secs(600);

/// How an open loop is watched from outside while it runs.
#[derive(Default)]
pub(super) struct Watch {
    /// No more commands fall due once this is set.
    pub(super) stop: AtomicBool,
    /// Hears when all connections are there.
    begun: Mutex<Option<Sender<()>>>,
}

impl Watch {
    /// To be called when all connections are there.
    pub(super) fn begin(&self) {
        let begun = self.begun.lock().ok().and_then(|mut begun| begun.take());
        // Whoever wanted to hear it may be gone.
        begun.map(|begun| begun.send(()));
    }
}

/// A load that runs until it is told to end.
pub(crate) struct Background {
    watch: Arc<Watch>,
    thread: JoinHandle<Result<Outcome>>,
}

impl Background {
    /// Starts GETs, or GETs and SETs in equal parts, of `keys` keys on the server at `port`, on one thread. Returns when its
    /// connections are there.
    pub(crate) fn start(port: u16, command: Command, keys: NonZeroU64, clients: u32, rate: u32) -> Result<Self> {
        let (begun, has_begun) = channel();
        let watch = Arc::new(Watch { stop: AtomicBool::new(false), begun: Mutex::new(Some(begun)) });
        let plan = Plan {
            host: "127.0.0.1".into(),
            port,
            command,
            reads: 50,
            keys,
            size: 64,
            clients,
            pipeline: 1,
            threads: 1,
            requests: u64::MAX,
            is_counted: false,
            limit: LIMIT,
            rate: Some(rate),
            seed: 1,
        };
        let watched = Arc::clone(&watch);
        let thread = thread::spawn(move || run_workers(&plan, &watched, &ProgressBar::hidden()));
        let background = Self { watch, thread };
        match has_begun.recv() {
            Ok(()) => Ok(background),
            Err(_) => Err(background.finish().err().context("the load ended at once")?),
        }
    }

    /// Ends it, waits for the replies to all that was sent, and returns what came of it; fails if a reply was an error.
    pub(crate) fn finish(self) -> Result<Outcome> {
        self.watch.stop.store(true, Ordering::Relaxed);
        let outcome = self.thread.join().map_err(|_| anyhow!("the load panicked"))?.context("the load failed")?;
        ensure!(outcome.errors.is_empty(), "the load was answered with errors: {:?}", outcome.errors);
        ensure!(outcome.replies() > 0, "the load was not answered");
        Ok(outcome)
    }
}
