//! What others have for the client, while it is served: messages go between its replies, never into one; an end ends it.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use super::Connection;
use crate::buffers;
use crate::clients::shown::Waits;
use crate::config::OutputLimit;
use crate::lifecycle::Phase;
use crate::pipeline::REPLY_BYTES_PER_TURN;

impl Connection {
    /// Fails when the connection is to end.
    pub(super) fn check_alive(&self) -> io::Result<()> {
        if self.session.client.mailbox.is_killed() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    /// Takes the worker's buffer to write replies into, if there are none yet.
    pub(super) fn begin_replies(&mut self) {
        if self.reply.is_empty() {
            self.reply.lend(buffers::take_replies());
        }
    }

    /// Puts messages behind what was answered so far, about `most` bytes of them. To be called between commands only. One atomic read where there
    /// are none.
    pub(super) fn collect_mail(&mut self, most: usize) {
        if self.session.client.mailbox.needs_care() {
            self.session.collect_mail(most, &mut self.reply);
        }
    }

    /// Sends the messages that there are; fails when the connection is to end. Where more have come meanwhile, others have their turn first.
    pub(super) async fn see_to_mail(&mut self) -> io::Result<()> {
        self.check_alive()?;
        self.begin_replies();
        self.collect_mail(REPLY_BYTES_PER_TURN);
        self.flush().await?;
        if self.session.client.mailbox.needs_care() {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Awaits something for a command, and meanwhile sees to what others have for the client. Fails when the connection is to end, or the client
    /// cannot be written to.
    pub(super) async fn attend<T>(&mut self, awaited: impl Future<Output = T>) -> io::Result<T> {
        let mut awaited = pin!(awaited);
        loop {
            tokio::select! {
                biased;
                result = awaited.as_mut() => return Ok(result),
                () = self.session.client.mailbox.needs_care_soon() => {}
            }
            // Behind a pointer: it is awaited seldom, and what waits has room for it.
            Box::pin(self.see_to_mail()).await?;
        }
    }

    /// Waits while the server saves for the last time, or a pause lasts. Returns whether the connection goes on.
    pub(super) async fn sit_out(&mut self) -> io::Result<bool> {
        let shared = Arc::clone(&self.shared);
        let _waiting = shared.clients.begin_wait(&self.session.client, Waits::ForTime);
        let over = async {
            if shared.lifecycle.phase() == Phase::Ready {
                shared.pause.changed().await;
            }
            shared.lifecycle.wait_until(|phase| phase != Phase::Saving).await != Phase::Stopped
        };
        self.attend(over).await
    }

    /// Whether the client gets what it has not asked for.
    pub(super) fn is_listener(&self) -> bool {
        self.session.client.shown.is_listener()
    }

    /// How much it may leave unread.
    pub(super) fn output_limit(&self) -> OutputLimit {
        let limits = &self.session.config().client_output_buffer_limit;
        if self.is_listener() { limits.pubsub } else { limits.normal }
    }
}
