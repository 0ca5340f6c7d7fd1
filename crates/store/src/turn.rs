//! One view at a time per thread: what would deadlock panics instead, and says so.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    static TAKEN: Cell<bool> = const { Cell::new(false) };
}

/// Proof that this thread holds no other locks of a store. Stays with its thread.
pub(crate) struct Turn(PhantomData<*const ()>);

impl Turn {
    /// # Panics
    /// When this thread has a turn already.
    pub(crate) fn take() -> Self {
        assert!(
            !TAKEN.replace(true),
            "the store was called while this thread holds a view of it (inside get_with, a transaction or a scan): \
             that could deadlock; use the view or the transaction instead, or call the store after it"
        );
        Self(PhantomData)
    }

    /// # Panics
    /// When this thread has a turn: what would wait or change something next must say so even if it finds nothing to do.
    pub(crate) fn check() {
        drop(Self::take());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TAKEN.set(false);
    }
}
