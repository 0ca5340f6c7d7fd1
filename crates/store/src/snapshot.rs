//! Snapshots: the whole store as it was at one instant, while writers go on.
//!
//! # Guarantee
//! The sink receives every entry that existed when [`Store::begin_snapshot`] returned, once, as it was then, and nothing else.
//!
//! # How
//! Each entry has a bit that says on which side of the current snapshot it is. Beginning one takes every shard's lock once, in order, and
//! under them turns the meaning of the bit and notes how many entries each shard owes. New entries are born on the new side. Whoever
//! changes or removes an entry on the old side hands it to the sink first (`shard.rs`); the walker does the same for those that nobody
//! touches, in slices, home by home. A flushed table goes to the walker whole.
//!
//! # What happens if
//! - a table grows or shrinks meanwhile: homes split or join and the walk goes on, as SCAN does; the bit keeps entries from being seen twice;
//! - the walk is dropped: it goes on without a sink until nothing is owed, because the next snapshot needs all bits on one side.
//!
//! # Limits
//! The old values that writers hand over wait in the sink, by reference: at worst, with a sink much slower than the writers, one copy of
//! each value that was overwritten.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use parking_lot::Mutex;
use thiserror::Error;

use crate::clock::Timestamp;
use crate::entry::Entry;
use crate::scan::HomeCursor;
use crate::store::{Inner, Store};
use crate::table::Slots;
use crate::turn::Turn;
use crate::value::Value;

/// One key as it was when the snapshot began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The database's number.
    pub db: u32,
    /// The key.
    pub key: Bytes,
    /// What the key held; shared with the store, not copied.
    pub value: Value,
    /// When it expires, if it does. May be in the past.
    pub deadline: Option<Timestamp>,
}

/// Receives the records of a snapshot.
pub trait SnapshotSink: Send + Sync {
    /// Takes a record. Called with a shard locked, from whichever thread changes the key first: it must not wait, panic, touch a
    /// file or call the store.
    fn hand_over(&self, record: Record);
}

/// A snapshot is being taken already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a snapshot is already in progress")]
pub struct SnapshotRunning;

/// Whether a walk is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkProgress {
    /// Entries are still owed.
    More,
    /// The sink has everything.
    Done,
}

/// Flushed tables that a running snapshot has yet to see.
type Detached = Arc<Mutex<Vec<(u32, Slots, bool)>>>;

/// A shard's part in snapshots. The default is right for a new shard: nothing owed, everything on the side `false`.
#[derive(Default)]
pub(crate) struct SnapshotSide {
    side: bool,
    owed: usize,
    running: Option<Running>,
}

#[derive(Clone)]
struct Running {
    sink: Arc<dyn SnapshotSink>,
    detached: Detached,
}

impl SnapshotSide {
    /// The side on which entries are born, and on which those are that the snapshot need not see.
    pub(crate) const fn side(&self) -> bool {
        self.side
    }

    /// How many entries the running snapshot has not seen yet.
    pub(crate) const fn owed(&self) -> usize {
        self.owed
    }

    /// Gives the entry to the snapshot if that has not seen it. To be called before any change of an entry.
    pub(crate) fn hand_over(&mut self, db: u32, entry: &mut Entry) {
        if entry.side() == self.side {
            return;
        }
        if let Some(running) = &self.running {
            running.sink.hand_over(record(db, entry));
        }
        entry.set_side(self.side);
        self.owed -= 1;
        if self.owed == 0 {
            self.running = None;
        }
    }

    /// Gives a flushed table to the snapshot's walker, or back to the caller if nothing in it is owed.
    pub(crate) fn take_detached(&mut self, db: u32, table: Slots) -> Option<Slots> {
        self.owed = 0;
        match self.running.take() {
            Some(running) => {
                running.detached.lock().push((db, table, self.side));
                None
            }
            None => Some(table),
        }
    }

    fn flip(&mut self, owed: usize, running: &Running) {
        debug_assert_eq!(self.owed, 0, "the last snapshot has seen everything");
        (self.side, self.owed) = (!self.side, owed);
        self.running = (owed > 0).then(|| running.clone());
    }
}

fn record(db: u32, entry: &Entry) -> Record {
    Record { db, key: Bytes::copy_from_slice(entry.key()), value: entry.value().clone(), deadline: entry.deadline() }
}

impl Store {
    /// Begins a snapshot of all databases at this instant. Takes every shard's lock once; O(shards).
    ///
    /// # Errors
    /// [`SnapshotRunning`] while an earlier one's [`SnapshotWalk`] is alive.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn begin_snapshot(&self, sink: Arc<dyn SnapshotSink>) -> Result<SnapshotWalk, SnapshotRunning> {
        let _turn = Turn::take();
        let inner = self.inner();
        if inner.snapshot_running.swap(true, Ordering::AcqRel) {
            return Err(SnapshotRunning);
        }
        let running = Running { sink, detached: Detached::default() };
        let frozen = inner.freeze_databases();
        let mut guards: Vec<_> = inner
            .databases()
            .flat_map(|database| (0..database.shards().count()).filter_map(|index| database.shards().write(index)))
            .collect();
        let mut keys_total = 0;
        for guard in &mut guards {
            keys_total += guard.slots.len();
            guard.side.snapshot.flip(guard.slots.len(), &running);
        }
        drop(guards);
        drop(frozen);
        Ok(SnapshotWalk {
            store: self.clone(),
            running,
            position: Some((0, 0, HomeCursor::START)),
            keys_total,
            is_dropped: false,
        })
    }
}

/// A snapshot in progress. Whoever began it drives it with [`step`](Self::step) until that says `Done`.
pub struct SnapshotWalk {
    store: Store,
    running: Running,
    /// Database, shard and home to look at next; `None` when all shards are through.
    position: Option<(u32, usize, HomeCursor)>,
    keys_total: usize,
    is_dropped: bool,
}

impl SnapshotWalk {
    /// How many records the sink will have received in all.
    pub const fn keys_total(&self) -> usize {
        self.keys_total
    }

    /// Hands over about `entries` entries under one shard's lock, or finds that nothing is owed any more. Call it again at once, or after
    /// having written what the sink holds.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn step(&mut self, entries: usize) -> WalkProgress {
        let detached = self.running.detached.lock().pop();
        if let Some((db, table, side)) = detached {
            if !self.is_dropped {
                self.hand_over_table(db, &table, side);
            }
            return WalkProgress::More;
        }
        let Some((db, shard, home)) = self.position else { return WalkProgress::Done };
        self.position = match walk_shard(self.store.inner(), db, shard, home, (entries.max(1), self.is_dropped)) {
            Some(home) => Some((db, shard, home)),
            None if shard + 1 < self.store.inner().shard_count => Some((db, shard + 1, HomeCursor::START)),
            None if db + 1 < self.store.databases() => Some((db + 1, 0, HomeCursor::START)),
            None => None,
        };
        WalkProgress::More
    }

    fn hand_over_table(&self, db: u32, table: &Slots, side: bool) {
        for home in 0..table.buckets() {
            table.for_each_in_home(home, &self.store.inner().hasher, |entry| {
                if entry.side() != side {
                    self.running.sink.hand_over(record(db, entry));
                }
            });
        }
    }
}

/// Hands over a slice of a shard, or only turns its bits. Returns where to go on; `None` when the shard owes nothing.
fn walk_shard(
    inner: &Inner,
    db: u32,
    shard: usize,
    mut home: HomeCursor,
    (entries, discard): (usize, bool),
) -> Option<HomeCursor> {
    let _turn = Turn::take();
    let database = inner.database(db)?;
    let mut guard = database.shards().write(shard)?;
    if discard {
        guard.side.snapshot.running = None;
    }
    let goal = guard.side.snapshot.owed.saturating_sub(entries);
    let mut homes_left = entries.saturating_mul(8).max(64);
    while guard.side.snapshot.owed > goal && homes_left > 0 {
        let snapshot = &mut guard.side.snapshot;
        guard.slots.for_each_in_home_mut(home.index(), &inner.hasher, |entry| snapshot.hand_over(db, entry));
        home = home.next(guard.slots.buckets()).unwrap_or(HomeCursor::START);
        homes_left -= 1;
    }
    (guard.side.snapshot.owed > 0).then_some(home)
}

impl Drop for SnapshotWalk {
    /// Walks on until nothing is owed, without giving the sink what it finds. Writers may hand something over until then.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store, and the walk is not done.
    fn drop(&mut self) {
        self.is_dropped = true;
        while self.step(256) == WalkProgress::More {}
        self.store.inner().snapshot_running.store(false, Ordering::Release);
    }
}
