//! Swapping two databases: each has the other's keys from one instant on, whatever their number.
//!
//! # How
//! With every shard of both locked, the shards of one place exchange what they hold: table, timers, their side of the snapshot, and the figures that follow
//! from these. Locks, numbers, watchers and those who wait stay where they are, so nobody who found a shard by its number has to look again.
//! `docs/decisions/001-keyspace.md` says why.
//!
//! # What goes on meanwhile
//! - **Watchers** watch a key of a numbered database: theirs is touched if it is there before, or after, as in Redis.
//! - **Who waits** for a key of a numbered database is served if it is there after.
//! - **The expirer** may see a wheel twice, or neither time. The wheels' next deadlines are published again, which wakes it.
//! - **A snapshot** writes entries under the number that their database had when it began ([`SnapshotSide`] has kept it), and its walker follows contents,
//!   not places ([`Contents`]).
//!
//! [`SnapshotSide`]: crate::snapshot::SnapshotSide

use std::mem::swap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::counters::Counters;
use crate::effect::Effect;
use crate::error::StoreError;
use crate::lock_set::LockSet;
use crate::shard::ShardMut;
use crate::store::Store;
use crate::view::View;

/// Which database holds what: contents are numbered as the databases were that they were made in.
pub(crate) struct Contents(Box<[AtomicU32]>);

impl Contents {
    pub(crate) fn of(databases: u32) -> Self {
        Self((0..databases).map(AtomicU32::new).collect())
    }

    /// The database that holds a content. It stays there while any of that database's shards is locked.
    pub(crate) fn place(&self, content: u32) -> Option<u32> {
        Some(self.0.get(content as usize)?.load(Ordering::Acquire))
    }

    /// To be called with all shards of both databases locked.
    fn swap(&self, one: u32, other: u32) {
        for place in &self.0 {
            let at = place.load(Ordering::Relaxed);
            if at == one {
                place.store(other, Ordering::Release);
            } else if at == other {
                place.store(one, Ordering::Release);
            }
        }
    }
}

impl View<'_> {
    /// Swaps two databases of which the view holds every shard for writing (see [`LockSet::swap`]). O(shards), and O(watched and waited-for keys).
    ///
    /// # Errors
    /// [`StoreError::Undeclared`] where it does not; [`StoreError::NoSuchDatabase`].
    pub fn swap_databases(&mut self, one: u32, other: u32) -> Result<(), StoreError> {
        let shards = self.check_swap(one, other)?;
        if one == other {
            return Ok(());
        }
        // Before anything is swapped: these are changes of their own.
        for (from, to) in [(one, other), (other, one)] {
            for shard in 0..shards {
                self.expire_what_others_watch(from, to, shard);
            }
        }
        for shard in 0..shards {
            self.with_pair(one, other, shard, swap_shards);
        }
        self.inner().contents.swap(one, other);
        self.with_pair(one, other, 0, |one, _| one.database.counters(0).changes.add(1));
        self.emit_whole(Effect::swap(one, other));
        Ok(())
    }

    /// A key that is watched where it is not, and dead where it is: to the watcher it is not there before and after.
    fn expire_what_others_watch(&mut self, from: u32, to: u32, shard: usize) {
        let watched = self.with_pair(to, from, shard, |to, _| to.guard.side().watchers.watched());
        let Some(watched) = watched.filter(|watched| !watched.is_empty()) else { return };
        self.with_pair(from, to, shard, |from, _| {
            for (hash, key) in watched {
                from.expire_dead(hash, &key);
            }
        });
    }
}

/// Swaps two shards of one place.
fn swap_shards(one: &mut ShardMut<'_, '_>, other: &mut ShardMut<'_, '_>) {
    touch_watchers(one, other);
    {
        let (our_side, our_slots) = one.guard.parts();
        let (their_side, their_slots) = other.guard.parts();
        swap(our_slots, their_slots);
        swap(&mut our_side.wheel, &mut their_side.wheel);
        swap(&mut our_side.snapshot, &mut their_side.snapshot);
    }
    Counters::swap(one.database.counters(one.index), other.database.counters(other.index));
    one.publish_wake();
    other.publish_wake();
    serve_what_came(one);
    serve_what_came(other);
}

/// Has those served who wait for what is there now.
fn serve_what_came(shard: &mut ShardMut<'_, '_>) {
    let waited_for = shard.guard.side().waiters.keys();
    waited_for.into_iter().for_each(|(hash, key)| shard.note_if_ready(hash, &key));
}

/// Tells those who watch a key in one of two shards that is there in either.
fn touch_watchers(one: &mut ShardMut<'_, '_>, other: &mut ShardMut<'_, '_>) {
    let (ours, theirs) = (one.guard.slots(), other.guard.slots());
    let is_there = |hash, key: &[u8]| ours.find_key(hash, key).is_some() || theirs.find_key(hash, key).is_some();
    one.guard.side().watchers.touch_where(&mut one.changes.ready, is_there);
    other.guard.side().watchers.touch_where(&mut other.changes.ready, is_there);
}

impl LockSet {
    /// Adds every shard of two databases that are to be swapped. They are made, if they do not exist. One and the same needs nothing.
    pub fn swap(&mut self, one: u32, other: u32) {
        if one != other {
            [one, other].into_iter().for_each(|db| self.make_database(db));
        }
    }
}

impl Store {
    /// Swaps two databases: who uses one by its number finds what was in the other, at once. O(shards).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("a", "1");
    /// store.swap_databases(0, 7)?;
    /// assert!(store.is_empty());
    /// assert_eq!(store.database(7)?.get("a").as_deref(), Some(&b"1"[..]));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NoSuchDatabase`].
    pub fn swap_databases(&self, one: u32, other: u32) -> Result<(), StoreError> {
        let (_, _) = (self.database(one)?, self.database(other)?);
        let mut locks = LockSet::new();
        locks.swap(one, other);
        self.with_view(locks, |view| view.swap_databases(one, other))
    }
}
