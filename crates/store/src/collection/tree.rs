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

use triomphe::Arc;

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
        let rest = Cell::new(rank);
        loop {
            match &child.node {
                Node::Leaf(page) => return Some(Found { page, before: rank - rest.get() }),
                Node::Inner(inner) => {
                    child = inner.children.get(pick(&inner.children, child.weight.count, &rest, false))?;
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
        self.edit(grown, |children, count| pick(children, count, &rest, true), |page| page.insert(rest.get(), draft));
    }

    /// Takes out the record of a rank below `len`.
    pub(super) fn remove_at(&mut self, rank: usize) {
        let rest = Cell::new(rank);
        self.edit(Grown::Within, |children, count| pick(children, count, &rest, false), |page| page.remove(rest.get()));
    }

    /// Puts another record in the place of that of a rank below `len`.
    pub(super) fn replace_at(&mut self, rank: usize, draft: Draft<'_>) {
        let rest = Cell::new(rank);
        self.edit(
            Grown::Within,
            |children, count| pick(children, count, &rest, false),
            |page| page.replace(rest.get(), draft),
        );
    }

    /// Changes one page: `pick` says which child is on the way there, given them and how many records are below them, `act` what is done.
    pub(super) fn edit(
        &mut self,
        grown: Grown,
        pick: impl FnMut(&[Child<O::Key>], usize) -> usize,
        act: impl FnMut(&mut Page),
    ) {
        self.edit_grown(&Cell::new(grown), pick, act);
    }

    /// The same, where only the way to the page tells at which end it grows.
    pub(super) fn edit_grown(
        &mut self,
        grown: &Cell<Grown>,
        mut pick: impl FnMut(&[Child<O::Key>], usize) -> usize,
        mut act: impl FnMut(&mut Page),
    ) {
        let mut spill = Spill::new();
        edit(&mut self.root, &self.order, grown, &mut pick, &mut act, &mut spill);
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

/// Finds the child that a rank lies in, the last one for ranks that are too large, and turns the rank into one within that. The children are counted
/// from the end that is nearer.
///
/// Where one ends and the next begins, `behind` takes the first of the two.
fn pick<K>(children: &[Child<K>], count: usize, rest: &Cell<usize>, behind: bool) -> usize {
    let rank = rest.get();
    // Of a rank before which others have to be, the place is that of the last of them.
    let place = rank - usize::from(behind && rank > 0);
    let last = children.len().saturating_sub(1);
    let (mut at, mut before);
    if place < count / 2 {
        (at, before) = (0, 0);
        while let Some(child) = children.get(at).filter(|child| at < last && place >= before + child.weight.count) {
            before += child.weight.count;
            at += 1;
        }
    } else {
        (at, before) = (last, count - children.last().map_or(0, |child| child.weight.count));
        while place < before
            && let Some(child) = at.checked_sub(1).and_then(|at| children.get(at))
        {
            before -= child.weight.count;
            at -= 1;
        }
    }
    rest.set(rank - before);
    at
}

/// Changes one page below a node, and sets right what follows from it on the way up.
fn edit<O: Order>(
    child: &mut Child<O::Key>,
    order: &O,
    grown: &Cell<Grown>,
    pick: &mut impl FnMut(&[Child<O::Key>], usize) -> usize,
    act: &mut impl FnMut(&mut Page),
    spill: &mut Spill<O::Key>,
) {
    match &mut child.node {
        Node::Leaf(page) => {
            act(page);
            child.weight = Weight { count: page.count(), memory: page.memory() };
            child.key = order.key(page, child.key);
        }
        Node::Inner(inner) => {
            let inner = exclusive(inner);
            let at = pick(&inner.children, child.weight.count);
            let Some(below) = inner.children.get_mut(at) else { return };
            child.weight -= below.weight;
            edit(below, order, grown, pick, act, spill);
            child.weight += below.weight;
            if !spill.is_empty() {
                for (more, new) in spill.drain(..).enumerate() {
                    child.weight += new.weight;
                    inner.children.insert(at + 1 + more, new);
                }
            } else if below.weight.count == 0 || below.is_thin::<O>() {
                thicken(order, inner, at, &mut child.weight);
            }
            child.renew_key(order, child.key);
        }
    }
    if child.is_too_large::<O>() {
        *spill = child.divide(order, grown.get());
    }
}

/// Joins a child that has become small with a neighbour that has room for it; one with nothing in it goes.
fn thicken<O: Order>(order: &O, inner: &mut Inner<O::Key>, at: usize, weight: &mut Weight) {
    let pair = |left: &usize| match inner.children.get(*left..*left + 2) {
        Some([child, next]) => child.has_room_for::<O>(next),
        _ => false,
    };
    let Some(left) = [Some(at), at.checked_sub(1)].into_iter().flatten().find(pair) else {
        // An only child that is empty: the node goes too, by what its parent does.
        if inner.children.get(at).is_some_and(|child| child.weight.count == 0) {
            inner.children.remove(at);
        }
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
