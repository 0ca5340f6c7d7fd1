//! Keyspace notifications: what happens to keys, published in channels.
//!
//! The store makes notices while its shards are locked and hands them over in the order of the changes; when the locks are free, the same thread passes on
//! what has been handed over. One thread at a time does, so that the order stays, and whoever changes keys waits for his turn: what waits
//! here is never more than what the changing threads have just done.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyredis_store::{Notice, NoticeSink, Wishes};

use crate::config::KeyspaceEvents;
use crate::pubsub::PubSub;

/// Publishes notices.
pub(crate) struct Notifier {
    pubsub: Arc<PubSub>,
    events: AtomicU32,
    queue: Mutex<VecDeque<Vec<Notice>>>,
    /// How many in the queue are not published yet. Who has put one in finds it counted until it is.
    unpublished: AtomicUsize,
    /// Held by who passes on.
    turn: Mutex<()>,
}

impl Notifier {
    pub(crate) fn new(pubsub: Arc<PubSub>) -> Self {
        Self {
            pubsub,
            events: AtomicU32::new(0),
            queue: Mutex::default(),
            unpublished: AtomicUsize::new(0),
            turn: Mutex::default(),
        }
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
            self.unpublished.fetch_add(1, Ordering::Relaxed);
            self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(notices);
        }
    }

    fn pass_on(&self) {
        // Not whether somebody listens: what was kept for who has left meanwhile is not for who comes next.
        if self.unpublished.load(Ordering::Relaxed) == 0 {
            return;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes while this runs has a thread of its own that passes it on.
        let mut left = self.queue.lock().unwrap_or_else(PoisonError::into_inner).len();
        while left > 0 {
            let Some(notices) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { return };
            notices.iter().for_each(|notice| self.publish(notice));
            self.unpublished.fetch_sub(1, Ordering::Relaxed);
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
    use std::task::Waker;

    use bytes::Bytes;

    use super::*;
    use crate::clients::client::Client;
    use crate::pubsub::Kind;

    #[test]
    fn what_nobody_asks_for_is_not_wished_for() {
        let notifier = Notifier::new(Arc::new(PubSub::new(pyredis_store::Clock::System, Default::default())));
        let wishes = |events| notifier.choose(events);
        assert_eq!(wishes(KeyspaceEvents::ALL), Wishes::default(), "no channel");
        assert_eq!(wishes(KeyspaceEvents::KEYSPACE), Wishes::default(), "no class");
        assert_eq!(wishes(KeyspaceEvents::KEYEVENT | KeyspaceEvents::MISS), Wishes { changes: false, misses: true });
        assert_eq!(wishes(KeyspaceEvents::KEYSPACE | KeyspaceEvents::NEW), Wishes { changes: true, misses: false });
    }

    #[test]
    fn what_nobody_is_left_for_is_not_kept_for_who_comes_later() {
        let clock = pyredis_store::Clock::System;
        let pubsub = Arc::new(PubSub::new(clock.clone(), Default::default()));
        let notifier = Notifier::new(Arc::clone(&pubsub));
        notifier.choose(KeyspaceEvents::KEYEVENT | KeyspaceEvents::ALL);
        let peer = ([127, 0, 0, 1], 1).into();
        let client = Arc::new(Client::new(1, (peer, peer), -1, clock.now(), Waker::noop().clone()));
        let name = Bytes::from_static(b"*");
        pubsub.subscribe(Kind::Pattern, &name, &client);
        notifier.accept(vec![Notice { db: 0, key: "old".into(), event: "set" }]);
        pubsub.unsubscribe(Kind::Pattern, &name, 1);
        notifier.pass_on();
        pubsub.subscribe(Kind::Pattern, &name, &client);
        notifier.pass_on();
        assert!(!client.mailbox.needs_care(), "nothing came to pass while it listened");
        notifier.accept(vec![Notice { db: 0, key: "new".into(), event: "set" }]);
        notifier.pass_on();
        assert!(client.mailbox.needs_care());
    }
}
