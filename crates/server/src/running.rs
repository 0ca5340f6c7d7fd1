//! The handle to a running server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pyredis_persist::DirLock;
use pyredis_store::{Clock, Store, Timestamp};

use crate::connection::stream::LocalStream;
use crate::lifecycle::{Phase, ShutdownMode};
use crate::listener;
use crate::shared::Shared;
use crate::shutdown::{self, ShutdownError};
use crate::worker::Workers;

/// A server that runs. Dropping it stops the server without saving, and waits until its threads have ended; [`shutdown`](Self::shutdown)
/// saves.
pub struct RunningServer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) workers: Option<Workers>,
    pub(crate) dir_lock: Option<DirLock>,
}

impl RunningServer {
    /// The first address that the server listens on; 0.0.0.0:0 if it listens on [none](crate::ServerBuilder::unbound).
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.identity.addresses.first().copied().unwrap_or(([0, 0, 0, 0], 0).into())
    }

    /// Connects to the server within the process: no socket, no port, and otherwise a client as any. It works on every runtime. O(1).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use pyredis_server::Server;
    /// use redis::aio::MultiplexedConnection;
    /// use redis::{AsyncConnectionConfig, AsyncTypedCommands, RedisConnectionInfo};
    ///
    /// let server = Server::builder().ephemeral().unbound().start().await?;
    /// let (login, options) = (RedisConnectionInfo::default(), AsyncConnectionConfig::new());
    /// let stream = server.connect()?;
    /// let (mut client, driver) = MultiplexedConnection::new_with_config(&login, stream, options).await?;
    /// tokio::spawn(driver);
    /// client.set("greeting", "hello").await?;
    /// assert_eq!(server.store().get("greeting").as_deref(), Some(&b"hello"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`QuotaExceeded`](io::ErrorKind::QuotaExceeded) where `maxclients` are connected; [`NotConnected`](io::ErrorKind::NotConnected) where the server has
    /// ended.
    pub fn connect(&self) -> io::Result<LocalStream> {
        let workers = self.workers.as_ref().filter(|_| self.phase() != Phase::Stopped);
        let workers = workers.ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, "the server has ended"))?;
        listener::connect(&self.shared, &workers.pool)
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

    /// Moves a [manual clock](crate::ServerBuilder::manual_clock); does nothing on the system's.
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

    /// Whether the end was [forced](ShutdownMode::force) though the last snapshot could not be written: what had changed since the one before is
    /// lost. The binary then exits with status 1.
    pub fn ended_unsaved(&self) -> bool {
        self.shared.lifecycle.is_unsaved()
    }

    /// Waits until the server has ended, by SHUTDOWN or [`shutdown`](Self::shutdown).
    pub async fn finished(&self) {
        self.shared.lifecycle.wait_until(|phase| phase == Phase::Stopped).await;
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.shared.lifecycle.enter(Phase::Stopped);
        self.shared.saver.cancel();
        if let Some(workers) = self.workers.take() {
            workers.join();
        }
        self.dir_lock.take();
    }
}
