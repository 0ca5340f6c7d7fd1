//! A connection's loop: read, run what is there, write, and again.
//!
//! All complete requests in the buffer run as one batch, at one instant, and their replies leave in one write. A client that does not read its
//! replies is not read from. After a full turn others get theirs. A connection that waits owns no buffers: see `buffers.rs`.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use pyredis_protocol::{Arg, DecodeError, Limits, ProtocolError, ReplyWriter, RequestDecoder};
use pyredis_store::{LockSet, Residue};
use smallvec::SmallVec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::codec::Decoder;

use crate::buffers;
use crate::command::error::CommandError;
use crate::command::spec::Walk;
use crate::command::work::{Ended, Work};
use crate::dispatch::{Batch, Dispatched};
use crate::lifecycle::Phase;
use crate::outcome::{Outcome, Wait};
use crate::pipeline::{REPLY_BYTES_PER_TURN, REQUESTS_TOGETHER};
use crate::session::Session;
use crate::shared::Shared;
use crate::shutdown;
use crate::stats::{Timing, WorkerStats};

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
    stream: TcpStream,
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
    pub(crate) fn new(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, worker: usize) -> io::Result<Self> {
        let stats = shared.stats.workers.get(worker).map(Arc::clone).ok_or(io::ErrorKind::NotFound)?;
        stats.connections_accepted.add(1);
        let session = Session::new(&shared, (peer, stream.local_addr()?), stream.as_raw_fd());
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
                    if !self.see_to(outcome).await {
                        return self.flush().await;
                    }
                }
                Stop::Paused => {
                    self.flush().await?;
                    if self.shared.lifecycle.wait_until(|phase| phase != Phase::Saving).await == Phase::Stopped {
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
        if self.reply.is_empty() {
            self.reply.lend(buffers::take_replies());
        }
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
            if self.commands_left == 0 || batch.reply.len_bytes() >= REPLY_BYTES_PER_TURN {
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
            Outcome::Wait(Wait::Sleep(time)) => {
                Box::pin(tokio::time::sleep(time)).await;
                self.reply.ok();
            }
            Outcome::Wait(Wait::Until(done)) => {
                done.await;
                self.reply.ok();
            }
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

    fn answer_error(&mut self, error: &CommandError) {
        let text = error.to_string();
        self.stats.count_error(CommandError::code(&text));
        self.reply.error(text);
    }

    /// Sends what is to be sent, at the client's pace.
    async fn flush(&mut self) -> io::Result<()> {
        self.stats.bytes_written.add(self.reply.remaining() as u64);
        // The socket nearly always takes all that there is at once.
        if self.reply.chunk().len() == self.reply.remaining()
            && (1..=WRITE_BYTES_PER_TURN).contains(&self.reply.remaining())
            && let Ok(sent) = self.stream.try_write(self.reply.chunk())
        {
            self.reply.advance(sent);
        }
        let timeout = self.session.config().timeout;
        while self.reply.has_remaining() {
            let mut piece = (&mut self.reply).take(WRITE_BYTES_PER_TURN);
            let sent = within(timeout, self.stream.write_buf(&mut piece)).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            // A client that takes a long reply as fast as it is written leaves others their turn.
            if sent == WRITE_BYTES_PER_TURN {
                tokio::task::yield_now().await;
            }
        }
        if let Some(buffer) = self.reply.reclaim() {
            buffers::give_back_replies(buffer);
        }
        Ok(())
    }

    /// Reads more. Returns whether there was more, which there is not when the client has left.
    async fn fill(&mut self) -> io::Result<bool> {
        self.keep_what_is_left();
        let timeout = self.session.config().timeout;
        let read = within(timeout, poll_fn(|context| self.poll_fill(context))).await?;
        self.stats.bytes_read.add(read as u64);
        Ok(read > 0)
    }

    /// Reads what has come into the buffer that holds the rest of what came before, or else into the worker's.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut input = if self.input.is_empty() { buffers::take_input() } else { std::mem::take(&mut self.input) };
        // Room that is left is used first: while a large argument arrives the buffer was made to end with it.
        if input.len() == input.capacity() {
            input.reserve(OWN_INPUT_BYTES);
        }
        let read = pin!(self.stream.read_buf(&mut input)).poll(context);
        if input.is_empty() {
            buffers::give_back_input(input);
        } else {
            self.input = input;
        }
        read
    }

    /// Gives the worker's buffer back: half a request moves to memory of its own, but for a large argument whose buffer that is.
    fn keep_what_is_left(&mut self) {
        self.decoder.detach();
        if self.input.is_empty() {
            buffers::give_back_input(std::mem::take(&mut self.input));
        } else if !self.decoder.is_in_large_argument() && self.input.len() < OWN_INPUT_BYTES {
            let rest = BytesMut::from(&self.input[..]);
            let mut input = std::mem::replace(&mut self.input, rest);
            input.clear();
            buffers::give_back_input(input);
        }
    }
}

/// Waits for the client no longer than the directive `timeout` says; zero is for ever.
async fn within<T>(timeout: Duration, io: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    if timeout.is_zero() {
        return io.await;
    }
    // Behind a pointer: a connection that waits without a limit need not have room for a timer.
    Box::pin(tokio::time::timeout(timeout, io)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The next request that is not plain.
fn next_request(decoder: &mut RequestDecoder, input: &mut BytesMut) -> Result<Vec<Bytes>, Stop> {
    match decoder.decode(input) {
        Ok(Some(request)) => Ok(request.into_args()),
        Ok(None) | Err(DecodeError::Io(_)) => Err(Stop::Starved),
        Err(DecodeError::Protocol(error)) => Err(Stop::Broken(error)),
    }
}
