//! Keyspace notifications: what happens to keys, published in channels.
//!
//! The store makes notices while its shards are locked and hands them over in the order of the changes; when the locks are free, the same thread passes on
//! what has been handed over. One thread at a time does, so that the order stays, and whoever changes keys waits for his turn: what waits
//! here is never more than what the changing threads have just done.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyredis_store::{Notice, NoticeSink, Wishes};

use crate::config::KeyspaceEvents;
use crate::pubsub::PubSub;

/// Publishes notices.
pub(crate) struct Notifier {
    pubsub: Arc<PubSub>,
    events: AtomicU32,
    queue: Mutex<VecDeque<Vec<Notice>>>,
    /// Held by who passes on.
    turn: Mutex<()>,
}

impl Notifier {
    pub(crate) fn new(pubsub: Arc<PubSub>) -> Self {
        Self { pubsub, events: AtomicU32::new(0), queue: Mutex::default(), turn: Mutex::default() }
    }

    /// Which events are published from now on; returns what the store has to tell for that.
    pub(crate) fn choose(&self, events: KeyspaceEvents) -> Wishes {
        self.events.store(events.bits(), Ordering::Relaxed);
        let channels = KeyspaceEvents::KEYSPACE | KeyspaceEvents::KEYEVENT;
        let is_published = events.intersects(channels);
        Wishes {
            changes: is_published && events.intersects((KeyspaceEvents::ALL | KeyspaceEvents::NEW) - channels),
            misses: is_published && events.contains(KeyspaceEvents::MISS),
        }
    }

    fn publish(&self, Notice { db, key, event, .. }: &Notice) {
        let events = KeyspaceEvents::from_bits_truncate(self.events.load(Ordering::Relaxed));
        if !events.intersects(class_of(event)) {
            return;
        }
        let channel = |kind: &str, name: &[u8]| [format!("__{kind}@{db}__:").as_bytes(), name].concat();
        if events.contains(KeyspaceEvents::KEYSPACE) {
            self.pubsub.publish(&channel("keyspace", key), event.as_bytes());
        }
        if events.contains(KeyspaceEvents::KEYEVENT) {
            self.pubsub.publish(&channel("keyevent", event.as_bytes()), key);
        }
    }
}

impl NoticeSink for Notifier {
    fn accept(&self, notices: Vec<Notice>) {
        if !self.pubsub.is_idle() {
            self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(notices);
        }
    }

    fn pass_on(&self) {
        if self.pubsub.is_idle() {
            return;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes while this runs has a thread of its own that passes it on.
        let mut left = self.queue.lock().unwrap_or_else(PoisonError::into_inner).len();
        while left > 0 {
            let Some(notices) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { return };
            notices.iter().for_each(|notice| self.publish(notice));
            left -= 1;
        }
    }
}

/// The class of an event by its name.
fn class_of(event: &str) -> KeyspaceEvents {
    match event {
        "expired" => KeyspaceEvents::EXPIRED,
        "keymiss" => KeyspaceEvents::MISS,
        "new" => KeyspaceEvents::NEW,
        "append" | "incrby" | "incrbyfloat" | "set" | "setbit" | "setrange" => KeyspaceEvents::STRING,
        "linsert" | "lpop" | "lpush" | "lrem" | "lset" | "ltrim" | "rpop" | "rpush" | "sortstore" => {
            KeyspaceEvents::LIST
        }
        "sadd" | "sdiffstore" | "sinterstore" | "spop" | "srem" | "sunionstore" => KeyspaceEvents::SET,
        "hdel" | "hexpire" | "hexpired" | "hincrby" | "hincrbyfloat" | "hpersist" | "hset" => KeyspaceEvents::HASH,
        _ if event.starts_with('z') => KeyspaceEvents::SORTED_SET,
        _ => KeyspaceEvents::GENERIC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_not_wished_for() {
        let notifier = Notifier::new(Arc::new(PubSub::new(pyredis_store::Clock::System, Default::default())));
        let wishes = |events| notifier.choose(events);
        assert_eq!(wishes(KeyspaceEvents::ALL), Wishes::default(), "no channel");
        assert_eq!(wishes(KeyspaceEvents::KEYSPACE), Wishes::default(), "no class");
        assert_eq!(wishes(KeyspaceEvents::KEYEVENT | KeyspaceEvents::MISS), Wishes { changes: false, misses: true });
        assert_eq!(wishes(KeyspaceEvents::KEYSPACE | KeyspaceEvents::NEW), Wishes { changes: true, misses: false });
    }
}
