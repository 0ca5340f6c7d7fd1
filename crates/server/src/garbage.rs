//! Freeing what takes long to free, where nobody waits for it: on a worker's freeing thread.
//!
//! Whoever makes more garbage than is freed waits until some of his own is gone, or a client that fills and flushes in a loop would have all memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyredis_store::Garbage;
use tokio::task::JoinHandle;

/// With so many bytes waiting to be freed, who adds to them waits.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What is being freed, in bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Freeing(Arc<AtomicUsize>);

impl Freeing {
    /// Frees it on the worker's freeing thread. Returns what to wait for, if there is too much waiting already.
    pub(crate) fn free(&self, garbage: Garbage) -> Option<JoinHandle<()>> {
        let (bytes, waiting) = (garbage.bytes(), Arc::clone(&self.0));
        let before = waiting.fetch_add(bytes, Ordering::Relaxed);
        let freed = tokio::task::spawn_blocking(move || {
            drop(garbage);
            waiting.fetch_sub(bytes, Ordering::Relaxed);
        });
        (before > WAITING_BYTES_MAX).then_some(freed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use pyredis_store::{LockSet, Store};
    use tokio::runtime::Builder;

    use super::*;

    fn garbage(bytes: usize) -> Garbage {
        let store = Store::new();
        store.set("key", vec![b'x'; bytes]);
        let (key, mut locks) = (store.key(b"key"), LockSet::new());
        locks.write(&key);
        let mut view = store.lock(locks, store.now());
        view.del(&key).unwrap();
        let garbage = view.finish().take_garbage().unwrap();
        assert!(garbage.bytes() >= bytes, "{} bytes", garbage.bytes());
        garbage
    }

    #[test]
    fn who_adds_to_much_garbage_waits() {
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (freeing, (go, gone)) = (Freeing::default(), mpsc::channel::<()>());
            // Keeps the only thread that frees.
            let busy = tokio::task::spawn_blocking(move || gone.recv());
            assert!(freeing.free(garbage(WAITING_BYTES_MAX + 1)).is_none(), "nothing was waiting");
            let freed = freeing.free(garbage(100_000)).expect("much was waiting");
            assert!(!freed.is_finished());
            go.send(()).unwrap();
            busy.await.unwrap().unwrap();
            freed.await.unwrap();
            assert_eq!(freeing.0.load(Ordering::Relaxed), 0);
            assert!(freeing.free(garbage(100_000)).is_none(), "all of it is gone");
        });
    }
}
