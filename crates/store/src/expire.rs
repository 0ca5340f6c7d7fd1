//! Active expiry: removing keys when their time has come, in bounded steps, driven from outside.
//!
//! # Guarantee
//! Whoever runs [`Store::expire_step`] until `more` is false, sleeps until `next_wake`, and starts over when woken, removes every key shortly
//! after its deadline and does nothing meanwhile. [`Expirer`] is such a loop on a thread of its own; a server has its own.
//!
//! # How
//! Each shard publishes when its wheel next needs attention. The sleeper says until when it sleeps ([`Alarm`]); a writer that
//! arms a timer before that wakes it. Both sides write first and read second, sequentially consistent, so one of them sees the other.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex, RwLock};

use crate::access::Touch;
use crate::clock::Timestamp;
use crate::database::Database;
use crate::residue::Residue;
use crate::shard::ShardMut;
use crate::store::Store;
use crate::turn::Turn;

/// How many timers one hold of a shard's lock deals with.
const TIMERS_PER_LOCK: usize = 128;

/// What a step did and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpireStep {
    /// Keys removed.
    pub expired: usize,
    /// Whether the budget ran out: call again soon.
    pub more: bool,
    /// When to call again if not `more`; `None` is not before being woken.
    pub next_wake: Option<Timestamp>,
}

/// Wakes whoever expires keys when a timer is armed for before the time it sleeps until.
#[derive(Default)]
pub(crate) struct Alarm {
    /// Milliseconds until which the sleeper sleeps; zero while nobody does.
    sleeps_until: AtomicU64,
    wake: RwLock<Option<Arc<dyn Fn() + Send + Sync>>>,
    /// The shard that the last step stopped in, over all databases.
    resume: AtomicUsize,
    paused: AtomicBool,
}

impl Alarm {
    /// A wheel needs attention at `at`. Called without locks.
    pub(crate) fn armed(&self, at: Timestamp) {
        if at.as_millis() < self.sleeps_until.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    fn wake(&self) {
        self.sleeps_until.store(0, Ordering::SeqCst);
        let wake = self.wake.read().clone();
        if let Some(wake) = wake {
            wake();
        }
    }
}

impl Store {
    /// Registers who is to be woken when a deadline comes before the `next_wake` of the last [`expire_step`](Self::expire_step). Called
    /// from the writing thread after it has released its locks; it must not wait or call the store. There is one such callback a store.
    pub fn on_expiry_due(&self, wake: impl Fn() + Send + Sync + 'static) {
        *self.inner().alarm.wake.write() = Some(Arc::new(wake));
    }

    /// Wakes whoever expires keys: to be called when a manual clock was moved.
    pub fn wake_expirer(&self) {
        self.inner().alarm.wake();
    }

    /// Stops or restarts active expiry. Dead keys stay invisible either way, and reading one still removes it.
    pub fn set_active_expiry(&self, active: bool) {
        self.inner().alarm.paused.store(!active, Ordering::SeqCst);
        self.wake_expirer();
    }

    /// Removes keys whose deadline has passed at `now`, spending at most `budget` timers, and says when to come again. Takes one
    /// shard's lock at a time, for 128 timers at most. O(shards + budget).
    ///
    /// # Panics
    /// When called inside a view of a store.
    pub fn expire_step(&self, now: Timestamp, budget: usize) -> ExpireStep {
        Turn::check();
        let inner = self.inner();
        let alarm = &inner.alarm;
        // From here on anyone who arms a timer wakes us; see the module's documentation.
        alarm.sleeps_until.store(u64::MAX, Ordering::SeqCst);
        if alarm.paused.load(Ordering::SeqCst) {
            alarm.sleeps_until.store(0, Ordering::SeqCst);
            return ExpireStep::default();
        }
        let first = alarm.resume.load(Ordering::Relaxed);
        let places =
            || inner.databases().flat_map(|database| (0..inner.shard_count).map(move |shard| (database, shard)));
        let place_of = |database: &Database, shard| database.number() as usize * inner.shard_count + shard;
        let ahead = places().filter(|(database, shard)| place_of(database, *shard) >= first);
        let behind = places().filter(|(database, shard)| place_of(database, *shard) < first);
        let (mut step, mut budget_left) = (ExpireStep::default(), budget);
        for (database, shard) in ahead.chain(behind) {
            while database.counters(shard).next_wake().is_some_and(|wake| wake <= now) {
                if budget_left == 0 {
                    alarm.resume.store(place_of(database, shard), Ordering::Relaxed);
                    return ExpireStep { more: true, ..step };
                }
                let slice = budget_left.min(TIMERS_PER_LOCK);
                let mut unspent = slice;
                step.expired += self.in_shard(database, shard, now, |shard| shard.expire_due(&mut unspent));
                budget_left -= slice - unspent;
                if unspent == slice {
                    break; // nothing was due: another thread came first, or time has ended
                }
            }
            if let Some(wake) = database.counters(shard).next_wake() {
                step.next_wake = Some(step.next_wake.map_or(wake, |earlier| earlier.min(wake)));
            }
        }
        let until = step.next_wake.map_or(u64::MAX, Timestamp::as_millis);
        alarm.sleeps_until.compare_exchange(u64::MAX, until, Ordering::SeqCst, Ordering::SeqCst).ok();
        step
    }

    /// Does what a finished view left: removes the dead keys that it came across, as the expirer would, and frees what was removed.
    /// O(dead keys), and what dropping the [`Garbage`](crate::Garbage) costs.
    ///
    /// # Panics
    /// When called inside a view of a store.
    pub fn settle(&self, residue: Residue, now: Timestamp) {
        Turn::check();
        for noticed in &residue.noticed {
            if let Some(database) = self.inner().database(noticed.db) {
                self.in_shard(database, noticed.shard, now, |shard| shard.expire_noticed(noticed));
            }
        }
    }

    /// Runs `change` on one shard, locked for writing, as a view of that shard alone would.
    pub(crate) fn in_shard<R>(
        &self,
        database: &Database,
        index: usize,
        now: Timestamp,
        change: impl FnOnce(&mut ShardMut<'_, '_>) -> R,
    ) -> R
    where
        R: Default,
    {
        let turn = Turn::take();
        let inner = self.inner();
        let touch = Touch::at(now, inner.tracking.get());
        let mut changes = inner.no_changes();
        let Some(mut guard) = database.shards().write(index) else { return R::default() };
        let result = change(&mut ShardMut { database, index, guard: &mut guard, changes: &mut changes, now, touch });
        inner.publish(&mut changes);
        drop(guard);
        drop(turn);
        inner.after_release(&mut changes);
        result
    }
}

/// A thread that expires keys when their time has come, and sleeps otherwise. Ends when dropped.
pub struct Expirer {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Bell {
    state: Mutex<BellState>,
    rang: Condvar,
}

#[derive(Default)]
struct BellState {
    is_ringing: bool,
    is_over: bool,
}

impl Expirer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn spawn(store: &Store) -> std::io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let ring = Arc::clone(&bell);
        store.on_expiry_due(move || ring.ring(false));
        let (store, waiting) = (store.clone(), Arc::clone(&bell));
        let thread = std::thread::Builder::new().name("pyredis-expirer".into()).spawn(move || run(&store, &waiting))?;
        Ok(Self { bell, thread: Some(thread) })
    }
}

impl fmt::Debug for Expirer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Expirer").finish_non_exhaustive()
    }
}

impl Drop for Expirer {
    fn drop(&mut self) {
        self.bell.ring(true);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Bell {
    fn ring(&self, is_over: bool) {
        let mut state = self.state.lock();
        state.is_ringing = true;
        state.is_over |= is_over;
        self.rang.notify_one();
    }
}

fn run(store: &Store, bell: &Bell) {
    loop {
        let step = store.expire_step(store.now(), 1024);
        let mut state = bell.state.lock();
        if !state.is_ringing && !step.more {
            match step.next_wake {
                // Against a manual clock this wait is in real time; moving that clock rings the bell.
                Some(wake) => drop(bell.rang.wait_for(&mut state, wake.saturating_since(store.now()))),
                None => bell.rang.wait(&mut state),
            }
        }
        state.is_ringing = false;
        if state.is_over {
            return;
        }
    }
}
