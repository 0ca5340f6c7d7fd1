//! A shard's lock: for one writer or for readers, who share no cache line while there is no writer.
//!
//! # How
//! A reader of an ordinary lock writes the lock's word, so two readers of one hot key send its cache line to and fro, and together do less than one.
//! Here a lock that is only read becomes *biased* to readers: each notes in a place of its own thread that it reads, and leaves the word alone. A
//! writer takes the ordinary lock, ends the bias, and waits for the readers that it finds noted. This is BRAVO (Dice and Kogan, "BRAVO: biased
//! locking for reader-writer locks", 2019), with a row of places for each thread, so that a writer looks at one place of each.
//!
//! Readers wait behind a waiting writer: the ordinary lock sees to that, and while a writer waits for noted readers the bias has ended.
//!
//! # Invariants
//! - A place of a thread's row is written by that thread only, from zero to a lock's address and back.
//! - Whoever reads either is noted in its row or holds the ordinary lock shared. A thread may read one lock twice only if it tries for the second
//!   (as `Store::prefetch` does for keys of one shard), never waiting: it is noted once and holds the ordinary lock for the second, and whichever is
//!   unlocked first takes the note away.
//!
//! # Unsafe
//! `lock_api` makes a lock with guards of what promises to exclude readers and writers from each other.
#![expect(unsafe_code, reason = "promises lock_api that the lock excludes whom it should")]

use std::cell::Cell;

use crossbeam_utils::CachePadded;
use lock_api::{GuardNoSend, RawRwLock};

use super::sync::{
    self, AtomicBool, AtomicU32, AtomicUsize, Mutex, Ordering, PLACES, READS_TO_BIAS, ROWS, of_process, thread_local,
};

/// A value behind the lock.
pub(super) type ShardLock<T> = lock_api::RwLock<BiasedLock, T>;
pub(super) type ReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, BiasedLock, T>;
pub(super) type WriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, BiasedLock, T>;

/// What a thread reads, by place.
type Row = [AtomicUsize; PLACES];

of_process! {
    static NOTES: [CachePadded<Row>; ROWS] = [const { CachePadded::new([const { AtomicUsize::new(0) }; PLACES]) }; ROWS];

    /// Rows that were ever given to a thread: the first ones.
    static ROWS_USED: AtomicUsize = AtomicUsize::new(0);

    /// Of those, the ones whose thread has ended.
    static ROWS_FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
}

/// The row of a thread that has not asked for one, and of one that can have none.
const NOT_ASKED: usize = usize::MAX;
const NO_ROW: usize = ROWS;

thread_local! {
    static ROW: Cell<usize> = const { Cell::new(NOT_ASKED) };
    static GIVE_BACK: GiveBack = const { GiveBack };
}

/// Gives the thread's row back when the thread ends.
struct GiveBack;

impl Drop for GiveBack {
    fn drop(&mut self) {
        let Ok(row) = ROW.try_with(Cell::get) else { return };
        // A guard that outlives this needs the row to be unlocked.
        if NOTES.get(row).is_some_and(|places| places.iter().all(|place| place.load(Ordering::Relaxed) == 0)) {
            ROW.with(|own| own.set(NO_ROW));
            ROWS_FREE.lock().push(row);
        }
    }
}

/// The present thread's row, or [`NO_ROW`].
#[inline]
fn own_row() -> usize {
    match ROW.with(Cell::get) {
        NOT_ASKED => ask_for_row(),
        row => row,
    }
}

#[cold]
fn ask_for_row() -> usize {
    let mut row = NO_ROW;
    // A thread that is ending can't give anything back.
    if GIVE_BACK.try_with(|_| ()).is_ok() {
        let mut free = ROWS_FREE.lock();
        let used = ROWS_USED.load(Ordering::Relaxed);
        row = free.pop().unwrap_or(used);
        if row == used && row < ROWS {
            ROWS_USED.store(used + 1, Ordering::SeqCst);
        }
    }
    ROW.with(|own| own.set(row));
    row
}

/// The present thread's place for a lock; `None` of a thread that has no row.
#[inline]
fn own_place(address: usize) -> Option<&'static AtomicUsize> {
    place(own_row(), address)
}

/// The place for a lock in a row. Locks that lie one after the other, as shards do, have different ones.
#[inline]
fn place(row: usize, address: usize) -> Option<&'static AtomicUsize> {
    NOTES.get(row)?.get(address / align_of::<CachePadded<u8>>() % PLACES)
}

/// The lock without what it guards.
pub(super) struct BiasedLock {
    ordinary: sync::RawRwLock,
    is_biased: AtomicBool,
    /// Reads of the ordinary lock since it was last written: about, as readers may count at the same time.
    reads: AtomicU32,
}

impl BiasedLock {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Reads without the ordinary lock, if that is possible.
    #[inline]
    fn note(&self) -> bool {
        if !self.is_biased.load(Ordering::Relaxed) {
            return false;
        }
        let Some(place) = own_place(self.address()) else { return false };
        if place.load(Ordering::Relaxed) != 0 {
            return false;
        }
        // Either a writer sees this note, or we see that it has ended the bias: both are sequentially consistent, here and in `end_bias`.
        place.swap(self.address(), Ordering::SeqCst);
        let is_noted = self.is_biased.load(Ordering::SeqCst);
        if !is_noted {
            place.store(0, Ordering::Release);
        }
        is_noted
    }

    /// Counts a read of the ordinary lock, which is held.
    #[inline]
    fn count_read(&self) {
        let reads = self.reads.load(Ordering::Relaxed);
        if reads < READS_TO_BIAS {
            self.reads.store(reads + 1, Ordering::Relaxed);
        } else {
            self.is_biased.store(true, Ordering::SeqCst);
        }
    }

    /// Waits until no reader is noted. The ordinary lock is held exclusively, so there will be no new ones.
    #[inline]
    fn end_bias(&self) {
        self.reads.store(0, Ordering::Relaxed);
        if self.is_biased.load(Ordering::Relaxed) {
            self.wait_for_noted();
        }
    }

    #[cold]
    fn wait_for_noted(&self) {
        self.is_biased.store(false, Ordering::SeqCst);
        for row in 0..ROWS_USED.load(Ordering::SeqCst) {
            let mut looks = 0;
            while self.is_noted_in(row) {
                looks += 1;
                sync::pause(looks);
            }
        }
    }

    /// Ends the bias, and says whether that leaves no reader; if it does, the lock stays biased, or nobody would look for the reader again. Waits for none.
    /// The ordinary lock is held exclusively.
    #[cold]
    fn has_no_noted(&self) -> bool {
        self.is_biased.store(false, Ordering::SeqCst);
        let is_alone = (0..ROWS_USED.load(Ordering::SeqCst)).all(|row| !self.is_noted_in(row));
        if !is_alone {
            self.is_biased.store(true, Ordering::SeqCst);
        }
        is_alone
    }

    fn is_noted_in(&self, row: usize) -> bool {
        place(row, self.address()).is_some_and(|place| place.load(Ordering::SeqCst) == self.address())
    }
}

// SAFETY: a writer holds the ordinary lock exclusively, which keeps out other writers and all readers of the ordinary lock; and it has ended the bias and
// waited for all noted readers (`end_bias`), after which none is noted before the bias is set again, which only a reader of the ordinary lock does.
unsafe impl RawRwLock for BiasedLock {
    const INIT: Self =
        Self { ordinary: sync::RawRwLock::INIT, is_biased: AtomicBool::new(false), reads: AtomicU32::new(0) };

    /// A note is in the row of the thread that made it.
    type GuardMarker = GuardNoSend;

    #[inline]
    fn lock_shared(&self) {
        if !self.note() {
            self.ordinary.lock_shared();
            self.count_read();
        }
    }

    #[inline]
    fn try_lock_shared(&self) -> bool {
        if self.note() {
            return true;
        }
        let is_locked = self.ordinary.try_lock_shared();
        if is_locked {
            self.count_read();
        }
        is_locked
    }

    #[inline]
    unsafe fn unlock_shared(&self) {
        match own_place(self.address()).filter(|place| place.load(Ordering::Relaxed) == self.address()) {
            Some(place) => place.store(0, Ordering::Release),
            // SAFETY: the caller holds the lock shared, and this thread is not noted for it: so it holds the ordinary one.
            None => unsafe { self.ordinary.unlock_shared() },
        }
    }

    #[inline]
    fn lock_exclusive(&self) {
        self.ordinary.lock_exclusive();
        self.end_bias();
    }

    #[inline]
    fn try_lock_exclusive(&self) -> bool {
        if !self.ordinary.try_lock_exclusive() {
            return false;
        }
        self.reads.store(0, Ordering::Relaxed);
        let is_alone = !self.is_biased.load(Ordering::Relaxed) || self.has_no_noted();
        if !is_alone {
            // SAFETY: it was locked above.
            unsafe { self.ordinary.unlock_exclusive() }
        }
        is_alone
    }

    #[inline]
    unsafe fn unlock_exclusive(&self) {
        // SAFETY: the caller holds the lock exclusively, so it holds the ordinary one.
        unsafe { self.ordinary.unlock_exclusive() }
    }
}

#[cfg(all(test, not(shuttle)))]
#[path = "lock_tests.rs"]
mod tests;

#[cfg(all(test, shuttle))]
#[path = "lock_shuttle.rs"]
mod shuttle_tests;
