//! The table of a shard: which entry a key has.
//!
//! # Layout
//! Groups of eight slots, each group one cache line. A slot is an entry's pointer or nothing; the entry's mark, in the pointer's upper bits, has
//! 14 bits of the key's hash, so that a group tells in one line which of its entries may be meant. A lookup that finds its key waits for memory twice:
//! for the group, and for the entry.
//!
//! Any number of groups will do: an entry's home is the group at `hash * groups / 2^32`. An entry that finds its home full goes to the next group
//! that is not (behind the last comes the first), and its mark says that it is not at home.
//!
//! # Invariants
//! - Between an entry's home and its group there is no group with an empty slot: a lookup ends at the first. Whoever empties a slot of a full group
//!   fills it with an entry from farther on that would rather be there ([`Slots::fill_hole`]), so nothing is left behind where something was.
//! - At least one slot in eight is empty.
//!
//! # Homes
//! Homes are in the order of the hashes. Whoever went through the homes up to a hash in a table of one size can go on from that hash in a table of
//! another: SCAN and the snapshot rest on this (`scan.rs`). [`Slots::for_each_in_home`] visits exactly the entries of one home.

use std::collections::VecDeque;

use ahash::RandomState;

use super::group::{AWAY, GROUP_SLOTS, Group};
use crate::entry::Entry;
use crate::footprint::block;
use crate::key;
use crate::prefetch::{LINE_BYTES, fetch};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the table keeps a part of each key's hash in the upper bits of pointers of 64 bits");

/// How many slots of a group are in use at most, over the whole table.
const GROUP_LOAD_MAX: usize = 7;

/// A table with fewer groups than this is not worth shrinking.
const SHRINK_GROUPS_MIN: usize = 8;

/// A table that is made to fit has room for one entry more in so many: the next ones need not make it grow at once.
const FIT_ROOM: usize = 64;

/// How many entries are on their way from memory while a table is resized.
const FETCHED_AHEAD: usize = 16;

/// How much of an entry is fetched: the header, and a key and a value of usual sizes.
const FETCHED_ENTRY_BYTES: usize = 128;

/// What a slot takes.
pub(crate) const SLOT_BYTES: usize = size_of::<Option<Entry>>();

/// Bits of a hash that choose the home: the lowest.
const HOME_BITS: u32 = 32;

/// The bit that every tag has, so that none is zero.
const TAGGED: u16 = 1 << 14;

/// What an entry's mark has of the hash: bits that choose neither the home nor, in a store of up to 65 536 shards, the shard.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the bits above are cut off on purpose")]
const fn tag(hash: u64) -> u16 {
    (hash >> HOME_BITS) as u16 & !AWAY | TAGGED
}

/// Where a hash stands among all hashes, in the order of homes.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
pub(crate) const fn place(hash: u64) -> u32 {
    hash as u32
}

/// Where an entry is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    group: usize,
    slot: usize,
}

/// The table of one shard. An empty one has no memory.
#[derive(Default)]
pub(crate) struct Slots {
    groups: Box<[Group]>,
    len: usize,
}

impl Slots {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The number of groups: homes go from 0 to one below it.
    pub(crate) const fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Bytes that a table of so many groups takes. Allocators need up to a group more to align one.
    pub(crate) const fn memory(groups: usize) -> usize {
        if groups == 0 { 0 } else { block((groups + 1) * size_of::<Group>()) }
    }

    /// The home of the hashes at a place; zero in an empty table, which has none.
    #[inline]
    pub(crate) const fn home(&self, place: u32) -> usize {
        ((place as u64 * self.groups.len() as u64) >> HOME_BITS) as usize
    }

    /// The first place whose home is `home`, or the first behind the last home.
    pub(crate) fn place_of(&self, home: usize) -> u64 {
        ((home as u64) << HOME_BITS).div_ceil(self.groups.len().max(1) as u64)
    }

    const fn next(&self, group: usize) -> usize {
        if group + 1 < self.groups.len() { group + 1 } else { 0 }
    }

    #[inline]
    fn locate(&self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> Option<Position> {
        let tag = tag(hash);
        let mut at = self.home(place(hash));
        loop {
            let group = self.groups.get(at)?;
            for slot in group.with_tag(tag) {
                if group.entry(slot).is_some_and(&is_it) {
                    return Some(Position { group: at, slot });
                }
            }
            if !group.is_full() {
                return None;
            }
            at = self.next(at);
        }
    }

    /// Where the entry of a key is, until the table is changed.
    #[inline]
    pub(crate) fn position(&self, hash: u64, key: &[u8]) -> Option<Position> {
        self.locate(hash, |entry| {
            fetch(entry.address().wrapping_add(LINE_BYTES), 1);
            entry.key() == key
        })
    }

    /// The entry at a position.
    #[inline]
    pub(crate) fn entry(&self, Position { group, slot }: Position) -> Option<&Entry> {
        self.groups.get(group)?.entry(slot)
    }

    /// The entry at a position, to be changed.
    #[inline]
    pub(crate) fn entry_mut(&mut self, position: Position) -> Option<&mut Entry> {
        self.slot_mut(position)?.as_mut()
    }

    fn slot_mut(&mut self, Position { group, slot }: Position) -> Option<&mut Option<Entry>> {
        self.groups.get_mut(group)?.slots_mut().get_mut(slot)
    }

    /// The entry of a key. The second line of a block is fetched before the first has come, from which the value's place would be read: a value
    /// behind its key is waited for together with the key.
    #[inline]
    pub(crate) fn find_key(&self, hash: u64, key: &[u8]) -> Option<&Entry> {
        self.entry(self.position(hash, key)?)
    }

    #[inline]
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> Option<&Entry> {
        self.entry(self.locate(hash, is_it)?)
    }

    /// The entry of a key, to be changed.
    #[inline]
    pub(crate) fn find_key_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut Entry> {
        self.find_mut(hash, |entry| entry.key() == key)
    }

    #[inline]
    pub(crate) fn find_mut(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool) -> Option<&mut Entry> {
        self.entry_mut(self.locate(hash, is_it)?)
    }

    /// Fetches where a lookup of this hash begins.
    #[inline]
    pub(crate) fn fetch_group(&self, hash: u64) {
        fetch(self.groups.as_ptr().wrapping_add(self.home(place(hash))).cast(), 1);
    }

    /// Fetches the entry that a lookup of this hash finds at home, or may find.
    #[inline]
    pub(crate) fn fetch_entry(&self, hash: u64) {
        let Some(group) = self.groups.get(self.home(place(hash))) else { return };
        for slot in group.with_tag(tag(hash)) {
            if let Some(entry) = group.entry(slot) {
                fetch(entry.address(), FETCHED_ENTRY_BYTES);
            }
        }
    }

    /// Adds an entry whose key is not in the table. Amortised O(1); a growth moves every entry of the shard.
    pub(crate) fn insert(&mut self, hash: u64, entry: Entry, hasher: &RandomState) {
        if self.len >= self.groups.len() * GROUP_LOAD_MAX {
            self.resize(larger(self.groups.len()), hasher);
        }
        self.add(hash, entry);
    }

    /// Adds an entry to a table that has room for it.
    fn add(&mut self, hash: u64, mut entry: Entry) {
        let (mut at, mut away) = (self.home(place(hash)), 0);
        while let Some(group) = self.groups.get_mut(at) {
            if let Some(slot) = group.slots_mut().iter_mut().find(|slot| slot.is_none()) {
                entry.set_mark(tag(hash) | away);
                *slot = Some(entry);
                self.len += 1;
                return;
            }
            (at, away) = (self.next(at), AWAY);
        }
    }

    /// Removes an entry, and gives memory back when less than an eighth of the table is in use.
    pub(crate) fn remove(&mut self, hash: u64, is_it: impl Fn(&Entry) -> bool, hasher: &RandomState) -> Option<Entry> {
        let position = self.locate(hash, is_it)?;
        let was_full = self.groups.get(position.group).is_some_and(Group::is_full);
        let entry = self.slot_mut(position)?.take()?;
        self.len -= 1;
        if was_full {
            self.fill_hole(position, hasher);
        }
        if self.groups.len() >= SHRINK_GROUPS_MIN && self.len < self.groups.len() * GROUP_SLOTS / 8 {
            self.resize(fitting(self.len * 2), hasher);
        }
        Some(entry)
    }

    /// Brings what passed a group while it was full nearer to its home. Seldom more than a look at the next group's marks.
    fn fill_hole(&mut self, mut hole: Position, hasher: &RandomState) {
        let mut at = self.next(hole.group);
        // The distance of `at` from the hole; a table has an empty slot, but a broken one must not hang us.
        let mut distance = 1;
        while distance < self.groups.len() {
            let Some(group) = self.groups.get(at) else { return };
            let was_full = group.is_full();
            let passed =
                |entry: &Entry| entry.mark() & AWAY != 0 && self.distance_from_home(entry, at, hasher) >= distance;
            let mover = (0..GROUP_SLOTS).find(|slot| group.entry(*slot).is_some_and(passed));
            if let Some(slot) = mover {
                let from = Position { group: at, slot };
                let Some(mut entry) = self.slot_mut(from).and_then(Option::take) else { return };
                if self.distance_from_home(&entry, hole.group, hasher) == 0 {
                    entry.set_mark(entry.mark() & !AWAY);
                }
                if let Some(slot) = self.slot_mut(hole) {
                    *slot = Some(entry);
                }
                (hole, distance) = (from, 0);
            }
            if !was_full {
                return;
            }
            (at, distance) = (self.next(at), distance + 1);
        }
    }

    /// How many groups behind its home a group is that an entry is in, or is to be in.
    fn distance_from_home(&self, entry: &Entry, group: usize, hasher: &RandomState) -> usize {
        let home = self.home(place(key::hash(hasher, entry.key())));
        if group >= home { group - home } else { group + self.groups.len() - home }
    }

    /// Gives memory back where a smaller table has room for all entries, and for a few more. O(entries) then, else O(1).
    pub(crate) fn fit(&mut self, hasher: &RandomState) {
        let wanted = fitting(self.len + self.len / FIT_ROOM);
        if self.groups.len() >= SHRINK_GROUPS_MIN && wanted < self.groups.len() {
            self.resize(wanted, hasher);
        }
    }

    /// Moves all entries to a table of so many groups. Each entry's key is read for its hash, and lies somewhere in memory: fetched ahead,
    /// this takes half of the time that the shard would else be locked for (`docs/performance.md`). Homes keep their order, so both tables are gone
    /// through from one end to the other.
    fn resize(&mut self, groups: usize, hasher: &RandomState) {
        let mut empty = Vec::new();
        empty.resize_with(groups, Group::default);
        let old = std::mem::replace(self, Self { groups: empty.into_boxed_slice(), len: 0 });
        let mut add = |entry: Entry| self.add(key::hash(hasher, entry.key()), entry);
        let mut fetched = VecDeque::with_capacity(FETCHED_AHEAD);
        for entry in old.groups.into_iter().flat_map(Group::into_entries) {
            fetch(entry.address(), 1);
            if fetched.len() == FETCHED_AHEAD {
                fetched.pop_front().map(&mut add);
            }
            fetched.push_back(entry);
        }
        fetched.into_iter().for_each(add);
    }

    /// Empties the table in O(1): the entries go to whoever called.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Calls `visit` with every entry whose home is `home`. Expected O(1).
    pub(crate) fn for_each_in_home<'a>(&'a self, home: usize, hasher: &RandomState, mut visit: impl FnMut(&'a Entry)) {
        let (mut at, mut distance) = (home, 0);
        while let Some(group) = self.groups.get(at).filter(|_| distance < self.groups.len()) {
            for entry in group.entries() {
                if self.is_of_home(entry, at, distance, hasher) {
                    visit(entry);
                }
            }
            if !group.is_full() {
                return;
            }
            (at, distance) = (self.next(at), distance + 1);
        }
    }

    /// Calls `visit` with every entry whose home is `home`, to be changed but not moved: the key stays.
    pub(crate) fn for_each_in_home_mut(
        &mut self,
        home: usize,
        hasher: &RandomState,
        mut visit: impl FnMut(&mut Entry),
    ) {
        let (mut at, mut distance) = (home, 0);
        while distance < self.groups.len() {
            for slot in 0..GROUP_SLOTS {
                let position = Position { group: at, slot };
                let is_wanted = self.entry(position).is_some_and(|entry| self.is_of_home(entry, at, distance, hasher));
                if let Some(Some(entry)) = self.slot_mut(position).filter(|_| is_wanted) {
                    visit(entry);
                }
            }
            if !self.groups.get(at).is_some_and(Group::is_full) {
                return;
            }
            (at, distance) = (self.next(at), distance + 1);
        }
    }

    /// Whether the home of an entry in group `at` is `distance` groups before that.
    fn is_of_home(&self, entry: &Entry, at: usize, distance: usize, hasher: &RandomState) -> bool {
        let is_away = entry.mark() & AWAY != 0;
        if distance == 0 { !is_away } else { is_away && self.distance_from_home(entry, at, hasher) == distance }
    }

    /// Calls `visit` with every entry in the groups from `first` on, `count` of them or as many as there are, to be changed but not moved to another
    /// slot: the key stays. Fetches them all first. O(count).
    pub(crate) fn for_each_in_window(&mut self, first: usize, count: usize, mut visit: impl FnMut(&mut Entry)) {
        let end = first.saturating_add(count).min(self.groups.len());
        let Some(window) = self.groups.get_mut(first..end) else { return };
        for entry in window.iter().flat_map(Group::entries) {
            fetch(entry.address(), FETCHED_ENTRY_BYTES);
        }
        window.iter_mut().flat_map(Group::slots_mut).flatten().for_each(&mut visit);
    }
}

/// The next size of a table that has become too small: half or a third more. With the group that [`Slots::memory`] adds, sizes are powers of
/// two and their halves more, which allocators have classes of.
const fn larger(groups: usize) -> usize {
    match groups {
        0 => 1,
        1 => 3,
        _ => {
            let whole = groups + 1;
            (if whole.is_power_of_two() { whole / 2 * 3 } else { whole / 3 * 4 }) - 1
        }
    }
}

/// The smallest size that has room for so many entries.
fn fitting(entries: usize) -> usize {
    let mut groups = 0;
    while groups * GROUP_LOAD_MAX < entries {
        groups = larger(groups);
    }
    groups
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
