//! Locked views: how anyone reads or changes the store.
//!
//! A [`LockSet`] names keys and how they are to be used; [`Store::lock`](crate::Store::lock) takes the locks of their shards once, in
//! ascending order of database and shard, shared for reading and exclusive for writing, and gives a [`View`]. Everything done through one view
//! happens at one instant for everybody else. A view cannot lock more, and while a thread has one, it cannot open another.
//!
//! When the view ends, those who wait for what was written are served (`serve.rs`), and its effects go to the sink as one unit before the locks are released; what need not be done under locks
//! (freeing flushed tables and long values, removing dead keys that readers came across) comes after.

use std::cell::{Cell, RefCell};

use ahash::RandomState;
use bytes::Bytes;
use parking_lot::RwLockReadGuard;
use smallvec::SmallVec;

use crate::access::Touch;
use crate::clock::Timestamp;
use crate::database::Database;
use crate::effect::Effect;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::{LockSet, Want};
use crate::notice::{self, Notice};
use crate::residue::{Garbage, Lookups, Residue};
use crate::seen::Seen;
use crate::serve::Ready;
use crate::shard::{Changes, Noticed, ShardMut, Side};
use crate::store::Inner;
use crate::table::{ExclusiveShard, SharedShard, Slots};
use crate::turn::Turn;
use crate::value::Value;
use crate::watch::WatchSet;

enum Guard<'s> {
    Shared(SharedShard<'s, Side>),
    Exclusive(ExclusiveShard<'s, Side>),
}

impl Guard<'_> {
    fn slots(&self) -> &Slots {
        match self {
            Self::Shared(guard) => guard.slots(),
            Self::Exclusive(guard) => guard.slots(),
        }
    }
}

struct Held<'s> {
    database: &'s Database,
    shard: usize,
    guard: Guard<'s>,
}

/// The locked shards of a [`LockSet`], at one instant. Operations on keys are in `ops/`.
pub struct View<'s> {
    inner: &'s Inner,
    now: Timestamp,
    /// What an access does to a key's access word.
    touch: Touch,
    held: SmallVec<[Held<'s>; 1]>,
    absent: Option<Box<Absent<'s>>>,
    changes: Changes,
    noticed: RefCell<Vec<Noticed>>,
    seen: Seen,
    lookups: Cell<Lookups>,
    /// Until the locks are released.
    turn: Option<Turn>,
}

/// Databases that were wanted and do not exist: empty for this view.
struct Absent<'s> {
    numbers: SmallVec<[u32; 1]>,
    /// Nobody may make one: what this view saw as empty stays so until it ends.
    _frozen: RwLockReadGuard<'s, ()>,
}

/// What is done to keys: whether their shards are locked for one writer or for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Keys are only read.
    Read,
    /// Keys may be changed.
    Write,
}

impl<'s> View<'s> {
    /// The view of a lock set.
    pub(crate) fn open(inner: &'s Inner, mut locks: LockSet, now: Timestamp) -> Self {
        let turn = Turn::take();
        for want in locks.shards.iter().filter(|want| !want.only_read) {
            inner.database_or_make(want.db);
        }
        let absent = Absent::among(inner, &locks);
        let LockSet { shards: wants, databases } = &mut locks;
        for &(db, only_read) in databases.iter().filter(|(db, _)| inner.database(*db).is_some()) {
            wants.extend((0..inner.shard_count).map(|shard| Want { db, shard, only_read }));
        }
        let mut view = Self::empty(inner, now, turn);
        view.absent = absent.map(Box::new);
        loop {
            wants.sort_unstable();
            wants.dedup_by_key(|want| (want.db, want.shard));
            for want in wants.iter().copied() {
                view.hold(want);
            }
            // Whoever is served by this view may need more. What they need may be another by the next look, but the set only grows.
            let missing = view.links_missing();
            if missing.is_empty() {
                return view;
            }
            view.held.clear();
            wants.extend(missing);
        }
    }

    /// The view of the shard of one key: what most commands need, without the making of a set.
    #[inline]
    pub(crate) fn open_key(inner: &'s Inner, key: &Key<'_>, access: Access, now: Timestamp) -> Self {
        let want = Want { db: key.db, shard: key.shard, only_read: access == Access::Read };
        if inner.database(key.db).is_none() {
            return Self::open(inner, LockSet::from(want), now);
        }
        let mut view = Self::empty(inner, now, Turn::take());
        view.hold(want);
        if view.has_links() {
            drop(view);
            return Self::open(inner, LockSet::from(want), now);
        }
        view
    }

    /// Whether shards have to be locked with those that are.
    #[inline]
    fn has_links(&self) -> bool {
        self.links().next().is_some()
    }

    /// The shards that have to be locked for writing with those that are, by database.
    #[inline]
    pub(crate) fn links(&self) -> impl Iterator<Item = (u32, usize)> {
        self.held.iter().flat_map(|held| {
            let waiters = match &held.guard {
                Guard::Shared(_) => None,
                Guard::Exclusive(guard) => Some(&guard.side().waiters),
            };
            waiters.into_iter().flat_map(|waiters| waiters.links()).map(|shard| (held.database.number(), shard))
        })
    }

    pub(crate) fn holds_for_writing(&self, db: u32, shard: usize) -> bool {
        let held = self.position(db, shard).and_then(|at| self.held.get(at));
        held.is_some_and(|held| matches!(held.guard, Guard::Exclusive(_)))
    }

    /// Whether keys were written that somebody waits for.
    #[inline]
    pub(crate) const fn has_ready(&self) -> bool {
        self.changes.ready.is_some()
    }

    pub(crate) fn ready_mut(&mut self) -> &mut Ready {
        self.changes.ready.get_or_insert_default()
    }

    #[inline]
    fn empty(inner: &'s Inner, now: Timestamp, turn: Turn) -> Self {
        Self {
            inner,
            now,
            touch: Touch::at(now, inner.tracking.get()),
            held: SmallVec::new(),
            absent: None,
            changes: inner.no_changes(),
            noticed: RefCell::default(),
            seen: Seen::default(),
            lookups: Cell::default(),
            turn: Some(turn),
        }
    }

    /// Locks one shard more, which comes after all that are held. One that does not exist is passed over.
    #[inline]
    fn hold(&mut self, want: Want) {
        let Some(database) = self.inner.database(want.db) else { return };
        let guard = if want.only_read {
            database.shards().read(want.shard).map(Guard::Shared)
        } else {
            database.shards().write(want.shard).map(Guard::Exclusive)
        };
        self.held.extend(guard.map(|guard| Held { database, shard: want.shard, guard }));
    }

    /// From here on, no access through this view counts as a use of a key that is there.
    pub const fn leave_untouched(&mut self) {
        self.touch = self.touch.silent();
    }

    /// The instant of the view.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether a watched key was changed, or has expired, or a field of it, since it began to be watched. The view must hold the set's keys.
    pub fn has_changed(&self, watched: &WatchSet) -> bool {
        watched.is_flagged()
            || watched.keys().any(|key| {
                let entry = self.slots_of(key.db, key.shard).and_then(|slots| slots.find_key(key.hash, key.bytes));
                entry.is_some_and(|entry| entry.is_dead(self.now) || entry.has_past_fields(self.now))
            })
    }

    /// Ends the view: effects out, locks released. What remains is the caller's to [`settle`](crate::Store::settle).
    pub fn finish(mut self) -> Residue {
        let mut residue = Residue::default();
        self.leave_to(&mut residue);
        residue
    }

    /// Adds what the view has left so far to what others have left, when everything is done that is to be done through it: serves those who
    /// wait for what was written.
    #[inline]
    pub fn leave_to(&mut self, residue: &mut Residue) {
        self.serve();
        residue.merge(Residue {
            lookups: self.lookups.take(),
            noticed: std::mem::take(self.noticed.get_mut()),
            garbage: std::mem::take(&mut self.changes.garbage),
        });
    }

    /// Whether anybody listens to effects.
    pub(crate) const fn is_heard(&self) -> bool {
        self.changes.effects.is_some()
    }

    /// Drops a value, if it is long when the locks are released: it may be the last one that holds its pages.
    pub fn discard(&mut self, rest: impl Into<Value>) {
        self.changes.garbage.discard(rest.into());
    }

    /// The same for anything else, if freeing it gives back so many bytes that it takes long.
    pub fn leave(&mut self, rest: impl Send + 'static, bytes: usize) {
        if Garbage::is_long(bytes) {
            self.changes.garbage.merge(Garbage::of(rest, bytes));
        }
    }

    pub(crate) const fn hasher(&self) -> &RandomState {
        &self.inner.hasher
    }

    /// The table of a shard that the view holds.
    pub(crate) fn slots_of(&self, db: u32, shard: usize) -> Option<&Slots> {
        self.position(db, shard).and_then(|at| self.held.get(at)).map(|held| held.guard.slots())
    }

    /// The live entry of a key, which is used by this.
    pub(crate) fn live(&self, key: &Key<'_>) -> Result<Option<&Entry>, StoreError> {
        let entry = self.peek(key)?;
        if let Some(entry) = entry {
            entry.touch(self.touch);
        }
        Ok(entry)
    }

    /// The live entry of a key, which does not count as used.
    pub(crate) fn peek(&self, key: &Key<'_>) -> Result<Option<&Entry>, StoreError> {
        let entry = self.peek_quietly(key)?;
        if let Some(notices) = &self.changes.notices
            && entry.is_none()
            && self.inner.wishes.wants_misses()
        {
            let bytes = Bytes::copy_from_slice(key.bytes);
            notices.borrow_mut().push(Notice { db: key.db, key: bytes, event: notice::KEYMISS });
        }
        Ok(entry)
    }

    /// The live entry of a key, which is used by this, in no figures.
    pub(crate) fn used(&self, key: &Key<'_>) -> Result<Option<&Entry>, StoreError> {
        let entry = self.find(key)?;
        if let Some(entry) = entry {
            entry.touch(self.touch);
        }
        Ok(entry)
    }

    /// The same as [`peek`](Self::peek), of which nobody who watches the keyspace is told.
    pub(crate) fn peek_quietly(&self, key: &Key<'_>) -> Result<Option<&Entry>, StoreError> {
        let entry = self.find(key)?;
        let Lookups { hits, misses } = self.lookups.get();
        let found = u64::from(entry.is_some());
        self.lookups.set(Lookups { hits: hits + found, misses: misses + 1 - found });
        Ok(entry)
    }

    /// The live entry of a key, in no figures.
    pub(crate) fn find(&self, key: &Key<'_>) -> Result<Option<&Entry>, StoreError> {
        let Some(held) = self.position(key.db, key.shard).and_then(|at| self.held.get(at)) else {
            let is_absent = self.absent.as_ref().is_some_and(|absent| absent.numbers.contains(&key.db));
            return if is_absent { Ok(None) } else { Err(StoreError::Undeclared) };
        };
        let entry = held.guard.slots().find_key(key.hash, key.bytes);
        let Some((entry, note)) =
            entry.and_then(|entry| Some((entry, Noticed::about(entry, key, held.shard, self.now)?)))
        else {
            return Ok(entry);
        };
        let mut noticed = self.noticed.borrow_mut();
        if noticed.last() != Some(&note) {
            noticed.push(note);
        }
        Ok((!entry.is_dead(self.now)).then(|| self.seen.of(entry, key.db, self.now)))
    }

    /// What an access at the view's instant does to a key's access word.
    pub(crate) const fn touch(&self) -> Touch {
        self.touch
    }

    /// The key's shard, to be changed.
    pub(crate) fn shard_mut(&mut self, key: &Key<'_>) -> Result<ShardMut<'_, 's>, StoreError> {
        let at = self.position(key.db, key.shard).ok_or(StoreError::Undeclared)?;
        self.shard_mut_at(at).ok_or(StoreError::Undeclared)
    }

    /// Removes every key of a database whose shards the view holds for writing. O(shards), and O(watched keys).
    pub fn flush(&mut self, db: u32) {
        let mut keys_seen = false;
        for at in 0..self.held.len() {
            if self.held.get(at).is_some_and(|held| held.database.number() == db)
                && let Some(mut shard) = self.shard_mut_at(at)
            {
                keys_seen |= shard.guard.slots().len() > 0;
                shard.flush();
            }
        }
        if let Some(effects) = self.changes.effects.as_mut().filter(|_| keys_seen) {
            effects.push(crate::effect::Effect::flush(db));
        }
    }

    /// One of the live keys of a shard that the view holds, picked at random; `None` where there is none. Expected O(1), and O(keys of the
    /// shard) where nearly all are dead because nobody expires them. See [`Store::random_shard`](crate::Store::random_shard).
    pub fn random_key(&self, db: u32, shard: usize) -> Option<&[u8]> {
        let slots = self.slots_of(db, shard)?;
        let homes = slots.groups();
        let from = fastrand::usize(..homes.max(1));
        (from..homes).chain(0..from).find_map(|home| {
            let mut in_home: SmallVec<[&[u8]; 4]> = SmallVec::new();
            slots.for_each_in_home(home, self.hasher(), |entry| {
                if !entry.is_dead(self.now) {
                    in_home.push(entry.key());
                }
            });
            fastrand::choice(in_home)
        })
    }

    pub(crate) const fn inner(&self) -> &'s Inner {
        self.inner
    }

    /// That the view holds all shards of two databases for writing. Returns how many each has.
    pub(crate) fn check_swap(&self, one: u32, other: u32) -> Result<usize, StoreError> {
        if !self.inner.has_number(one) || !self.inner.has_number(other) {
            return Err(StoreError::NoSuchDatabase);
        }
        let shards = self.inner.shard_count;
        let is_held = |db| {
            let held = self.held.iter().filter(|held| held.database.number() == db);
            held.filter(|held| matches!(held.guard, Guard::Exclusive(_))).count() == shards
        };
        if one == other || (is_held(one) && is_held(other)) { Ok(shards) } else { Err(StoreError::Undeclared) }
    }

    /// Changes two shards of the same place in two databases together; `None` where the view does not hold both for writing.
    pub(crate) fn with_pair<R>(
        &mut self,
        one: u32,
        other: u32,
        shard: usize,
        change: impl FnOnce(&mut ShardMut<'_, 's>, &mut ShardMut<'_, 's>) -> R,
    ) -> Option<R> {
        let places = [self.position(one, shard)?, self.position(other, shard)?];
        let (now, touch) = (self.now, self.touch);
        let [ours, theirs] = self.held.get_disjoint_mut(places).ok()?;
        let (Guard::Exclusive(our_guard), Guard::Exclusive(their_guard)) = (&mut ours.guard, &mut theirs.guard) else {
            return None;
        };
        // Each has changes of its own meanwhile, as both have the view's.
        let mut their_changes = Changes {
            notices: self.changes.notices.is_some().then(RefCell::default),
            effects: self.changes.effects.is_some().then(Vec::new),
            ..Changes::default()
        };
        let mut our_shard = ShardMut {
            database: ours.database,
            index: shard,
            guard: our_guard,
            changes: &mut self.changes,
            now,
            touch,
        };
        let mut their_shard = ShardMut {
            database: theirs.database,
            index: shard,
            guard: their_guard,
            changes: &mut their_changes,
            now,
            touch,
        };
        let result = change(&mut our_shard, &mut their_shard);
        self.changes.merge(their_changes);
        Some(result)
    }

    /// Emits an effect on whole databases.
    pub(crate) fn emit_whole(&mut self, effect: Effect) {
        if let Some(effects) = &mut self.changes.effects {
            effects.push(effect);
        }
    }

    fn shard_mut_at(&mut self, at: usize) -> Option<ShardMut<'_, 's>> {
        let held = self.held.get_mut(at)?;
        let Guard::Exclusive(guard) = &mut held.guard else { return None };
        let (changes, now, touch) = (&mut self.changes, self.now, self.touch);
        Some(ShardMut { database: held.database, index: held.shard, guard, changes, now, touch })
    }

    fn position(&self, db: u32, shard: usize) -> Option<usize> {
        let place_of = |held: &Held<'_>| (held.database.number(), held.shard);
        match &self.held[..] {
            [only] => (place_of(only) == (db, shard)).then_some(0),
            held => held.binary_search_by_key(&(db, shard), place_of).ok(),
        }
    }
}

impl<'s> Absent<'s> {
    /// Those that the locks name, if there are any. From here on, and until the result is dropped, nobody makes a database.
    fn among(inner: &'s Inner, locks: &LockSet) -> Option<Self> {
        let wanted = || locks.shards.iter().map(|want| want.db).chain(locks.databases.iter().map(|(db, _)| *db));
        let is_absent = |db: &u32| inner.has_number(*db) && inner.database(*db).is_none();
        let frozen = wanted().any(|db| is_absent(&db)).then(|| inner.freeze_databases())?;
        Some(Self { numbers: wanted().filter(is_absent).collect(), _frozen: frozen })
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        self.serve();
        self.inner.publish(&mut self.changes);
        self.held.clear();
        self.absent = None;
        // Whoever is woken may look at the store at once.
        self.turn = None;
        self.inner.after_release(&mut self.changes);
    }
}
