//! A tree by score and member: where a boundary lies among its records.

use std::cell::Cell;
use std::cmp::Ordering;

use super::node::{Child, Node};
use super::order::{ByScore, Grown};
use super::page::{Draft, Page};
use super::score;
use super::tree::Tree;
use super::work;

/// Records of a score and a member, the lower score first.
pub(super) type ScoreTree = Tree<ByScore>;

/// A place between records.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark<'m> {
    /// Before this very record, or where it would be.
    Record(f64, &'m [u8]),
    /// Behind it: the way there leads to its page.
    Behind(f64, &'m [u8]),
    /// Before the first record of a score, or behind the last.
    Score(f64, bool),
    /// Before a member, or behind it, whatever the scores.
    Member(&'m [u8], bool),
}

impl Mark<'_> {
    /// Whether records of a score are before it; `None` if that is for the member to say.
    fn follows_score(self, other: f64) -> Option<bool> {
        match self {
            Self::Record(score, _) | Self::Behind(score, _) => match score::compare(other, score) {
                Ordering::Less => Some(true),
                Ordering::Greater => Some(false),
                Ordering::Equal => None,
            },
            Self::Score(score, behind) => Some(if behind { other <= score } else { other < score }),
            Self::Member(..) => None,
        }
    }

    fn follows_member(self, other: &[u8]) -> bool {
        match self {
            Self::Record(_, member) | Self::Member(member, false) => other < member,
            Self::Behind(_, member) | Self::Member(member, true) => other <= member,
            Self::Score(_, behind) => behind,
        }
    }

    fn follows(self, record: &[u8]) -> bool {
        work::add(1);
        let (score, member) = score::split(record);
        self.follows_score(score).unwrap_or_else(|| self.follows_member(member))
    }

    /// How many of a page's records are before it.
    pub(super) fn within(self, page: &Page) -> usize {
        let (mut low, mut high) = (0, page.count());
        // Where `low` begins, so that lengths are added up once.
        let mut begin = 0;
        while low < high {
            let middle = usize::midpoint(low, high);
            let offset = begin + page.bytes_between(low, middle);
            let record = page.record_at(middle, offset).bytes;
            if self.follows(record) {
                low = middle + 1;
                begin = offset + record.len();
            } else {
                high = middle;
            }
        }
        low
    }

    /// Whether the first record below a child is before it. Its score is with its owner; its member is in its page.
    fn follows_first(self, child: &Child<f64>) -> bool {
        self.follows_score(child.key).unwrap_or_else(|| {
            child.first_page().filter(|page| page.count() > 0).is_none_or(|page| self.follows(page.record(0).bytes))
        })
    }
}

/// The child that a mark lies in.
fn pick(children: &[Child<f64>], mark: Mark<'_>) -> usize {
    children.partition_point(|child| mark.follows_first(child)).saturating_sub(1)
}

impl ScoreTree {
    /// Puts a record in where it belongs.
    pub(super) fn put_in(&mut self, score: f64, member: &[u8]) {
        let mark = Mark::Record(score, member);
        let written = score::write(score);
        let draft = Draft { parts: &[written.bytes(), member], flag: false, tag: 0 };
        // What is put in at an end says that more is likely to come there.
        let (grown, is_front, is_back) = (Cell::new(Grown::Within), Cell::new(true), Cell::new(true));
        self.edit_grown(
            &grown,
            |children, _| {
                let at = pick(children, mark);
                is_front.set(is_front.get() && at == 0);
                is_back.set(is_back.get() && at + 1 == children.len());
                at
            },
            |page| {
                let at = mark.within(page);
                if is_back.get() && at == page.count() {
                    grown.set(Grown::Back);
                } else if is_front.get() && at == 0 {
                    grown.set(Grown::Front);
                }
                page.insert(at, draft);
            },
        );
    }

    /// Takes out a record that is there.
    pub(super) fn take_out(&mut self, score: f64, member: &[u8]) {
        let (mark, way) = (Mark::Record(score, member), Mark::Behind(score, member));
        self.edit(Grown::Within, |children, _| pick(children, way), |page| page.remove(mark.within(page)));
    }

    /// Gives a record that is there another score. Where it stays between the same two records of its page, it is written over.
    pub(super) fn rescore(&mut self, old: f64, new: f64, member: &[u8]) {
        let (mark, way, target) = (Mark::Record(old, member), Mark::Behind(old, member), Mark::Record(new, member));
        let written = score::write(new);
        let draft = Draft { parts: &[written.bytes(), member], flag: false, tag: 0 };
        let mut stays = false;
        self.edit(
            Grown::Within,
            |children, _| pick(children, way),
            |page| {
                let at = mark.within(page);
                // The ends of a page do not tell what is beyond them.
                stays = if new < old {
                    at > 0 && target.follows(page.record(at - 1).bytes)
                } else {
                    new == old || (at + 1 < page.count() && !target.follows(page.record(at + 1).bytes))
                };
                if stays {
                    page.replace(at, draft);
                } else {
                    page.remove(at);
                }
            },
        );
        if !stays {
            self.put_in(new, member);
        }
    }

    /// How many records are before a mark.
    pub(super) fn before(&self, mark: Mark<'_>) -> usize {
        let mut child = &self.root;
        let mut before = 0;
        loop {
            match &child.node {
                Node::Leaf(page) => return before + mark.within(page),
                Node::Inner(inner) => {
                    let at = pick(&inner.children, mark);
                    before += inner.children.iter().take(at).map(|child| child.weight.count).sum::<usize>();
                    let Some(next) = inner.children.get(at) else { return before };
                    child = next;
                }
            }
        }
    }
}
