//! Who waits for the keys of a shard: a queue for each key, and the shards that must be locked with this one.
//!
//! A queue is in the order in which its clients began to wait. Those who wait for lists and those who wait for sorted sets are apart, so that
//! whom a key can serve is found at once. An entry may be of somebody who no longer waits: whoever comes upon it takes it out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::key::Key;
use crate::waiting::{Kind, Waiter};

/// Waited-for keys that a shard keeps room for, however few there are.
const ROOM_KEPT: usize = 64;

/// The queues of a shard. One word, and nothing behind it, while nobody waits.
#[derive(Default)]
pub(crate) struct Waiters(Option<Box<Queues>>);

#[derive(Default)]
struct Queues {
    keys: HashMap<Box<[u8]>, Queue>,
    /// Shards of the same database that are written when clients of this one are served, and for how many entries.
    links: BTreeMap<usize, usize>,
}

/// Who waits for a key, by ticket.
struct Queue {
    hash: u64,
    lists: BTreeMap<u64, Arc<Waiter>>,
    sorted_sets: BTreeMap<u64, Arc<Waiter>>,
}

impl Queue {
    const fn of(&mut self, kind: Kind) -> &mut BTreeMap<u64, Arc<Waiter>> {
        match kind {
            Kind::List => &mut self.lists,
            Kind::SortedSet => &mut self.sorted_sets,
        }
    }

    fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.sorted_sets.is_empty()
    }
}

impl Waiters {
    /// The hash of the key, if anybody waits for it. O(1), and one look at a word where nobody waits in the shard.
    #[inline]
    pub(crate) fn find(&self, key: &[u8]) -> Option<u64> {
        self.0.as_ref().and_then(|queues| queues.keys.get(key)).map(|queue| queue.hash)
    }

    /// The shards that must be locked for writing with this one.
    #[inline]
    pub(crate) fn links(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|queues| queues.links.keys().copied())
    }

    /// Whether anybody waits for the key to hold this.
    pub(crate) fn has(&self, key: &Key<'_>, kind: Kind) -> bool {
        let queue = self.0.as_ref().and_then(|queues| queues.keys.get(key.bytes));
        queue.is_some_and(|queue| match kind {
            Kind::List => !queue.lists.is_empty(),
            Kind::SortedSet => !queue.sorted_sets.is_empty(),
        })
    }

    /// The keys that are waited for, with their hashes. O(n).
    pub(crate) fn keys(&self) -> Vec<(u64, Box<[u8]>)> {
        let queues = self.0.iter().flat_map(|queues| &queues.keys);
        queues.map(|(key, queue)| (queue.hash, key.clone())).collect()
    }

    /// Puts a client at the end of the key's queue, unless it stands there already. Returns whether it did not.
    pub(crate) fn add(&mut self, key: &Key<'_>, waiter: &Arc<Waiter>) -> bool {
        let Queues { keys, links } = &mut **self.0.get_or_insert_default();
        let queue = keys.entry(key.bytes.into()).or_insert_with(|| Queue {
            hash: key.hash,
            lists: BTreeMap::new(),
            sorted_sets: BTreeMap::new(),
        });
        let is_new = queue.of(waiter.kind()).insert(waiter.ticket(), Arc::clone(waiter)).is_none();
        if let Some(link) = waiter.target_shard().filter(|target| is_new && *target != key.shard) {
            *links.entry(link).or_default() += 1;
        }
        is_new
    }

    /// Takes out the first in the key's queue that waits for something of this kind. O(log n) of those who wait for the key.
    pub(crate) fn pop(&mut self, key: &Key<'_>, kind: Kind) -> Option<Arc<Waiter>> {
        let ticket = *self.0.as_mut()?.keys.get_mut(key.bytes)?.of(kind).first_key_value()?.0;
        self.remove(key, kind, ticket)
    }

    /// Takes a client out of the key's queue, if it stands there. O(log n) of those who wait for the key.
    pub(crate) fn remove(&mut self, key: &Key<'_>, kind: Kind, ticket: u64) -> Option<Arc<Waiter>> {
        let Queues { keys, links } = &mut **self.0.as_mut()?;
        let queue = keys.get_mut(key.bytes)?;
        let waiter = queue.of(kind).remove(&ticket)?;
        waiter.has_left_a_queue();
        if let Some(link) = waiter.target_shard().filter(|target| *target != key.shard)
            && let Some(count) = links.get_mut(&link)
        {
            *count -= 1;
            if *count == 0 {
                links.remove(&link);
            }
        }
        if queue.is_empty() {
            keys.remove(key.bytes);
            if keys.is_empty() {
                self.0 = None;
            } else if keys.capacity() > ROOM_KEPT && keys.len() < keys.capacity() / 8 {
                keys.shrink_to(keys.len() * 2);
            }
        }
        Some(waiter)
    }

    /// Checks that the links are those of the entries, for tests.
    pub(crate) fn debug_check(&self, shard: usize) {
        let mut links = BTreeMap::<usize, usize>::new();
        for queue in self.0.iter().flat_map(|queues| queues.keys.values()) {
            assert!(!queue.is_empty(), "a queue that nobody stands in is gone");
            let waiters = queue.lists.values().chain(queue.sorted_sets.values());
            for link in waiters.filter_map(|waiter| waiter.target_shard()).filter(|target| *target != shard) {
                *links.entry(link).or_default() += 1;
            }
        }
        let known = self.0.as_ref().map(|queues| queues.links.clone()).unwrap_or_default();
        assert_eq!(links, known, "a shard's links are those of its queues");
    }

    /// How many entries there are, for tests.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> usize {
        let queues = self.0.iter().flat_map(|queues| queues.keys.values());
        queues.map(|queue| queue.lists.len() + queue.sorted_sets.len()).sum()
    }
}
