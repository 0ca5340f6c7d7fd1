//! Unions, intersections and differences of sorted sets, and sets beside them. They take time, so they work on clones, without a lock.

use std::ops::Range;

use super::put::{put, without_minus_zeros};
use crate::collection::{Collection, Set, SortedSet};
use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::ops::SetOp;
use crate::ops::calculation::{BYTES_UNDER_LOCK, Calculation, ELEMENTS_UNDER_LOCK, Provisional, is_unchanged};
use crate::value::{ValueRef, ValueType};
use crate::view::View;

/// The name of the event when the result of an operation is stored.
const fn event_of(operation: SetOp) -> &'static str {
    match operation {
        SetOp::Union => event::ZUNIONSTORE,
        SetOp::Intersection => event::ZINTERSTORE,
        SetOp::Difference => event::ZDIFFSTORE,
    }
}

/// How the scores of one member become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregate {
    /// Added. Two infinities that have no sum make 0.
    #[default]
    Sum,
    /// The lowest.
    Min,
    /// The highest.
    Max,
}

impl Aggregate {
    fn join(self, score: f64, other: f64) -> f64 {
        // A NaN, which an infinity times 0 is, compares as neither less nor more, and so counts for nothing.
        match self {
            Self::Sum => number(score + other),
            Self::Min => {
                if other < score {
                    other
                } else {
                    score
                }
            }
            Self::Max => {
                if other > score {
                    other
                } else {
                    score
                }
            }
        }
    }
}

/// 0 for what is no number.
const fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// What a key held when the calculation began.
#[derive(Debug)]
struct Source {
    /// Nothing, where the key did not exist.
    held: Option<Collection>,
    weight: f64,
}

impl Source {
    fn len(&self) -> usize {
        self.held.as_ref().map_or(0, Collection::len)
    }

    /// The score of a member, which in a set is 1.
    fn score(&self, member: &[u8]) -> Option<f64> {
        match self.held.as_ref()? {
            Collection::SortedSet(set) => set.score(member),
            Collection::Set(set) => set.contains(member).then_some(1.0),
            _ => None,
        }
    }

    /// Shows a range of ranks.
    fn for_each(&self, ranks: Range<usize>, mut show: impl FnMut(&[u8], f64)) {
        match &self.held {
            Some(Collection::SortedSet(set)) => set.range(ranks).for_each(|(member, score)| show(member, score)),
            Some(Collection::Set(set)) => {
                Set::range(set, ranks).for_each(|member| member.with_bytes(|member| show(member, 1.0)));
            }
            _ => {}
        }
    }
}

/// A part of one set, in the order in which Redis puts it into another.
#[derive(Debug)]
struct Part {
    ranks: Range<usize>,
    reversed: bool,
    /// Whether the result is small as long as it can be; else large from the start.
    begins_small: bool,
}

impl Part {
    /// Puts members into the result; the ranks are those from the part's beginning, whichever end that is.
    fn take(&self, source: &Source, ranks: Range<usize>, result: &mut SortedSet) {
        let Some(Collection::SortedSet(set)) = &source.held else { return };
        let mut add = |(member, score): (&[u8], f64)| {
            // No member comes twice.
            if self.begins_small {
                put(result, member, score, None);
            } else {
                result.put(member, score, None);
            }
        };
        if self.reversed {
            let sum = self.ranks.start + self.ranks.end;
            set.range(sum - ranks.end..sum - ranks.start).rev().for_each(&mut add);
        } else {
            set.range(ranks).for_each(&mut add);
        }
    }
}

/// Ranges of ranks longer than this make a large set at once in Redis.
const COUNTED_SMALL_MAX: usize = 128;

/// A calculation with sets as they were when it began. Members of a set that has no scores count with 1.
#[derive(Debug)]
pub struct SortedSetCalculation {
    operation: SetOp,
    aggregate: Aggregate,
    sources: Vec<Source>,
    /// The sources by size, as Redis goes through them: sums of floating-point numbers depend on it.
    order: Vec<usize>,
    /// Which of the order is looked at, and from which rank on.
    at: (usize, usize),
    /// If only a part of the one source counts: which.
    part: Option<Part>,
    result: SortedSet,
}

impl SortedSetCalculation {
    /// Takes what keys hold, by reference where it is large; keys that do not exist count as empty. O(keys).
    ///
    /// # Errors
    /// [`StoreError::Undeclared`]; [`StoreError::WrongType`] where a key holds neither a sorted set nor a set.
    pub fn begin(view: &View<'_>, operation: SetOp, keys: &[Key<'_>]) -> Result<Self, StoreError> {
        let take = |key: &Key<'_>| {
            let held = view.live(key)?.map(|entry| of(entry.value()).cloned()).transpose()?;
            Ok(Source { held, weight: 1.0 })
        };
        let sources = keys.iter().map(take).collect::<Result<Vec<_>, StoreError>>()?;
        let mut order: Vec<usize> = (0..sources.len()).collect();
        if operation != SetOp::Difference {
            order.sort_by_key(|at| sources.get(*at).map_or(0, Source::len));
        }
        let (aggregate, result) = (Aggregate::default(), SortedSet::new());
        Ok(Self { operation, aggregate, sources, order, at: (0, 0), part: None, result })
    }

    /// Takes the part of one sorted set that `ranks` says: what ZRANGESTORE stores, `reversed` if the highest score comes first, and `counted` if the part was
    /// named by ranks. It shows in what becomes of minus zero. O(log n).
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], [`StoreError::WrongType`].
    pub fn begin_part(
        view: &View<'_>,
        key: &Key<'_>,
        ranks: impl FnOnce(&SortedSet) -> Range<usize>,
        reversed: bool,
        counted: bool,
    ) -> Result<Self, StoreError> {
        let held = view.collection::<SortedSet>(key)?;
        let ranks = held.map_or(0..0, ranks);
        let sources = vec![Source { held: held.map(|set| set.clone().into()), weight: 1.0 }];
        let (aggregate, result) = (Aggregate::default(), SortedSet::new());
        let (operation, order, at) = (SetOp::Union, vec![0], (0, ranks.start));
        let begins_small = !counted || ranks.len() <= COUNTED_SMALL_MAX;
        let part = Some(Part { ranks, reversed, begins_small });
        Ok(Self { operation, aggregate, sources, order, at, part, result })
    }

    /// How scores become one: each times its source's weight, which is 1 if there is none in `weights`.
    #[must_use]
    pub fn with(mut self, weights: &[f64], aggregate: Aggregate) -> Self {
        self.sources.iter_mut().zip(weights).for_each(|(source, weight)| source.weight = *weight);
        self.aggregate = aggregate;
        self
    }

    fn source(&self, place: usize) -> Option<&Source> {
        self.sources.get(*self.order.get(place)?)
    }

    /// How many of the first members of a source count.
    fn end_of(&self, source: &Source) -> usize {
        self.part.as_ref().map_or_else(|| source.len(), |part| part.ranks.end.min(source.len()))
    }

    /// How many sources are gone through, and in how many places each of their members is looked for.
    const fn shape(&self) -> (usize, usize) {
        match self.operation {
            SetOp::Union => (self.order.len(), 1),
            SetOp::Intersection | SetOp::Difference => (1, self.order.len()),
        }
    }

    /// How many members are still to be looked at or looked for.
    pub fn members_left(&self) -> usize {
        let (walked, places) = self.shape();
        let (place, rank) = self.at;
        let left =
            (place..walked).filter_map(|place| self.source(place)).map(|source| self.end_of(source)).sum::<usize>();
        left.saturating_sub(rank).saturating_mul(places)
    }

    /// Bytes of memory behind the sources that are gone through. O(sources).
    pub fn memory(&self) -> usize {
        let walked = (0..self.shape().0).filter_map(|place| self.source(place));
        walked.filter_map(|source| source.held.as_ref()).map(Collection::memory).sum()
    }

    /// How many members the result has so far.
    pub const fn found(&self) -> usize {
        self.result.len()
    }

    /// Looks at, or for, about so many members more.
    pub fn step(&mut self, members: usize) {
        let (walked, places) = self.shape();
        let mut budget = (members / places.max(1)).max(1);
        let mut result = std::mem::take(&mut self.result);
        while budget > 0 && self.at.0 < walked {
            let (place, rank) = self.at;
            let Some(source) = self.source(place) else { break };
            let last = self.end_of(source);
            let end = rank.saturating_add(budget).min(last);
            let ranks = rank.min(end)..end;
            match &self.part {
                None => source.for_each(ranks, |member, score| self.look_at(source, member, score, &mut result)),
                Some(part) => part.take(source, ranks, &mut result),
            }
            budget -= end.saturating_sub(rank);
            self.at = if end < last { (place, end) } else { (place + 1, 0) };
        }
        self.result = result;
    }

    fn look_at(&self, source: &Source, member: &[u8], score: f64, result: &mut SortedSet) {
        let weighted = number(score * source.weight);
        match self.operation {
            SetOp::Union => {
                // The first source has each member once.
                let old = if self.at.0 == 0 { None } else { result.score(member) };
                let joined = old.map_or(weighted, |old| self.aggregate.join(old, weighted));
                // Minus zero is another score.
                if old.map(f64::to_bits) != Some(joined.to_bits()) {
                    result.insert(member, joined);
                }
            }
            SetOp::Intersection => {
                let mut others = (1..self.order.len()).filter_map(|place| self.source(place));
                let joined = others.try_fold(weighted, |sum, other| {
                    other.score(member).map(|score| self.aggregate.join(sum, score * other.weight))
                });
                if let Some(score) = joined {
                    result.insert(member, score);
                }
            }
            SetOp::Difference => {
                if !self.sources.iter().skip(1).any(|other| other.score(member).is_some()) {
                    result.insert(member, score);
                }
            }
        }
    }

    /// Takes the result, once nothing is left to be looked at.
    pub fn take_result(&mut self) -> SortedSet {
        std::mem::take(&mut self.result)
    }
}

impl Provisional for SortedSetCalculation {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        for (key, source) in keys.iter().zip(&self.sources) {
            let held = view.find(key)?.map(|entry| of(entry.value())).transpose()?;
            if !is_unchanged(held, source.held.as_ref(), Collection::is_same) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn abandon(self, view: &mut View<'_>) {
        self.sources.into_iter().filter_map(|source| source.held).for_each(|held| view.discard(held));
        view.discard(self.result);
    }

    fn held_bytes(&self) -> usize {
        let held = self.sources.iter().filter_map(|source| source.held.as_ref());
        held.map(Collection::memory).sum::<usize>() + self.result.memory()
    }
}

impl Calculation for SortedSetCalculation {
    /// How many elements or bytes the key holds then.
    type Stored = usize;

    fn is_short(&self) -> bool {
        self.members_left() <= ELEMENTS_UNDER_LOCK && self.memory() <= BYTES_UNDER_LOCK
    }

    fn advance(&mut self) -> bool {
        self.step(ELEMENTS_UNDER_LOCK);
        self.members_left() > 0
    }

    fn store(mut self, view: &mut View<'_>, target: &Key<'_>) -> Result<usize, StoreError> {
        self.step(usize::MAX);
        let members = self.result.len();
        let event = if self.part.is_some() { event::ZRANGESTORE } else { event_of(self.operation) };
        let result = if self.part.is_some() { self.result } else { without_minus_zeros(self.result) };
        // The keys hold the sources, too.
        view.store_collection(target, result, event)?;
        Ok(members)
    }
}

/// What can be calculated with.
const fn of(value: ValueRef<'_>) -> Result<&Collection, StoreError> {
    match value {
        ValueRef::Collection(held @ (Collection::SortedSet(_) | Collection::Set(_))) => Ok(held),
        other => Err(StoreError::WrongType { expected: ValueType::SortedSet, found: other.value_type() }),
    }
}
