//! Sorted sets: members, each with a score.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use super::hashed::HashTree;
use super::order::{ByHash, ByScore, Naming};
use super::page::{Draft, Page, Rec};
use super::score;
use super::scored::{Mark, ScoreTree};
use super::walk::{PageWalk, Walk};

/// Sorted sets up to this many members are "listpack", as Redis has it by default.
const SMALL_MAX: usize = 128;

/// Sorted sets with a longer member are not.
const SMALL_BYTES: usize = 64;

/// So many members are taken out one by one; of more, the tree is cut.
const CUT_FROM: usize = 4;

/// Members, each once and with a score, in the order of scores; members of one score in the order of their bytes. See [`Collection`](super::Collection) for what all
/// guarantee.
///
/// Scores are never NaN: see [`insert`](Self::insert). The two zeros are one score.
#[derive(Clone)]
pub struct SortedSet(Repr);

#[derive(Clone)]
enum Repr {
    Small(Page),
    Large(Box<Large>),
}

#[derive(Clone)]
struct Large {
    scores: ScoreTree,
    members: HashTree<Scored>,
}

/// A record is the score and the member.
#[derive(Debug, Clone)]
struct Scored;

impl Naming for Scored {
    fn name(record: Rec<'_>) -> Rec<'_> {
        name(score::split(record.bytes).1)
    }
}

/// A place among the members of a sorted set. Two of them make a range: [`SortedSet::position`] tells their ranks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boundary<'m> {
    /// Before the first member of this score, or where one would be.
    BeforeScore(f64),
    /// Behind the last.
    AfterScore(f64),
    /// Before this member, or where it would be, in a set whose members have one score. In another it is some place.
    BeforeMember(&'m [u8]),
    /// Behind it.
    AfterMember(&'m [u8]),
}

impl<'m> Boundary<'m> {
    const fn mark(self) -> Mark<'m> {
        match self {
            Self::BeforeScore(score) => Mark::Score(score, false),
            Self::AfterScore(score) => Mark::Score(score, true),
            Self::BeforeMember(member) => Mark::Member(member, false),
            Self::AfterMember(member) => Mark::Member(member, true),
        }
    }
}

const fn name(member: &[u8]) -> Rec<'_> {
    Rec { bytes: member, flag: false }
}

fn pair(record: Rec<'_>) -> (&[u8], f64) {
    let (score, member) = score::split(record.bytes);
    (member, score)
}

fn find(page: &Page, member: &[u8]) -> Option<(usize, f64)> {
    PageWalk::new(page, 0..page.count()).enumerate().find_map(|(at, record)| {
        let (score, other) = score::split(record.bytes);
        (other == member).then_some((at, score))
    })
}

impl Large {
    /// Gives a member a score: another one, if it has the `old` one.
    fn put(&mut self, member: &[u8], score: f64, old: Option<f64>) {
        let written = score::write(score);
        let parts = [written.bytes(), member];
        match old {
            Some(old) => {
                self.scores.rescore(old, score, member);
                self.members.put(name(member), &parts, false);
            }
            None => {
                self.scores.put_in(score, member);
                self.members.add(name(member), &parts, false);
            }
        }
    }
}

impl SortedSet {
    /// An empty sorted set.
    pub fn new() -> Self {
        Self(Repr::Small(Page::new(false)))
    }

    /// How many members there are.
    pub const fn len(&self) -> usize {
        match &self.0 {
            Repr::Small(page) => page.count(),
            Repr::Large(large) => large.scores.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory behind the sorted set.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Repr::Small(page) => page.memory(),
            Repr::Large(large) => large.scores.memory() + large.members.memory() + super::boxed(large),
        }
    }

    /// Whether this is a clone of the other, or the other of this, and neither was changed since. O(1). Sets that are equal need not be the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Small(page), Repr::Small(other)) => page.is_same(other),
            (Repr::Large(large), Repr::Large(other)) => large.scores.is_same(&other.scores),
            _ => false,
        }
    }

    /// What OBJECT ENCODING says.
    pub const fn encoding(&self) -> &'static str {
        match self.0 {
            Repr::Small(_) => "listpack",
            Repr::Large(_) => "skiplist",
        }
    }

    /// The score of a member.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.0 {
            Repr::Small(page) => find(page, member).map(|(_, score)| score),
            Repr::Large(large) => large.members.find(name(member)).map(|record| pair(record).1),
        }
    }

    /// The rank of a member, from the lowest score, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match &self.0 {
            Repr::Small(page) => find(page, member),
            Repr::Large(large) => {
                let score = self.score(member)?;
                Some((large.scores.before(Mark::Record(score, member)), score))
            }
        }
    }

    /// How many members are before a boundary: the rank of the first one behind it.
    pub fn position(&self, boundary: Boundary<'_>) -> usize {
        match &self.0 {
            Repr::Small(page) => boundary.mark().within(page),
            Repr::Large(large) => large.scores.before(boundary.mark()),
        }
    }

    /// Gives a member a score, and returns the one that it had. A NaN is nothing that could be put in order: the caller has refused it, and here it
    /// changes nothing.
    pub fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let old = self.score(member);
        self.put(member, score, old);
        old
    }

    /// The same for whoever has asked for the score that the member has.
    pub(crate) fn put(&mut self, member: &[u8], score: f64, old: Option<f64>) {
        if score.is_nan() || old.is_some_and(|old| old.to_bits() == score.to_bits()) {
            return;
        }
        if let Repr::Small(page) = &mut self.0 {
            if old.is_some() || (page.count() < SMALL_MAX && member.len() <= SMALL_BYTES) {
                if let Some((at, _)) = find(page, member) {
                    page.remove(at);
                }
                let at = Mark::Record(score, member).within(page);
                page.insert(at, Draft { parts: &[score::write(score).bytes(), member], flag: false, tag: 0 });
                return;
            }
            let mut large = Box::new(Large { scores: ScoreTree::new(ByScore), members: HashTree::new(ByHash::new()) });
            for (member, score) in page.records().map(pair) {
                large.put(member, score, None);
            }
            self.0 = Repr::Large(large);
        }
        if let Repr::Large(large) = &mut self.0 {
            large.put(member, score, old);
        }
    }

    /// Takes a member out, and returns the score that it had.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.0 {
            Repr::Small(page) => {
                let (at, score) = find(page, member)?;
                page.remove(at);
                Some(score)
            }
            Repr::Large(large) => {
                let score = large.members.find(name(member)).map(|record| pair(record).1)?;
                large.scores.take_out(score, member);
                large.members.take_out(name(member));
                Some(score)
            }
        }
    }

    /// Takes out the members of a range of ranks, which may end beyond the set. O(log n) for each: give it a part of a long range at a time.
    pub fn remove_range(&mut self, range: Range<usize>) {
        let range = range.start..range.end.min(self.len());
        match &mut self.0 {
            Repr::Small(page) => range.rev().for_each(|at| page.remove(at)),
            Repr::Large(large) => {
                if range.len() <= CUT_FROM {
                    for rank in range.rev() {
                        let Some(record) = large.scores.get(rank) else { continue };
                        large.members.take_out(Scored::name(record));
                        large.scores.remove_at(rank);
                    }
                    return;
                }
                let behind = large.scores.split_off(range.end.max(range.start));
                let removed = large.scores.split_off(range.start);
                large.scores.append(behind);
                for record in Walk::tree(&removed, 0..removed.len()) {
                    large.members.take_out(Scored::name(record));
                }
            }
        }
    }

    /// The member of a rank and its score.
    pub fn get_at(&self, rank: usize) -> Option<(&[u8], f64)> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// The members of a range of ranks, which may end beyond the set, and their scores.
    pub fn range(
        &self,
        range: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = (&[u8], f64)> + ExactSizeIterator + FusedIterator + Clone {
        let walk = match &self.0 {
            Repr::Small(page) => Walk::<ByScore>::page(page, range),
            Repr::Large(large) => Walk::tree(&large.scores, range),
        };
        walk.map(pair)
    }

    /// All members and their scores.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], f64)> + ExactSizeIterator + FusedIterator + Clone {
        self.range(0..self.len())
    }

    /// Shows about `count` members from a cursor on, as [`Set::scan`](super::Set::scan) does.
    pub fn scan<'s>(&'s self, cursor: u64, count: usize, mut show: impl FnMut(&'s [u8], f64)) -> u64 {
        let mut show = |(member, score): (&'s [u8], f64)| show(member, score);
        if let Repr::Large(large) = &self.0 {
            return large.members.scan(cursor, count, |record| show(pair(record)));
        }
        self.iter().for_each(show);
        0
    }

    /// Frees the sorted set from its end, at most so many pages. Whether there is more to free.
    pub fn shed(&mut self, pages: usize) -> bool {
        if let Repr::Large(large) = &mut self.0 {
            return large.scores.shed(pages) || large.members.shed(pages);
        }
        *self = Self::new();
        false
    }
}

impl Default for SortedSet {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: AsRef<[u8]>> Extend<(M, f64)> for SortedSet {
    fn extend<I: IntoIterator<Item = (M, f64)>>(&mut self, pairs: I) {
        for (member, score) in pairs {
            self.insert(member.as_ref(), score);
        }
    }
}

impl<M: AsRef<[u8]>> FromIterator<(M, f64)> for SortedSet {
    fn from_iter<I: IntoIterator<Item = (M, f64)>>(pairs: I) -> Self {
        let mut set = Self::new();
        set.extend(pairs);
        set
    }
}

impl PartialEq for SortedSet {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

/// There is no NaN in it.
impl Eq for SortedSet {}

impl fmt::Debug for SortedSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.iter().map(|(member, score)| (super::Element::Bytes(member), score));
        out.debug_map().entries(pairs).finish()
    }
}

#[cfg(test)]
impl SortedSet {
    pub(super) const fn is_tree(&self) -> bool {
        matches!(self.0, Repr::Large(_))
    }

    /// Panics unless what is behind it is in order.
    pub(super) fn check(&self) {
        if let Repr::Large(large) = &self.0 {
            large.scores.check();
            large.members.check();
            assert_eq!(large.scores.len(), large.members.len());
        }
    }
}
