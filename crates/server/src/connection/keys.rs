//! A connection whose client waits for a key: until it is served, its time is over, somebody ends its wait, or it has left.
//!
//! Guarantees: nothing is read meanwhile, so requests that were sent behind the one that waits stay in the socket; and a client that has closed its side
//! is not served from the moment on at which the system says so. Between these events nothing runs.

use std::future::pending;
use std::pin::{Pin, pin};
use std::time::Duration;

use super::Connection;
use super::stream::Stream;
use crate::clients::mailbox::Mailbox;
use crate::command::error::CommandError;
use crate::command::waiting::Blocked;
use crate::outcome::Outcome;
use pyredis_store::{WaitEnd, Waiting};

/// What a waiting connection is woken for.
enum Event {
    Ended(WaitEnd),
    /// Others have something for the client.
    Mail,
    TimeIsOver,
    HasLeft,
}

impl Connection {
    /// Waits, and answers. Returns whether the connection goes on.
    pub(super) async fn wait_for_keys(&mut self, Blocked { mut waiting, timeout, answer }: Blocked) -> bool {
        let mut time = pin!(passed(timeout));
        let end = loop {
            match next_event(&mut self.stream, &self.session.client.mailbox, &mut waiting, time.as_mut()).await {
                Event::Ended(end) => break end,
                Event::TimeIsOver => break waiting.stop().unwrap_or(WaitEnd::GivenUp),
                Event::HasLeft => return false,
                Event::Mail if self.see_to_mail().await.is_err() => return false,
                Event::Mail => {}
            }
        };
        self.session.client.end_wait();
        let answered = match end {
            WaitEnd::Served(served) => answer(served, &self.shared.garbage, &mut self.reply),
            WaitEnd::GivenUp => {
                self.reply.null_array();
                Ok(Outcome::Done)
            }
            WaitEnd::Refused => Err(CommandError::Unblocked),
        };
        match answered {
            Ok(Outcome::Work(work)) => return Box::pin(self.work(work)).await,
            Ok(_) => {}
            Err(error) => self.answer_error(&error),
        }
        true
    }
}

async fn next_event(
    stream: &mut Stream,
    mailbox: &Mailbox,
    waiting: &mut Waiting,
    time: Pin<&mut impl Future<Output = ()>>,
) -> Event {
    tokio::select! {
        // Whoever was served is answered, also in the moment at which the time is over.
        biased;
        end = waiting => Event::Ended(end),
        () = stream.has_left() => Event::HasLeft,
        () = time => Event::TimeIsOver,
        // Last: there may always be more.
        () = mailbox.needs_care_soon() => Event::Mail,
    }
}

async fn passed(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => pending().await,
    }
}
