//! Figures about what the server has done: counted by each worker for itself, summed when somebody looks.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pyredis_store::ExpireLag;

use crate::command::table::Command;
use crate::stopwatch::Stopwatch;

/// A counter that one worker writes and anyone reads: with one writer, adding takes no atomic read-modify-write. Relaxed: figures need not agree
/// with one another.
#[derive(Default)]
pub(crate) struct Counter {
    total: AtomicU64,
    /// The total at the last reset: whoever resets writes this alone, so that no addition is lost to it, and it to none.
    base: AtomicU64,
}

impl Counter {
    pub(crate) fn add(&self, by: u64) {
        self.total.store(self.total.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
    }

    /// What was added since the last reset.
    pub(crate) fn get(&self) -> u64 {
        self.total.load(Ordering::Relaxed).wrapping_sub(self.base.load(Ordering::Relaxed))
    }

    fn reset(&self) {
        self.base.store(self.total.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// A worker's figures.
pub(crate) struct WorkerStats {
    pub(crate) connections_accepted: Counter,
    pub(crate) connections_rejected: Counter,
    pub(crate) bytes_read: Counter,
    pub(crate) bytes_written: Counter,
    pub(crate) keyspace_hits: Counter,
    pub(crate) keyspace_misses: Counter,
    /// By the command's number in the table.
    commands: Box<[CommandStats]>,
    /// By error code.
    errors: Mutex<BTreeMap<String, u64>>,
}

/// A command's figures.
#[derive(Default)]
struct CommandStats {
    calls: Counter,
    /// Most commands take less than a microsecond.
    nanos: Counter,
    rejected: Counter,
    failed: Counter,
}

/// How one call of a command went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallResult {
    Succeeded,
    /// It ran and answered with an error.
    Failed,
    /// It was refused before it ran.
    Rejected,
}

/// How many error codes are told apart; more are not counted.
const ERROR_CODES_MAX: usize = 128;

impl WorkerStats {
    pub(crate) fn new(commands: usize) -> Self {
        Self {
            connections_accepted: Counter::default(),
            connections_rejected: Counter::default(),
            bytes_read: Counter::default(),
            bytes_written: Counter::default(),
            keyspace_hits: Counter::default(),
            keyspace_misses: Counter::default(),
            commands: (0..commands).map(|_| CommandStats::default()).collect(),
            errors: Mutex::default(),
        }
    }

    pub(crate) fn count_call(&self, command: usize, result: CallResult) {
        let Some(stats) = self.commands.get(command) else { return };
        if result == CallResult::Rejected {
            return stats.rejected.add(1);
        }
        stats.calls.add(1);
        if result == CallResult::Failed {
            stats.failed.add(1);
        }
    }

    pub(crate) fn count_error(&self, code: &str) {
        let mut errors = self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(count) = errors.get_mut(code) {
            *count += 1;
        } else if errors.len() < ERROR_CODES_MAX {
            errors.insert(code.to_owned(), 1);
        }
    }

    /// CONFIG RESETSTAT.
    pub(crate) fn reset(&self) {
        for counter in [
            &self.connections_accepted,
            &self.connections_rejected,
            &self.bytes_read,
            &self.bytes_written,
            &self.keyspace_hits,
            &self.keyspace_misses,
        ] {
            counter.reset();
        }
        for command in &self.commands {
            [&command.calls, &command.nanos, &command.rejected, &command.failed]
                .into_iter()
                .for_each(|counter| counter.reset());
        }
        self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}

/// Accounts the time of a batch to its commands. The clock is read where one command follows another, not between two calls of the same: a
/// reading costs a good part of a fast command.
pub(crate) struct Timing<'w> {
    worker: &'w WorkerStats,
    stopwatch: Stopwatch,
    /// The command whose time it is.
    command: Option<usize>,
}

impl<'w> Timing<'w> {
    pub(crate) fn start(worker: &'w WorkerStats) -> Self {
        Self { worker, stopwatch: Stopwatch::start(), command: None }
    }

    /// From here on the time is this command's. What comes before the first command is that one's as well.
    pub(crate) fn begin(&mut self, command: Command) {
        let before = self.command.replace(command.number);
        if before.is_some() && before != self.command {
            self.account(before);
        }
    }

    fn account(&mut self, command: Option<usize>) {
        let took = u64::try_from(self.stopwatch.lap().as_nanos()).unwrap_or(u64::MAX);
        if let Some(stats) = command.and_then(|command| self.worker.commands.get(command)) {
            stats.nanos.add(took);
        }
    }
}

impl Drop for Timing<'_> {
    fn drop(&mut self) {
        self.account(self.command);
    }
}

/// All workers' figures together.
pub(crate) struct Stats {
    pub(crate) workers: Box<[std::sync::Arc<WorkerStats>]>,
    /// Commands processed when the rate was last taken, and the rate.
    commands_before: AtomicU64,
    commands_per_second: AtomicU64,
    /// The keys that had expired at the last reset.
    expired_before: Mutex<ExpireLag>,
    /// The fields of hashes that had.
    expired_fields_before: AtomicU64,
}

/// A command's figures, of all workers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CommandTotals {
    pub(crate) calls: u64,
    pub(crate) nanos: u64,
    pub(crate) rejected: u64,
    pub(crate) failed: u64,
}

impl Stats {
    pub(crate) fn new(workers: usize, commands: usize) -> Self {
        Self {
            workers: (0..workers).map(|_| WorkerStats::new(commands).into()).collect(),
            commands_before: AtomicU64::new(0),
            commands_per_second: AtomicU64::new(0),
            expired_before: Mutex::default(),
            expired_fields_before: AtomicU64::new(0),
        }
    }

    /// The sum of one counter over the workers.
    pub(crate) fn sum(&self, counter: impl Fn(&WorkerStats) -> &Counter) -> u64 {
        self.workers.iter().map(|worker| counter(worker).get()).sum()
    }

    pub(crate) fn command(&self, command: usize) -> CommandTotals {
        self.workers.iter().filter_map(|worker| worker.commands.get(command)).fold(
            CommandTotals::default(),
            |sum, one| CommandTotals {
                calls: sum.calls + one.calls.get(),
                nanos: sum.nanos + one.nanos.get(),
                rejected: sum.rejected + one.rejected.get(),
                failed: sum.failed + one.failed.get(),
            },
        )
    }

    /// Commands run, over all.
    pub(crate) fn commands_processed(&self) -> u64 {
        self.workers.iter().flat_map(|worker| &worker.commands).map(|command| command.calls.get()).sum()
    }

    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for worker in &self.workers {
            for (code, count) in worker.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
                *sums.entry(code.clone()).or_default() += count;
            }
        }
        sums
    }

    /// Takes the rate of commands; to be called every so often.
    pub(crate) fn take_rate(&self, since_last: Duration) {
        let now = self.commands_processed();
        let new = u128::from(now.saturating_sub(self.commands_before.load(Ordering::Relaxed)));
        self.commands_before.store(now, Ordering::Relaxed);
        let rate = new * 1000 / since_last.as_millis().max(1);
        self.commands_per_second.store(u64::try_from(rate).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn commands_per_second(&self) -> u64 {
        self.commands_per_second.load(Ordering::Relaxed)
    }

    /// Those of the expired keys that have since the last reset.
    pub(crate) fn since_reset(&self, expired: &ExpireLag) -> ExpireLag {
        expired.since(&self.expired_before.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The same of fields of hashes.
    pub(crate) fn fields_since_reset(&self, expired: u64) -> u64 {
        expired.saturating_sub(self.expired_fields_before.load(Ordering::Relaxed))
    }

    /// CONFIG RESETSTAT. The store counts its expired keys and fields itself and for ever.
    pub(crate) fn reset(&self, expired: ExpireLag, expired_fields: u64) {
        self.expired_fields_before.store(expired_fields, Ordering::Relaxed);
        self.workers.iter().for_each(|worker| worker.reset());
        self.commands_before.store(0, Ordering::Relaxed);
        *self.expired_before.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = expired;
    }
}
