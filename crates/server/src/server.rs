//! The server, and how it is made.

use crate::allocator::Allocator;
use crate::config::{BindAddress, Config};
use crate::logging::LogHandle;
use crate::running::RunningServer;
use crate::startup::{self, Given, StartError};

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
        ServerBuilder { config: Config::default(), is_ephemeral: false, is_unbound: false, log: None, allocator: None }
    }
}

/// How a server is to be.
#[must_use]
pub struct ServerBuilder {
    config: Config,
    is_ephemeral: bool,
    is_unbound: bool,
    log: Option<LogHandle>,
    allocator: Option<&'static dyn Allocator>,
}

impl ServerBuilder {
    /// Takes over a configuration.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// A server for tests, whatever the configuration says of this: on a free port of 127.0.0.1, with one worker and 16 shards, and
    /// without anything on disk. SAVE and BGSAVE are refused.
    pub fn ephemeral(mut self) -> Self {
        self.is_ephemeral = true;
        self
    }

    /// A server that listens on no port, whatever the configuration says of this: it is reached by [`RunningServer::connect`] only.
    pub fn unbound(mut self) -> Self {
        self.is_unbound = true;
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

    /// The program's allocator: whose count INFO shows as `used_memory`, and which MEMORY PURGE asks to give memory back. Without one, `used_memory`
    /// is the server's own count of data, tables and connections, and MEMORY PURGE has nobody to ask and answers OK.
    pub fn allocator(mut self, allocator: &'static dyn Allocator) -> Self {
        self.allocator = Some(allocator);
        self
    }

    /// Binds, starts the workers, loads the snapshot, and returns when clients are served. Needs no runtime of the caller's.
    ///
    /// # Errors
    /// [`StartError`]: nothing runs then, and nothing on disk was changed.
    pub async fn start(self) -> Result<RunningServer, StartError> {
        let mut config = self.config;
        if self.is_ephemeral {
            let bind = vec![BindAddress::LOCALHOST];
            config = Config { port: 0, bind, save: Vec::new(), io_threads: 1, shards: 16, ..config };
        }
        let given =
            Given { persists: !self.is_ephemeral, listens: !self.is_unbound, log: self.log, allocator: self.allocator };
        startup::start(config, given).await
    }
}
