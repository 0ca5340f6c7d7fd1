//! Moving entries together, so that the allocator can give back the memory that lies between them.
//!
//! # Why
//! Allocators give out blocks of one size from pages of their own and give a page back when nothing in it is in use. Where most keys of many go, in no
//! order, every page keeps some, and no memory comes back (`docs/decisions/007-giving-memory-back.md`). A pass over all entries that puts each
//! into a new block fills some pages and empties the others.
//!
//! # Guarantee
//! A step changes nothing that can be seen but addresses: no effect, no access time, no side of a snapshot. It holds one shard's lock, for at most
//! [`ENTRIES_PER_LOCK`] entries or [`BYTES_PER_LOCK`] bytes and one window of the table.
//!
//! # Limits
//! A table that changes its size or is rehashed in the middle of the walk may have entries that are moved twice or not at all. That is
//! no mistake, only a little memory. Values that are not in their entry's block stay where they are, and so do blocks that are large: the memory of
//! those is given back as soon as they go.
//!
//! Whether it pays depends on the allocator, which the program chooses: so the store never does it by itself.

use std::fmt;

use crate::store::Store;
use crate::table::Slots;
use crate::turn::Turn;

/// How many entries are moved under one hold of a shard's lock: about.
const ENTRIES_PER_LOCK: usize = 256;
/// How many bytes are.
const BYTES_PER_LOCK: usize = 32 * 1024;
/// Groups of slots that are looked at together: what is in them is fetched first.
const WINDOW: usize = 8;
/// How many windows are looked at in a table that has little in it.
const WINDOWS_PER_LOCK: usize = 64;
/// The largest block that is moved: larger ones have few neighbours in their page, or none.
const MOVED_BYTES_MAX: usize = 16 * 1024;

/// A pass that moves every entry of a store into a new block, and tables that are too large into smaller ones. Whoever began it drives it with
/// [`step`](Self::step).
pub struct Compaction {
    store: Store,
    db: u32,
    shard: usize,
    /// The group of the shard's table to go on with; `None` before the table itself was looked at.
    group: Option<usize>,
}

/// What a step of a [`Compaction`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionStep {
    /// Entries that were moved.
    pub moved: usize,
    /// Whether there is more to do.
    pub more: bool,
}

impl Store {
    /// A pass over the entries of all databases that puts each into a new block, so that the allocator can give back what lies between them. It pays
    /// where much was removed: [`HighWater`] says when. Nothing is done before the first step.
    pub fn compaction(&self) -> Compaction {
        Compaction { store: self.clone(), db: 0, shard: 0, group: None }
    }
}

impl Compaction {
    /// Moves some hundred entries, of 32 KB in all or a little more, or one table, under one shard's lock. Shards without keys are passed over
    /// without a lock.
    ///
    /// # Panics
    /// When called inside a view of a store.
    pub fn step(&mut self) -> CompactionStep {
        let _turn = Turn::take();
        let inner = self.store.inner();
        while self.db < self.store.databases() {
            let Some(database) = inner.database(self.db).filter(|_| self.shard < inner.shard_count) else {
                (self.db, self.shard, self.group) = (self.db + 1, 0, None);
                continue;
            };
            if !inner.is_empty_shard(database, self.shard)
                && let Some(mut guard) = database.shards().write(self.shard)
            {
                let (_, slots) = guard.parts();
                let mut moved = 0;
                self.group = match self.group {
                    None => {
                        slots.fit(database.hasher());
                        database.counters(self.shard).groups.set(slots.groups());
                        Some(0)
                    }
                    Some(group) => relocate(slots, group, &mut moved),
                };
                self.shard += usize::from(self.group.is_none());
                return CompactionStep { moved, more: true };
            }
            (self.shard, self.group) = (self.shard + 1, None);
        }
        CompactionStep { moved: 0, more: false }
    }
}

/// Moves entries from a group on, as many as one hold of the lock may. Returns where to go on.
fn relocate(slots: &mut Slots, first: usize, moved: &mut usize) -> Option<usize> {
    let (mut bytes, mut next) = (0, first);
    for _ in 0..WINDOWS_PER_LOCK {
        if next >= slots.groups() || *moved >= ENTRIES_PER_LOCK || bytes >= BYTES_PER_LOCK {
            break;
        }
        slots.for_each_in_window(next, WINDOW, |entry| {
            if entry.block_bytes() <= MOVED_BYTES_MAX {
                *moved += 1;
                bytes += entry.block_bytes();
                entry.relocate();
            }
        });
        next += WINDOW;
    }
    (next < slots.groups()).then_some(next)
}

impl fmt::Debug for Compaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Compaction").field("db", &self.db).field("shard", &self.shard).finish_non_exhaustive()
    }
}

/// Memory that was in use is worth collecting from so many bytes on.
const GONE_BYTES_MIN: u64 = 8 * 1024 * 1024;
/// And where it is at least this fraction of what there was.
const GONE_PART: u64 = 4;
/// Or this fraction, where a pass came before the ebb was over.
const REST_PART: u64 = 16;
/// What goes by this fraction from one look to the next is still on its way out; by half of it where looks come twice as often.
const GOING_PART: u64 = 64;
/// And what goes by less than this one is at rest.
const RESTING_PART: u64 = 1024;

/// Says when a [`Compaction`] pays: when at least a quarter of the most that there was is gone, 8 MB or more, and no more is going at the moment. To
/// be asked every second or so, and twice as often while it [`is_ebbing`](Self::is_ebbing).
///
/// What goes slowly, or with pauses, is taken for what has come to rest, and the last of it may be less than a quarter of what the pass has
/// left. So it says yes once more when nothing has been added since a pass, a sixteenth is gone, and nothing is going.
#[derive(Debug, Clone, Copy, Default)]
pub struct HighWater {
    high: u64,
    last: u64,
    /// `high` is what there was at the last pass, and there has never been more since.
    passed: bool,
    ebbing: bool,
}

impl HighWater {
    /// Takes how much is in use now ([`Store::memory`]). Says yes once, and then begins anew from what is there.
    pub fn has_ebbed(&mut self, bytes: u64) -> bool {
        let is_going = bytes < self.last - self.last / if self.ebbing { 2 * GOING_PART } else { GOING_PART };
        let is_resting = bytes >= self.last - self.last / RESTING_PART;
        self.last = bytes;
        self.passed &= bytes <= self.high;
        self.high = self.high.max(bytes);
        let part = if self.passed && is_resting { REST_PART } else { GONE_PART };
        let is_worth_it = self.high - bytes >= GONE_BYTES_MIN.max(self.high / part);
        let has_ebbed = is_worth_it && !is_going;
        self.ebbing = is_worth_it && is_going;
        if has_ebbed {
            (self.high, self.passed) = (bytes, true);
        }
        has_ebbed
    }

    /// Whether enough was gone at the last look for a pass to pay, and more was going.
    pub const fn is_ebbing(&self) -> bool {
        self.ebbing
    }
}

#[cfg(test)]
#[path = "compact_tests.rs"]
mod tests;
