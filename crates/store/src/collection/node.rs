//! The nodes of a tree, and what is done to one of them: dividing it, joining it with its neighbour.

use std::iter::Sum;
use std::ops::{AddAssign, SubAssign};

use smallvec::SmallVec;
use triomphe::Arc;

use super::order::{Grown, Order};
use super::page::Page;
use super::work;
use crate::footprint::block;

/// Children of an inner node, at most.
pub(super) const FANOUT: usize = if cfg!(test) { 4 } else { 30 };

/// How many records are below, and how many bytes of memory all of it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) count: usize,
    pub(super) memory: usize,
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.memory += other.memory;
    }
}

impl SubAssign for Weight {
    fn sub_assign(&mut self, other: Self) {
        self.count -= other.count;
        self.memory -= other.memory;
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), |mut sum, weight| {
            sum += weight;
            sum
        })
    }
}

/// A subtree, with what its owner knows of it.
#[derive(Debug, Clone)]
pub(super) struct Child<K> {
    pub(super) key: K,
    pub(super) weight: Weight,
    pub(super) node: Node<K>,
}

#[derive(Debug, Clone)]
pub(super) enum Node<K> {
    Leaf(Page),
    Inner(Arc<Inner<K>>),
}

/// Subtrees of one height. Two more find room than there may be in the end, so that one can be put in before the node is divided.
pub(super) type Children<K> = SmallVec<[Child<K>; 32]>;

#[derive(Debug, Clone)]
pub(super) struct Inner<K> {
    /// Inner nodes down to the leaves, this one included.
    pub(super) height: usize,
    pub(super) children: Children<K>,
}

impl<K> Inner<K> {
    /// What an allocator spends on an inner node.
    const BYTES: usize = block(size_of::<Self>() + size_of::<usize>());
}

/// What became of a node that had to be divided: all that comes behind it.
pub(super) type Spill<K> = SmallVec<[Child<K>; 1]>;

impl<K: Copy> Child<K> {
    /// A leaf.
    pub(super) fn leaf(key: K, page: Page) -> Self {
        let weight = Weight { count: page.count(), memory: page.memory() };
        Self { key, weight, node: Node::Leaf(page) }
    }

    /// An inner node of one child at least.
    pub(super) fn inner<O: Order<Key = K>>(order: &O, key: K, children: Children<K>) -> Self {
        let height = children.first().map_or(0, Child::height) + 1;
        let key = children.first().map_or(key, |first| order.key_above(first.key, key));
        let mut weight: Weight = children.iter().map(|child| child.weight).sum();
        weight.memory += Inner::<K>::BYTES;
        Self { key, weight, node: Node::Inner(Arc::new(Inner { height, children })) }
    }

    /// Inner nodes down to the leaves.
    pub(super) fn height(&self) -> usize {
        match &self.node {
            Node::Leaf(_) => 0,
            Node::Inner(inner) => inner.height,
        }
    }

    /// The first page.
    pub(super) fn first_page(&self) -> Option<&Page> {
        let mut child = self;
        loop {
            match &child.node {
                Node::Leaf(page) => return Some(page),
                Node::Inner(inner) => child = inner.children.first()?,
            }
        }
    }

    /// Whether it has to be divided, if that can be done.
    pub(super) fn is_too_large<O: Order<Key = K>>(&self) -> bool {
        match &self.node {
            Node::Leaf(page) => is_too_large::<O>(page),
            Node::Inner(inner) => inner.children.len() > FANOUT,
        }
    }

    /// Divides the node if it is too large.
    pub(super) fn divide<O: Order<Key = K>>(&mut self, order: &O, grown: Grown) -> Spill<K> {
        if !self.is_too_large::<O>() {
            return Spill::new();
        }
        let mut parts = Spill::new();
        match &mut self.node {
            Node::Leaf(page) => {
                divide_page(order, self.key, page.clone(), grown, &mut parts);
                if !parts.is_empty() {
                    *self = parts.remove(0);
                }
            }
            Node::Inner(inner) => {
                let inner = exclusive(inner);
                let keep = match grown {
                    Grown::Back => FANOUT,
                    Grown::Front => inner.children.len() - FANOUT,
                    Grown::Within => inner.children.len() / 2,
                };
                let rest: Children<K> = inner.children.drain(keep..).collect();
                for child in &rest {
                    self.weight -= child.weight;
                }
                if let Some(first) = rest.first() {
                    let mut rest = Self::inner(order, first.key, rest);
                    parts = rest.divide(order, grown);
                    parts.insert(0, rest);
                }
            }
        }
        parts
    }

    /// Whether it is so small that it should be joined with its neighbour.
    pub(super) fn is_thin<O: Order<Key = K>>(&self) -> bool {
        match &self.node {
            Node::Leaf(page) => page.used() < O::PAGE_BYTES / 4 && page.count() < O::PAGE_RECORDS / 4,
            Node::Inner(inner) => inner.children.len() <= FANOUT / 4,
        }
    }

    /// Whether one node has room for this one and the neighbour behind it, of the same height, and for a little more.
    pub(super) fn has_room_for<O: Order<Key = K>>(&self, next: &Self) -> bool {
        match (&self.node, &next.node) {
            _ if self.weight.count == 0 || next.weight.count == 0 => true,
            (Node::Leaf(page), Node::Leaf(other)) => {
                page.used() + other.used() <= O::PAGE_BYTES / 4 * 3
                    && page.count() + other.count() <= O::PAGE_RECORDS / 4 * 3
            }
            (Node::Inner(inner), Node::Inner(other)) => inner.children.len() + other.children.len() <= FANOUT / 4 * 3,
            _ => false,
        }
    }

    /// Takes in the neighbour behind it, for which there is room.
    pub(super) fn absorb<O: Order<Key = K>>(&mut self, order: &O, next: Self) {
        if next.weight.count == 0 {
            return;
        }
        if self.weight.count == 0 {
            let key = self.key;
            *self = next;
            self.inherit(order, key);
            return;
        }
        match (&mut self.node, next.node) {
            (Node::Leaf(page), Node::Leaf(other)) => {
                page.join(&other);
                self.weight = Weight { count: page.count(), memory: page.memory() };
            }
            (Node::Inner(inner), Node::Inner(other)) => {
                exclusive(inner).children.extend(Arc::unwrap_or_clone(other).children);
                self.weight += next.weight;
                self.weight.memory -= Inner::<K>::BYTES;
            }
            _ => {}
        }
        self.renew_key(order, self.key);
    }

    /// Takes the place of a node that is gone, and whatever would have belonged to that.
    fn inherit<O: Order<Key = K>>(&mut self, order: &O, key: K) {
        if let Node::Inner(inner) = &mut self.node
            && let Some(first) = exclusive(inner).children.first_mut()
        {
            first.inherit(order, key);
        }
        self.renew_key(order, key);
    }

    /// Sets the key anew after a change below.
    pub(super) fn renew_key<O: Order<Key = K>>(&mut self, order: &O, old: K) {
        self.key = match &self.node {
            Node::Leaf(page) => order.key(page, old),
            Node::Inner(inner) => inner.children.first().map_or(old, |first| order.key_above(first.key, old)),
        };
    }
}

/// The node, which is nobody else's: a copy if it was shared.
pub(super) fn exclusive<K: Copy>(inner: &mut Arc<Inner<K>>) -> &mut Inner<K> {
    if !inner.is_unique() {
        work::add(inner.children.len());
    }
    Arc::make_mut(inner)
}

/// Whether a page has to be divided, if that can be done.
const fn is_too_large<O: Order>(page: &Page) -> bool {
    page.count() > 1 && (page.used() > O::PAGE_BYTES || page.count() > O::PAGE_RECORDS)
}

/// Divides a page until each part fits, or can't be divided any further.
fn divide_page<O: Order>(order: &O, key: O::Key, page: Page, grown: Grown, parts: &mut Spill<O::Key>) {
    let halves = if is_too_large::<O>(&page) { order.divide(&page, grown) } else { None };
    match halves {
        None => parts.push(Child::leaf(key, page)),
        Some((left, middle, right)) => {
            divide_page(order, order.key(&left, key), left, Grown::Within, parts);
            divide_page(order, middle, right, Grown::Within, parts);
        }
    }
}
