//! A counted tree of pages: what every large collection is made of.
//!
//! A B+-tree whose nodes are shared. Leaves are [`Page`]s; an inner node knows of each child how many records and how much memory are below it, and its
//! key in the tree's [`Order`]. So any record is found by its rank, and a rank by its key, in O(log n).
//!
//! # Guarantees
//! - A clone is O(1) and shares every node. A change copies the nodes from the root to one page, where they are shared, and nothing else.
//! - A page has at most [`Order::PAGE_BYTES`] bytes, unless it is one record, or records that have to stay together.
//! - [`Tree::shed`] takes a tree down page by page, so whoever frees it can pause.

use std::cell::Cell;
use std::sync::Arc;

use super::node::{Child, Children, Inner, Node, Spill, Weight, exclusive};
use super::order::{Grown, Order};
use super::page::{Draft, Page, Rec};

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Tree<O: Order> {
    pub(super) order: O,
    pub(super) root: Child<O::Key>,
}

/// A page, and how many records are before it.
pub(super) struct Found<'t> {
    pub(super) page: &'t Page,
    pub(super) before: usize,
}

impl<O: Order> Tree<O> {
    pub(super) fn new(order: O) -> Self {
        Self { order, root: Child::leaf(O::FIRST, Page::new(O::TAGGED)) }
    }

    /// How many records there are.
    pub(super) const fn len(&self) -> usize {
        self.root.weight.count
    }

    /// Bytes of memory behind it: nodes and pages, those that are shared with clones too.
    pub(super) const fn memory(&self) -> usize {
        self.root.weight.memory
    }

    /// Whether both share their root, and so everything: whoever changes one of them copies it first.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.root.node, &other.root.node) {
            (Node::Leaf(page), Node::Leaf(other)) => page.is_same(other),
            (Node::Inner(inner), Node::Inner(other)) => Arc::ptr_eq(inner, other),
            _ => false,
        }
    }

    /// The page that a rank lies in; the last one for ranks that are too large.
    pub(super) fn page_at(&self, rank: usize) -> Option<Found<'_>> {
        let mut child = &self.root;
        let mut before = 0;
        loop {
            match &child.node {
                Node::Leaf(page) => return Some(Found { page, before }),
                Node::Inner(inner) => {
                    let (_, last) = inner.children.split_last().map(|(last, rest)| (rest, last))?;
                    let mut start = before;
                    let next = inner.children.iter().find(|child| {
                        let found = rank < start + child.weight.count;
                        start += if found { 0 } else { child.weight.count };
                        found
                    });
                    before = if next.is_some() { start } else { start - last.weight.count };
                    child = next.unwrap_or(last);
                }
            }
        }
    }

    /// The record of a rank.
    pub(super) fn get(&self, rank: usize) -> Option<Rec<'_>> {
        if rank >= self.len() {
            return None;
        }
        let found = self.page_at(rank)?;
        Some(found.page.record(rank - found.before))
    }

    /// Puts a record in, before that of a rank, which is `len` at most.
    pub(super) fn insert_at(&mut self, rank: usize, draft: Draft<'_>) {
        let grown = if rank == self.len() {
            Grown::Back
        } else if rank == 0 {
            Grown::Front
        } else {
            Grown::Within
        };
        let rest = Cell::new(rank);
        // Between two pages, the record goes behind the first one's.
        self.edit(grown, |children| pick(children, &rest, true), |page| page.insert(rest.get(), draft));
    }

    /// Takes out the record of a rank below `len`.
    pub(super) fn remove_at(&mut self, rank: usize) {
        let rest = Cell::new(rank);
        self.edit(Grown::Within, |children| pick(children, &rest, false), |page| page.remove(rest.get()));
    }

    /// Puts another record in the place of that of a rank below `len`.
    pub(super) fn replace_at(&mut self, rank: usize, draft: Draft<'_>) {
        let rest = Cell::new(rank);
        self.edit(Grown::Within, |children| pick(children, &rest, false), |page| page.replace(rest.get(), draft));
    }

    /// Changes one page: `pick` says which child is on the way there, `act` what is done.
    pub(super) fn edit(
        &mut self,
        grown: Grown,
        pick: impl FnMut(&[Child<O::Key>]) -> usize,
        act: impl FnMut(&mut Page),
    ) {
        self.edit_grown(&Cell::new(grown), pick, act);
    }

    /// The same, where only the way to the page tells at which end it grows.
    pub(super) fn edit_grown(
        &mut self,
        grown: &Cell<Grown>,
        mut pick: impl FnMut(&[Child<O::Key>]) -> usize,
        mut act: impl FnMut(&mut Page),
    ) {
        let spill = edit(&mut self.root, &self.order, grown, &mut pick, &mut act);
        crown(&self.order, &mut self.root, spill);
    }

    /// Frees what is behind the tree, from its end: at most so many pages, and those in one go that are shared with clones. Whether there is more. The tree is
    /// good for nothing else afterwards.
    pub(super) fn shed(&mut self, pages: usize) -> bool {
        let mut left = pages.max(1);
        if shed(&mut self.root, &mut left) {
            self.root = Child::leaf(O::FIRST, Page::new(O::TAGGED));
        }
        self.root.weight.count > 0
    }
}

/// Finds the child that a rank lies in, and turns the rank into one within that.
fn pick<K>(children: &[Child<K>], rest: &Cell<usize>, behind: bool) -> usize {
    let mut rank = rest.get();
    let last = children.len().saturating_sub(1);
    for (at, child) in children.iter().enumerate() {
        let count = child.weight.count;
        if rank < count || (behind && rank == count) || at == last {
            rest.set(rank);
            return at;
        }
        rank -= count;
    }
    0
}

/// Changes one page below a node, and sets right what follows from it on the way up.
fn edit<O: Order>(
    child: &mut Child<O::Key>,
    order: &O,
    grown: &Cell<Grown>,
    pick: &mut impl FnMut(&[Child<O::Key>]) -> usize,
    act: &mut impl FnMut(&mut Page),
) -> Spill<O::Key> {
    match &mut child.node {
        Node::Leaf(page) => {
            act(page);
            child.weight = Weight { count: page.count(), memory: page.memory() };
            child.key = order.key(page, child.key);
        }
        Node::Inner(inner) => {
            let inner = exclusive(inner);
            let at = pick(&inner.children);
            let Some(below) = inner.children.get_mut(at) else { return Spill::new() };
            child.weight -= below.weight;
            let spill = edit(below, order, grown, pick, act);
            child.weight += below.weight;
            let thin = spill.is_empty() && (below.weight.count == 0 || below.is_thin::<O>());
            for (more, new) in spill.into_iter().enumerate() {
                child.weight += new.weight;
                inner.children.insert(at + 1 + more, new);
            }
            if thin {
                thicken(order, inner, at, &mut child.weight);
            }
            child.renew_key(order, child.key);
        }
    }
    child.divide(order, grown.get())
}

/// Joins a child that has become small with a neighbour that has room for it; one with nothing in it goes.
fn thicken<O: Order>(order: &O, inner: &mut Inner<O::Key>, at: usize, weight: &mut Weight) {
    let pair = |left: &usize| match inner.children.get(*left..*left + 2) {
        Some([child, next]) => child.has_room_for::<O>(next),
        _ => false,
    };
    let Some(left) = [Some(at), at.checked_sub(1)].into_iter().flatten().find(pair) else {
        // An only child: the node goes too, by what its parent does.
        inner.children.retain(|child| child.weight.count > 0);
        return;
    };
    let next = inner.children.remove(left + 1);
    let Some(child) = inner.children.get_mut(left) else { return };
    *weight -= child.weight;
    *weight -= next.weight;
    child.absorb(order, next);
    *weight += child.weight;
}

/// Puts a root above what the old one has become, or takes away roots of one child.
pub(super) fn crown<O: Order>(order: &O, root: &mut Child<O::Key>, spill: Spill<O::Key>) {
    if !spill.is_empty() {
        let (key, old) = (root.key, take::<O>(root));
        let children: Children<O::Key> = std::iter::once(old).chain(spill).collect();
        *root = Child::inner(order, key, children);
        return;
    }
    while let Node::Inner(inner) = &mut root.node {
        if inner.children.len() > 1 {
            return;
        }
        let below = if Arc::get_mut(inner).is_some() {
            exclusive(inner).children.pop()
        } else {
            inner.children.first().cloned()
        };
        let key = root.key;
        *root = below.unwrap_or_else(|| Child::leaf(key, Page::new(O::TAGGED)));
    }
}

/// Takes a subtree out; what stays is empty.
pub(super) fn take<O: Order>(child: &mut Child<O::Key>) -> Child<O::Key> {
    std::mem::replace(child, Child::leaf(O::FIRST, Page::new(O::TAGGED)))
}

/// Frees pages from a subtree's end until `left` is 0, and says whether nothing is left.
fn shed<K>(child: &mut Child<K>, left: &mut usize) -> bool {
    let Node::Inner(inner) = &mut child.node else {
        *left -= 1;
        return true;
    };
    // What clones still hold is not freed, and O(1) to leave.
    let Some(inner) = Arc::get_mut(inner) else {
        *left -= 1;
        return true;
    };
    while *left > 0 {
        let Some(last) = inner.children.last_mut() else { return true };
        let weight = last.weight;
        if shed(last, left) {
            inner.children.pop();
            child.weight -= weight;
        } else {
            child.weight -= weight;
            child.weight += last.weight;
        }
    }
    inner.children.is_empty()
}
