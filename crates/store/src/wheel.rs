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
//! move down; on level 0 they are due. Levels are allocated when first used.
//!
//! # Invariants
//! - A handle ([`TimerId`]) is an index and a generation: one that outlived its node is recognised. Generations start over in a wheel that
//!   was emptied or compacted, so whoever keeps a handle without the lock (a dead key that was noticed) checks the key's deadline as well.
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

const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = 11;
/// The end of a list.
const NONE: u32 = u32::MAX;
/// Nodes that a wheel keeps for the next timers, however few are in use. Of more, those that are not needed go back to the allocator.
const NODES_KEPT: usize = 64;
/// A wheel that uses less than this fraction of its nodes is sparse.
const SPARSE: usize = 8;

/// Names a timer for as long as it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimerId {
    index: u32,
    generation: u32,
}

/// A timer: when it is due, and the hash of the key it is for, by which the table finds the entry that holds its handle.
struct Node {
    due: u64,
    hash: u64,
    prev: u32,
    next: u32,
    generation: u32,
    /// Level and slot of the list that the node is in; `None` when it has been reported, or is free.
    place: Option<(u8, u8)>,
}

struct Level {
    occupied: u64,
    heads: [u32; SLOTS],
}

/// A set of timers. See the module's documentation.
#[derive(Default)]
pub(crate) struct Wheel {
    time: u64,
    nodes: Vec<Node>,
    /// First of the free nodes, chained by `next`, plus one; zero is none (so that an empty wheel is all zeros).
    free: u32,
    levels: [Option<Box<Level>>; LEVELS],
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
        self.nodes.capacity()
    }

    /// Adds a timer that is due when `deadline` has passed. O(1). `now` is where the time of a wheel without timers starts.
    pub(crate) fn arm(&mut self, deadline: Timestamp, hash: u64, now: Timestamp) -> TimerId {
        if self.armed == 0 {
            self.time = now.as_millis();
        }
        self.add(hash, due(deadline))
    }

    /// Gives a timer a new deadline; its handle stays. O(1).
    pub(crate) fn rearm(&mut self, timer: TimerId, deadline: Timestamp) {
        if self.is_current(timer) {
            self.unlink(timer.index);
            self.link(timer.index, due(deadline));
        }
    }

    /// Removes a timer. A handle that is no longer good is ignored. O(1).
    pub(crate) fn cancel(&mut self, timer: TimerId) {
        if !self.is_current(timer) {
            return;
        }
        self.unlink(timer.index);
        self.armed -= 1;
        let free = self.free;
        let node = self.node_mut(timer.index);
        node.generation = node.generation.wrapping_add(1);
        node.next = free;
        self.free = timer.index + 1;
        if self.armed == 0 && self.nodes.len() > NODES_KEPT {
            *self = Self::default();
        }
    }

    /// Whether so few nodes are in use that [`compact`](Self::compact) is worth its cost.
    pub(crate) const fn is_sparse(&self) -> bool {
        self.nodes.len() > NODES_KEPT && self.armed < self.nodes.len() / SPARSE
    }

    /// Gives the memory of unused nodes back. The timers get new handles, each with an index no larger than before; `moved` is told the hash,
    /// the old handle and the new one, in ascending order of their indices. No timer may be reported and not yet cancelled or armed again.
    /// O(nodes).
    pub(crate) fn compact(&mut self, mut moved: impl FnMut(u64, TimerId, TimerId)) {
        let old = std::mem::take(self);
        self.time = old.time;
        for (index, node) in (0..).zip(old.nodes).filter(|(_, node)| node.place.is_some()) {
            let timer = self.add(node.hash, node.due);
            moved(node.hash, TimerId { index, generation: node.generation }, timer);
        }
        debug_assert_eq!(self.armed, old.armed, "every timer is in a list");
    }

    /// When a timer is due and the hash it was armed with, for the invariants' check.
    pub(crate) fn get(&self, timer: TimerId) -> Option<(u64, u64)> {
        self.is_current(timer).then(|| self.node(timer.index)).map(|node| (node.due, node.hash))
    }

    /// When [`pop_due`](Self::pop_due) next has something to do: never later than the first timer is due, often earlier.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.next_slot().map(|(start, _, _)| Timestamp::from_millis(start))
    }

    /// The next timer that is due at `now`, with the hash it was armed with. It stays valid until it is cancelled or armed again.
    /// `budget` pays for each timer that is reported or moved down; at zero the call returns `None` and the work waits for the next one.
    pub(crate) fn pop_due(&mut self, now: Timestamp, budget: &mut usize) -> Option<(TimerId, u64)> {
        let now = now.as_millis();
        while *budget > 0 {
            let Some((start, level, slot)) = self.next_slot().filter(|(start, _, _)| *start <= now) else {
                self.time = self.time.max(now);
                return None;
            };
            *budget -= 1;
            self.time = self.time.max(start);
            let index = self.levels[level].as_ref()?.heads[slot];
            self.unlink(index);
            let node = self.node(index);
            if level == 0 {
                return Some((TimerId { index, generation: node.generation }, node.hash));
            }
            self.link(index, node.due);
        }
        None
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

    fn add(&mut self, hash: u64, due: u64) -> TimerId {
        let index = self.allocate(hash);
        self.armed += 1;
        self.link(index, due);
        TimerId { index, generation: self.node(index).generation }
    }

    fn link(&mut self, index: u32, due: u64) {
        let due_or_now = due.max(self.time);
        let level = ((u64::BITS - 1 - ((due_or_now ^ self.time) | 1).leading_zeros()) / DIGIT_BITS) as usize;
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 64")]
        let slot = ((due_or_now >> digit_shift(level)) % SLOTS as u64) as usize;
        let slots = self.levels[level].get_or_insert_with(|| Box::new(Level { occupied: 0, heads: [NONE; SLOTS] }));
        let head = std::mem::replace(&mut slots.heads[slot], index);
        slots.occupied |= 1 << slot;
        if head != NONE {
            self.node_mut(head).prev = index;
        }
        let node = self.node_mut(index);
        #[expect(clippy::cast_possible_truncation, reason = "a level is below 11 and a slot below 64")]
        let place = (level as u8, slot as u8);
        (node.due, node.prev, node.next, node.place) = (due, NONE, head, Some(place));
    }

    fn unlink(&mut self, index: u32) {
        let node = self.node_mut(index);
        let Some((level, slot)) = node.place.take() else { return };
        let (prev, next) = (node.prev, node.next);
        if next != NONE {
            self.node_mut(next).prev = prev;
        }
        if prev != NONE {
            self.node_mut(prev).next = next;
        } else if let Some(slots) = &mut self.levels[usize::from(level)] {
            slots.heads[usize::from(slot)] = next;
            if next == NONE {
                slots.occupied &= !(1 << slot);
            }
        }
    }

    fn allocate(&mut self, hash: u64) -> u32 {
        if let Some(index) = self.free.checked_sub(1) {
            self.free = self.node(index).next;
            self.node_mut(index).hash = hash;
            return index;
        }
        #[expect(
            clippy::expect_used,
            reason = "four thousand million timers in one shard are more than its table can hold"
        )]
        let index =
            u32::try_from(self.nodes.len()).ok().filter(|index| *index < NONE - 1).expect("too many timers in a shard");
        self.nodes.push(Node { due: 0, hash, prev: NONE, next: NONE, generation: 0, place: None });
        index
    }

    fn is_current(&self, timer: TimerId) -> bool {
        self.nodes.get(timer.index as usize).is_some_and(|node| node.generation == timer.generation)
    }

    fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize]
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
