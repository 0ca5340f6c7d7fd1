//! Whether two collections are one: clones of each other, neither changed since. O(1): pages are compared by where they are.
//!
//! Whoever holds a clone keeps its pages from being changed where they are, so the same place means the same records.

use std::sync::Arc;

use super::Collection;
use super::node::Node;
use super::order::Order;
use super::tree::Tree;

impl<O: Order> Tree<O> {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.root.node, &other.root.node) {
            (Node::Leaf(page), Node::Leaf(other)) => page.is_same(other),
            (Node::Inner(inner), Node::Inner(other)) => Arc::ptr_eq(inner, other),
            _ => false,
        }
    }
}

impl Collection {
    /// Whether the other is a clone of this, or this of the other, and none of them was changed since. O(1). Of small ones, equal ones may count as the
    /// same; of large ones, ones that are equal by chance do not.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SortedSet(set), Self::SortedSet(other)) => set.is_same(other),
            (Self::Set(set), Self::Set(other)) => set.is_same(other),
            _ => false,
        }
    }
}
