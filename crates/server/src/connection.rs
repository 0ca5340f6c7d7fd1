//! A connection's loop: read, run what is there, write, and again.
//!
//! All complete requests in the buffer run as one batch, at one instant, and their replies leave in one write. A client that does not read its
//! replies is not read from. After a full turn others get theirs. A connection that waits owns no buffers: see `buffers.rs`.

mod keys;
mod mail;
mod socket;
pub(crate) mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;

use bytes::{Buf, Bytes, BytesMut};
use pyredis_protocol::{Arg, DecodeError, Limits, ProtocolError, ReplyWriter, RequestDecoder, RespVersion};
use pyredis_store::{LockSet, Residue};
use smallvec::SmallVec;
use tokio::task::JoinHandle;
use tokio_util::codec::Decoder;

use crate::command::error::CommandError;
use crate::command::spec::Walk;
use crate::command::work::{Ended, Work};
use crate::dispatch::{Batch, Dispatched};
use crate::lifecycle::Phase;
use crate::outcome::{Outcome, Wait};
use crate::pipeline::{REPLY_BYTES_PER_TURN, REQUESTS_TOGETHER};
use crate::session::{Buffered, Session};
use crate::shared::Shared;
use crate::shutdown;
use crate::stats::{Timing, WorkerStats};
use stream::Stream;

/// How many commands a session runs before others on its worker have their turn.
const COMMANDS_PER_TURN: usize = 256;
/// Room for what follows half a request. So much of one is copied out of the worker's buffer.
const OWN_INPUT_BYTES: usize = 4 * 1024;
/// How much of a long reply is written at once. The system copies it: this much takes it about a hundred microseconds.
const WRITE_BYTES_PER_TURN: usize = 1024 * 1024;

/// A client, from its accept to its end.
pub(crate) struct Connection {
    shared: Arc<Shared>,
    stats: Arc<WorkerStats>,
    stream: Stream,
    session: Session,
    decoder: RequestDecoder,
    input: BytesMut,
    reply: ReplyWriter,
    /// How many commands the turn has left. It goes on over reads: a client that always has more to say has no more of it.
    commands_left: usize,
    /// A request that the decoder has given and that could not run while the server was saving, to be run first.
    pending: Option<Vec<Bytes>>,
    /// What has to be freed before anything else is run.
    waits_for: Option<JoinHandle<()>>,
}

/// Why a batch ended.
enum Stop {
    /// There is no whole request in the buffer.
    Starved,
    /// The turn is over.
    TurnOver,
    /// A command has left something to be done.
    Left(Outcome),
    /// The server takes no writes at the moment.
    Paused,
    /// The client broke the protocol.
    Broken(ProtocolError),
}

impl Connection {
    /// A client on this worker, whose task has this waker.
    pub(crate) fn new(
        shared: Arc<Shared>,
        stream: Stream,
        peer: SocketAddr,
        worker: usize,
        waker: Waker,
    ) -> io::Result<Self> {
        let stats = shared.stats.workers.get(worker).map(Arc::clone).ok_or(io::ErrorKind::NotFound)?;
        stats.connections_accepted.add(1);
        let session = Session::new(&shared, (peer, stream.local_addr()?), stream.descriptor(), waker);
        shared.clients.enter(&session.client);
        let limits = Limits { bulk_bytes: session.config().proto_max_bulk_len, ..Limits::default() };
        Ok(Self {
            session,
            decoder: RequestDecoder::new(limits),
            input: BytesMut::new(),
            reply: ReplyWriter::default(),
            commands_left: COMMANDS_PER_TURN,
            pending: None,
            waits_for: None,
            stats,
            stream,
            shared,
        })
    }

    /// Serves the client until it leaves, breaks the protocol or fails.
    pub(crate) async fn serve(&mut self) -> io::Result<()> {
        loop {
            if let Some(freed) = self.waits_for.take() {
                self.flush().await?;
                freed.await.ok();
            }
            self.check_alive()?;
            match self.run_batch() {
                Stop::Starved => {
                    self.flush().await?;
                    if !self.fill().await? {
                        return Ok(());
                    }
                }
                Stop::TurnOver => {
                    self.flush().await?;
                    tokio::task::yield_now().await;
                    self.commands_left = COMMANDS_PER_TURN;
                }
                Stop::Left(outcome) => {
                    // What is answered already need not wait for what takes longer.
                    self.flush().await?;
                    let (mark, is_muted) = (self.reply.mark(), std::mem::take(&mut self.session.mutes_outcome));
                    let goes_on = self.see_to(outcome).await;
                    if is_muted {
                        self.reply.truncate_to(mark);
                    }
                    if !goes_on {
                        return self.flush().await;
                    }
                }
                Stop::Paused => {
                    self.flush().await?;
                    if !Box::pin(self.sit_out()).await? {
                        return Ok(());
                    }
                }
                Stop::Broken(error) => {
                    self.reply.error(format!("ERR {error}"));
                    self.stats.count_error("ERR");
                    return self.flush().await;
                }
            }
        }
    }

    /// Runs the requests in the buffer until there is a reason to stop.
    fn run_batch(&mut self) -> Stop {
        self.session.refresh(&self.shared);
        self.begin_replies();
        // Messages come first, but leave replies the room of a turn: else a client that always has mail would never be answered.
        let before = self.reply.len_bytes();
        self.collect_mail(REPLY_BYTES_PER_TURN / 2);
        let full = REPLY_BYTES_PER_TURN + self.reply.len_bytes().saturating_sub(before);
        let mut batch = Batch {
            server: &self.shared,
            worker: &self.stats,
            session: &mut self.session,
            reply: &mut self.reply,
            now: self.shared.store.now(),
            residue: Residue::default(),
            timing: Timing::start(&self.stats),
        };
        let stop = loop {
            if self.commands_left == 0 || batch.reply.len_bytes() >= full {
                break Stop::TurnOver;
            }
            // Before a client has authenticated, the decoder's stricter limits hold; and what it has begun it ends.
            let is_plain = self.pending.is_none() && !self.decoder.is_mid_request() && batch.session.is_authenticated;
            let most = if is_plain { self.commands_left.min(REQUESTS_TOGETHER) } else { 0 };
            let mut ran = batch.run_plain(&self.input, self.decoder.limits(), most);
            self.input.advance(ran.bytes);
            if ran.requests == 0 && ran.last.is_done() {
                self.decoder.set_authenticated(batch.session.is_authenticated);
                let next = self.pending.take().map_or_else(|| next_request(&mut self.decoder, &mut self.input), Ok);
                let request = match next {
                    Ok(request) => request,
                    Err(stop) => break stop,
                };
                let args: SmallVec<[Arg<'_>; 8]> = request.iter().map(Arg::Owned).collect();
                (ran.last, ran.requests) = (batch.dispatch_args(&args), 1);
                if matches!(ran.last, Dispatched::Paused) {
                    drop(args);
                    self.pending = Some(request);
                }
            }
            self.commands_left = self.commands_left.saturating_sub(ran.requests);
            match ran.last {
                Dispatched::Ran(Outcome::Done) => {}
                Dispatched::Ran(outcome) => break Stop::Left(outcome),
                Dispatched::Paused => break Stop::Paused,
            }
        };
        let (residue, now) = (std::mem::take(&mut batch.residue), batch.now);
        drop(batch);
        self.settle(residue, now);
        self.collect_mail(REPLY_BYTES_PER_TURN);
        self.show(now);
        stop
    }

    /// Does what an outcome asks for. Returns whether the connection goes on. What is seldom awaited is boxed: every connection has room for the
    /// largest thing that it may wait for.
    async fn see_to(&mut self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Done | Outcome::Exec(_) => {}
            Outcome::Close => return false,
            Outcome::More(walk) => Box::pin(self.walk(walk)).await,
            Outcome::Work(work) => return Box::pin(self.work(work)).await,
            Outcome::Wait(Wait::Sleep(time)) => match Box::pin(self.attend(tokio::time::sleep(time))).await {
                Ok(()) => self.reply.ok(),
                Err(_) => return false,
            },
            Outcome::Wait(Wait::Until(done)) => match Box::pin(self.attend(done)).await {
                Ok(()) => self.reply.ok(),
                Err(_) => return false,
            },
            Outcome::Wait(Wait::Blocked(blocked)) => return Box::pin(self.wait_for_keys(*blocked)).await,
            Outcome::Wait(Wait::Save(ticket)) => match ticket.done().await {
                Ok(()) => self.reply.ok(),
                Err(error) => self.answer_error(&CommandError::err(error)),
            },
            Outcome::Wait(Wait::Shutdown(mode)) => match Box::pin(shutdown::shutdown(&self.shared, mode)).await {
                Ok(()) => return false,
                Err(error) => {
                    tracing::error!("{error}");
                    self.answer_error(&CommandError::ShutdownFailed);
                }
            },
        }
        true
    }

    /// Goes through a database, a slice under one shard's lock at a time.
    async fn walk(&mut self, mut walk: Box<dyn Walk>) {
        while let Some(shard) = walk.shard() {
            let mut locks = LockSet::new();
            locks.read_shard(self.session.db, shard);
            let now = self.shared.store.now();
            let residue = {
                let view = self.shared.store.lock(locks, now);
                walk.step(&view);
                view.finish()
            };
            self.settle(residue, now);
            walk.digest();
            if walk.shard().is_some() {
                tokio::task::yield_now().await;
            }
        }
        walk.reply(&mut self.reply);
    }

    /// Does work in slices, without a lock but at its end. Returns whether the connection goes on.
    async fn work(&mut self, mut work: Box<dyn Work>) -> bool {
        loop {
            while work.step() {
                tokio::task::yield_now().await;
            }
            let ended = match work.locks() {
                None => work.end(None, &mut self.reply),
                Some(locks) => {
                    let now = self.shared.store.now();
                    let mut view = self.shared.store.lock(locks, now);
                    // Asked with the locks held, as by the dispatcher.
                    if self.shared.lifecycle.phase() > Phase::Ready {
                        drop(view);
                        if self.shared.lifecycle.wait_until(|phase| phase != Phase::Saving).await == Phase::Stopped {
                            return false;
                        }
                        continue;
                    }
                    let ended = work.end(Some(&mut view), &mut self.reply);
                    let residue = view.finish();
                    self.settle(residue, now);
                    ended
                }
            };
            match ended {
                Ok(Ended::Answered) => return true,
                Ok(Ended::Again(anew)) => work = anew,
                Err(error) => {
                    self.answer_error(&error);
                    return true;
                }
            }
        }
    }

    /// Removes the dead keys that readers came across; what takes long to free is freed where nobody waits.
    fn settle(&mut self, mut residue: Residue, now: pyredis_store::Timestamp) {
        self.stats.keyspace_hits.add(residue.lookups.hits);
        self.stats.keyspace_misses.add(residue.lookups.misses);
        if let Some(garbage) = residue.take_garbage() {
            self.waits_for = self.shared.garbage.free(garbage);
        }
        self.shared.store.settle(residue, now);
    }

    /// Shows others how the session is.
    fn show(&self, now: pyredis_store::Timestamp) {
        let buffered = Buffered {
            reply: self.reply.len_bytes(),
            input: self.input.len(),
            input_room: if self.input.is_empty() { 0 } else { self.input.capacity() - self.input.len() },
        };
        self.session.show(now, self.reply.version() == RespVersion::Resp3, buffered);
    }

    fn answer_error(&mut self, error: &CommandError) {
        let text = error.to_string();
        self.stats.count_error(CommandError::code(&text));
        self.reply.error(text);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.session.unsubscribe_all(&self.shared);
        self.session.stop_watching(&self.shared);
        self.shared.clients.leave(self.session.client.id);
    }
}

/// The next request that is not plain.
fn next_request(decoder: &mut RequestDecoder, input: &mut BytesMut) -> Result<Vec<Bytes>, Stop> {
    match decoder.decode(input) {
        Ok(Some(request)) => Ok(request.into_args()),
        Ok(None) | Err(DecodeError::Io(_)) => Err(Stop::Starved),
        Err(DecodeError::Protocol(error)) => Err(Stop::Broken(error)),
    }
}
