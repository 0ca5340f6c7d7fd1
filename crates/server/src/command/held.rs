//! What a command's work holds without locks, and may be the last to hold: a clone of a large collection whose key is deleted meanwhile, half a result whose
//! client has left. Freeing it takes long, so wherever the work ends, it goes to the worker's freeing thread.

use std::ops::{Deref, DerefMut};

use pyredis_store::Garbage;
use tokio::runtime::Handle;

use crate::garbage::Freeing;

/// See the module.
pub(super) struct Held<T: Send + 'static> {
    /// Empty only while it is dropped.
    inner: Option<T>,
    bytes: fn(&T) -> usize,
    freeing: Freeing,
}

impl<T: Send + 'static> Held<T> {
    /// Holds something of which `bytes` says how much freeing it gives back, at most.
    pub(super) fn new(freeing: &Freeing, inner: T, bytes: fn(&T) -> usize) -> Self {
        Self { inner: Some(inner), bytes, freeing: freeing.clone() }
    }

    /// Where what is long is freed.
    pub(super) const fn freeing(&self) -> &Freeing {
        &self.freeing
    }

    /// Takes it out, to be freed by the caller, and says where what is long is freed.
    pub(super) fn take_apart(mut self) -> (Freeing, T) {
        match self.inner.take() {
            Some(inner) => (self.freeing.clone(), inner),
            None => unreachable!("only a dropped one is empty"),
        }
    }
}

impl<T: Send + 'static> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("only a dropped one is empty"),
        }
    }
}

impl<T: Send + 'static> DerefMut for Held<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.inner {
            Some(inner) => inner,
            None => unreachable!("only a dropped one is empty"),
        }
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        let bytes = (self.bytes)(&inner);
        // Nobody waits for it here: who deleted the key would have waited for as much.
        if Garbage::is_long(bytes) && Handle::try_current().is_ok() {
            drop(self.freeing.free(Garbage::of(inner, bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::{self, ThreadId};

    use tokio::runtime::Builder;

    use super::*;

    /// Says which thread frees it.
    struct Freed(mpsc::Sender<ThreadId>);

    impl Drop for Freed {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }

    #[test]
    fn what_is_long_is_freed_elsewhere_and_what_is_short_at_once() {
        let (freeing, here) = (Freeing::default(), thread::current().id());
        let (sender, freed) = mpsc::channel();
        let long = || Held::new(&freeing, Freed(sender.clone()), |_| 1_000_000);
        let short = || Held::new(&freeing, Freed(sender.clone()), |_| 100);
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            drop(short());
            assert_eq!(freed.recv().unwrap(), here);
            drop(long());
            assert_ne!(freed.recv().unwrap(), here);
            drop(long().take_apart());
            assert_eq!(freed.recv().unwrap(), here, "it is the caller's");
        });
        // Without a runtime there is nobody else.
        drop(long());
        assert_eq!(freed.recv().unwrap(), here);
    }
}
