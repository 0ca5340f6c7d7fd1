//! What the server knows about one connection between its commands.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use pyredis_protocol::limits::{LARGE_BYTES_MIN, REQUEST_BYTES_MAX};
use pyredis_protocol::{Arg, ReplyWriter, RespVersion};
use pyredis_store::{Timestamp, WatchSet};

use crate::clients::client::Client;
use crate::clients::shown::{Showing, State};
use crate::command::spec::Flags;
use crate::command::table::Command;
use crate::config::Config;
use crate::pubsub::Kind;
use crate::shared::Shared;
use crate::subscriptions::Subscriptions;

/// A client's state. There may be very many that do nothing: what few of them have lies behind a pointer.
pub(crate) struct Session {
    /// What others know of it, and how they reach it.
    pub(crate) client: Arc<Client>,
    /// The database that the client has selected.
    pub(crate) db: u32,
    pub(crate) is_authenticated: bool,
    /// The transaction that is being queued, from MULTI to EXEC.
    pub(crate) transaction: Option<Box<Transaction>>,
    /// How many commands the transaction has that runs now.
    pub(crate) executing: Option<usize>,
    pub(crate) watched: WatchSet,
    /// What it listens to, if to anything.
    pub(crate) subscriptions: Option<Box<Subscriptions>>,
    /// What the transaction that runs has published: sent when its locks are free.
    pub(crate) publications: Vec<Publication>,
    /// It sees what all others do.
    pub(crate) is_monitor: bool,
    /// What is to be shown to those who see what all do, when the locks are free.
    pub(crate) deeds: Vec<Bytes>,
    pub(crate) replies: Replies,
    /// What is answered to the command that goes on is not to be sent.
    pub(crate) mutes_outcome: bool,
    pub(crate) no_evict: bool,
    /// Its reads do not count as uses of the keys.
    pub(crate) no_touch: bool,
    /// Whether there are messages among what is to be sent: the mailbox counts them until they are.
    pub(crate) owes_mail: bool,
    /// The command that runs now or ran last.
    pub(crate) last_command: Option<Command>,
    config: Arc<Config>,
    config_version: u64,
}

/// Whether the client wants replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    On,
    /// It does, and the command that said so is answered though it did not before.
    Spoken,
    /// Not to the next command.
    SkipOne,
    Off,
}

/// A message that waits for the end of a transaction.
pub(crate) struct Publication {
    pub(crate) channel: Bytes,
    pub(crate) message: Bytes,
    pub(crate) is_sharded: bool,
}

/// What lies in a connection's buffers, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Buffered {
    pub(crate) reply: usize,
    pub(crate) input: usize,
    pub(crate) input_room: usize,
}

/// Commands on their way to EXEC.
pub(crate) struct Transaction {
    pub(crate) queued: Vec<Queued>,
    /// Whether one of the queued commands writes.
    pub(crate) writes: bool,
    /// What the queue holds, about.
    bytes: usize,
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

impl Transaction {
    /// Queues a command to run in the transaction's database. Returns whether there was room: a queue holds no more than a request may.
    pub(crate) fn push(&mut self, command: Command, args: &[Arg<'_>]) -> bool {
        let args_bytes: usize = args.iter().map(|arg| size_of::<Bytes>() + arg.len()).sum();
        self.bytes = self.bytes.saturating_add(size_of::<Queued>() + args_bytes);
        if self.bytes > REQUEST_BYTES_MAX {
            return false;
        }
        self.writes |= command.spec.flags.contains(Flags::WRITE);
        self.queued.push(Queued { command, args: args.iter().map(kept).collect(), db: self.db });
        true
    }
}

/// An argument on its own: a short one is copied, or it would keep the read buffer that it was cut out of.
fn kept(arg: &Arg<'_>) -> Bytes {
    if arg.len() < LARGE_BYTES_MIN { Bytes::copy_from_slice(arg) } else { arg.to_bytes() }
}

impl Session {
    /// That of a new connection between two addresses, whose task has this waker.
    pub(crate) fn new(server: &Shared, addresses: (SocketAddr, SocketAddr), descriptor: i32, waker: Waker) -> Self {
        let id = server.clients.next_id();
        // In this order; see `LiveConfig`.
        let (config_version, config) = (server.config.version(), server.config.current());
        Self {
            client: Arc::new(Client::new(id, addresses, descriptor, server.store.now(), waker)),
            db: 0,
            is_authenticated: config.requirepass.is_none(),
            transaction: None,
            executing: None,
            watched: WatchSet::new(&server.store),
            subscriptions: None,
            publications: Vec::new(),
            is_monitor: false,
            deeds: Vec::new(),
            replies: Replies::On,
            mutes_outcome: false,
            no_evict: false,
            no_touch: false,
            owes_mail: false,
            last_command: None,
            config_version,
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

    /// Shows others how things are at `now`: `resp3` is the reply writer's to know, and what lies in buffers the connection's.
    #[inline]
    pub(crate) fn show(&self, now: Timestamp, resp3: bool, buffered: Buffered) {
        let transaction = self.transaction.as_deref();
        let mut state = State::empty();
        state.set(State::MULTI, transaction.is_some() || self.executing.is_some());
        state.set(State::RESP3, resp3);
        state.set(State::MONITOR, self.is_monitor);
        state.set(State::NO_EVICT, self.no_evict);
        state.set(State::NO_TOUCH, self.no_touch);
        state.set(State::DIRTY, self.watched.is_flagged());
        self.client.shown.show(&Showing {
            active: now,
            queued_bytes: transaction.map_or(0, |transaction| transaction.bytes),
            reply_bytes: buffered.reply,
            input_bytes: buffered.input,
            input_room: buffered.input_room,
            db: self.db,
            command: self.last_command.map(|command| command.number),
            state,
            queued: self.executing.or(transaction.map(|transaction| transaction.queued.len())),
            watched: self.watched.len(),
        });
    }

    /// Whether it listens in a version of the protocol that cannot tell messages from replies.
    #[inline]
    pub(crate) fn only_listens(&self, version: RespVersion) -> bool {
        self.subscriptions.is_some() && version == RespVersion::Resp2
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) {
        let transaction = Transaction { queued: Vec::new(), writes: false, bytes: 0, is_broken: false, db: self.db };
        self.transaction = Some(Box::new(transaction));
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

    /// Stops listening to one name. Returns whether it was listened to.
    pub(crate) fn unsubscribe(&mut self, kind: Kind, name: &[u8], server: &Shared) -> bool {
        let Some(subscriptions) = &mut self.subscriptions else { return false };
        let was_there = subscriptions.remove(kind, name);
        if was_there {
            server.pubsub.unsubscribe(kind, name, self.client.id);
            self.client.shown.set_subscriptions(subscriptions.counts());
        }
        if subscriptions.is_empty() {
            self.subscriptions = None;
        }
        was_there
    }

    /// Stops listening to anything.
    pub(crate) fn unsubscribe_all(&mut self, server: &Shared) {
        if let Some(subscriptions) = self.subscriptions.take() {
            subscriptions.end(&server.pubsub, self.client.id);
            self.client.shown.set_subscriptions([0; 3]);
        }
    }

    /// Puts messages behind what was answered so far, about `most` bytes of them. Not inside a reply.
    pub(crate) fn collect_mail(&mut self, most: usize, reply: &mut ReplyWriter) {
        self.owes_mail = true;
        self.client.mailbox.take(most, |message| reply.relay(message));
    }

    /// Does not see what others do any more.
    pub(crate) fn stop_watching(&mut self, server: &Shared) {
        if std::mem::take(&mut self.is_monitor) {
            server.pubsub.stop_watching(self.client.id);
        }
    }

    /// Sends what a transaction has published.
    pub(crate) fn publish(&mut self, server: &Shared) {
        for Publication { channel, message, is_sharded } in std::mem::take(&mut self.publications) {
            if is_sharded {
                server.pubsub.publish_sharded(&channel, &message);
            } else {
                server.pubsub.publish(&channel, &message);
            }
        }
    }

    /// Back to what a new connection is, as RESET does. The protocol version is the reply writer's.
    pub(crate) fn reset(&mut self, server: &Shared) {
        self.discard();
        self.unsubscribe_all(server);
        self.stop_watching(server);
        self.replies = Replies::Spoken;
        self.no_evict = false;
        self.no_touch = false;
        self.db = 0;
        self.client.rename(|names| names.name = Box::default());
        self.is_authenticated = server.config.current().requirepass.is_none();
    }
}
