//! What has to be true of every tree.

use super::super::node::{Child, FANOUT, Inner, Node, Weight};
use super::super::order::Order;
use super::super::tree::Tree;
use crate::footprint::block;

impl<O: Order> Tree<O> {
    /// Panics unless counts, memory, heights and keys are what they should be.
    pub(in super::super) fn check(&self) {
        check(&self.order, &self.root, None, true);
    }
}

fn check<O: Order>(order: &O, child: &Child<O::Key>, until: Option<O::Key>, root: bool) {
    match &child.node {
        Node::Leaf(page) => {
            assert!(root || page.count() > 0, "an empty page");
            assert_eq!(child.weight, Weight { count: page.count(), memory: page.memory() });
            if page.used() > O::PAGE_BYTES && page.count() > 1 {
                assert!(order.divide(page, super::super::order::Grown::Within).is_none(), "a page too large");
            }
            assert!(order.belongs(page, child.key, until), "records of another page");
            let used: usize = page.records().map(|record| record.bytes.len()).sum();
            assert!(used <= page.used());
        }
        Node::Inner(inner) => {
            assert!(!inner.children.is_empty());
            assert!(inner.children.len() <= FANOUT + 1, "{} children", inner.children.len());
            assert!(!root || inner.children.len() > 1, "a root of one child");
            let mut weight: Weight = inner.children.iter().map(|child| child.weight).sum();
            weight.memory += block(size_of::<Inner<O::Key>>() + 16);
            assert_eq!(child.weight, weight);
            for (at, below) in inner.children.iter().enumerate() {
                let until = inner.children.get(at + 1).map(|next| next.key).or(until);
                assert_eq!(below.height() + 1, inner.height);
                check(order, below, until, false);
            }
        }
    }
}
