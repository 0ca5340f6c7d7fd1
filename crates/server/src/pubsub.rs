//! Publish and subscribe: who listens to which channel or pattern, and the way of a message to all of them.
//!
//! # How
//! Names of channels are spread over [`PARTS`] maps, each behind a lock; patterns are in one, as every message goes through all of them. A name has its
//! receivers behind a lock of its own, which is held while a message is put into their mailboxes: so all of them see the messages to one name
//! in the same order. A message is formatted once for each protocol version that one of its receivers speaks, and shared.
//!
//! # Guarantees
//! - Who was told that it listens gets every message that is published from then on; who was told that it does not gets none.
//! - A message that nobody can be listening to costs one atomic read.
//! - Locks are taken in the order map, name, mailbox, and whoever holds one never waits for the store. The other way round a transaction that subscribes
//!   takes them with its shards locked; what it publishes goes out when they are free.
//! - Receivers are woken when the locks under which they were found are free.

mod message;
mod monitors;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ahash::RandomState;
use bytes::Bytes;
use pyredis_store::{Clock, Timestamp, glob_match};
use smallvec::SmallVec;

use crate::clients::client::Client;
use crate::config::OutputLimit;
use message::Message;
pub(crate) use monitors::deed;

/// Into how many maps the names of channels are spread.
pub(crate) const PARTS: usize = 64;

/// What a client can listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Channel,
    /// All channels whose names match.
    Pattern,
    /// A channel that a cluster would keep where its name's slot is.
    Sharded,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Channel, Self::Pattern, Self::Sharded];

    /// Its place among all.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

type Names = BTreeMap<Bytes, Arc<Receivers>>;

/// Who listens to one name, by their numbers.
#[derive(Default)]
struct Receivers(Mutex<BTreeMap<u64, Arc<Client>>>);

impl Receivers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names of one kind.
struct Registry {
    parts: Box<[RwLock<Names>]>,
    /// How many names there are.
    count: AtomicUsize,
    hasher: RandomState,
}

impl Registry {
    fn new(parts: usize) -> Self {
        let parts = (0..parts).map(|_| RwLock::default()).collect();
        Self { parts, count: AtomicUsize::new(0), hasher: RandomState::new() }
    }

    fn part(&self, name: &[u8]) -> Option<&RwLock<Names>> {
        let hash = usize::try_from(self.hasher.hash_one(name) % self.parts.len() as u64).unwrap_or(0);
        self.parts.get(hash)
    }

    fn find(&self, name: &[u8]) -> Option<Arc<Receivers>> {
        self.part(name)?.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone)
    }

    fn add(&self, name: &Bytes, client: &Arc<Client>) {
        let Some(part) = self.part(name) else { return };
        let mut names = part.write().unwrap_or_else(PoisonError::into_inner);
        let receivers = names.entry(name.clone()).or_insert_with(|| {
            self.count.fetch_add(1, Ordering::Relaxed);
            Arc::default()
        });
        receivers.lock().insert(client.id, Arc::clone(client));
    }

    fn remove(&self, name: &[u8], id: u64) {
        let Some(part) = self.part(name) else { return };
        let mut names = part.write().unwrap_or_else(PoisonError::into_inner);
        let is_over = names.get(name).is_some_and(|receivers| {
            let mut receivers = receivers.lock();
            receivers.remove(&id);
            receivers.is_empty()
        });
        if is_over {
            names.remove(name);
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Who listens to what.
pub(crate) struct PubSub {
    channels: Registry,
    patterns: Registry,
    sharded: Registry,
    /// Who sees all commands, and how many those are.
    monitors: Receivers,
    monitor_count: AtomicUsize,
    clock: Clock,
    /// How much a listener may leave unread.
    limit: RwLock<OutputLimit>,
}

impl PubSub {
    pub(crate) fn new(clock: Clock, limit: OutputLimit) -> Self {
        Self {
            channels: Registry::new(PARTS),
            patterns: Registry::new(1),
            sharded: Registry::new(PARTS),
            monitors: Receivers::default(),
            monitor_count: AtomicUsize::new(0),
            clock,
            limit: RwLock::new(limit),
        }
    }

    const fn registry(&self, kind: Kind) -> &Registry {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::Sharded => &self.sharded,
        }
    }

    /// What a listener may leave unread from now on.
    pub(crate) fn set_limit(&self, limit: OutputLimit) {
        *self.limit.write().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// From here on the client gets what is published there. Its protocol version has to be [shown](crate::clients::shown) already.
    pub(crate) fn subscribe(&self, kind: Kind, name: &Bytes, client: &Arc<Client>) {
        self.registry(kind).add(name, client);
    }

    /// From here on it does not.
    pub(crate) fn unsubscribe(&self, kind: Kind, name: &[u8], id: u64) {
        self.registry(kind).remove(name, id);
    }

    /// How many channels, patterns or sharded channels somebody listens to.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.registry(kind).count.load(Ordering::Relaxed)
    }

    /// How many listen to this name itself.
    pub(crate) fn listeners(&self, kind: Kind, name: &[u8]) -> usize {
        self.registry(kind).find(name).map_or(0, |receivers| receivers.lock().len())
    }

    /// Adds the names in one of the [`PARTS`] that match a pattern. O(names in it).
    pub(crate) fn names(&self, kind: Kind, part: usize, pattern: Option<&[u8]>, found: &mut Vec<Bytes>) {
        let Some(names) = self.registry(kind).parts.get(part) else { return };
        let names = names.read().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |name: &&Bytes| pattern.is_none_or(|pattern| glob_match(pattern, name));
        found.extend(names.keys().filter(is_wanted).cloned());
    }

    /// Whether nobody listens to channels or patterns.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.count(Kind::Channel) == 0 && self.count(Kind::Pattern) == 0
    }

    /// How many would get a message to this channel.
    pub(crate) fn receivers(&self, channel: &[u8]) -> usize {
        let patterns = self.patterns_of(channel);
        let by_pattern: usize = patterns.iter().map(|(_, receivers)| receivers.lock().len()).sum();
        self.listeners(Kind::Channel, channel) + by_pattern
    }

    /// Sends a message to all who listen to its channel, or to a pattern that it matches. Returns how many those are. O(receivers + patterns).
    pub(crate) fn publish(&self, channel: &[u8], message: &[u8]) -> usize {
        if self.is_idle() {
            return 0;
        }
        let mut count = 0;
        if let Some(receivers) = self.channels.find(channel) {
            count += self.deliver(&receivers, &mut Message::new(&[b"message", channel, message]));
        }
        for (pattern, receivers) in self.patterns_of(channel) {
            count += self.deliver(&receivers, &mut Message::new(&[b"pmessage", &pattern, channel, message]));
        }
        count
    }

    /// The same for a sharded channel, which patterns do not match.
    pub(crate) fn publish_sharded(&self, channel: &[u8], message: &[u8]) -> usize {
        if self.count(Kind::Sharded) == 0 {
            return 0;
        }
        let receivers = self.sharded.find(channel);
        receivers.map_or(0, |receivers| self.deliver(&receivers, &mut Message::new(&[b"smessage", channel, message])))
    }

    /// The patterns that the channel matches. O(patterns).
    fn patterns_of(&self, channel: &[u8]) -> SmallVec<[(Bytes, Arc<Receivers>); 2]> {
        if self.count(Kind::Pattern) == 0 {
            return SmallVec::new();
        }
        let parts = self.patterns.parts.iter().map(|part| part.read().unwrap_or_else(PoisonError::into_inner));
        parts
            .flat_map(|names| {
                let matching = names.iter().filter(|(pattern, _)| glob_match(pattern, channel));
                matching
                    .map(|(pattern, receivers)| (pattern.clone(), Arc::clone(receivers)))
                    .collect::<SmallVec<[_; 2]>>()
            })
            .collect()
    }

    fn deliver(&self, receivers: &Receivers, message: &mut Message<'_>) -> usize {
        let (limit, now) = self.terms();
        let receivers = receivers.lock();
        let mut sleepers = Sleepers::default();
        for client in receivers.values() {
            sleepers.post(client, message.in_version(client.shown.is_resp3()), limit, now);
        }
        let count = receivers.len();
        drop(receivers);
        sleepers.wake();
        count
    }

    /// What a listener may leave unread, and the time.
    fn terms(&self) -> (OutputLimit, Timestamp) {
        (*self.limit.read().unwrap_or_else(PoisonError::into_inner), self.clock.now())
    }
}

/// Who has got something and is to be woken when the lock under which it was found is free.
#[derive(Default)]
struct Sleepers(SmallVec<[Arc<Client>; 4]>);

impl Sleepers {
    /// Puts a message into a client's mailbox; says so when that ends the client.
    fn post(&mut self, client: &Arc<Client>, message: Bytes, limit: OutputLimit, now: Timestamp) {
        let was_over = client.mailbox.is_killed();
        let delivered = client.mailbox.deliver(message, limit, now);
        if !delivered.fits && !was_over {
            tracing::warn!("{}: closed, as it reads too slowly what it listens to", client.peer);
        }
        if delivered.is_to_be_woken {
            self.0.push(Arc::clone(client));
        }
    }

    fn wake(self) {
        self.0.iter().for_each(|client| client.mailbox.wake());
    }
}
