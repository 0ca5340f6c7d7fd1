//! A tree by hash: records are found, put in and taken out by their name, and scanned in the order of hashes.

use super::node::{Child, Node};
use super::order::{ByHash, Grown, Home, Naming};
use super::page::{Draft, Page, Rec};
use super::tree::Tree;
use super::work;

/// Records by the hash of their name.
pub(super) type HashTree<N> = Tree<ByHash<N>>;

/// The child that a place belongs to: the last whose key is not above it.
fn pick(children: &[Child<u64>], place: u64) -> usize {
    children.partition_point(|child| child.key <= place).saturating_sub(1)
}

impl<N: Naming> HashTree<N> {
    /// The page of a place, and from which place on records belong to the next.
    fn page(&self, place: u64) -> Option<(&Page, Option<u64>)> {
        let (mut child, mut until) = (&self.root, None);
        loop {
            match &child.node {
                Node::Leaf(page) => return Some((page, until)),
                Node::Inner(inner) => {
                    let at = pick(&inner.children, place);
                    until = inner.children.get(at + 1).map(|next| next.key).or(until);
                    child = inner.children.get(at)?;
                }
            }
        }
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
        self.edit(
            Grown::Within,
            |children| pick(children, place),
            |page| match seek::<N>(page, tag, name) {
                Some(at) => page.replace(at, draft),
                None => {
                    page.push(draft);
                    new = true;
                }
            },
        );
        new
    }

    /// Takes out the record of a name. Whether there was one.
    pub(super) fn take_out(&mut self, name: Rec<'_>) -> bool {
        if self.find(name).is_none() {
            return false;
        }
        let Home { place, tag } = self.order.home(name);
        self.edit(
            Grown::Within,
            |children| pick(children, place),
            |page| {
                if let Some(at) = seek::<N>(page, tag, name) {
                    page.remove(at);
                }
            },
        );
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
            for (place, at) in self.order.places(page).into_iter().filter(|(place, _)| *place >= from) {
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
