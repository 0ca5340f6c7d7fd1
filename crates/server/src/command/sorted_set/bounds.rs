//! The two ends of a range, as commands name them: `(1.5`, `-inf`; `[a`, `(b`, `-`, `+`.

use std::ops::Bound;

use pyredis_store::SortedSetRange;

use crate::command::args::integer;
use crate::command::error::CommandError;
use crate::command::float::lax_float;

/// How a range is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Rank,
    Score,
    Member,
}

impl By {
    /// A range from its two ends, the lower one first.
    pub(super) fn range<'a>(self, min: &'a [u8], max: &'a [u8]) -> Result<SortedSetRange<'a>, CommandError> {
        match self {
            Self::Rank => Ok(SortedSetRange::Ranks(integer(min)?, integer(max)?)),
            Self::Score => {
                let ends = score(min).zip(score(max));
                let (min, max) = ends.ok_or_else(|| CommandError::err("min or max is not a float"))?;
                Ok(SortedSetRange::Scores(min, max))
            }
            Self::Member => {
                let ends = member(min).zip(member(max));
                let (min, max) = ends.ok_or_else(|| CommandError::err("min or max not valid string range item"))?;
                Ok(match (min, max) {
                    (End::Last, _) | (_, End::First) => SortedSetRange::Nothing,
                    (min, max) => SortedSetRange::Members(min.bound(), max.bound()),
                })
            }
        }
    }
}

fn score(arg: &[u8]) -> Option<Bound<f64>> {
    match arg {
        [b'(', excluded @ ..] => lax_float(excluded).map(Bound::Excluded),
        included => lax_float(included).map(Bound::Included),
    }
}

enum End<'a> {
    /// Before all members.
    First,
    /// Behind all.
    Last,
    At(Bound<&'a [u8]>),
}

impl<'a> End<'a> {
    const fn bound(self) -> Bound<&'a [u8]> {
        match self {
            Self::First | Self::Last => Bound::Unbounded,
            Self::At(bound) => bound,
        }
    }
}

fn member(arg: &[u8]) -> Option<End<'_>> {
    match arg {
        // Redis sees a C string here.
        [b'-'] | [b'-', 0, ..] => Some(End::First),
        [b'+'] | [b'+', 0, ..] => Some(End::Last),
        [b'[', included @ ..] => Some(End::At(Bound::Included(included))),
        [b'(', excluded @ ..] => Some(End::At(Bound::Excluded(excluded))),
        _ => None,
    }
}
