//! How much one operation does: what a shard's lock is held for.
//!
//! Debug builds count, on each thread, the bytes that pages move and the records that are looked at one by one. Tests take the count after each
//! operation and hold it against the limit; release builds count nothing.

#[cfg(debug_assertions)]
thread_local! {
    static DONE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Adds so many bytes or records to this thread's count.
#[inline]
pub(super) fn add(amount: usize) {
    #[cfg(debug_assertions)]
    DONE.with(|done| done.set(done.get() + amount));
    #[cfg(not(debug_assertions))]
    let _ = amount;
}

/// This thread's count since it was last asked.
#[cfg(test)]
pub(super) fn take() -> usize {
    DONE.with(std::cell::Cell::take)
}
