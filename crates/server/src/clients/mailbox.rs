//! What others have for a connection: messages, and the end of the connection.
//!
//! # How
//! Each has a word of signals; a queue is made with the first message. Who has something puts it there, sets its signal, and wakes the
//! connection's task. A connection is one task from beginning to end, so its waker is known once and for all, and whatever it waits for
//! it is enough that it looks at the word whenever it is polled: an idle connection has registered nothing.
//!
//! # Guarantees
//! - Messages arrive in the order in which they were put in; whoever puts two in has the first before the second.
//! - What is queued and not taken by the client's socket stays within the limit given with each message; one that does not fit ends the
//!   connection, as its client is too slow.
//! - Nothing here waits, but for the short lock of the queue. Whoever delivers wakes the task when no lock is held any more: what a program's waker does
//!   is its own affair.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;
use pyredis_store::Timestamp;

use crate::config::OutputLimit;

/// There are messages.
const MAIL: u8 = 1;
/// The connection is to end.
const KILL: u8 = 1 << 1;

/// A connection's mailbox.
pub(crate) struct Mailbox {
    signals: AtomicU8,
    waker: Waker,
    queue: Mutex<Option<Box<Queue>>>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivered {
    /// Whether it was put in: if not, the connection ends.
    pub(crate) fits: bool,
    /// Whether the task is to be [woken](Mailbox::wake), as soon as no lock is held.
    pub(crate) is_to_be_woken: bool,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Bytes>,
    /// Bytes of the messages.
    bytes: usize,
    /// Bytes of messages that the connection has taken and its socket has not.
    unsent: usize,
    /// Since when there is more than the soft limit.
    over_since: Option<Timestamp>,
}

impl Mailbox {
    /// That of the task with this waker.
    pub(crate) const fn new(waker: Waker) -> Self {
        Self { signals: AtomicU8::new(0), waker, queue: Mutex::new(None) }
    }

    /// Puts a message in, formatted as the client is to read it. If it does not fit, the connection ends.
    pub(crate) fn deliver(&self, message: Bytes, limit: OutputLimit, now: Timestamp) -> Delivered {
        if self.is_killed() {
            return Delivered { fits: false, is_to_be_woken: false };
        }
        let mut guard = self.queue();
        let queue = guard.get_or_insert_default();
        queue.bytes += message.len();
        queue.messages.push_back(message);
        let fits = queue.fits(limit, now);
        if !fits {
            **queue = Queue::default();
        }
        drop(guard);
        Delivered { fits, is_to_be_woken: self.signal(if fits { MAIL } else { KILL }) }
    }

    /// Ends the connection.
    pub(crate) fn kill(&self) {
        if self.signal(KILL) {
            self.wake();
        }
    }

    /// Wakes the task.
    pub(crate) fn wake(&self) {
        self.waker.wake_by_ref();
    }

    /// Sets a signal. Returns whether it was not set: then the task is to be woken.
    fn signal(&self, signal: u8) -> bool {
        self.signals.fetch_or(signal, Ordering::AcqRel) & signal == 0
    }

    /// Whether there are messages, or the connection is to end.
    #[inline]
    pub(crate) fn needs_care(&self) -> bool {
        self.signals.load(Ordering::Acquire) & (MAIL | KILL) != 0
    }

    /// Waits until there are messages, or the connection is to end. Only for the connection's own task, which is woken for it whatever else it awaits.
    pub(crate) async fn needs_care_soon(&self) {
        poll_fn(|_| if self.needs_care() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Whether the connection is to end.
    pub(crate) fn is_killed(&self) -> bool {
        self.signals.load(Ordering::Acquire) & KILL != 0
    }

    /// Takes messages, in order, about `most` bytes of them. Until [`sent`](Self::sent) says so, they count as not sent.
    pub(crate) fn take(&self, most: usize, mut each: impl FnMut(Bytes)) {
        if self.signals.fetch_and(!MAIL, Ordering::AcqRel) & MAIL == 0 {
            return;
        }
        let mut guard = self.queue();
        let Some(queue) = guard.as_deref_mut() else { return };
        let mut taken = 0;
        while let Some(message) = queue.messages.pop_front_if(|_| taken < most) {
            taken += message.len();
            each(message);
        }
        queue.bytes -= taken;
        queue.unsent += taken;
        if !queue.messages.is_empty() {
            self.signals.fetch_or(MAIL, Ordering::AcqRel);
        } else if queue.messages.capacity() > MESSAGES_KEPT {
            queue.messages = VecDeque::new();
        }
    }

    /// The socket has taken all that was taken from here.
    pub(crate) fn sent(&self) {
        if let Some(queue) = self.queue().as_deref_mut() {
            queue.unsent = 0;
            // Who has read all has all the time again, however long it takes until there is more.
            if queue.bytes == 0 {
                queue.over_since = None;
            }
        }
    }

    /// Bytes of messages that wait here.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.queue().as_deref().map_or(0, |queue| queue.bytes)
    }

    /// Messages that wait, and bytes of theirs and of those that the socket has not taken.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        self.queue().as_deref().map_or((0, 0), |queue| (queue.messages.len(), queue.bytes + queue.unsent))
    }

    fn queue(&self) -> MutexGuard<'_, Option<Box<Queue>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for so many messages is kept for the next.
const MESSAGES_KEPT: usize = 64;

impl Queue {
    /// Whether the client may have so much to take.
    fn fits(&mut self, limit: OutputLimit, now: Timestamp) -> bool {
        let bytes = self.bytes + self.unsent;
        if limit.hard > 0 && bytes > limit.hard {
            return false;
        }
        if limit.soft == 0 || bytes <= limit.soft {
            self.over_since = None;
            return true;
        }
        let since = *self.over_since.get_or_insert(now);
        now.saturating_since(since) <= limit.soft_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NO_LIMIT: OutputLimit = OutputLimit { hard: 0, soft: 0, soft_time: Duration::ZERO };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn all(mailbox: &Mailbox, most: usize) -> Vec<Bytes> {
        let mut taken = Vec::new();
        mailbox.take(most, |message| taken.push(message));
        taken
    }

    #[test]
    fn messages_come_in_order_and_in_slices() {
        let mailbox = Mailbox::new(Waker::noop().clone());
        assert!(!mailbox.needs_care());
        for message in ["one", "two", "three"] {
            assert!(mailbox.deliver(message.into(), NO_LIMIT, at(0)).fits);
        }
        assert!(mailbox.needs_care());
        assert_eq!(mailbox.waiting(), (3, 11));
        assert_eq!(all(&mailbox, 4), ["one", "two"]);
        assert!(mailbox.needs_care(), "there is more");
        assert_eq!(mailbox.waiting(), (1, 11), "what was taken is not sent yet");
        mailbox.sent();
        assert_eq!(mailbox.waiting(), (1, 5));
        assert_eq!(all(&mailbox, 4), ["three"]);
        assert!(!mailbox.needs_care());
        assert!(all(&mailbox, 4).is_empty());
    }

    #[test]
    fn what_does_not_fit_ends_the_connection() {
        let limit = OutputLimit { hard: 10, ..NO_LIMIT };
        let mailbox = Mailbox::new(Waker::noop().clone());
        assert!(mailbox.deliver("12345".into(), limit, at(0)).fits);
        assert_eq!(all(&mailbox, 100).len(), 1);
        assert!(mailbox.deliver("12345".into(), limit, at(0)).fits, "what is unsent counts, up to the limit");
        assert!(!mailbox.deliver("6".into(), limit, at(0)).fits);
        assert!(mailbox.is_killed());
        assert_eq!(mailbox.waiting(), (0, 0), "what nobody will read is freed");
        assert!(!mailbox.deliver("7".into(), NO_LIMIT, at(0)).fits, "it is over");
    }

    #[test]
    fn the_soft_limit_gives_time() {
        let limit = OutputLimit { hard: 100, soft: 4, soft_time: Duration::from_secs(2) };
        let mailbox = Mailbox::new(Waker::noop().clone());
        assert!(mailbox.deliver("12345".into(), limit, at(0)).fits);
        assert!(mailbox.deliver("6".into(), limit, at(2)).fits);
        assert_eq!(all(&mailbox, 100).len(), 2);
        mailbox.sent();
        assert!(mailbox.deliver("1".into(), limit, at(3)).fits, "it has caught up");
        assert!(mailbox.deliver("23456".into(), limit, at(3)).fits);
        assert!(!mailbox.deliver("7".into(), limit, at(6)).fits);
    }

    #[test]
    fn who_has_read_all_has_all_the_time_again() {
        let limit = OutputLimit { hard: 100, soft: 4, soft_time: Duration::from_secs(2) };
        let mailbox = Mailbox::new(Waker::noop().clone());
        for seconds in [0, 60, 120] {
            assert!(mailbox.deliver("12345".into(), limit, at(seconds)).fits);
            assert_eq!(all(&mailbox, 100).len(), 1);
            mailbox.sent();
        }
    }
}
