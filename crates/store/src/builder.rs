//! How a store is made to measure.

use std::sync::Arc;

use ahash::RandomState;

use crate::clock::Clock;
use crate::effect::EffectSink;
use crate::notice::NoticeSink;
use crate::store::{Inner, Store};

/// Databases that a store has unless it is told otherwise, as in Redis.
const DATABASES_DEFAULT: u32 = 16;
/// Shards of a database unless told otherwise: small enough for an embedded store, many enough for a few million keys.
const SHARDS_DEFAULT: usize = 256;

/// How a store is made.
///
/// ```
/// use pyredis_store::Store;
/// let store = Store::builder().databases(4).shards(16).build();
/// assert_eq!(store.databases(), 4);
/// ```
#[must_use]
pub struct StoreBuilder {
    databases: u32,
    shards: usize,
    clock: Clock,
    seed: Option<u64>,
    sink: Option<Arc<dyn EffectSink>>,
    notices: Option<Arc<dyn NoticeSink>>,
}

impl StoreBuilder {
    pub(crate) const fn new() -> Self {
        Self {
            databases: DATABASES_DEFAULT,
            shards: SHARDS_DEFAULT,
            clock: Clock::System,
            seed: None,
            sink: None,
            notices: None,
        }
    }

    /// How many numbered databases there may be; 16 unless set, at least one. Each costs a few hundred bytes until it is written.
    pub const fn databases(mut self, databases: u32) -> Self {
        self.databases = if databases == 0 { 1 } else { databases };
        self
    }

    /// How many locks each database is spread over; 256 unless set. Rounded up to a power of two between 2 and 65 536. A database that was
    /// written costs about half a kilobyte a shard.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards.clamp(2, 65_536).next_power_of_two();
        self
    }

    /// Where the store takes "now" from; the system's clock unless set.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A fixed seed for the hash of keys, for tests: whoever knows the seed can make keys collide. Random unless set.
    pub const fn hash_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Who receives the effects of every change; nobody unless set, and then effects cost nothing.
    pub fn effect_sink(mut self, sink: Arc<dyn EffectSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Who receives notices of what happens to keys, once [somebody wishes for them](Store::wish_for).
    pub fn notice_sink(mut self, sink: Arc<dyn NoticeSink>) -> Self {
        self.notices = Some(sink);
        self
    }

    /// The store. It has no databases in memory until they are written, and starts no thread.
    pub fn build(self) -> Store {
        let hasher = self
            .seed
            .map_or_else(RandomState::new, |seed| RandomState::with_seeds(seed, !seed, seed.rotate_left(21), 0));
        Store::from(Inner::new(self.databases, self.shards, hasher, self.clock, (self.sink, self.notices)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

    #[test]
    fn an_empty_store_is_small() {
        let store = Store::new();
        assert!(store.get("k").is_none() && store.keys("*").is_empty());
        let bytes = size_of::<Inner>() + store.databases() as usize * size_of::<std::sync::OnceLock<Database>>();
        assert!(bytes <= 16 * 1024, "{bytes} bytes");
        assert_eq!(store.inner().databases().count(), 0, "reading makes no database");
        store.set("k", "v");
        assert_eq!(store.inner().databases().count(), 1, "writing makes one");
    }
}
