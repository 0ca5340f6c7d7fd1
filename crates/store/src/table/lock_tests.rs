//! Tests of the lock: writers exclude readers and each other, whether it is biased or not, and rows go from thread to thread.

use std::hint;
use std::sync::Barrier;
use std::thread;

use super::*;

type Lock = ShardLock<(u64, u64)>;

/// Reads until the lock is biased.
fn bias(lock: &Lock) {
    for _ in 0..=READS_TO_BIAS {
        drop(lock.read());
    }
    assert!(is_biased(lock));
}

fn is_biased(lock: &Lock) -> bool {
    // SAFETY: the raw lock is only looked at.
    unsafe { lock.raw() }.is_biased.load(Ordering::SeqCst)
}

fn is_noted(lock: &Lock) -> bool {
    // SAFETY: as above.
    let address = unsafe { lock.raw() }.address();
    own_place(address).is_some_and(|place| place.load(Ordering::SeqCst) == address)
}

#[test]
fn many_reads_bias_and_a_write_ends_it() {
    let lock = Lock::default();
    assert!(!is_biased(&lock));
    bias(&lock);
    let guard = lock.read();
    assert!(is_noted(&lock), "a biased lock is read by a note");
    drop(guard);
    assert!(!is_noted(&lock));
    lock.write().0 = 1;
    assert!(!is_biased(&lock));
    let guard = lock.read();
    assert!(!is_noted(&lock));
    assert_eq!(guard.0, 1);
}

#[test]
fn a_lock_that_is_read_twice_by_one_thread_is_locked_until_both_are_done() {
    let lock = Lock::default();
    bias(&lock);
    let (first, second) = (lock.read(), lock.try_read().unwrap());
    thread::scope(|scope| {
        let is_writable = scope.spawn(|| lock.try_write_for_test()).join().unwrap();
        assert!(!is_writable, "both readers are there, one of them noted");
    });
    drop(first);
    thread::scope(|scope| {
        let is_writable = scope.spawn(|| lock.try_write_for_test()).join().unwrap();
        assert!(!is_writable, "the second reader is still there");
    });
    drop(second);
    assert!(lock.try_write_for_test());
}

trait TryWrite {
    fn try_write_for_test(&self) -> bool;
}

impl TryWrite for Lock {
    fn try_write_for_test(&self) -> bool {
        self.try_write().is_some()
    }
}

#[test]
fn who_tries_in_vain_to_write_leaves_the_reader_alone() {
    let lock = Lock::default();
    bias(&lock);
    let guard = lock.read();
    assert!(is_noted(&lock));
    thread::scope(|scope| {
        let tries = scope.spawn(|| [lock.try_write_for_test(), lock.try_write_for_test()]).join().unwrap();
        assert_eq!(tries, [false, false], "the reader is there as before");
    });
    drop(guard);
    assert!(lock.try_write_for_test());
}

/// Readers see both numbers equal, whatever the writers do, who see each other's work.
#[test]
fn nobody_sees_half_of_a_write() {
    const READERS: usize = 3;
    const WRITES: u64 = 3_000;
    let lock = Lock::default();
    let (start, is_over) = (Barrier::new(READERS + 2), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                start.wait();
                while !is_over.load(Ordering::Relaxed) {
                    let guard = lock.read();
                    assert_eq!(guard.0, guard.1);
                }
            });
        }
        let writers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    for write in 0..WRITES {
                        // Pauses now and then, so that the lock becomes biased in between.
                        if write % 16 == 0 {
                            bias_for_a_moment(&lock);
                        }
                        let mut guard = lock.write();
                        guard.0 += 1;
                        hint::spin_loop();
                        guard.1 += 1;
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(*lock.read(), (2 * WRITES, 2 * WRITES));
}

fn bias_for_a_moment(lock: &Lock) {
    for _ in 0..2 * READS_TO_BIAS {
        let guard = lock.read();
        assert_eq!(guard.0, guard.1);
    }
}

#[test]
fn a_thread_that_ends_leaves_its_row_to_others() {
    let rows: Vec<_> = (0..4 * ROWS).map(|_| thread::spawn(own_row).join().unwrap()).collect();
    assert!(rows.iter().all(|row| *row < ROWS), "every one of them had a row");
}
