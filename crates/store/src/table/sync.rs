//! What the lock is made of: the standard library's and parking_lot's. With `--cfg shuttle` it is made of shuttle's, which tries many orders of its steps
//! (`lock_shuttle.rs`).
#![cfg_attr(shuttle, expect(unsafe_code, reason = "promises lock_api that the stand-in excludes whom it should"))]

#[cfg(not(shuttle))]
mod made_of {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
    pub(crate) use std::thread_local;

    pub(crate) use parking_lot::{Mutex, RawRwLock};

    /// How often a writer looks at a reader's note before it lets others run.
    pub(crate) const SPINS: u32 = 128;
    /// Reads without a write between them after which a lock becomes biased: what a writer then pays to end it is little beside what they saved.
    pub(crate) const READS_TO_BIAS: u32 = 64;
    /// How many locks one thread can be noted for at a time, of different places in its row.
    pub(crate) const PLACES: usize = 64;
    /// How many threads have a row; others take the ordinary lock.
    pub(crate) const ROWS: usize = 64;

    /// Statics of the process.
    macro_rules! of_process {
        ($($(#[$doc:meta])* static $name:ident: $type:ty = $value:expr;)*) => { $($(#[$doc])* static $name: $type = $value;)* };
    }
    pub(crate) use of_process;

    /// Lets others run for a moment, or for more.
    #[inline]
    pub(crate) fn pause(looks: u32) {
        if looks.is_multiple_of(SPINS) { std::thread::yield_now() } else { std::hint::spin_loop() }
    }
}

#[cfg(shuttle)]
mod made_of {
    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
    pub(crate) use shuttle::thread_local;

    /// Few, so that a run soon comes upon what is rare.
    pub(crate) const READS_TO_BIAS: u32 = 1;
    pub(crate) const PLACES: usize = 2;
    pub(crate) const ROWS: usize = 3;

    /// Statics of one run.
    macro_rules! of_process {
        ($($(#[$doc:meta])* static $name:ident: $type:ty = $value:expr;)*) => {
            $(shuttle::lazy_static! { static ref $name: $type = $value; })*
        };
    }
    pub(crate) use of_process;

    pub(crate) fn pause(_: u32) {
        shuttle::thread::yield_now();
    }

    /// parking_lot's, as far as it is used.
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }

    /// A lock for a writer or for readers, who come in no order.
    pub(crate) struct RawRwLock(AtomicUsize);

    const WRITTEN: usize = usize::MAX;

    // SAFETY: a writer has it only if it was zero, and a reader only while it is not `WRITTEN`.
    unsafe impl lock_api::RawRwLock for RawRwLock {
        const INIT: Self = Self(AtomicUsize::new(0));

        type GuardMarker = lock_api::GuardSend;

        fn lock_shared(&self) {
            while !self.try_lock_shared() {
                pause(0);
            }
        }

        fn try_lock_shared(&self) -> bool {
            let one_more = |readers: usize| (readers != WRITTEN).then(|| readers + 1);
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
        }

        // SAFETY: nothing that the compiler does not check; it has to be called by who has the lock.
        unsafe fn unlock_shared(&self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }

        fn lock_exclusive(&self) {
            while !self.try_lock_exclusive() {
                pause(0);
            }
        }

        fn try_lock_exclusive(&self) -> bool {
            self.0.compare_exchange(0, WRITTEN, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        }

        // SAFETY: as above.
        unsafe fn unlock_exclusive(&self) {
            self.0.store(0, Ordering::SeqCst);
        }
    }
}

pub(super) use made_of::*;
