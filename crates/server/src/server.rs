//! The server: what its parts share, how it is made, and the handle to a running one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pyredis_persist::DirLock;
use pyredis_store::{Clock, ManualClock, Store, Timestamp};
use tokio::sync::Notify;

use crate::clients::Clients;
use crate::command::table::CommandTable;
use crate::config::{Config, LiveConfig};
use crate::lifecycle::{Lifecycle, Phase};
use crate::loading::Loading;
use crate::logging::LogHandle;
use crate::persistence::Saver;
use crate::shutdown::{self, ShutdownError, ShutdownMode};
use crate::startup::{self, StartError};
use crate::stats::Stats;
use crate::stopwatch::Stopwatch;
use crate::worker::Workers;

/// The Redis version whose behaviour clients may expect.
pub(crate) const REDIS_VERSION: &str = "7.2.4";

/// What sessions and tasks share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) table: CommandTable,
    pub(crate) config: LiveConfig,
    pub(crate) stats: Stats,
    pub(crate) clients: Clients,
    pub(crate) saver: Saver,
    pub(crate) loading: Loading,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) identity: Identity,
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
    pub(crate) fn new(config: Config, addresses: Vec<SocketAddr>, log: Option<LogHandle>) -> Self {
        let clock = if config.manual_clock {
            Clock::Manual(ManualClock::starting_at(Clock::System.now()))
        } else {
            Clock::System
        };
        let store = Store::builder().databases(config.databases).shards(config.shards).clock(clock.clone()).build();
        let table = CommandTable::new();
        Self {
            stats: Stats::new(config.io_threads, table.all().len()),
            saver: Saver::new(&store, config.dir.join(&config.dbfilename)),
            identity: Identity { run_id: random_hex(), started: Stopwatch::start(), addresses },
            clients: Clients::default(),
            loading: Loading::default(),
            lifecycle: Lifecycle::new(),
            jumped: Notify::new(),
            config: LiveConfig::new(config),
            store,
            clock,
            table,
            log,
        }
    }

    /// A server's insides without the server.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        // A folder where no snapshot can be written: SAVE is among the commands.
        let config = Config { save: Vec::new(), io_threads: 1, dir: "/dev/null".into(), ..Config::default() };
        let shared = Self::new(config, Vec::new(), None);
        shared.lifecycle.enter(Phase::Ready);
        shared
    }

    /// The port that the server listens on; 0 without one.
    pub(crate) fn port(&self) -> u16 {
        self.identity.addresses.first().map_or(0, SocketAddr::port)
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

/// A Redis-compatible server, to be built and started.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use pyredis_server::Server;
/// let server = Server::builder().ephemeral().start().await?;
/// println!("redis://{}", server.local_addr());
/// server.store().set("greeting", "hello"); // the same data that clients see
/// server.shutdown().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server;

impl Server {
    /// Begins with the default configuration.
    pub fn builder() -> ServerBuilder {
        ServerBuilder { config: Config::default(), persists: true, log: None }
    }
}

/// How a server is to be.
#[must_use]
pub struct ServerBuilder {
    config: Config,
    /// Whether the server has a folder of its own: a lock file in it, a snapshot to load.
    persists: bool,
    log: Option<LogHandle>,
}

impl ServerBuilder {
    /// Takes over a configuration.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// A server for tests: on a free port of 127.0.0.1, with one worker and 16 shards, and without anything on disk.
    pub fn ephemeral(mut self) -> Self {
        self.config = Config { port: 0, save: Vec::new(), io_threads: 1, shards: 16, ..self.config };
        self.persists = false;
        self
    }

    /// A clock that stands still until [`RunningServer::advance`] or DEBUG ADVANCE moves it.
    pub fn manual_clock(mut self) -> Self {
        self.config.manual_clock = true;
        self
    }

    /// The log whose level CONFIG SET loglevel changes.
    pub fn log(mut self, log: LogHandle) -> Self {
        self.log = Some(log);
        self
    }

    /// Binds, starts the workers, loads the snapshot, and returns when clients are served. Needs no runtime of the caller's.
    ///
    /// # Errors
    /// [`StartError`]: nothing runs then, and nothing on disk was changed.
    pub async fn start(self) -> Result<RunningServer, StartError> {
        startup::start(self.config, self.persists, self.log).await
    }
}

/// A server that runs. Dropping it stops the server without saving; [`shutdown`](Self::shutdown) saves.
pub struct RunningServer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) workers: Option<Workers>,
    pub(crate) dir_lock: Option<DirLock>,
}

impl RunningServer {
    /// The first address that the server listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.identity.addresses.first().copied().unwrap_or(([0, 0, 0, 0], 0).into())
    }

    /// The store that the server serves: the same data, without the protocol.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The phase of the server's life.
    pub fn phase(&self) -> Phase {
        self.shared.lifecycle.phase()
    }

    /// The server's instant.
    pub fn now(&self) -> Timestamp {
        self.shared.store.now()
    }

    /// Moves a [manual clock](ServerBuilder::manual_clock); does nothing on the system's.
    pub fn advance(&self, by: Duration) {
        if let Clock::Manual(clock) = &self.shared.clock {
            clock.advance(by);
            self.shared.time_has_moved();
        }
    }

    /// Does what SHUTDOWN does: writes a snapshot if the configuration has save rules, and ends.
    ///
    /// # Errors
    /// The snapshot could not be written; the server goes on, and can be asked again.
    pub async fn shutdown(&self) -> Result<(), ShutdownError> {
        self.shutdown_with(ShutdownMode::default()).await
    }

    /// The same, with SHUTDOWN's options.
    ///
    /// # Errors
    /// See [`shutdown`](Self::shutdown); never with `force`.
    pub async fn shutdown_with(&self, mode: ShutdownMode) -> Result<(), ShutdownError> {
        shutdown::shutdown(&self.shared, mode).await
    }

    /// Waits until the server has ended, by SHUTDOWN or [`shutdown`](Self::shutdown).
    pub async fn finished(&self) {
        self.shared.lifecycle.wait_until(|phase| *phase == Phase::Stopped).await;
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.shared.lifecycle.enter(Phase::Stopped);
        if let Some(workers) = self.workers.take() {
            workers.join();
        }
        self.dir_lock.take();
    }
}
