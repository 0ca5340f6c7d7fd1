//! What several sets come to: SUNION, SINTER, SDIFF. It takes time, so it works on sets that it holds by reference, without a lock.
//!
//! The elements of some of the sets are walked, one after the other, and each is put into the result, taken out of it, or left. A result is kept as Redis
//! would keep it, which depends on what was ever in it: so a difference is computed in whichever of Redis's two ways Redis would choose.

use std::cmp::Reverse;

use super::calculation::{BYTES_UNDER_LOCK, Calculation, Provisional, is_unchanged};
use crate::collection::{Collection, Element, Set};
use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// How sets become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOp {
    /// What is in any of them.
    Union,
    /// What is in all of them.
    Intersection,
    /// What is in the first and none of the others.
    Difference,
}

impl SetOp {
    /// The name of the event when its result is stored.
    const fn event(self) -> &'static str {
        match self {
            Self::Union => event::SUNIONSTORE,
            Self::Intersection => event::SINTERSTORE,
            Self::Difference => event::SDIFFSTORE,
        }
    }
}

/// What an element costs to look at, in bytes, if it has no more.
const ELEMENT_BYTES_MIN: usize = 64;

/// An operation over sets as they were when it began.
#[derive(Debug)]
pub struct SetCalculation {
    op: SetOp,
    /// What each key held, in order.
    sources: Vec<Option<Set>>,
    plan: Plan,
    /// The element to look at next: that of a rank of a set that is walked.
    walked: usize,
    rank: usize,
    result: Set,
    count: usize,
}

/// What is to be done.
#[derive(Debug)]
struct Plan {
    /// The sets to be walked.
    walks: Vec<Set>,
    /// The sets to be asked about each element.
    asks: Vec<Set>,
    /// Whether an element is wanted that is in all of the latter, or one that is in none.
    wants_all: bool,
    /// Whether elements of the second set walked, and of those after it, are taken out instead of put in.
    takes_out: bool,
    /// Whether only the number of elements is wanted, and how many are enough.
    counts_to: Option<usize>,
}

impl Plan {
    fn new(op: SetOp, sources: &[Option<Set>]) -> Self {
        let mut plan = Self { walks: Vec::new(), asks: Vec::new(), wants_all: true, takes_out: false, counts_to: None };
        let mut sets: Vec<Set> = sources.iter().flatten().cloned().collect();
        match op {
            SetOp::Union => plan.walks = sets,
            SetOp::Intersection if sets.len() == sources.len() => {
                sets.sort_by_key(Set::len);
                plan.asks = sets.split_off(sets.len().min(1));
                plan.walks = sets;
            }
            SetOp::Difference if sources.first().is_some_and(Option::is_some) => {
                let (asking, walking) = (sets.first().map_or(0, |first| first.len() * sets.len()), sum(&sets));
                if asking / 2 <= walking {
                    plan.asks = sets.split_off(1);
                    plan.asks.sort_by_key(|set| Reverse(set.len()));
                    plan.wants_all = false;
                } else {
                    plan.takes_out = true;
                }
                plan.walks = sets;
            }
            // With a set that is not there, nothing is in all of them, and nothing in the first.
            SetOp::Intersection | SetOp::Difference => {}
        }
        plan
    }

    /// Whether an element of a set that is walked counts.
    fn wants(&self, element: Element<'_>) -> bool {
        if self.wants_all {
            self.asks.iter().all(|set| set.contains_element(element))
        } else {
            !self.asks.iter().any(|set| set.contains_element(element))
        }
    }
}

fn sum(sets: &[Set]) -> usize {
    sets.iter().map(Set::len).sum()
}

impl SetCalculation {
    /// Takes the sets that keys hold, by reference if they are large; keys that do not exist count as empty. O(keys).
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn begin(view: &View<'_>, op: SetOp, keys: &[Key<'_>]) -> Result<Self, StoreError> {
        let sources = keys.iter().map(|key| Ok(view.collection::<Set>(key)?.cloned()));
        let sources = sources.collect::<Result<Vec<Option<Set>>, StoreError>>()?;
        let plan = Plan::new(op, &sources);
        Ok(Self { op, sources, plan, walked: 0, rank: 0, result: Set::new(), count: 0 })
    }

    /// Only the number of elements is wanted, and no more than `limit` are counted.
    #[must_use]
    pub const fn counting_to(mut self, limit: usize) -> Self {
        self.plan.counts_to = Some(limit);
        self
    }

    /// How many bytes are still to be looked at, at most, or as many elements as cost the same.
    pub fn bytes_left(&self) -> usize {
        if self.is_enough() {
            return 0;
        }
        let asks = 1 + self.plan.asks.len();
        let bytes = |(at, set): (usize, &Set)| {
            let len = set.len().max(1);
            let left = set.len() - if at == self.walked { self.rank } else { 0 };
            let each = (set.memory() / len).max(ELEMENT_BYTES_MIN);
            left.saturating_mul(each).saturating_mul(asks)
        };
        let walks = self.plan.walks.iter().enumerate().skip(self.walked);
        walks.map(bytes).fold(0, usize::saturating_add)
    }

    /// Looks at about so many bytes more. Returns whether there are more.
    pub fn step(&mut self, bytes: usize) -> bool {
        let mut left = bytes;
        while left > 0 && !self.is_enough() {
            let Some(set) = self.plan.walks.get(self.walked) else { return false };
            let takes_out = self.plan.takes_out && self.walked > 0;
            if set.len() == self.rank || (takes_out && self.result.is_empty()) {
                (self.walked, self.rank) = (self.walked + 1, 0);
                continue;
            }
            for element in set.range(self.rank..set.len()) {
                if left == 0 || self.plan.counts_to.is_some_and(|enough| self.count >= enough) {
                    break;
                }
                let cost = element.len().max(ELEMENT_BYTES_MIN).saturating_mul(1 + self.plan.asks.len());
                left = left.saturating_sub(cost);
                self.rank += 1;
                if takes_out {
                    self.result.remove_element(element);
                } else if self.plan.wants(element) {
                    self.count += 1;
                    if self.plan.counts_to.is_none() {
                        self.result.insert_element(element);
                    }
                }
            }
        }
        self.walked < self.plan.walks.len() && !self.is_enough()
    }

    fn is_enough(&self) -> bool {
        self.plan.counts_to.is_some_and(|enough| self.count >= enough)
    }

    /// Ends the calculation, if it is not at its end, and returns how many elements there are, up to the limit if there is one.
    pub fn count(mut self) -> usize {
        while self.step(usize::MAX) {}
        self.found()
    }

    /// How many elements there are so far, up to the limit if there is one.
    pub const fn found(&self) -> usize {
        if self.plan.counts_to.is_some() { self.count } else { self.result.len() }
    }

    /// Takes the result, once nothing is left to be looked at.
    pub fn take_result(&mut self) -> Set {
        std::mem::take(&mut self.result)
    }

    /// Ends the calculation, if it is not at its end.
    pub fn into_result(mut self) -> Set {
        while self.step(usize::MAX) {}
        self.result
    }
}

impl Provisional for SetCalculation {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        for (key, source) in keys.iter().zip(&self.sources) {
            let held = view.find(key)?.map(|entry| entry.collection::<Set>()).transpose()?;
            if !is_unchanged(held, source.as_ref(), Set::is_same) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn abandon(self, view: &mut View<'_>) {
        self.sources.into_iter().flatten().for_each(|source| view.discard(Collection::from(source)));
        view.discard(Collection::from(self.result));
    }

    fn held_bytes(&self) -> usize {
        self.sources.iter().flatten().map(Set::memory).sum::<usize>() + self.result.memory()
    }
}

impl Calculation for SetCalculation {
    /// How many elements or bytes the key holds then.
    type Stored = usize;

    fn is_short(&self) -> bool {
        self.bytes_left() <= BYTES_UNDER_LOCK
    }

    fn advance(&mut self) -> bool {
        self.step(BYTES_UNDER_LOCK)
    }

    fn store(self, view: &mut View<'_>, target: &Key<'_>) -> Result<usize, StoreError> {
        view.shard_mut(target)?;
        let event = self.op.event();
        let result = self.into_result();
        let len = result.len();
        view.store_collection(target, result, event)?;
        Ok(len)
    }
}
