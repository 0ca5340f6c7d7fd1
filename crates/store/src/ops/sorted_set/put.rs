//! Giving members of sorted sets scores: ZADD and ZINCRBY.

use bytes::Bytes;
use smallvec::SmallVec;

use crate::change::Report;
use crate::collection::{Boundary, SortedSet};
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// Which members are given the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ZaddOptions {
    presence: Presence,
    direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Presence {
    #[default]
    Either,
    Absent,
    Present,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Direction {
    #[default]
    Either,
    Up,
    Down,
}

impl ZaddOptions {
    /// Only those that are not there.
    #[must_use]
    pub const fn if_absent(mut self) -> Self {
        self.presence = Presence::Absent;
        self
    }

    /// Only those that are there.
    #[must_use]
    pub const fn if_present(mut self) -> Self {
        self.presence = Presence::Present;
        self
    }

    /// Of those that are there, only those whose score grows by it.
    #[must_use]
    pub const fn if_greater(mut self) -> Self {
        self.direction = Direction::Up;
        self
    }

    /// Of those that are there, only those whose score falls by it.
    #[must_use]
    pub const fn if_less(mut self) -> Self {
        self.direction = Direction::Down;
        self
    }

    /// Whether a member of this score, or one that is not there, may be given the new one.
    fn allow(self, old: Option<f64>, new: f64) -> bool {
        let Some(old) = old else { return self.presence != Presence::Present };
        self.presence != Presence::Absent
            && match self.direction {
                Direction::Either => true,
                Direction::Up => new > old,
                Direction::Down => new < old,
            }
    }
}

/// How many members were given scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ZaddOutcome {
    /// Those that were not there.
    pub added: usize,
    /// Those whose score is another now.
    pub updated: usize,
}

impl View<'_> {
    /// Gives members of a sorted set scores, one after the other; a key that does not exist counts as an empty one. The two zeros are one score.
    /// O(log n) for each.
    ///
    /// # Errors
    /// [`StoreError::NotANumber`] where a score is NaN; [`StoreError::WrongType`].
    pub fn zadd<'m>(
        &mut self,
        key: &Key<'_>,
        pairs: impl Iterator<Item = (&'m [u8], f64)> + Clone,
        options: ZaddOptions,
    ) -> Result<ZaddOutcome, StoreError> {
        if pairs.clone().any(|(_, score)| score.is_nan()) {
            return Err(StoreError::NotANumber);
        }
        self.shard_mut(key)?.change_or_make(key, |set: &mut SortedSet, report| {
            let mut outcome = ZaddOutcome::default();
            let mut changed: SmallVec<[(&[u8], f64); 2]> = SmallVec::new();
            for (member, score) in pairs {
                let old = set.score(member);
                if old == Some(score) || !options.allow(old, score) {
                    continue;
                }
                let score = put(set, member, score, old);
                *(if old.is_none() { &mut outcome.added } else { &mut outcome.updated }) += 1;
                changed.push((member, score));
            }
            tell(report, event::ZADD, &changed);
            outcome
        })
    }

    /// Adds to the score of a member, 0 if it is not there, and returns the sum; `None` where the options do not allow it.
    ///
    /// # Errors
    /// [`StoreError::NotANumber`] where the sum is NaN, as that of two infinities can be; [`StoreError::WrongType`].
    pub fn zincr_by(
        &mut self,
        key: &Key<'_>,
        member: &[u8],
        by: f64,
        options: ZaddOptions,
    ) -> Result<Option<f64>, StoreError> {
        if by.is_nan() {
            return Err(StoreError::NotANumber);
        }
        self.shard_mut(key)?.change_or_make(key, |set: &mut SortedSet, report| {
            let old = set.score(member);
            // What is not there has no zero to be added to: minus zero stays that.
            let sum = old.map_or(by, |old| old + by);
            if options.presence == Presence::Absent && old.is_some() {
                return Ok(None);
            }
            if sum.is_nan() {
                return Err(StoreError::NotANumber);
            }
            if !options.allow(old, sum) {
                return Ok(None);
            }
            if old != Some(sum) {
                let kept = put(set, member, sum, old);
                tell(report, event::ZINCR, &[(member, kept)]);
            }
            Ok(Some(sum))
        })?
    }
}

/// Gives a member a score, and returns the one that is kept: in a small set, Redis keeps minus zero as zero.
pub(super) fn put(set: &mut SortedSet, member: &[u8], score: f64, old: Option<f64>) -> f64 {
    set.put(member, score, old);
    if score == 0.0 && score.is_sign_negative() && set.encoding() == SMALL {
        set.insert(member, 0.0);
        return 0.0;
    }
    score
}

/// What OBJECT ENCODING says of small sets.
const SMALL: &str = "listpack";

/// The same for a whole set that was calculated.
pub(super) fn without_minus_zeros(mut set: SortedSet) -> SortedSet {
    let zeros = set.position(Boundary::BeforeScore(0.0))..set.position(Boundary::AfterScore(0.0));
    if set.encoding() == SMALL && !zeros.is_empty() {
        let members: Vec<Vec<u8>> = set.range(zeros).map(|(member, _)| member.to_vec()).collect();
        members.iter().for_each(|member| _ = set.insert(member, 0.0));
    }
    set
}

/// Says which scores are others now, if any is.
fn tell(report: &mut Report<'_>, event: &'static str, changed: &[(&[u8], f64)]) {
    if !changed.is_empty() {
        let pairs = changed.iter().map(|(member, score)| (Bytes::copy_from_slice(member), *score));
        report.tell(event, || Delta::SortedSetPut(pairs.collect()));
    }
}
