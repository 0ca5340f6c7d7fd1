//! The lock under shuttle: many orders of the steps of a few threads, drawn at random, each checked for whether a writer is alone. Run with
//! `RUSTFLAGS="--cfg shuttle" cargo test -p pyredis-store --lib shuttle`.

use std::sync::Arc;

use shuttle::thread;

use super::*;

const ORDERS: usize = 10_000;

type Lock = ShardLock<(u64, u64)>;

fn read(lock: &Lock) {
    let guard = lock.read();
    let first = guard.0;
    thread::yield_now();
    assert_eq!(first, guard.1, "half of a write was seen");
}

fn write(lock: &Lock) {
    let mut guard = lock.write();
    let before = guard.0;
    guard.0 += 1;
    thread::yield_now();
    assert_eq!((guard.0, guard.1), (before + 1, before), "two write at once");
    guard.1 += 1;
}

/// Threads that do these things, several times each, with a lock that is biased at first: that writers leave time for it to become so is rare.
fn run(does: Vec<fn(&Lock)>, times: usize) {
    let lock = Arc::new(Lock::default());
    (0..=READS_TO_BIAS).for_each(|_| drop(lock.read()));
    let threads: Vec<_> = does
        .into_iter()
        .map(|step| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || (0..times).for_each(|_| step(&lock)))
        })
        .collect();
    threads.into_iter().for_each(|thread| assert!(thread.join().is_ok()));
    let guard = lock.read();
    assert_eq!(guard.0, guard.1);
}

#[test]
fn readers_and_writers() {
    shuttle::check_random(|| run(vec![read, read, write], 3), ORDERS);
    shuttle::check_pct(|| run(vec![read, read, write, write], 2), ORDERS, 3);
}

#[test]
fn more_threads_than_rows() {
    shuttle::check_random(|| run(vec![read, read, read, read, write], 2), ORDERS);
}

#[test]
fn who_tries_waits_for_nobody_and_is_alone() {
    fn try_write(lock: &Lock) {
        if let Some(mut guard) = lock.try_write() {
            guard.0 += 1;
            thread::yield_now();
            guard.1 += 1;
        }
    }
    fn try_read(lock: &Lock) {
        let first = lock.read();
        thread::yield_now();
        assert_eq!(first.0, first.1, "the first reader is noted only");
        if let Some(second) = lock.try_read() {
            thread::yield_now();
            assert_eq!(second.0, second.1);
            drop(first);
            thread::yield_now();
            assert_eq!(second.0, second.1, "the second reader is still there");
        }
    }
    shuttle::check_random(|| run(vec![try_read, try_read, try_write, write], 3), ORDERS);
}
