//! Figures about a shard that anyone may read without its lock.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::clock::Timestamp;

/// A figure that is written with the shard locked exclusively and read by anyone. One writer at a time, so adding takes no atomic
/// read-modify-write. Relaxed: each is exact, together they need not be.
#[derive(Default)]
pub(crate) struct Figure<A>(A);

macro_rules! figure {
    ($atomic:ty, $number:ty) => {
        impl Figure<$atomic> {
            pub(crate) fn get(&self) -> $number {
                self.0.load(Ordering::Relaxed)
            }

            pub(crate) fn set(&self, number: $number) {
                self.0.store(number, Ordering::Relaxed);
            }

            pub(crate) fn add(&self, by: $number) {
                self.set(self.get().wrapping_add(by));
            }

            pub(crate) fn sub(&self, by: $number) {
                self.set(self.get().wrapping_sub(by));
            }

            fn swap(&self, other: &Self) {
                let ours = self.get();
                self.set(other.get());
                other.set(ours);
            }
        }
    };
}
figure!(AtomicUsize, usize);
figure!(AtomicU64, u64);

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) keys: Figure<AtomicUsize>,
    /// Those of them that have a deadline.
    pub(crate) expires: Figure<AtomicUsize>,
    /// The sum of their deadlines in milliseconds, each counted with at most [`DEADLINE_COUNTED_MAX`].
    pub(crate) deadlines: Figure<AtomicU64>,
    /// Bytes of entries.
    pub(crate) bytes: Figure<AtomicUsize>,
    /// Groups of the table.
    pub(crate) groups: Figure<AtomicUsize>,
    /// Bytes of timers.
    pub(crate) timers: Figure<AtomicUsize>,
    /// Changes since the store was made.
    pub(crate) changes: Figure<AtomicU64>,
    /// Milliseconds at which the wheel next has something to do, plus one; zero is never. Sequentially consistent: see `expire.rs`.
    next_wake: AtomicU64,
}

/// The year 2527: a million deadlines, each counted with no more than this, add up without an overflow.
pub(crate) const DEADLINE_COUNTED_MAX: u64 = (1 << 44) - 1;

impl Counters {
    /// An entry took so many bytes and takes so many now.
    pub(crate) fn count_bytes(&self, before: usize, after: usize) {
        if before != after {
            self.bytes.add(after);
            self.bytes.sub(before);
        }
    }

    /// A key had one deadline and has another now.
    pub(crate) fn count_deadline(&self, old: Option<Timestamp>, new: Option<Timestamp>) {
        if let Some(old) = old {
            self.expires.sub(1);
            self.deadlines.sub(old.as_millis().min(DEADLINE_COUNTED_MAX));
        }
        if let Some(new) = new {
            self.expires.add(1);
            self.deadlines.add(new.as_millis().min(DEADLINE_COUNTED_MAX));
        }
    }

    /// Swaps what follows from what two shards hold: all but the changes. When the wheels wake is to be published by who swaps them.
    pub(crate) fn swap(one: &Self, other: &Self) {
        one.keys.swap(&other.keys);
        one.expires.swap(&other.expires);
        one.deadlines.swap(&other.deadlines);
        one.bytes.swap(&other.bytes);
        one.groups.swap(&other.groups);
        one.timers.swap(&other.timers);
    }

    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.next_wake.load(Ordering::SeqCst).checked_sub(1).map(Timestamp::from_millis)
    }

    pub(crate) fn set_next_wake(&self, wake: Option<Timestamp>) {
        let stored = wake.map_or(0, |wake| wake.as_millis().saturating_add(1));
        if self.next_wake.load(Ordering::Relaxed) != stored {
            self.next_wake.store(stored, Ordering::SeqCst);
        }
    }
}
