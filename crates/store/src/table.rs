//! The shards: one lock each, and behind it a table of entries and whatever else belongs to the shard.
//!
//! # What
//! [`Shards`] pairs each shard of a `DashMap` with a lock of our own and the state it guards (`S`). Holding that lock, shared or exclusive,
//! is what gives access to the shard's table; DashMap's own locks are never taken. Why two: DashMap's lock always lets readers overtake
//! a waiting writer (`docs/decisions/001-keyspace.md`).
//!
//! # Home buckets
//! An entry's home is `hash & mask`, the bucket its probe sequence starts at. [`Slots::for_each_in_home`] visits exactly the entries of one
//! home, by walking that sequence to the first group with an empty slot, as a lookup does. A table that doubles splits each home in two, one
//! that halves joins them, and a rehash in place moves entries between buckets but never between homes. SCAN and the snapshot rest on this.
//!
//! # Unsafe
//! Two things: reaching a DashMap shard's table through its lock's data pointer, and reading hashbrown's control bytes. The first is sound
//! because nothing else reaches the tables: the `DashMap` is private here, and never called but for its list of shards. The second depends on
//! the pinned version of hashbrown; the tests would notice a change.
#![expect(unsafe_code, reason = "reads the tables of a DashMap under locks of our own, see the module's documentation")]

use std::collections::VecDeque;

use ahash::RandomState;
use crossbeam_utils::CachePadded;
use dashmap::{DashMap, SharedValue};
use hashbrown::raw::{Bucket, RawTable};
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::entry::Entry;
use crate::footprint::block;
use crate::key;
use crate::prefetch::{LINE_BYTES, fetch};

/// How many control bytes hashbrown 0.14.5 looks at in one step of a probe sequence.
const GROUP_WIDTH: usize =
    if cfg!(all(target_feature = "sse2", any(target_arch = "x86", target_arch = "x86_64"), not(miri))) {
        16
    } else if cfg!(any(
        target_pointer_width = "64",
        target_arch = "aarch64",
        target_arch = "x86_64",
        target_arch = "wasm32"
    )) {
        8
    } else {
        4
    };

/// hashbrown's control byte of a bucket that has never been full since the last rehash: here a probe sequence ends.
const EMPTY: u8 = 0xFF;

/// A table with fewer buckets than this is not worth shrinking.
const SHRINK_BUCKETS_MIN: usize = 64;

/// Slots that are fetched from a lookup's beginning on: a cache line of them. Most entries are not farther from their home.
const FETCHED_SLOTS: usize = 8;

/// How many entries are on their way from memory while a table is resized.
const FETCHED_AHEAD: usize = 16;

/// How much of an entry is fetched: the header, and a key and a value of usual sizes.
const FETCHED_ENTRY_BYTES: usize = 128;

type Slot = (Entry, SharedValue<()>);

/// What a slot takes: itself and its control byte.
pub(crate) const SLOT_BYTES: usize = size_of::<Slot>() + 1;

/// What DashMap keeps for one of its shards.
type Table = dashmap::RwLock<RawTable<Slot>>;

/// The shards of one database: tables and the state beside them, each pair behind one lock.
pub(crate) struct Shards<S> {
    tables: DashMap<Entry, (), RandomState>,
    sides: Box<[CachePadded<RwLock<S>>]>,
}

/// A shard locked for readers, who look at the table only. Its fields stay private: what they give borrows the whole guard.
pub(crate) struct SharedShard<'a, S> {
    _side: RwLockReadGuard<'a, S>,
    table: &'a Table,
}

impl<S> SharedShard<'_, S> {
    pub(crate) fn slots(&self) -> &Slots {
        // SAFETY: the side's lock of the table's index is held shared while `self`, which the result borrows, lives. Whoever makes a `&mut`
        // to the table holds that lock exclusively. `Slots` is a transparent wrapper of what is in a `Table`.
        unsafe { &*self.table.data_ptr().cast::<Slots>() }
    }
}

/// A shard locked for one writer.
pub(crate) struct ExclusiveShard<'a, S> {
    side: RwLockWriteGuard<'a, S>,
    table: &'a Table,
}

impl<S> ExclusiveShard<'_, S> {
    pub(crate) fn side(&self) -> &S {
        &self.side
    }

    pub(crate) fn side_mut(&mut self) -> &mut S {
        &mut self.side
    }

    pub(crate) fn slots(&self) -> &Slots {
        // SAFETY: as in `SharedShard`; the side's lock is held exclusively, and a `&mut` to the table would borrow `self` exclusively.
        unsafe { &*self.table.data_ptr().cast::<Slots>() }
    }

    /// The state and the table, to be changed together.
    pub(crate) fn parts(&mut self) -> (&mut S, &mut Slots) {
        // SAFETY: the side's lock of the table's index is held exclusively while `self`, which the result borrows exclusively, lives: this is
        // the only reference to the table. `Slots` is a transparent wrapper of what is in a `Table`.
        let slots = unsafe { &mut *self.table.data_ptr().cast::<Slots>() };
        (&mut self.side, slots)
    }
}

impl<S: Default> Shards<S> {
    /// `count` empty shards; a power of two, at least two.
    pub(crate) fn new(count: usize, hasher: RandomState) -> Self {
        let tables = DashMap::with_capacity_and_hasher_and_shard_amount(0, hasher, count);
        let sides = (0..count).map(|_| CachePadded::new(RwLock::new(S::default()))).collect();
        Self { tables, sides }
    }
}

impl<S> Shards<S> {
    /// Bytes that the shards take beside their tables.
    pub(crate) fn memory(&self) -> usize {
        block(self.count() * size_of::<CachePadded<RwLock<S>>>())
            + block(self.count() * size_of::<CachePadded<Table>>())
    }

    pub(crate) fn count(&self) -> usize {
        self.sides.len()
    }

    /// Locks a shard for reading. Readers wait behind a waiting writer.
    pub(crate) fn read(&self, shard: usize) -> Option<SharedShard<'_, S>> {
        Some(SharedShard { _side: self.sides.get(shard)?.read(), table: self.tables.shards().get(shard)? })
    }

    /// Locks a shard for reading if nobody writes it or waits to.
    pub(crate) fn try_read(&self, shard: usize) -> Option<SharedShard<'_, S>> {
        Some(SharedShard { _side: self.sides.get(shard)?.try_read()?, table: self.tables.shards().get(shard)? })
    }

    /// Locks a shard for writing.
    pub(crate) fn write(&self, shard: usize) -> Option<ExclusiveShard<'_, S>> {
        Some(ExclusiveShard { side: self.sides.get(shard)?.write(), table: self.tables.shards().get(shard)? })
    }
}

/// The table of one shard.
#[repr(transparent)]
pub(crate) struct Slots(RawTable<Slot>);

impl Slots {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of buckets, a power of two: homes go from 0 to one below it.
    pub(crate) fn buckets(&self) -> usize {
        self.0.buckets()
    }

    /// Bytes that a table of so many buckets takes; the one bucket of an empty table is everybody's.
    pub(crate) const fn memory(buckets: usize) -> usize {
        if buckets > 1 { block(buckets * SLOT_BYTES + GROUP_WIDTH) } else { 0 }
    }

    /// The entry of a key. The second line of a block is fetched before the first has come, from which the value's place would be read: a value
    /// behind its key is waited for together with the key.
    #[inline]
    pub(crate) fn find_key(&self, hash: u64, key: &[u8]) -> Option<&Entry> {
        self.find(hash, |entry| {
            fetch(entry.address().wrapping_add(LINE_BYTES), 1);
            entry.key() == key
        })
    }

    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> Option<&Entry> {
        self.0.get(hash, |(entry, _)| is_it(entry)).map(|(entry, _)| entry)
    }

    /// The entry of a key, to be changed.
    #[inline]
    pub(crate) fn find_key_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut Entry> {
        self.find_mut(hash, |entry| entry.key() == key)
    }

    pub(crate) fn find_mut(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> Option<&mut Entry> {
        self.0.get_mut(hash, |(entry, _)| is_it(entry)).map(|(entry, _)| entry)
    }

    /// Fetches where a lookup of this hash begins: the control bytes, and the slots that belong to them.
    pub(crate) fn fetch_group(&self, hash: u64) {
        let home = low_bits(hash) & (self.buckets() - 1);
        let controls = self.0.data_end().as_ptr().cast_const();
        fetch(controls.cast::<u8>().wrapping_add(home), GROUP_WIDTH);
        // Slots lie in front of the control bytes, the first one last.
        fetch(controls.wrapping_sub(home + FETCHED_SLOTS).cast(), FETCHED_SLOTS * size_of::<Slot>());
    }

    /// Fetches the entry that a lookup of this hash finds, or may find.
    pub(crate) fn fetch_entry(&self, hash: u64) {
        if self.0.is_empty() {
            return;
        }
        // SAFETY: the iterator yields full buckets of this table, which `self` borrows and so nobody changes meanwhile.
        for bucket in unsafe { self.0.iter_hash(hash) } {
            // SAFETY: as above.
            let (entry, _) = unsafe { bucket.as_ref() };
            fetch(entry.address(), FETCHED_ENTRY_BYTES);
        }
    }

    /// Adds an entry whose key is not in the table. Amortised O(1); a growth moves every entry of the shard.
    pub(crate) fn insert(&mut self, hash: u64, entry: Entry, hasher: &RandomState) {
        if self.len() == self.0.capacity() {
            // With no room left, either it is full of entries, or of the traces of those that went.
            let full = self.buckets() / 8 * 7;
            self.resize(if self.len() > full / 2 { full + 1 } else { full }, hasher);
        }
        self.0.insert(hash, (entry, SharedValue::new(())), |(entry, _)| key::hash(hasher, entry.key()));
    }

    /// Removes an entry, and gives memory back when less than an eighth of the table is in use.
    pub(crate) fn remove(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool, hasher: &RandomState) -> Option<Entry> {
        let (entry, _) = self.0.remove_entry(hash, |(entry, _)| is_it(entry))?;
        if self.buckets() >= SHRINK_BUCKETS_MIN && self.len() < self.buckets() / 8 {
            self.resize(self.len() * 2, hasher);
        }
        Some(entry)
    }

    /// Gives memory back where half the buckets or fewer have room for all entries, and for an eighth more. O(entries) then, else O(1).
    pub(crate) fn fit(&mut self, hasher: &RandomState) {
        let wanted = self.len() + self.len() / 8;
        if self.buckets() >= SHRINK_BUCKETS_MIN && wanted <= self.buckets() / 2 / 8 * 7 {
            self.resize(wanted, hasher);
        }
    }

    /// Moves all entries to a table with room for so many. Each entry's key is read for its hash, and lies somewhere in memory: fetched ahead,
    /// this takes half of the time that the shard would else be locked for (`docs/performance.md`).
    fn resize(&mut self, capacity: usize, hasher: &RandomState) {
        let old = std::mem::replace(&mut self.0, RawTable::with_capacity(capacity));
        let mut insert = |slot: Slot| {
            self.0.insert(key::hash(hasher, slot.0.key()), slot, |(entry, _)| key::hash(hasher, entry.key()));
        };
        let mut fetched = VecDeque::with_capacity(FETCHED_AHEAD);
        for slot in old {
            fetch(slot.0.address(), 1);
            if fetched.len() == FETCHED_AHEAD {
                fetched.pop_front().map(&mut insert);
            }
            fetched.push_back(slot);
        }
        fetched.into_iter().for_each(insert);
    }

    /// Empties the table in O(1): the entries go to whoever called.
    pub(crate) fn take(&mut self) -> Self {
        Self(std::mem::replace(&mut self.0, RawTable::new()))
    }

    /// Calls `visit` with every entry whose home is `home`. Expected O(1).
    pub(crate) fn for_each_in_home<'a>(&'a self, home: usize, hasher: &RandomState, mut visit: impl FnMut(&'a Entry)) {
        // SAFETY: `buckets_in_home` yields full buckets of this table, which `self` borrows and so nobody changes meanwhile.
        self.buckets_in_home(home, hasher, |bucket| visit(unsafe { &bucket.as_ref().0 }));
    }

    /// Calls `visit` with every entry whose home is `home`, to be changed but not moved: the key stays.
    pub(crate) fn for_each_in_home_mut(
        &mut self,
        home: usize,
        hasher: &RandomState,
        mut visit: impl FnMut(&mut Entry),
    ) {
        // SAFETY: as above, borrowed exclusively; each bucket is visited once, so no two `&mut` to one entry exist.
        self.buckets_in_home(home, hasher, |bucket| visit(unsafe { &mut bucket.as_mut().0 }));
    }

    /// Calls `visit` with every entry in the buckets from `first` on, `count` of them or as many as there are, to be changed but not moved to another
    /// bucket: the key stays. Fetches them all first. O(count).
    pub(crate) fn for_each_in_window(&mut self, first: usize, count: usize, mut visit: impl FnMut(&mut Entry)) {
        let buckets = first..first.saturating_add(count).min(self.buckets());
        let is_full = |slots: &Self, index: usize| slots.control(index) & 0x80 == 0;
        for index in buckets.clone().filter(|index| is_full(self, *index)) {
            // SAFETY: the control byte says that the bucket is full, its index is below `buckets()`, and `self` is borrowed.
            let (entry, _) = unsafe { self.0.bucket(index).as_ref() };
            fetch(entry.address(), FETCHED_ENTRY_BYTES);
        }
        for index in buckets {
            if is_full(self, index) {
                // SAFETY: as above, borrowed exclusively; each bucket is visited once, so no two `&mut` to one entry exist.
                visit(unsafe { &mut self.0.bucket(index).as_mut().0 });
            }
        }
    }

    fn buckets_in_home(&self, home: usize, hasher: &RandomState, mut visit: impl FnMut(Bucket<Slot>)) {
        let mask = self.buckets() - 1;
        let home = home & mask;
        let (mut position, mut stride) = (home, 0);
        if self.0.is_empty() {
            return;
        }
        loop {
            let mut group_has_empty = false;
            for offset in 0..GROUP_WIDTH {
                let control = self.control(position + offset);
                group_has_empty |= control == EMPTY;
                let is_full = control & 0x80 == 0;
                if !is_full {
                    continue;
                }
                // SAFETY: the control byte says that the bucket is full, and the masked index is below `buckets()`.
                let bucket = unsafe { self.0.bucket((position + offset) & mask) };
                // SAFETY: the bucket is full and `self` is borrowed.
                let entry = unsafe { &bucket.as_ref().0 };
                if low_bits(key::hash(hasher, entry.key())) & mask == home {
                    visit(bucket);
                }
            }
            // hashbrown keeps an empty bucket in every table, so a sequence ends there; the other bound keeps a broken table from hanging us.
            if group_has_empty || stride > mask {
                return;
            }
            stride += GROUP_WIDTH;
            position = (position + stride) & mask;
        }
    }

    /// hashbrown's control byte at `index`, below `buckets() + GROUP_WIDTH`.
    fn control(&self, index: usize) -> u8 {
        debug_assert!(index < self.buckets() + GROUP_WIDTH, "control byte out of range");
        // SAFETY: `data_end` is where hashbrown's control bytes begin; there are `buckets() + GROUP_WIDTH` of them, and every caller's index
        // is a masked position plus an offset below GROUP_WIDTH.
        unsafe { self.0.data_end().cast::<u8>().as_ptr().add(index).read() }
    }
}

/// The bits of a hash that choose the home: hashbrown's own cast.
#[expect(
    clippy::cast_possible_truncation,
    reason = "hashbrown truncates a hash to the pointer's width in the same way"
)]
pub(crate) const fn low_bits(hash: u64) -> usize {
    hash as usize
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
