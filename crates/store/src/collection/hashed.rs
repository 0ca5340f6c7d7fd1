//! A tree by hash: records are found, put in and taken out by their name, and scanned in the order of hashes.

use super::node::{Child, Node};
use super::order::{ByHash, Grown, Home, Naming, PLACES, Placed};
use super::page::{Draft, Page, Rec};
use super::tree::Tree;
use super::work;

/// Records by the hash of their name.
pub(super) type HashTree<N> = Tree<ByHash<N>>;

/// The way down to the page of a place.
struct Way {
    place: u64,
    /// The places that belong to the node where it has come to: from one up to another.
    from: u64,
    until: u64,
}

impl Way {
    const fn to(place: u64) -> Self {
        Self { place, from: 0, until: PLACES }
    }

    /// Goes down to the child that the place belongs to: the last whose key is not above it.
    ///
    /// Hashes are spread evenly, so it is nearly known which that is, and the children are looked at from there: one or two of them, where halving
    /// would look at five, each in a cache line of its own.
    fn pick(&mut self, children: &[Child<u64>]) -> usize {
        let last = children.len().saturating_sub(1);
        let span = (self.until - self.from).max(1);
        // A place has 53 bits at most, and there are few children; a cursor that a client has made up may be any number, and is behind the last.
        let guess = self.place.saturating_sub(self.from).saturating_mul(children.len() as u64) / span;
        let mut at = usize::try_from(guess).unwrap_or(last).min(last);
        let key = |at: usize| children.get(at).map(|child| child.key);
        while at > 0 && key(at).is_some_and(|key| key > self.place) {
            at -= 1;
        }
        while key(at + 1).is_some_and(|next| next <= self.place) {
            at += 1;
        }
        self.from = key(at).unwrap_or(self.from);
        self.until = key(at + 1).unwrap_or(self.until);
        at
    }
}

impl<N: Naming> HashTree<N> {
    /// The page of a place, and from which place on records belong to the next.
    fn page(&self, place: u64) -> Option<(&Page, Option<u64>)> {
        let (mut child, mut way) = (&self.root, Way::to(place));
        loop {
            match &child.node {
                Node::Leaf(page) => return Some((page, Some(way.until).filter(|until| *until < PLACES))),
                Node::Inner(inner) => child = inner.children.get(way.pick(&inner.children))?,
            }
        }
    }

    /// Changes the page of a place.
    fn edit_page(&mut self, place: u64, act: impl FnMut(&mut Page)) {
        let mut way = Way::to(place);
        self.edit(Grown::Within, |children, _| way.pick(children), act);
    }

    /// Where the record of a name is.
    pub(super) fn locate(&self, name: Rec<'_>) -> Option<(&Page, usize)> {
        let home = self.order.home(name);
        let (page, _) = self.page(home.place)?;
        seek::<N>(page, home.tag, name).map(|at| (page, at))
    }

    /// The record of a name.
    pub(super) fn find(&self, name: Rec<'_>) -> Option<Rec<'_>> {
        self.locate(name).map(|(page, at)| page.record(at))
    }

    /// Puts a record in, in the place of that of the same name if there is one. Whether there was none.
    pub(super) fn put(&mut self, name: Rec<'_>, parts: &[&[u8]], flag: bool) -> bool {
        let Home { place, tag } = self.order.home(name);
        let draft = Draft { parts, flag, tag };
        let mut new = false;
        self.edit_page(place, |page| match seek::<N>(page, tag, name) {
            Some(at) => page.replace(at, draft),
            None => {
                page.push(draft);
                new = true;
            }
        });
        new
    }

    /// Puts a record in, of whose name there is none.
    pub(super) fn add(&mut self, name: Rec<'_>, parts: &[&[u8]], flag: bool) {
        let Home { place, tag } = self.order.home(name);
        self.edit_page(place, |page| page.push(Draft { parts, flag, tag }));
    }

    /// Puts a record in unless there is one of the same name: then no page is copied that is shared. Whether there was none.
    pub(super) fn put_new(&mut self, name: Rec<'_>, parts: &[&[u8]], flag: bool) -> bool {
        let Home { place, tag } = self.order.home(name);
        let is_new = self.page(place).is_none_or(|(page, _)| seek::<N>(page, tag, name).is_none());
        if is_new {
            self.edit_page(place, |page| page.push(Draft { parts, flag, tag }));
        }
        is_new
    }

    /// Takes out the record of a name. Whether there was one.
    pub(super) fn take_out(&mut self, name: Rec<'_>) -> bool {
        let Home { place, tag } = self.order.home(name);
        let Some(at) = self.page(place).and_then(|(page, _)| seek::<N>(page, tag, name)) else { return false };
        self.edit_page(place, |page| page.remove(at));
        true
    }

    /// Shows records from a cursor on, in the order of their hashes: `count` of them, and those of the last one's very hash. Returns where to go on; 0 at the
    /// end. What is there from the first step to the last is shown once, whatever else comes and goes.
    pub(super) fn scan<'t>(&'t self, cursor: u64, count: usize, mut show: impl FnMut(Rec<'t>)) -> u64 {
        let mut from = cursor;
        let mut left = count.max(1);
        while let Some((page, until)) = self.page(from) {
            work::add(page.count());
            let mut last = None;
            for Placed { place, at, .. } in self.order.places(page).into_iter().filter(|placed| placed.place >= from) {
                if left == 0 && last != Some(place) {
                    return place;
                }
                show(page.record(at));
                left = left.saturating_sub(1);
                last = Some(place);
            }
            match until {
                None => return 0,
                Some(next) if left == 0 => return next,
                Some(next) => from = next,
            }
        }
        0
    }
}

/// Finds a name among a page's records: those that have its tag are looked at.
fn seek<N: Naming>(page: &Page, tag: u8, name: Rec<'_>) -> Option<usize> {
    let count = page.count();
    memchr::memchr_iter(tag, page.tags()).map(|at| count - 1 - at).find(|at| {
        work::add(1);
        N::name(page.record(*at)) == name
    })
}
