//! Going through a keyspace in slices, while it changes.
//!
//! # Guarantee
//! A key that is there from the first step to the last is returned, whatever grows, shrinks or is rehashed between the steps. A key may
//! be returned twice (when a table shrinks); one that comes or goes meanwhile may or may not be.
//!
//! # How
//! Shard by shard, and in a shard in the order of the hashes. A table's homes are in that order (`table/slots.rs`), whatever its size, and a step visits whole
//! homes: what comes before the cursor was visited, and what comes behind it will be. After a table changed its size the cursor may stand in the
//! middle of a home, whose entries are returned again.
//!
//! # Limits
//! A cursor is `shard * 2^32 + place`, where the place is the half of a hash that chooses the home: below 2^53 (some clients keep it in a double)
//! with up to 2^21 shards.

use bytes::Bytes;

use crate::glob::glob_match;
use crate::lock_set::LockSet;
use crate::store::Store;
use crate::table::Slots;
use crate::value::ValueRef;
use crate::view::View;

/// The homes of the largest table that is never shrunk.
const HOMES_MIN: usize = 8;

/// How many homes a step may look at for so many entries: no fewer than any table has that has fewer entries.
pub(crate) fn homes_max(entries: usize) -> usize {
    entries.max(HOMES_MIN)
}

/// Where in the order of hashes a walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HomeCursor(u32);

impl HomeCursor {
    pub(crate) const START: Self = Self(0);

    /// The home to visit.
    pub(crate) const fn index(self, slots: &Slots) -> usize {
        slots.home(self.0)
    }

    /// Where the home after this begins; `None` behind the last.
    pub(crate) fn next(self, slots: &Slots) -> Option<Self> {
        u32::try_from(slots.place_of(self.index(slots) + 1)).ok().filter(|_| slots.groups() > 0).map(Self)
    }
}

/// A position in a database: shard and home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    shard: u32,
    home: HomeCursor,
}

impl Cursor {
    /// Where a scan begins.
    pub const START: Self = Self { shard: 0, home: HomeCursor::START };

    /// The cursor as a number below 2^53. Zero is [`START`](Self::START).
    pub const fn to_u64(self) -> u64 {
        ((self.shard as u64) << 32) | self.home.0 as u64
    }

    /// The cursor for a number that [`to_u64`](Self::to_u64) gave. Any other number is some position, too.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves are what is wanted; a shard that does not exist ends the scan"
    )]
    pub const fn from_u64(number: u64) -> Self {
        Self { shard: (number >> 32) as u32, home: HomeCursor(number as u32) }
    }

    /// The shard that the next step reads.
    pub const fn shard(self) -> usize {
        self.shard as usize
    }

    fn next_shard(self) -> Self {
        Self { shard: self.shard.saturating_add(1), home: HomeCursor::START }
    }
}

impl View<'_> {
    /// Visits about `entries` live keys of the cursor's shard, looking at no more than one home for each (or 8). Returns where to go on (maybe in
    /// the next shard, maybe past the last). The view must hold that shard; one that it does not hold counts as empty.
    pub fn scan_shard(
        &self,
        db: u32,
        cursor: Cursor,
        entries: usize,
        mut visit: impl FnMut(&[u8], ValueRef<'_>),
    ) -> Cursor {
        let Some(slots) = self.slots_of(db, cursor.shard()) else { return cursor.next_shard() };
        let (mut home, mut seen, now) = (cursor.home, 0, self.now());
        for _ in 0..homes_max(entries) {
            slots.for_each_in_home(home.index(slots), self.hasher(), |entry| {
                seen += 1;
                if !entry.is_dead(now) {
                    visit(entry.key(), entry.value());
                }
            });
            match home.next(slots) {
                None => return cursor.next_shard(),
                Some(next) => home = next,
            }
            if seen >= entries {
                break;
            }
        }
        Cursor { shard: cursor.shard, home }
    }

    /// The number of homes of a shard's table, which changes when it grows or shrinks.
    fn homes_of(&self, db: u32, shard: usize) -> usize {
        self.slots_of(db, shard).map_or(0, Slots::groups)
    }
}

impl Store {
    /// The cursor itself, or if its shard is empty the start of the next that is not; `None` behind the last. O(shards), no locks.
    pub fn skip_empty_shards(&self, db: u32, cursor: Cursor) -> Option<Cursor> {
        let database = self.inner().database(db)?;
        if !self.inner().is_empty_shard(database, cursor.shard()) {
            return Some(cursor);
        }
        let shard =
            (cursor.shard() + 1..self.shard_count()).find(|shard| !self.inner().is_empty_shard(database, *shard))?;
        Some(Cursor { shard: u32::try_from(shard).ok()?, home: HomeCursor::START })
    }

    /// All keys that match a glob pattern, in no order, each once. O(keys). Every shard is seen in slices, at instants of its own: what comes
    /// or goes meanwhile may or may not be among them.
    ///
    /// # Panics
    /// When called inside a view of a store.
    pub fn keys(&self, pattern: impl AsRef<[u8]>) -> Vec<Bytes> {
        let mut walk = KeyWalk::new(self, self.db(), pattern.as_ref());
        let mut keys = Vec::new();
        while let Some(shard) = walk.shard() {
            let mut locks = LockSet::new();
            locks.read_shard(self.db(), shard);
            walk.step(&self.lock(locks, self.now()), 1024);
            keys.append(&mut walk.take_found());
        }
        keys
    }
}

/// A walk that finds the keys matching a pattern, each once. The caller locks the shard that the walk names and calls [`step`](Self::step),
/// then without the lock [`take_found`](Self::take_found), until no shard is named.
pub struct KeyWalk {
    store: Store,
    db: u32,
    pattern: Box<[u8]>,
    cursor: Option<Cursor>,
    /// The keys of the current shard.
    keys: Vec<Bytes>,
    /// Whether the current shard has no more.
    shard_is_over: bool,
    /// The size that the shard's table had: one that changed size may show a key twice.
    shard_homes: Option<usize>,
    resized: bool,
}

impl KeyWalk {
    /// A walk over one database.
    pub fn new(store: &Store, db: u32, pattern: &[u8]) -> Self {
        Self {
            store: store.clone(),
            db,
            pattern: pattern.into(),
            cursor: store.skip_empty_shards(db, Cursor::START),
            keys: Vec::new(),
            shard_is_over: false,
            shard_homes: None,
            resized: false,
        }
    }

    /// The shard that the next step needs locked; `None` when the walk is over.
    pub fn shard(&self) -> Option<usize> {
        self.cursor.map(Cursor::shard)
    }

    /// Looks at about `entries` keys.
    pub fn step(&mut self, view: &View<'_>, entries: usize) {
        let Some(cursor) = self.cursor else { return };
        let homes = view.homes_of(self.db, cursor.shard());
        self.resized |= self.shard_homes.replace(homes).is_some_and(|before| before != homes);
        let (pattern, keys) = (&self.pattern, &mut self.keys);
        let next = view.scan_shard(self.db, cursor, entries, |key, _| {
            if glob_match(pattern, key) {
                keys.push(Bytes::copy_from_slice(key));
            }
        });
        self.cursor = self.store.skip_empty_shards(self.db, next);
        // The shard also ends here when it was emptied meanwhile and is passed over.
        self.shard_is_over = self.shard() != Some(cursor.shard());
    }

    /// The keys of the shard that has been gone through: none before its last step. To be called without a lock: O(keys), and O(n log n) where
    /// the shard's table changed its size meanwhile.
    pub fn take_found(&mut self) -> Vec<Bytes> {
        if !std::mem::take(&mut self.shard_is_over) {
            return Vec::new();
        }
        self.shard_homes = None;
        let mut found = std::mem::take(&mut self.keys);
        if std::mem::take(&mut self.resized) {
            found.sort_unstable();
            found.dedup();
        }
        found
    }
}
