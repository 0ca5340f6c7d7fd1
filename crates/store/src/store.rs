//! The store: its databases, and the door to them.
//!
//! A [`Store`] is a handle, cheap to clone, that stands in one of the store's numbered databases; [`Store::database`] gives a handle to
//! another. This file has what stands behind every handle and how locks are taken; the typed operations are in `api.rs`.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use ahash::RandomState;
use parking_lot::{RwLock, RwLockReadGuard};
use smallvec::SmallVec;

use crate::access::{Tracking, TrackingSwitch};
use crate::builder::StoreBuilder;
use crate::clock::{Clock, Timestamp};
use crate::database::{Database, DatabaseStats};
use crate::effect::EffectSink;
use crate::error::StoreError;
use crate::expire::Alarm;
use crate::key::{self, Key};
use crate::lag::ExpireLag;
use crate::lock_set::LockSet;
use crate::notice::{NoticeSink, WishSwitch, Wishes};
use crate::shard::{Changes, ShardMut, debug_check};
use crate::swap::Contents;
use crate::table::ShardChoice;
use crate::turn::Turn;
use crate::view::{Access, View};
use crate::waiting::Waits;

/// A concurrent keyspace. Clones share the same data.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    db: u32,
}

/// What all handles share.
pub(crate) struct Inner {
    databases: Box<[OnceLock<Database>]>,
    /// Exclusive while a database is made, shared while nobody may make one. Comes before every shard's lock in the order of locking.
    making: RwLock<()>,
    pub(crate) hasher: RandomState,
    pub(crate) shard_count: usize,
    shard_choice: ShardChoice,
    pub(crate) clock: Clock,
    pub(crate) sink: Option<Arc<dyn EffectSink>>,
    notices: Option<Arc<dyn NoticeSink>>,
    pub(crate) wishes: WishSwitch,
    sequence: AtomicU64,
    pub(crate) alarm: Alarm,
    pub(crate) tracking: TrackingSwitch,
    pub(crate) snapshot_running: AtomicBool,
    /// Where SWAPDB has put what each database had.
    pub(crate) contents: Contents,
    pub(crate) waits: Waits,
}

/// Who receives effects, and who notices.
pub(crate) type Sinks = (Option<Arc<dyn EffectSink>>, Option<Arc<dyn NoticeSink>>);

impl From<Inner> for Store {
    fn from(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), db: 0 }
    }
}

impl fmt::Debug for Store {
    /// No keys and no values: they may be secret, and many.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Store").field("db", &self.db).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// A store with 16 databases on the system's clock.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A store made to measure.
    pub const fn builder() -> StoreBuilder {
        StoreBuilder::new()
    }

    /// A handle that stands in another database of the same store.
    ///
    /// # Errors
    /// [`StoreError::NoSuchDatabase`].
    pub fn database(&self, db: u32) -> Result<Self, StoreError> {
        if db < self.databases() {
            Ok(Self { inner: Arc::clone(&self.inner), db })
        } else {
            Err(StoreError::NoSuchDatabase)
        }
    }

    /// The number of the database that this handle stands in.
    pub const fn db(&self) -> u32 {
        self.db
    }

    /// How many databases there are.
    pub fn databases(&self) -> u32 {
        u32::try_from(self.inner.databases.len()).unwrap_or(u32::MAX)
    }

    /// How many shards each database has.
    pub fn shard_count(&self) -> usize {
        self.inner.shard_count
    }

    /// The clock's current instant.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// A key of this handle's database, hashed.
    #[inline]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        self.key_in(self.db, bytes)
    }

    /// A key of the numbered database, hashed. A number that is out of range is refused when the key is used.
    #[inline]
    pub fn key_in<'k>(&self, db: u32, bytes: &'k [u8]) -> Key<'k> {
        let hash = key::hash(&self.inner.hasher, bytes);
        Key { db, shard: self.inner.shard_choice.of(hash), hash, bytes }
    }

    /// Locks what `locks` names, in ascending order, and opens a view at `now`. Waits while others hold the locks. O(n log n) for n named
    /// keys and shards. What is to be written makes its database, if that does not exist.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store already: that could deadlock.
    pub fn lock(&self, locks: LockSet, now: Timestamp) -> View<'_> {
        View::open(&self.inner, locks, now)
    }

    /// The same for one key. O(1).
    ///
    /// # Panics
    /// See [`lock`](Self::lock).
    #[inline]
    pub fn lock_key(&self, key: &Key<'_>, access: Access, now: Timestamp) -> View<'_> {
        View::open_key(&self.inner, key, access, now)
    }

    /// Asks the processor to fetch what operations on these keys will look at: for a batch whose keys are known before it runs, about 32. Holds
    /// the shared locks of their shards meanwhile, but for those that somebody is writing or waits to write: it never waits. A hint: it
    /// changes nothing.
    ///
    /// # Panics
    /// When the calling thread holds a view of a store.
    pub fn prefetch(&self, keys: &[Key<'_>]) {
        let _turn = Turn::take();
        let shard_of =
            |key: &Key<'_>| self.inner.database(key.db).and_then(|database| database.shards().try_read(key.shard));
        let mut shards: SmallVec<[_; 32]> = SmallVec::new();
        for key in keys {
            let shard = shard_of(key);
            if let Some(shard) = &shard {
                shard.slots().fetch_group(key.hash);
            }
            shards.push(shard);
        }
        for (key, shard) in keys.iter().zip(&shards) {
            if let Some(shard) = shard {
                shard.slots().fetch_entry(key.hash);
            }
        }
    }

    /// Chooses whether the store keeps when keys were used or how often.
    pub fn set_tracking(&self, tracking: Tracking) {
        self.inner.tracking.set(tracking);
    }

    /// Says which notices the [sink](crate::StoreBuilder::notice_sink) is to get from now on; none until this is called, and none without a sink.
    pub fn wish_for(&self, wishes: Wishes) {
        self.inner.wishes.set(if self.inner.notices.is_some() { wishes } else { Wishes::default() });
    }

    /// What the store keeps of the use of keys.
    pub fn tracking(&self) -> Tracking {
        self.inner.tracking.get()
    }

    /// The number of keys in the handle's database, dead ones that nobody noticed yet included. O(shards), no locks.
    pub fn len(&self) -> usize {
        self.inner.database(self.db).map_or(0, Database::len)
    }

    /// A shard of the numbered database, picked at random: the more keys one has, the likelier it is. `None` where there are no keys.
    /// O(shards), no locks.
    pub fn random_shard(&self, db: u32) -> Option<usize> {
        let database = self.inner.database(db)?;
        let mut skip = fastrand::usize(..database.len().max(1));
        database.all_counters().position(|counters| {
            let keys = counters.keys.get();
            let is_it = skip < keys;
            skip = skip.saturating_sub(keys);
            is_it
        })
    }

    /// Whether the handle's database has no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Figures about each database that was ever written. O(shards), no locks.
    pub fn stats(&self, now: Timestamp) -> Vec<DatabaseStats> {
        self.inner.databases().map(|database| database.stats(now)).collect()
    }

    /// Changes made since the store was made. No locks.
    pub fn changes(&self) -> u64 {
        self.sum(|database| database.all_counters().map(|counters| counters.changes.get()).sum())
    }

    /// Keys removed since the store was made because their deadline had passed. No locks.
    pub fn expired(&self) -> u64 {
        self.expire_lag().total()
    }

    /// How late after their deadlines those were removed. No locks.
    pub fn expire_lag(&self) -> ExpireLag {
        self.inner.databases().fold(ExpireLag::default(), |sum, database| sum.plus(&database.lag().get()))
    }

    /// How many fields of hashes were removed because their deadline had passed. No locks.
    pub fn expired_fields(&self) -> u64 {
        self.sum(Database::expired_fields)
    }

    /// Bytes that keys and values take, by the store's own count: blocks as large as allocators make them. No locks.
    pub fn memory(&self) -> u64 {
        self.sum(|database| database.all_counters().map(|counters| counters.bytes.get() as u64).sum())
    }

    /// Bytes that the databases take beside keys and values: tables, timers, locks, counters. O(shards), no locks.
    pub fn overhead(&self) -> u64 {
        self.sum(|database| (database.tables() + database.overhead()) as u64)
    }

    /// Checks every invariant of every shard; for tests. O(keys).
    ///
    /// # Panics
    /// When an invariant does not hold, or when called inside a view.
    pub fn debug_check(&self) {
        let _turn = Turn::take();
        for database in self.inner.databases() {
            for shard in 0..self.inner.shard_count {
                if let Some(guard) = database.shards().write(shard) {
                    debug_check(database, shard, &guard, &self.inner.hasher);
                }
            }
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Runs `change` on the key's shard, making its database if need be.
    pub(crate) fn with_shard<R: Default>(&self, key: &Key<'_>, change: impl FnOnce(&mut ShardMut<'_, '_>) -> R) -> R {
        Turn::check(); // before waiting for a database to be made, which a view may keep from happening
        match self.inner.database_or_make(key.db) {
            Some(database) => self.in_shard(database, key.shard, self.now(), change),
            None => R::default(),
        }
    }

    fn sum(&self, of: impl Fn(&Database) -> u64) -> u64 {
        self.inner.databases().map(of).sum()
    }
}

impl Inner {
    pub(crate) fn new(
        databases: u32,
        shard_count: usize,
        hasher: RandomState,
        clock: Clock,
        (sink, notices): Sinks,
    ) -> Self {
        Self {
            databases: (0..databases).map(|_| OnceLock::new()).collect(),
            making: RwLock::default(),
            hasher,
            shard_count,
            shard_choice: ShardChoice::among(shard_count),
            clock,
            sink,
            notices,
            wishes: WishSwitch::default(),
            sequence: AtomicU64::new(0),
            alarm: Alarm::default(),
            tracking: TrackingSwitch::default(),
            snapshot_running: AtomicBool::new(false),
            contents: Contents::of(databases),
            waits: Waits::default(),
        }
    }

    /// The databases that were ever written.
    pub(crate) fn databases(&self) -> impl Iterator<Item = &Database> {
        self.databases.iter().filter_map(OnceLock::get)
    }

    /// Keeps anyone from making a database until the result is dropped. To be called before any shard is locked.
    pub(crate) fn freeze_databases(&self) -> RwLockReadGuard<'_, ()> {
        self.making.read()
    }

    /// Whether a database of that number could be made, or is there.
    pub(crate) fn has_number(&self, db: u32) -> bool {
        (db as usize) < self.databases.len()
    }

    pub(crate) fn database(&self, db: u32) -> Option<&Database> {
        self.databases.get(db as usize)?.get()
    }

    /// To be called before any shard is locked: whoever freezes the databases locks shards next, and would wait for ours.
    pub(crate) fn database_or_make(&self, db: u32) -> Option<&Database> {
        let cell = self.databases.get(db as usize)?;
        Some(cell.get().unwrap_or_else(|| {
            let _making = self.making.write();
            cell.get_or_init(|| Database::new(db, self.shard_count, &self.hasher))
        }))
    }

    /// Whether a shard has no keys; one that does not exist has none. No lock.
    pub(crate) fn is_empty_shard(&self, database: &Database, shard: usize) -> bool {
        shard >= self.shard_count || database.counters(shard).keys.get() == 0
    }

    /// Changes of a view that are still to be made.
    #[inline]
    pub(crate) fn no_changes(&self) -> Changes {
        Changes { effects: self.sink.is_some().then(Vec::new), notices: self.wishes.room(), ..Changes::default() }
    }

    /// Gives a unit of effects to the sink, and notices to theirs. To be called with the locks of the changes still held.
    pub(crate) fn publish(&self, changes: &mut Changes) {
        if let (Some(sink), Some(notices)) = (&self.notices, changes.notices.take())
            && !notices.borrow().is_empty()
        {
            sink.accept(notices.into_inner());
            changes.owes_notices = true;
        }
        if let (Some(sink), Some(effects)) = (&self.sink, changes.effects.take())
            && !effects.is_empty()
        {
            sink.accept(self.sequence.fetch_add(1, Ordering::Relaxed), effects);
        }
    }

    /// What is due when the locks of the changes are released.
    pub(crate) fn after_release(&self, changes: &mut Changes) {
        if let Some(ready) = changes.ready.take() {
            ready.wake();
        }
        if let Some(wake) = changes.wake {
            self.alarm.armed(wake);
        }
        if let Some(sink) = self.notices.as_ref().filter(|_| changes.owes_notices) {
            sink.pass_on();
        }
    }
}
