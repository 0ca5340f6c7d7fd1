//! Notices: the names of what happens to keys, for whoever watches the keyspace.
//!
//! They are less than effects (`effect.rs`): a database, a key and a word, without what is different. And they are more: a read that finds nothing
//! has one, a key that is new has one of its own, and a SET with a deadline is two of them. Unless somebody wishes for them they are not made, which
//! costs one relaxed read for each view.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;

/// Something that happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The database of the key.
    pub db: u32,
    /// The key.
    pub key: Bytes,
    /// What happened, as Redis's keyspace notifications name it.
    pub event: &'static str,
}

/// Someone who receives notices.
pub trait NoticeSink: Send + Sync {
    /// Takes the notices of one view, in order. Called from the changing threads with shards locked, so that the notices of one key come in the order of
    /// its changes: it must not wait, panic, or call the store; it keeps them for [`pass_on`](Self::pass_on).
    fn accept(&self, notices: Vec<Notice>);

    /// Called in the same thread when the shards are not locked any more. It must not open a view.
    fn pass_on(&self);
}

/// Which notices somebody wishes for. Who wishes for misses alone may get others too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Those of changes.
    pub changes: bool,
    /// Those of reads that find nothing.
    pub misses: bool,
}

/// The wishes, changed at any time.
#[derive(Default)]
pub(crate) struct WishSwitch(AtomicU8);

const CHANGES: u8 = 1;
const MISSES: u8 = 2;

impl WishSwitch {
    pub(crate) fn set(&self, wishes: Wishes) {
        self.0.store(u8::from(wishes.changes) * CHANGES + u8::from(wishes.misses) * MISSES, Ordering::Relaxed);
    }

    /// Room for the notices of a view, if there may be any.
    #[inline]
    pub(crate) fn room(&self) -> Option<RefCell<Vec<Notice>>> {
        (self.0.load(Ordering::Relaxed) != 0).then(RefCell::default)
    }

    pub(crate) fn wants_misses(&self) -> bool {
        self.0.load(Ordering::Relaxed) & MISSES != 0
    }
}

/// The name of a read that finds nothing.
pub(crate) const KEYMISS: &str = "keymiss";
/// The name of what comes in front of the event that makes a key.
pub(crate) const NEW: &str = "new";
