//! Waiting for a key to hold something: what BLPOP and its relatives do where there is nothing yet.
//!
//! A [`Waiting`] stands in the queues of its keys from the instant at which its view found nothing there. Whoever writes one of them serves it, see
//! `serve.rs`. It is a future, for any runtime or none: it is woken once, and nothing looks at it meanwhile.
//!
//! # Invariants
//! - A client's state leaves `Waits` once: it is served, or it is told to go, or it leaves. Who changes it holds the state's lock, which is never held
//!   while a shard's lock is waited for.
//! - It is served only by who holds the lock of one of its keys, and of what it moves to.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::collection::List;
use crate::error::StoreError;
use crate::key::Key;
use crate::ops::{ListEnd, ZremReason};
use crate::store::Store;
use crate::view::View;

/// What is waited for, and what is done when it is there.
#[derive(Debug, Clone)]
pub enum Wish {
    /// To take elements from an end of a list, at most so many.
    Elements {
        /// The end.
        end: ListEnd,
        /// How many at most; at least one.
        count: usize,
    },
    /// To move an element to a list of the same database.
    Move {
        /// From this end.
        from: ListEnd,
        /// To this end.
        to: ListEnd,
        /// Of the list of this key.
        target: Bytes,
    },
    /// To take members of the lowest or the highest scores from a sorted set, at most so many.
    Members {
        /// From the highest.
        highest: bool,
        /// How many at most; at least one.
        count: usize,
    },
}

/// What a client was given.
#[derive(Debug, Clone)]
pub struct Served {
    /// The key that it is from.
    pub key: Bytes,
    /// What it is. An error where it could not be moved, because the target holds something else.
    pub given: Result<Given, StoreError>,
}

/// What was taken from a key.
#[derive(Debug, Clone)]
pub enum Given {
    /// Elements of a list, in their order there.
    Elements(List),
    /// An element that is in another list now.
    Moved(Vec<u8>),
    /// Members and their scores, in the order in which they were asked for.
    Members(Vec<(Bytes, f64)>),
}

/// Why a client no longer waits.
#[derive(Debug, Clone)]
pub enum WaitEnd {
    /// It was given something.
    Served(Served),
    /// Somebody wants it to go on with nothing, as when its time is over.
    GivenUp,
    /// Somebody wants it to fail.
    Refused,
}

/// The types of what can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    SortedSet,
}

/// A client that waits, as the queues know it.
pub(crate) struct Waiter {
    ticket: u64,
    wish: Wish,
    /// Where it moves to.
    target: Option<(usize, u64)>,
    state: Mutex<State>,
    /// The queues that it stands in.
    places: AtomicUsize,
    /// How many wait in the whole store.
    all: Arc<AtomicUsize>,
}

enum State {
    Waits(Option<Waker>),
    Ended(WaitEnd),
    Left,
}

impl Waiter {
    pub(crate) const fn ticket(&self) -> u64 {
        self.ticket
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self.wish {
            Wish::Elements { .. } | Wish::Move { .. } => Kind::List,
            Wish::Members { .. } => Kind::SortedSet,
        }
    }

    /// The shard that is written when it is served, beside its key's.
    pub(crate) fn target_shard(&self) -> Option<usize> {
        self.target.map(|(shard, _)| shard)
    }

    /// The key that it moves to.
    pub(crate) fn target(&self, db: u32) -> Option<Key<'_>> {
        let (Wish::Move { target, .. }, Some((shard, hash))) = (&self.wish, self.target) else { return None };
        Some(Key { db, shard, hash, bytes: target })
    }

    pub(crate) fn has_left_a_queue(&self) {
        self.places.fetch_sub(1, Ordering::Relaxed);
    }

    /// Ends the wait with what `end` makes of the wish, if it still lasts; `None` from `end` lets it last. Returns whom to wake, and whether it has ended.
    pub(crate) fn end(&self, end: impl FnOnce(&Wish) -> Option<WaitEnd>) -> (Option<Waker>, bool) {
        let mut state = self.state.lock();
        let State::Waits(waker) = &mut *state else { return (None, false) };
        let Some(ended) = end(&self.wish) else { return (None, false) };
        let waker = waker.take();
        self.leave(&mut state, State::Ended(ended));
        (waker, true)
    }

    fn leave(&self, state: &mut State, to: State) {
        *state = to;
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A client's wait, until it is served or dropped. Being polled again after it was ready, it waits for ever.
///
/// Dropping it, like [`stop`](Self::stop), takes it out of its queues: not inside a view.
pub struct Waiting {
    store: Store,
    keys: Vec<Box<[u8]>>,
    waiter: Arc<Waiter>,
}

/// Lets others end a wait.
#[derive(Clone)]
pub struct WaitHandle(Arc<Waiter>);

impl WaitHandle {
    /// Ends the wait, if it still lasts: with [`WaitEnd::GivenUp`], or with [`WaitEnd::Refused`] if it is to fail. Returns whether it did. O(1), no shard
    /// is locked.
    pub fn end(&self, refuse: bool) -> bool {
        let (waker, has_ended) = self.0.end(|_| Some(if refuse { WaitEnd::Refused } else { WaitEnd::GivenUp }));
        waker.into_iter().for_each(Waker::wake);
        has_ended
    }
}

impl Waiting {
    /// Begins to wait for one of these keys of the store's database, which the view holds for writing and has found without what is wished for, as it does
    /// what is moved to. Who has begun earlier is served earlier. O(log n) for each key with n clients in its queue.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`] where the view does not hold what is needed.
    pub fn begin(store: &Store, view: &mut View<'_>, keys: &[Key<'_>], wish: Wish) -> Result<Self, StoreError> {
        let db = keys.first().ok_or(StoreError::Undeclared)?.db();
        let store = store.database(db)?;
        let target = match &wish {
            Wish::Move { target, .. } => Some(store.key(target)),
            Wish::Elements { .. } | Wish::Members { .. } => None,
        };
        for key in keys.iter().chain(&target) {
            view.shard_mut(key)?;
        }
        let target = target.map(|target| (target.shard, target.hash));
        let (ticket, all) = store.inner().waits.begin();
        let state = Mutex::new(State::Waits(None));
        let waiter = Arc::new(Waiter { ticket, wish, target, state, places: AtomicUsize::new(0), all });
        let mut waiting = Self { store, keys: Vec::with_capacity(keys.len()), waiter };
        for key in keys {
            let shard = view.shard_mut(key)?;
            if shard.guard.side_mut().waiters.add(key, &waiting.waiter) {
                waiting.waiter.places.fetch_add(1, Ordering::Relaxed);
                waiting.keys.push(key.bytes.into());
            }
        }
        Ok(waiting)
    }

    /// What others can end the wait by.
    pub fn handle(&self) -> WaitHandle {
        WaitHandle(Arc::clone(&self.waiter))
    }

    /// Stops waiting, and says how the wait ended if it did before. From here on nobody serves it. Locks the shard of each key for a moment.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn stop(self) -> Option<WaitEnd> {
        self.leave()
    }

    fn leave(&self) -> Option<WaitEnd> {
        let mut state = self.waiter.state.lock();
        match &*state {
            State::Waits(_) => {
                self.waiter.leave(&mut state, State::Left);
                None
            }
            State::Ended(_) => match std::mem::replace(&mut *state, State::Left) {
                State::Ended(end) => Some(end),
                State::Waits(_) | State::Left => None,
            },
            State::Left => None,
        }
    }
}

impl Future for Waiting {
    type Output = WaitEnd;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<WaitEnd> {
        if let State::Waits(waker) = &mut *self.waiter.state.lock() {
            match waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        self.leave().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
        // Whoever served it has taken it out of the queue of that key; most wait for one.
        for key in &self.keys {
            if self.waiter.places.load(Ordering::Relaxed) == 0 {
                return;
            }
            let key = self.store.key(key);
            self.store.with_shard(&key, |shard| {
                let waiters = &mut shard.guard.side_mut().waiters;
                waiters.remove(&key, self.waiter.kind(), self.waiter.ticket);
            });
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Waiting").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for WaitHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WaitHandle").finish_non_exhaustive()
    }
}

/// What a store keeps of all who wait.
#[derive(Default)]
pub(crate) struct Waits {
    last_ticket: std::sync::atomic::AtomicU64,
    clients: Arc<AtomicUsize>,
}

impl Waits {
    /// Counts one more, and gives it a number that is higher than those given before. Under the locks of its keys: their queues are in this order.
    fn begin(&self) -> (u64, Arc<AtomicUsize>) {
        self.clients.fetch_add(1, Ordering::Relaxed);
        (self.last_ticket.fetch_add(1, Ordering::Relaxed), Arc::clone(&self.clients))
    }

    fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }
}

impl Store {
    /// How many clients wait, in all databases. No locks.
    pub fn waiting(&self) -> usize {
        self.inner().waits.clients()
    }
}

impl ZremReason {
    pub(crate) const fn pop(highest: bool) -> Self {
        if highest { Self::PopMax } else { Self::PopMin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock_set::LockSet;

    /// Places in the queues of all shards.
    fn entries(store: &Store) -> usize {
        let shards = (0..store.shard_count()).filter_map(|shard| store.inner().database(0)?.shards().write(shard));
        shards.map(|shard| shard.side().waiters.entries()).sum()
    }

    #[test]
    fn who_leaves_or_is_served_leaves_nothing_in_the_shards() {
        let store = Store::builder().shards(4).build();
        let wait = |names: &[&str]| {
            let keys: Vec<Key<'_>> = names.iter().map(|name| store.key(name.as_bytes())).collect();
            let mut locks = LockSet::new();
            keys.iter().for_each(|key| locks.write(key));
            let mut view = store.lock(locks, store.now());
            let wish = Wish::Elements { end: ListEnd::Front, count: 1 };
            Waiting::begin(&store, &mut view, &keys, wish).unwrap()
        };
        let (first, second, third) = (wait(&["a", "b", "c", "a"]), wait(&["a"]), wait(&["d"]));
        assert_eq!(entries(&store), 5, "a client stands once in each queue");
        store.list("a").extend(ListEnd::Back, ["x", "y"]).unwrap();
        assert_eq!((entries(&store), store.waiting()), (3, 1), "whoever serves takes them out of the key's queue");
        drop((first, second));
        assert_eq!(entries(&store), 1);
        third.stop();
        assert_eq!((entries(&store), store.waiting()), (0, 0));
    }
}
