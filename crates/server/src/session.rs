//! What the server knows about one connection between its commands.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use pyredis_store::{Timestamp, WatchSet};

use crate::command::table::Command;
use crate::config::Config;
use crate::shared::Shared;

/// A client's state.
pub(crate) struct Session {
    /// Counts up from 1 over all connections of the server.
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    /// The socket's number in the process.
    pub(crate) descriptor: i32,
    /// The database that the client has selected.
    pub(crate) db: u32,
    pub(crate) is_authenticated: bool,
    pub(crate) name: Bytes,
    pub(crate) library: Library,
    /// The transaction that is being queued, from MULTI to EXEC.
    pub(crate) transaction: Option<Transaction>,
    /// How many commands the transaction has that runs now.
    pub(crate) executing: Option<usize>,
    pub(crate) watched: WatchSet,
    pub(crate) connected_at: Timestamp,
    /// The command that runs now or ran last.
    pub(crate) last_command: Option<Command>,
    config: Arc<Config>,
    config_version: u64,
}

/// What the client says of itself with CLIENT SETINFO.
#[derive(Debug, Clone, Default)]
pub(crate) struct Library {
    pub(crate) name: Bytes,
    pub(crate) version: Bytes,
}

/// Commands on their way to EXEC.
pub(crate) struct Transaction {
    pub(crate) queued: Vec<Queued>,
    /// A command was refused while queueing, so EXEC will be.
    pub(crate) is_broken: bool,
    /// The database that a command queued next will run in: SELECT may be among those queued.
    pub(crate) db: u32,
}

/// A command in a transaction, and the database that it will run in.
pub(crate) struct Queued {
    pub(crate) command: Command,
    pub(crate) args: Vec<Bytes>,
    pub(crate) db: u32,
}

impl Session {
    pub(crate) fn new(server: &Shared, (peer, local): (SocketAddr, SocketAddr), descriptor: i32) -> Self {
        let config = server.config.current();
        Self {
            id: server.clients.next_id(),
            peer,
            local,
            descriptor,
            db: 0,
            is_authenticated: config.requirepass.is_none(),
            name: Bytes::new(),
            library: Library::default(),
            transaction: None,
            executing: None,
            watched: WatchSet::new(&server.store),
            connected_at: server.store.now(),
            last_command: None,
            config_version: server.config.version(),
            config,
        }
    }

    /// The configuration, as of the last [`refresh`](Self::refresh).
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Takes up what CONFIG SET has changed. One atomic read where nothing has.
    pub(crate) fn refresh(&mut self, server: &Shared) {
        let version = server.config.version();
        if version != self.config_version {
            (self.config_version, self.config) = (version, server.config.current());
        }
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) {
        self.transaction = Some(Transaction { queued: Vec::new(), is_broken: false, db: self.db });
    }

    /// Takes a transaction back that could not be run yet.
    pub(crate) fn resume_transaction(&mut self, queued: Vec<Queued>) {
        let db = queued.last().map_or(self.db, |queued| queued.db);
        self.transaction = Some(Transaction { queued, is_broken: false, db });
    }

    /// A command was refused: a transaction that is being queued must not run.
    pub(crate) fn break_transaction(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction.is_broken = true;
        }
    }

    /// Ends a transaction without running it, and the watch with it.
    pub(crate) fn discard(&mut self) {
        self.transaction = None;
        self.watched.clear();
    }

    /// Back to what a new connection is, as RESET does. The protocol version is the reply writer's.
    pub(crate) fn reset(&mut self, server: &Shared) {
        self.discard();
        self.db = 0;
        self.name = Bytes::new();
        self.is_authenticated = server.config.current().requirepass.is_none();
    }
}
