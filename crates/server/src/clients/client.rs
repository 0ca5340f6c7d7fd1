//! One client as others see it.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

use pyredis_store::{Timestamp, WaitHandle};

use super::mailbox::Mailbox;
use super::shown::{Shown, Waits};

/// What others know of a client, and how they reach it. Its connection has a share of it, and so has whoever looks at it; the session is
/// the connection's alone.
pub(crate) struct Client {
    /// Counts up from 1 over all connections of the server.
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    /// The socket's number in the process.
    pub(crate) descriptor: i32,
    pub(crate) connected_at: Timestamp,
    pub(crate) shown: Shown,
    pub(crate) mailbox: Mailbox,
    /// Most have none, and those that have set them once.
    names: Mutex<Option<Box<Names>>>,
    /// While it waits for keys.
    wait: Mutex<Option<WaitHandle>>,
}

/// What a client calls itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// CLIENT SETNAME's.
    pub(crate) name: Box<[u8]>,
    /// The library's name and version: CLIENT SETINFO's.
    pub(crate) library: Box<[u8]>,
    pub(crate) library_version: Box<[u8]>,
}

impl Client {
    pub(crate) fn new(
        id: u64,
        (peer, local): (SocketAddr, SocketAddr),
        descriptor: i32,
        connected_at: Timestamp,
        waker: Waker,
    ) -> Self {
        Self {
            id,
            peer,
            local,
            descriptor,
            connected_at,
            shown: Shown::new(connected_at),
            mailbox: Mailbox::new(waker),
            names: Mutex::default(),
            wait: Mutex::default(),
        }
    }

    /// What it calls itself.
    pub(crate) fn names(&self) -> Names {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).as_deref().cloned().unwrap_or_default()
    }

    /// It waits for keys from here on, and others can end that.
    pub(crate) fn begin_wait(&self, handle: WaitHandle) {
        self.shown.set_waits(Waits::ForKeys);
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        // Whoever killed it before that found no wait to end.
        if self.mailbox.is_killed() {
            self.unblock(false);
        }
    }

    /// Ends its connection. What it waits for is from now on somebody else's: it will not read it.
    pub(crate) fn kill(&self) {
        self.mailbox.kill();
        self.unblock(false);
    }

    /// It no longer waits for keys.
    pub(crate) fn end_wait(&self) {
        self.shown.set_waits(Waits::Not);
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends its wait for keys, with an error or as if its time were over. Returns whether it was waiting: whoever has been served was not.
    pub(crate) fn unblock(&self, with_error: bool) -> bool {
        let wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
        wait.as_ref().is_some_and(|wait| wait.end(with_error))
    }

    /// Changes what it calls itself.
    pub(crate) fn rename(&self, change: impl FnOnce(&mut Names)) {
        change(self.names.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default());
    }
}
