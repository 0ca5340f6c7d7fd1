//! Timer wheel: finds the keys whose deadline has passed, in O(1) per key.
//!
//! # Guarantee
//! A timer is due one millisecond after its deadline (the deadline is a key's last millisecond) and is never reported earlier. The wheel only
//! frees memory: reads compare deadlines themselves. (The last millisecond of `u64` has none behind it and is due at itself.)
//!
//! # How
//! Eleven levels of 64 slots, each level's slots 64 times as wide as the one below: 1 ms, 64 ms, 4 s, 4 min, 5 h, 12 d, 2 y, and so on up to all
//! of `u64`, so no deadline needs a special case. A timer sits on the level of the highest base-64 digit in which its due time differs from
//! the wheel's own time; there its digit is larger than the wheel's. When the wheel's time enters a slot above level 0, the slot's timers
//! move down; on level 0 they are due. Levels are allocated when first used. A node is 16 bytes: with a million timers, what a node does
//! not hold counts.
//!
//! # Invariants
//! - A handle ([`TimerId`]) has one owner, the key's entry, which gives it up when the timer is cancelled. The entry has the deadline as well: the
//!   wheel only knows in which slot the timer waits, and asks when that slot begins.
//! - The wheel's time never moves back while it has timers. A clock that does is waited for.
//! - The wheel's time never passes the start of an occupied slot without emptying it; an advance that is abandoned halfway leaves the rest
//!   where the next one finds it first.
//!
//! # Not here
//! Locks (`shard.rs`), reading time (`clock.rs`), how much work to do at once (`expire.rs`).
#![expect(
    clippy::indexing_slicing,
    reason = "nodes are named by indices that this module made; slots and levels are masked"
)]

use crate::clock::Timestamp;
use crate::footprint::block;
use crate::slab::Slab;

const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = 11;
/// A wheel that uses less than this fraction of its nodes is sparse.
const SPARSE: usize = 8;
/// Nodes that a wheel may have without being sparse, however few are in use.
const NODES_KEPT: usize = 64;

/// Names a timer for as long as it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TimerId(u32);

/// A timer: the hash of the key it is for, by which the table finds the entry that holds its handle, and its neighbours in the list of a slot.
#[derive(Clone, Copy)]
struct Node {
    hash: u64,
    prev: Before,
    next: u32,
}

/// What a timer's node takes.
pub(crate) const NODE_BYTES: usize = size_of::<Node>();

/// The end of a list.
const NONE: u32 = u32::MAX;

/// What comes before a node: another node, the head of the list of a slot, or nothing because it is in no list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Before(u32);

impl Before {
    /// The node was reported and is to be cancelled or armed again.
    const NO_LIST: Self = Self(u32::MAX);
    /// There is no timer: the node is free.
    const FREE: Self = Self(u32::MAX - 1);
    /// This bit says that the rest is level and slot; without it, it is a node.
    const HEAD: u32 = 1 << 31;

    #[expect(clippy::cast_possible_truncation, reason = "a level is below 11 and a slot below 64")]
    const fn head(level: usize, slot: usize) -> Self {
        Self(Self::HEAD | (level << DIGIT_BITS | slot) as u32)
    }

    const fn node(index: u32) -> Self {
        Self(index)
    }

    /// The level and slot of a list's first node.
    const fn as_head(self) -> Option<(usize, usize)> {
        let place = (self.0 & !Self::HEAD) as usize;
        if self.0 & Self::HEAD != 0 && place < LEVELS * SLOTS { Some((place / SLOTS, place % SLOTS)) } else { None }
    }

    const fn as_node(self) -> Option<u32> {
        if self.0 & Self::HEAD == 0 { Some(self.0) } else { None }
    }
}

struct Level {
    occupied: u64,
    heads: [u32; SLOTS],
}

/// A set of timers. See the module's documentation.
#[derive(Default)]
pub(crate) struct Wheel {
    time: u64,
    nodes: Slab<Node>,
    /// First of the free nodes, chained by `next`, plus one; zero is none (so that an empty wheel is all zeros).
    free: u32,
    levels: [Option<Box<Level>>; LEVELS],
    levels_made: usize,
    armed: usize,
}

impl Wheel {
    /// How many timers there are.
    pub(crate) const fn len(&self) -> usize {
        self.armed
    }

    /// How many timers there is memory for.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.nodes.room()
    }

    /// Bytes of memory that the timers take. O(1).
    pub(crate) const fn memory(&self) -> usize {
        self.nodes.memory() + self.levels_made * block(size_of::<Level>())
    }

    /// Adds a timer that is due when `deadline` has passed. O(1). `now` is where the time of a wheel without timers starts.
    pub(crate) fn arm(&mut self, deadline: Timestamp, hash: u64, now: Timestamp) -> TimerId {
        if self.armed == 0 {
            self.time = now.as_millis();
        }
        let index = self.allocate(hash);
        self.armed += 1;
        self.link(index, due(deadline));
        TimerId(index)
    }

    /// Gives a timer a new deadline; its handle stays. O(1).
    pub(crate) fn rearm(&mut self, timer: TimerId, deadline: Timestamp) {
        if self.is_current(timer) {
            self.unlink(timer.0);
            self.link(timer.0, due(deadline));
        }
    }

    /// Removes a timer. One that is gone already is ignored. O(1).
    pub(crate) fn cancel(&mut self, timer: TimerId) {
        if !self.is_current(timer) {
            return;
        }
        self.unlink(timer.0);
        self.armed -= 1;
        let free = std::mem::replace(&mut self.free, timer.0 + 1);
        let node = &mut self.nodes[timer.0];
        (node.prev, node.next) = (Before::FREE, free);
        if self.armed == 0 && self.nodes.len() > NODES_KEPT {
            *self = Self::default();
        }
    }

    /// Whether so few nodes are in use that [`compact`](Self::compact) is worth its cost.
    pub(crate) const fn is_sparse(&self) -> bool {
        self.nodes.len() > NODES_KEPT && self.armed < self.nodes.len() / SPARSE
    }

    /// Gives the memory of unused nodes back. Timers whose nodes lie behind as many as there are timers move down; `moved` is told the hash, the
    /// old handle and the new one of each. O(nodes).
    pub(crate) fn compact(&mut self, mut moved: impl FnMut(u64, TimerId, TimerId)) {
        #[expect(clippy::cast_possible_truncation, reason = "indices of nodes fit 31 bits")]
        let (kept, len) = (self.armed as u32, self.nodes.len() as u32);
        let mut hole = 0;
        for index in (kept..len).filter(|index| self.nodes[*index].prev != Before::FREE).collect::<Vec<_>>() {
            while self.nodes[hole].prev != Before::FREE {
                hole += 1;
            }
            self.relocate(index, hole);
            moved(self.nodes[hole].hash, TimerId(index), TimerId(hole));
        }
        self.nodes.truncate(self.armed);
        self.free = 0;
    }

    /// When [`pop_begun`](Self::pop_begun) next has something to do: never later than the first timer is due, often earlier.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.next_slot().map(|(start, _, _)| Timestamp::from_millis(start))
    }

    /// The next timer whose slot has begun at `now`, with the hash it was armed with. If its deadline has not passed it is to be armed again with
    /// it, and moves down a level or more; else it is to be cancelled. `budget` pays for each; at zero the call returns `None` and the work
    /// waits for the next one.
    pub(crate) fn pop_begun(&mut self, now: Timestamp, budget: &mut usize) -> Option<(TimerId, u64)> {
        let now = now.as_millis();
        if *budget == 0 {
            return None;
        }
        let Some((start, level, slot)) = self.next_slot().filter(|(start, _, _)| *start <= now) else {
            self.time = self.time.max(now);
            return None;
        };
        *budget -= 1;
        self.time = self.time.max(start);
        let index = self.levels[level].as_ref()?.heads[slot];
        self.unlink(index);
        Some((TimerId(index), self.nodes[index].hash))
    }

    /// Every timer that waits: its handle, its hash, and whether a deadline fits the slot it waits in; for the invariants' check. O(nodes).
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (TimerId, u64, impl Fn(Timestamp) -> bool)> {
        let lists = (0..LEVELS).flat_map(|level| (0..SLOTS).map(move |slot| (level, slot)));
        lists.flat_map(move |(level, slot)| {
            let first = self.levels[level].as_ref().map_or(NONE, |slots| slots.heads[slot]);
            let mut next = first;
            std::iter::from_fn(move || {
                let index = (next != NONE).then_some(next)?;
                next = self.nodes[index].next;
                let fits = move |deadline| {
                    let digit = (due(deadline) >> digit_shift(level)) % SLOTS as u64;
                    digit == slot as u64 || due(deadline) <= self.time
                };
                Some((TimerId(index), self.nodes[index].hash, fits))
            })
        })
    }

    /// The occupied slot that starts first (the wheel's own time if it has begun), and of those that start together the highest.
    fn next_slot(&self) -> Option<(u64, usize, usize)> {
        let mut first: Option<(u64, usize, usize)> = None;
        for (level, slots) in self.levels.iter().enumerate() {
            let Some(slots) = slots.as_ref().filter(|slots| slots.occupied != 0) else { continue };
            // Digits on a level are never smaller than the wheel's own there, so the lowest occupied slot is the next.
            let slot = slots.occupied.trailing_zeros() as usize;
            let shift = digit_shift(level);
            let below_and_this =
                if level + 1 == LEVELS { 0 } else { self.time >> digit_shift(level + 1) << digit_shift(level + 1) };
            let start = (below_and_this | (slot as u64) << shift).max(self.time);
            if first.is_none_or(|(earliest, _, _)| start <= earliest) {
                first = Some((start, level, slot));
            }
        }
        first
    }

    fn link(&mut self, index: u32, due: u64) {
        let due_or_now = due.max(self.time);
        let level = ((u64::BITS - 1 - ((due_or_now ^ self.time) | 1).leading_zeros()) / DIGIT_BITS) as usize;
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 64")]
        let slot = ((due_or_now >> digit_shift(level)) % SLOTS as u64) as usize;
        let slots = self.levels[level].get_or_insert_with(|| {
            self.levels_made += 1;
            Box::new(Level { occupied: 0, heads: [NONE; SLOTS] })
        });
        let head = std::mem::replace(&mut slots.heads[slot], index);
        slots.occupied |= 1 << slot;
        if head != NONE {
            self.nodes[head].prev = Before::node(index);
        }
        let node = &mut self.nodes[index];
        (node.prev, node.next) = (Before::head(level, slot), head);
    }

    fn unlink(&mut self, index: u32) {
        let Node { prev, next, .. } = self.nodes[index];
        if prev == Before::NO_LIST {
            return;
        }
        if next != NONE {
            self.nodes[next].prev = prev;
        }
        self.set_next(prev, next);
        self.nodes[index].prev = Before::NO_LIST;
    }

    /// Makes `next` what follows `prev`.
    fn set_next(&mut self, prev: Before, next: u32) {
        if let Some(before) = prev.as_node() {
            self.nodes[before].next = next;
        } else if let Some((level, slot)) = prev.as_head()
            && let Some(slots) = &mut self.levels[level]
        {
            slots.heads[slot] = next;
            if next == NONE {
                slots.occupied &= !(1 << slot);
            }
        }
    }

    /// Moves a node that waits into a free one.
    fn relocate(&mut self, from: u32, to: u32) {
        let node = self.nodes[from];
        self.set_next(node.prev, to);
        if node.next != NONE {
            self.nodes[node.next].prev = Before::node(to);
        }
        self.nodes[to] = node;
        self.nodes[from].prev = Before::FREE;
    }

    fn allocate(&mut self, hash: u64) -> u32 {
        let node = Node { hash, prev: Before::NO_LIST, next: NONE };
        let Some(index) = self.free.checked_sub(1) else { return self.nodes.push(node) };
        self.free = self.nodes[index].next;
        self.nodes[index] = node;
        index
    }

    fn is_current(&self, timer: TimerId) -> bool {
        self.nodes.get(timer.0).is_some_and(|node| node.prev != Before::FREE)
    }
}

const fn due(deadline: Timestamp) -> u64 {
    deadline.as_millis().saturating_add(1)
}

#[expect(clippy::cast_possible_truncation, reason = "a level is below 11")]
const fn digit_shift(level: usize) -> u32 {
    DIGIT_BITS * level as u32
}

#[cfg(test)]
#[path = "wheel_tests.rs"]
mod tests;
