//! Cutting a tree in two, and putting two together: O(log n) nodes, whatever is in them.
//!
//! Only trees whose records have ranks of their own can be cut (lists, and sorted sets by score): in one ordered by hash, the ends would not fit.

use smallvec::SmallVec;
use triomphe::Arc;

use super::node::{Child, Children, Node, Spill, exclusive};
use super::order::{Grown, Order};
use super::page::Page;
use super::tree::{Tree, crown, take};

impl<O: Order> Tree<O> {
    /// Takes out all records from a rank on.
    pub(super) fn split_off(&mut self, rank: usize) -> Self {
        let (left, right) = split(&self.order, take::<O>(&mut self.root), rank);
        self.root = rooted(&self.order, left);
        Self { order: self.order.clone(), root: rooted(&self.order, right) }
    }

    /// Puts all records of another tree behind this one's.
    pub(super) fn append(&mut self, other: Self) {
        let joined = join(&self.order, some(take::<O>(&mut self.root)), some(other.root));
        self.root = rooted(&self.order, joined);
    }
}

/// A subtree as the root of a tree: without nodes of one child above it.
fn rooted<O: Order>(order: &O, part: Part<O>) -> Child<O::Key> {
    let mut root = part.unwrap_or_else(|| Child::leaf(O::FIRST, Page::new(O::TAGGED)));
    crown(order, &mut root, Spill::new());
    root
}

fn some<K>(child: Child<K>) -> Option<Child<K>> {
    (child.weight.count > 0).then_some(child)
}

type Part<O> = Option<Child<<O as Order>::Key>>;

/// Cuts a subtree before a rank.
fn split<O: Order>(order: &O, child: Child<O::Key>, rank: usize) -> (Part<O>, Part<O>) {
    if rank == 0 {
        return (None, some(child));
    }
    if rank >= child.weight.count {
        return (some(child), None);
    }
    let key = child.key;
    match child.node {
        Node::Leaf(page) => {
            let leaf = |page: Page| Child::leaf(order.key(&page, key), page);
            (some(leaf(page.part(0, rank))), some(leaf(page.part(rank, page.count()))))
        }
        Node::Inner(inner) => {
            let mut children = Arc::unwrap_or_clone(inner).children;
            let mut before = 0;
            let at = children.iter().take_while(|child| {
                let whole = before + child.weight.count <= rank;
                before += if whole { child.weight.count } else { 0 };
                whole
            });
            let at = at.count();
            let mut right = children.drain(at..).collect::<SmallVec<_>>();
            let middle = if right.is_empty() { None } else { Some(right.remove(0)) };
            let (low, high) = middle.map_or((None, None), |middle| split(order, middle, rank - before));
            (join(order, gather(order, key, children), low), join(order, high, gather(order, key, right)))
        }
    }
}

/// A subtree of these children.
fn gather<O: Order>(order: &O, key: O::Key, mut children: Children<O::Key>) -> Part<O> {
    if children.len() > 1 { Some(Child::inner(order, key, children)) } else { children.pop() }
}

/// Puts one subtree behind another, of whatever heights.
fn join<O: Order>(order: &O, left: Part<O>, right: Part<O>) -> Part<O> {
    let (mut left, mut right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (left, right) => return left.or(right),
    };
    Some(if left.height() >= right.height() {
        let spill = attach_behind(order, &mut left, right);
        crown(order, &mut left, spill);
        left
    } else {
        let spill = attach_before(order, &mut right, left);
        crown(order, &mut right, spill);
        right
    })
}

/// Hangs a subtree that is not higher behind all that is below a node.
fn attach_behind<O: Order>(order: &O, child: &mut Child<O::Key>, next: Child<O::Key>) -> Spill<O::Key> {
    if child.height() == next.height() {
        if child.has_room_for::<O>(&next) {
            child.absorb(order, next);
            return Spill::new();
        }
        return std::iter::once(next).collect();
    }
    if let Node::Inner(inner) = &mut child.node {
        let inner = exclusive(inner);
        if let Some(last) = inner.children.last_mut() {
            child.weight -= last.weight;
            let spill = attach_behind(order, last, next);
            child.weight += last.weight;
            for more in spill {
                child.weight += more.weight;
                inner.children.push(more);
            }
        }
    }
    child.divide(order, Grown::Within)
}

/// Hangs a subtree that is lower before all that is below a node.
fn attach_before<O: Order>(order: &O, child: &mut Child<O::Key>, mut new: Child<O::Key>) -> Spill<O::Key> {
    if let Node::Inner(inner) = &mut child.node {
        let same = inner.height == new.height() + 1;
        let inner = exclusive(inner);
        if let Some(first) = inner.children.first_mut() {
            child.weight -= first.weight;
            if same {
                // The new one takes in the old first, or stays before it.
                if new.has_room_for::<O>(first) {
                    new.absorb(order, take::<O>(first));
                    *first = new;
                    child.weight += first.weight;
                } else {
                    child.weight += first.weight;
                    child.weight += new.weight;
                    inner.children.insert(0, new);
                }
            } else {
                let spill = attach_before(order, first, new);
                child.weight += first.weight;
                for (at, more) in spill.into_iter().enumerate() {
                    child.weight += more.weight;
                    inner.children.insert(at + 1, more);
                }
            }
        }
        child.renew_key(order, child.key);
    }
    child.divide(order, Grown::Within)
}
