//! Taking several members out of a set that are picked at random: SPOP with a count. Many take time, so they are taken out of a clone, without a lock.

use bytes::Bytes;

use super::calculation::{
    BYTES_PER_STEP, BYTES_UNDER_LOCK, Calculation, ELEMENTS_UNDER_LOCK, Provisional, is_unchanged,
};
use crate::collection::Set;
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// What is left is moved to a new set where it is less than a fifth of what is popped, as in Redis: then a set of integers is kept as one again.
const POPPED_FOR_EACH_LEFT: usize = 5;

/// A number of members that are taken out of a set: each choice of so many is as likely as any other.
#[derive(Debug)]
pub struct SetPop {
    /// What the key held; nothing where it did not exist.
    before: Option<Set>,
    /// The set, out of which members are taken.
    rest: Set,
    taken: Set,
    /// Those that are still to be taken.
    left: usize,
    /// Whether `rest` is what is popped, and `taken` what is left.
    takes_what_is_left: bool,
    /// The names of what is popped, if anybody will ask for them.
    names: Option<Vec<Bytes>>,
}

impl SetPop {
    /// Begins to take so many members out of the set of a key, or all if there are no more. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn begin(view: &View<'_>, key: &Key<'_>, count: usize) -> Result<Self, StoreError> {
        let before = view.held::<Set>(key)?.cloned();
        let len = before.as_ref().map_or(0, Set::len);
        let takes_what_is_left = len.saturating_sub(count).saturating_mul(POPPED_FOR_EACH_LEFT) <= count;
        let left = if takes_what_is_left { len.saturating_sub(count) } else { count };
        let (rest, taken) = (before.clone().unwrap_or_default(), Set::new());
        let names = view.is_heard().then(Vec::new);
        Ok(Self { before, rest, taken, left, takes_what_is_left, names })
    }

    /// Whether all members are popped, or none, which takes no time.
    const fn is_trivial(&self) -> bool {
        self.taken.is_empty() && self.left == 0
    }

    /// How many members are still to be looked at.
    fn members_left(&self) -> usize {
        let popped = if self.takes_what_is_left { self.rest.len() - self.left } else { self.taken.len() + self.left };
        let names = self.names.as_ref().filter(|_| !self.is_trivial());
        self.left + names.map_or(0, |names| popped - names.len())
    }

    fn bytes_each(&self) -> usize {
        self.before.as_ref().map_or(0, |before| before.memory() / before.len().max(1))
    }

    /// Takes out, or names, so many members more.
    fn step(&mut self, members: usize) {
        let takes = members.min(self.left);
        for _ in 0..takes {
            if let Some(member) = self.rest.take(fastrand::usize(..self.rest.len().max(1))) {
                self.taken.insert(&member);
            }
        }
        self.left -= takes;
        if self.left > 0 || self.is_trivial() {
            return;
        }
        let popped = if self.takes_what_is_left { &self.rest } else { &self.taken };
        if let Some(names) = &mut self.names {
            let next = popped.range(names.len()..popped.len()).take(members - takes);
            names.extend(next.map(|member| member.with_bytes(Bytes::copy_from_slice)));
        }
    }
}

impl Provisional for SetPop {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        let [key] = keys else { return Err(StoreError::Undeclared) };
        Ok(is_unchanged(view.held::<Set>(key)?, self.before.as_ref(), Set::is_same))
    }

    fn held_bytes(&self) -> usize {
        let before = self.before.as_ref().map_or(0, Set::memory);
        let names = self.names.as_ref().map_or(0, |names| names.len() * (size_of::<Bytes>() + self.bytes_each()));
        before.max(self.rest.memory()) + self.taken.memory() + names
    }
}

impl Calculation for SetPop {
    /// The members that are popped.
    type Stored = Set;

    fn is_short(&self) -> bool {
        let members = self.members_left();
        members <= ELEMENTS_UNDER_LOCK && self.bytes_each().saturating_mul(members) <= BYTES_UNDER_LOCK
    }

    fn advance(&mut self) -> bool {
        self.step((BYTES_PER_STEP / self.bytes_each().max(1)).clamp(1, ELEMENTS_UNDER_LOCK));
        self.members_left() > 0
    }

    fn store(mut self, view: &mut View<'_>, key: &Key<'_>) -> Result<Set, StoreError> {
        // The key holds it, too.
        self.before = None;
        if self.is_trivial() && !self.takes_what_is_left {
            return Ok(Set::new());
        }
        let popped = view.shard_mut(key)?.change(key, |set: &mut Set, report| {
            if self.left > 0 && self.taken.is_empty() {
                // Nothing is done yet: what is shared would be copied before it is changed.
                self.rest = std::mem::take(set);
            }
            self.step(usize::MAX);
            let Self { rest, taken, takes_what_is_left, names, .. } = self;
            let (popped, kept) = if takes_what_is_left { (rest, taken) } else { (taken, rest) };
            report.discard(std::mem::replace(set, kept));
            // If all members are popped, that the key is removed says all that is different.
            report.tell(event::SPOP, || Delta::SetRemove(names.unwrap_or_default()));
            popped
        })?;
        Ok(popped.unwrap_or_default())
    }
}
