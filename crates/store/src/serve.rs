//! Serving those who wait: at the end of a view, with all its locks held, so that nobody sees what is theirs.
//!
//! Keys are looked at in the order in which they were written. What is moved into another list makes that key the last of them. Each key serves the
//! one that has waited longest for it, as long as it holds what is waited for. See `docs/decisions/011-waiting-clients.md`.

use std::collections::{HashSet, VecDeque};
use std::task::Waker;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::collection::{Collection, SortedSet};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::Want;
use crate::ops::ZremReason;
use crate::value::ValueRef;
use crate::view::View;
use crate::waiting::{Given, Kind, Served, WaitEnd, Wish};

/// Written keys that are waited for, and those who were served and are to be woken when the locks are released.
#[derive(Default)]
pub(crate) struct Ready {
    keys: VecDeque<ReadyKey>,
    /// Those in `keys`: each is there once.
    noted: HashSet<(u32, Bytes)>,
    wakers: Vec<Waker>,
}

struct ReadyKey {
    db: u32,
    shard: usize,
    hash: u64,
    bytes: Bytes,
}

impl Ready {
    pub(crate) fn note(&mut self, key: &Key<'_>) {
        let bytes = Bytes::copy_from_slice(key.bytes);
        if self.noted.insert((key.db, bytes.clone())) {
            self.keys.push_back(ReadyKey { db: key.db, shard: key.shard, hash: key.hash, bytes });
        }
    }

    /// Somebody is to be woken when the locks are released.
    pub(crate) fn wake_later(&mut self, waker: Waker) {
        self.wakers.push(waker);
    }

    /// Adds what another has noted later.
    pub(crate) fn merge(&mut self, other: Self) {
        for key in other.keys {
            self.note(&key.key());
        }
        self.wakers.extend(other.wakers);
    }

    fn next(&mut self) -> Option<ReadyKey> {
        let next = self.keys.pop_front()?;
        self.noted.remove(&(next.db, next.bytes.clone()));
        Some(next)
    }

    /// Wakes those who were served. To be called without locks.
    pub(crate) fn wake(self) {
        self.wakers.into_iter().for_each(Waker::wake);
    }
}

impl ReadyKey {
    fn key(&self) -> Key<'_> {
        Key { db: self.db, shard: self.shard, hash: self.hash, bytes: &self.bytes }
    }
}

impl Kind {
    pub(crate) fn of(entry: &Entry) -> Option<Self> {
        match entry.value() {
            ValueRef::Collection(Collection::List(_)) => Some(Self::List),
            ValueRef::Collection(Collection::SortedSet(_)) => Some(Self::SortedSet),
            ValueRef::Collection(_) | ValueRef::String(_) => None,
        }
    }
}

impl View<'_> {
    /// The shards that have to be locked with those that are, and are not.
    pub(crate) fn links_missing(&self) -> SmallVec<[Want; 4]> {
        let mut missing = SmallVec::new();
        for (db, shard) in self.links() {
            if !self.holds_for_writing(db, shard) {
                missing.push(Want { db, shard, only_read: false });
            }
        }
        missing
    }

    /// Serves those who wait for keys that were written through this view.
    #[inline]
    pub(crate) fn serve(&mut self) {
        if self.has_ready() {
            self.serve_ready();
        }
    }

    #[cold]
    fn serve_ready(&mut self) {
        while let Some(ready) = self.ready_mut().next() {
            let key = ready.key();
            while let Some(kind) = self.find(&key).ok().flatten().and_then(Kind::of)
                && let Ok(shard) = self.shard_mut(&key)
                && let Some(waiter) = shard.guard.side_mut().waiters.pop(&key, kind)
            {
                let (waker, _) = waiter.end(|wish| {
                    let given = self.give(&key, wish, waiter.target(key.db).as_ref()).transpose()?;
                    Some(WaitEnd::Served(Served { key: ready.bytes.clone(), given }))
                });
                self.ready_mut().wakers.extend(waker);
            }
        }
    }

    /// Does what is wished for. `None` where the key does not hold it, which the caller has seen it does.
    fn give(&mut self, key: &Key<'_>, wish: &Wish, target: Option<&Key<'_>>) -> Result<Option<Given>, StoreError> {
        match wish {
            Wish::Elements { end, count } => Ok(self.list_pop(key, *end, *count)?.map(Given::Elements)),
            Wish::Move { from, to, .. } => {
                let target = target.ok_or(StoreError::Undeclared)?;
                Ok(self.list_move((key, *from), (target, *to))?.map(Given::Moved))
            }
            Wish::Members { highest, count } => {
                let Some(set) = self.held::<SortedSet>(key)? else { return Ok(None) };
                let count = set.len().min(*count);
                let ranks = if *highest { set.len() - count..set.len() } else { 0..count };
                let members = set.range(ranks.clone()).map(|(member, score)| (Bytes::copy_from_slice(member), score));
                let mut members: Vec<_> = members.collect();
                if *highest {
                    members.reverse();
                }
                self.zrem_ranks(key, ranks, ZremReason::pop(*highest))?;
                Ok(Some(Given::Members(members)))
            }
        }
    }
}
