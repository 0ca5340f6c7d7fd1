//! What one client listens to.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::pubsub::{Kind, PubSub};

/// Names, by kind. A session that listens to nothing has none of these.
#[derive(Default)]
pub(crate) struct Subscriptions {
    names: [BTreeSet<Bytes>; 3],
}

impl Subscriptions {
    /// Adds a name; returns whether it is new.
    pub(crate) fn add(&mut self, kind: Kind, name: Bytes) -> bool {
        self.names.get_mut(kind.index()).is_some_and(|names| names.insert(name))
    }

    /// Takes a name out; returns whether it was there.
    pub(crate) fn remove(&mut self, kind: Kind, name: &[u8]) -> bool {
        self.names.get_mut(kind.index()).is_some_and(|names| names.remove(name))
    }

    /// The names of a kind.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Bytes> {
        self.names.get(kind.index()).into_iter().flatten()
    }

    /// How many there are of each kind.
    pub(crate) fn counts(&self) -> [usize; 3] {
        self.names.each_ref().map(BTreeSet::len)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.iter().all(BTreeSet::is_empty)
    }

    /// Ends them all, for the client of this number.
    pub(crate) fn end(&self, pubsub: &PubSub, id: u64) {
        for kind in Kind::ALL {
            self.of(kind).for_each(|name| pubsub.unsubscribe(kind, name, id));
        }
    }
}
