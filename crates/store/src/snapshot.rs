//! Snapshots: the whole store as it was at one instant, while writers go on.
//!
//! # Guarantee
//! The sink receives every entry that existed when [`Store::begin_snapshot`] returned, once, as it was then, and nothing else.
//!
//! # How
//! Each entry has a bit that says on which side of the current snapshot it is. Beginning one takes every shard's lock once, in order, and
//! under them turns the meaning of the bit and notes how many entries each shard owes. New entries are born on the new side. Whoever
//! changes or removes an entry on the old side hands it to the sink first (`shard.rs`); the walker does the same for those that nobody
//! touches, in slices, home by home. A flushed table goes to the walker, which owns it then and needs no lock for it.
//!
//! # What happens if
//! - databases are swapped meanwhile: what they hold takes its account and the number that it had along, and the walk goes by contents, not by places;
//! - a table grows or shrinks meanwhile: homes split or join and the walk goes on, as SCAN does; the bit keeps entries from being seen twice;
//! - the walk is dropped: it goes on without a sink until nothing is owed, because the next snapshot needs all bits on one side.
//!
//! # Limits
//! The old values that writers hand over wait in the sink, by reference: at worst, with a sink much slower than the writers, one copy of
//! each value that was overwritten.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use parking_lot::Mutex;
use thiserror::Error;

use crate::clock::Timestamp;
use crate::database::Database;
use crate::entry::Entry;
use crate::scan::{HomeCursor, homes_max};
use crate::shard::Side;
use crate::store::Store;
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
type Detached = Arc<Mutex<Vec<DetachedTable>>>;

/// A table that was flushed: its database, the side that its shard had, and the home from which on the snapshot has yet to see it.
struct DetachedTable {
    db: u32,
    slots: Slots,
    side: bool,
    home: usize,
}

/// A shard's part in snapshots. The default is right for a new shard: nothing owed, everything on the side `false`.
#[derive(Default)]
pub(crate) struct SnapshotSide {
    side: bool,
    owed: usize,
    /// The number that the database had when the running snapshot began: it is swapped with what it holds.
    db: u32,
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
    pub(crate) fn hand_over(&mut self, entry: &mut Entry) {
        if entry.side() == self.side {
            return;
        }
        if let Some(running) = &self.running {
            running.sink.hand_over(record(self.db, entry));
        }
        entry.set_side(self.side);
        self.owed -= 1;
        if self.owed == 0 {
            self.running = None;
        }
    }

    /// Gives a flushed table to the snapshot's walker, or back to the caller if nothing in it is owed.
    pub(crate) fn take_detached(&mut self, slots: Slots) -> Option<Slots> {
        self.owed = 0;
        match self.running.take() {
            Some(running) => {
                running.detached.lock().push(DetachedTable { db: self.db, slots, side: self.side, home: 0 });
                None
            }
            None => Some(slots),
        }
    }

    fn flip(&mut self, db: u32, owed: usize, running: &Running) {
        debug_assert_eq!(self.owed, 0, "the last snapshot has seen everything");
        (self.side, self.owed, self.db) = (!self.side, owed, db);
        self.running = (owed > 0).then(|| running.clone());
    }
}

fn record(db: u32, entry: &Entry) -> Record {
    Record { db, key: Bytes::copy_from_slice(entry.key()), value: entry.value().to_value(), deadline: entry.deadline() }
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
            .flat_map(|database| {
                let guards = (0..database.shards().count()).filter_map(|index| database.shards().write(index));
                guards.map(|guard| (database.number(), guard))
            })
            .collect();
        let mut keys_total = 0;
        for (db, guard) in &mut guards {
            let owed = guard.slots().len();
            keys_total += owed;
            guard.side_mut().snapshot.flip(*db, owed, &running);
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
    /// Content ([`Contents`](crate::swap::Contents)), shard and home to look at next; `None` when all shards are through.
    position: Option<(u32, usize, HomeCursor)>,
    keys_total: usize,
    is_dropped: bool,
}

impl SnapshotWalk {
    /// How many records the sink will have received in all.
    pub const fn keys_total(&self) -> usize {
        self.keys_total
    }

    /// Hands over about `entries` entries, under one shard's lock at most, or finds that nothing is owed any more. Call it again at once, or
    /// after having written what the sink holds.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn step(&mut self, entries: usize) -> WalkProgress {
        let entries = entries.max(1);
        let detached = self.running.detached.lock().pop();
        if let Some(table) = detached {
            self.step_detached(table, entries);
            return WalkProgress::More;
        }
        let Some((content, shard, home)) = self.position else { return WalkProgress::Done };
        let inner = self.store.inner();
        let place = inner.contents.place(content);
        let database = place.and_then(|place| inner.database(place));
        self.position = match database.map(|database| self.walk_shard(database, content, shard, home, entries)) {
            Some(Some(home)) => Some((content, shard, home)),
            Some(_) if shard + 1 < inner.shard_count => Some((content, shard + 1, HomeCursor::START)),
            // A database that is made from now on owes nothing.
            _ if content + 1 < self.store.databases() => Some((content + 1, 0, HomeCursor::START)),
            _ => None,
        };
        WalkProgress::More
    }

    /// Hands over a slice of a flushed table, without a lock: nobody else has it.
    fn step_detached(&self, mut table: DetachedTable, entries: usize) {
        let (hasher, sink) = (&self.store.inner().hasher, &self.running.sink);
        let (mut seen, homes_end) = (0, table.slots.groups().min(table.home.saturating_add(homes_max(entries))));
        while table.home < homes_end && seen < entries && !self.is_dropped {
            table.slots.for_each_in_home(table.home, hasher, |entry| {
                if entry.side() != table.side {
                    sink.hand_over(record(table.db, entry));
                    seen += 1;
                }
            });
            table.home += 1;
        }
        if table.home < table.slots.groups() && !self.is_dropped {
            self.running.detached.lock().push(table);
        }
    }

    /// Hands over a slice of a shard, or only turns its bits. Returns where to go on; `None` when the shard owes nothing.
    fn walk_shard(
        &self,
        database: &Database,
        content: u32,
        shard: usize,
        mut home: HomeCursor,
        entries: usize,
    ) -> Option<HomeCursor> {
        let _turn = Turn::take();
        let mut guard = database.shards().write(shard)?;
        if self.store.inner().contents.place(content) != Some(database.number()) {
            // It was swapped while we waited.
            return Some(home);
        }
        let (Side { snapshot, .. }, slots) = guard.parts();
        if self.is_dropped {
            snapshot.running = None;
        }
        let goal = snapshot.owed.saturating_sub(entries);
        let mut homes_left = homes_max(entries);
        while snapshot.owed > goal && homes_left > 0 {
            slots.for_each_in_home_mut(home.index(slots), database.hasher(), |entry| {
                snapshot.hand_over(entry);
            });
            home = home.next(slots).unwrap_or(HomeCursor::START);
            homes_left -= 1;
        }
        (snapshot.owed > 0).then_some(home)
    }
}

impl fmt::Debug for SnapshotWalk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SnapshotWalk").field("keys_total", &self.keys_total).finish_non_exhaustive()
    }
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
