//! What the parts of a running server share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use pyredis_store::{Clock, ManualClock, NoticeSink, Store, Timestamp};
use tokio::sync::Notify;

use crate::allocator::Allocator;
use crate::clients::Clients;
use crate::command::table::CommandTable;
use crate::config::{Config, LiveConfig};
use crate::garbage::Freeing;
use crate::info::process::System;
use crate::lifecycle::Lifecycle;
#[cfg(test)]
use crate::lifecycle::Phase;
use crate::loading::Loading;
use crate::logging::LogHandle;
use crate::memory::{Footprint, Memory};
use crate::notify::Notifier;
use crate::pause::Pause;
use crate::persistence::Saver;
use crate::pubsub::PubSub;
use crate::stats::Stats;
use crate::stopwatch::Stopwatch;

/// The Redis version whose behaviour clients may expect.
pub(crate) const REDIS_VERSION: &str = "7.2.4";

/// What sessions and tasks share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) table: Arc<CommandTable>,
    pub(crate) config: LiveConfig,
    pub(crate) stats: Stats,
    pub(crate) clients: Arc<Clients>,
    pub(crate) pubsub: Arc<PubSub>,
    notifier: Arc<Notifier>,
    pub(crate) pause: Pause,
    pub(crate) saver: Saver,
    pub(crate) loading: Loading,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) identity: Identity,
    pub(crate) system: System,
    pub(crate) memory: Memory,
    pub(crate) garbage: Freeing,
    /// Rung when time or the configuration has jumped: whoever waits for a time looks again.
    pub(crate) jumped: Notify,
    log: Option<LogHandle>,
}

/// What tells this run of the server from others.
pub(crate) struct Identity {
    /// Forty random hexadecimal digits.
    pub(crate) run_id: String,
    pub(crate) started: Stopwatch,
    /// Where the server listens.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Shared {
    /// `snapshot` is the file of snapshots; without one nothing is kept on disk.
    pub(crate) fn new(
        config: Config,
        snapshot: Option<PathBuf>,
        clients_max: u32,
        addresses: Vec<SocketAddr>,
        (log, allocator): (Option<LogHandle>, Option<&'static dyn Allocator>),
    ) -> Self {
        let clock = if config.manual_clock {
            Clock::Manual(ManualClock::starting_at(Clock::System.now()))
        } else {
            Clock::System
        };
        let pubsub = Arc::new(PubSub::new(clock.clone(), config.client_output_buffer_limit.pubsub));
        let notifier = Arc::new(Notifier::new(Arc::clone(&pubsub)));
        let store = Store::builder().databases(config.databases).shards(config.shards).clock(clock.clone());
        let store = store.notice_sink(Arc::clone(&notifier) as Arc<dyn NoticeSink>).build();
        store.set_tracking(config.maxmemory_policy.tracking());
        store.wish_for(notifier.choose(config.notify_keyspace_events));
        let table = CommandTable::new();
        Self {
            stats: Stats::new(config.io_threads, table.all().len()),
            saver: Saver::new(&store, snapshot),
            identity: Identity { run_id: random_hex(), started: Stopwatch::start(), addresses },
            system: System::new(),
            memory: Memory::new(allocator),
            garbage: Freeing::default(),
            clients: Arc::default(),
            pubsub,
            notifier,
            pause: Pause::default(),
            loading: Loading::default(),
            lifecycle: Lifecycle::new(),
            jumped: Notify::new(),
            config: LiveConfig::new(config).with_clients_max(clients_max),
            store,
            clock,
            table: Arc::new(table),
            log,
        }
    }

    /// A server's insides without the server.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let config = Config { save: Vec::new(), io_threads: 1, ..Config::default() };
        let shared = Self::new(config, None, u32::MAX, Vec::new(), (None, None));
        shared.lifecycle.enter(Phase::Ready);
        shared
    }

    /// The port that the server listens on; 0 without one.
    pub(crate) fn port(&self) -> u16 {
        self.identity.addresses.first().map_or(0, SocketAddr::port)
    }

    /// What takes memory. No locks.
    pub(crate) fn footprint(&self, now: Timestamp) -> Footprint {
        self.memory.footprint(&self.store, self.clients.connected(), now)
    }

    /// A manual clock was moved.
    pub(crate) fn time_has_moved(&self) {
        self.store.wake_expirer();
        self.jumped.notify_waiters();
    }

    /// CONFIG SET has changed something: sessions look for themselves, the rest is told here.
    pub(crate) fn config_has_changed(&self, config: &Config) {
        if let Some(log) = &self.log {
            log.set_level(config.loglevel);
        }
        self.store.set_tracking(config.maxmemory_policy.tracking());
        self.store.wish_for(self.notifier.choose(config.notify_keyspace_events));
        self.pubsub.set_limit(config.client_output_buffer_limit.pubsub);
        self.jumped.notify_waiters();
    }
}

/// Forty random hexadecimal digits, as Redis names a run.
fn random_hex() -> String {
    let mut bytes = [0; 20];
    // Without random numbers the run is named by zeros: it is a name, not a secret.
    getrandom::fill(&mut bytes).ok();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
