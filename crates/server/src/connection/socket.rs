//! Bytes from the client and to it, at its pace.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Connection, OWN_INPUT_BYTES, WRITE_BYTES_PER_TURN};
use crate::buffers;
use crate::config::OutputLimit;
use crate::stopwatch::Stopwatch;

impl Connection {
    /// Sends what is to be sent.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.stats.bytes_written.add(self.reply.remaining() as u64);
        // The socket nearly always takes all that there is at once.
        if self.reply.chunk().len() == self.reply.remaining()
            && (1..=WRITE_BYTES_PER_TURN).contains(&self.reply.remaining())
            && let Ok(sent) = self.stream.try_write(self.reply.chunk())
        {
            self.reply.advance(sent);
        }
        if self.reply.has_remaining() {
            // Behind a pointer, as what is seldom awaited: every connection has room for the largest thing that it may wait for.
            Box::pin(self.flush_slowly()).await?;
        }
        if self.session.owes_mail {
            self.session.owes_mail = false;
            self.session.client.mailbox.sent();
        }
        if let Some(buffer) = self.reply.reclaim() {
            buffers::give_back_replies(buffer);
        }
        Ok(())
    }

    /// Sends what the socket does not take at once, as long as the client has not more to take than it may.
    async fn flush_slowly(&mut self) -> io::Result<()> {
        let (timeout, limit) = (self.session.config().timeout, self.output_limit());
        let mut over: Option<Stopwatch> = None;
        while self.reply.has_remaining() {
            let patience = patience(limit, self.unread(), &mut over)?;
            let timeout = [timeout, patience].into_iter().filter(|time| !time.is_zero()).min().unwrap_or_default();
            let sent = within(timeout, poll_fn(|context| self.poll_flush(context))).await;
            let sent = match sent {
                Err(error) if error.kind() == io::ErrorKind::TimedOut && timeout == patience => continue,
                sent => sent?,
            };
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            // A client that takes a long reply as fast as it is written leaves others their turn.
            if sent == WRITE_BYTES_PER_TURN {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Writes some of it, unless the connection is to end.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.check_alive()?;
        let mut piece = (&mut self.reply).take(WRITE_BYTES_PER_TURN);
        pin!(self.stream.write_buf(&mut piece)).poll(context)
    }

    /// Bytes that the client has yet to take.
    fn unread(&self) -> usize {
        let queued = if self.is_listener() { self.session.client.mailbox.queued_bytes() } else { 0 };
        self.reply.remaining() + queued
    }

    /// Reads more. Returns whether there was more, which there is not when the client has left. Meanwhile messages are sent.
    pub(super) async fn fill(&mut self) -> io::Result<bool> {
        self.keep_what_is_left();
        loop {
            // Who listens has nothing to say, and is no idle client.
            let timeout = if self.is_listener() { Duration::ZERO } else { self.session.config().timeout };
            match within(timeout, poll_fn(|context| self.poll_fill_or_mail(context))).await? {
                Some(read) => {
                    self.stats.bytes_read.add(read as u64);
                    return Ok(read > 0);
                }
                None => Box::pin(self.see_to_mail()).await?,
            }
        }
    }

    /// What was read; none if there is nothing yet, and something in the mailbox. A client that always has mail is read from all the same.
    fn poll_fill_or_mail(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<usize>>> {
        match self.poll_fill(context) {
            Poll::Ready(read) => Poll::Ready(read.map(Some)),
            // The task is woken for this whatever it awaits: see `clients/mailbox.rs`.
            Poll::Pending if self.session.client.mailbox.needs_care() => Poll::Ready(Ok(None)),
            Poll::Pending => Poll::Pending,
        }
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

/// How long the client still has to take what is more than the soft limit; zero where it has all the time. Fails where it has no more, or where
/// there is more than the hard limit.
fn patience(limit: OutputLimit, unread: usize, over: &mut Option<Stopwatch>) -> io::Result<Duration> {
    if limit.hard > 0 && unread > limit.hard {
        return Err(io::Error::other("the client leaves more unread than client-output-buffer-limit allows"));
    }
    if !limit.has_soft() || unread <= limit.soft {
        *over = None;
        return Ok(Duration::ZERO);
    }
    let left = limit.soft_time.saturating_sub(over.get_or_insert_with(Stopwatch::start).elapsed());
    if left.is_zero() {
        return Err(io::Error::other(
            "the client leaves more unread for longer than client-output-buffer-limit allows",
        ));
    }
    Ok(left)
}

/// Waits for the client no longer than the directive `timeout` says; zero is for ever.
async fn within<T>(timeout: Duration, io: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    if timeout.is_zero() {
        return io.await;
    }
    // Behind a pointer: a connection that waits without a limit need not have room for a timer.
    Box::pin(tokio::time::timeout(timeout, io)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
