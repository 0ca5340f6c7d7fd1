//! Notices of what happens to keys: who wishes for them gets them, in order, when the locks are free.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyredis_store::{Access, Clock, LockSet, ManualClock, Notice, NoticeSink, SetOptions, Store, Timestamp, Wishes};

/// What was accepted, and what of it was passed on.
#[derive(Default)]
struct Told {
    waiting: Mutex<Vec<Notice>>,
    passed_on: Mutex<Vec<Notice>>,
}

impl NoticeSink for Told {
    fn accept(&self, mut notices: Vec<Notice>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).append(&mut notices);
    }

    fn pass_on(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.passed_on.lock().unwrap_or_else(PoisonError::into_inner).append(&mut waiting);
    }
}

impl Told {
    fn take(&self) -> Vec<String> {
        assert!(self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty(), "all is passed on");
        let notices = std::mem::take(&mut *self.passed_on.lock().unwrap_or_else(PoisonError::into_inner));
        let text = |notice: Notice| format!("{} {} {}", notice.db, notice.event, String::from_utf8_lossy(&notice.key));
        notices.into_iter().map(text).collect()
    }
}

fn store() -> (Store, Arc<Told>, ManualClock) {
    let (told, clock) = (Arc::new(Told::default()), ManualClock::starting_at(Timestamp::from_millis(1_000_000)));
    let store = Store::builder().clock(Clock::Manual(clock.clone())).notice_sink(Arc::clone(&told) as _).build();
    (store, told, clock)
}

const CHANGES: Wishes = Wishes { changes: true, misses: false };

#[test]
fn nobody_is_told_what_nobody_wishes_for() {
    let (store, told, _) = store();
    store.set("k", "v");
    assert_eq!(told.take(), Vec::<String>::new());
    store.wish_for(CHANGES);
    store.set("k", "v");
    assert_eq!(told.take(), ["0 set k"]);
    store.wish_for(Wishes::default());
    store.set("k", "v");
    assert_eq!(told.take(), Vec::<String>::new());
}

#[test]
fn notices_leave_when_the_locks_are_free() {
    let (store, told, _) = store();
    store.wish_for(CHANGES);
    let (a, b) = (store.key(b"a"), store.key(b"b"));
    let mut locks = LockSet::new();
    locks.write(&a);
    locks.write(&b);
    let mut view = store.lock(locks, store.now());
    view.set(&a, "1".into(), SetOptions::default()).unwrap();
    view.rename(&a, &b).unwrap();
    assert!(told.passed_on.lock().unwrap().is_empty(), "the shards are locked");
    let _ = view.finish();
    assert_eq!(told.take(), ["0 new a", "0 set a", "0 new b", "0 rename_from a", "0 rename_to b"]);
}

#[test]
fn the_expirer_tells_and_so_does_a_read_that_finds_nothing() {
    let (store, told, clock) = store();
    store.wish_for(Wishes { changes: true, misses: true });
    store.set_with("k", "v", SetOptions::default().ttl(Duration::from_secs(1))).unwrap();
    assert_eq!(told.take(), ["0 new k", "0 set k", "0 expire k"]);
    clock.advance(Duration::from_secs(2));
    store.expire_step(store.now(), 10);
    assert_eq!(told.take(), ["0 expired k"]);
    let key = store.key(b"k");
    let view = store.lock_key(&key, Access::Read, store.now());
    assert!(view.get(&key).unwrap().is_none());
    let _ = view.finish();
    assert_eq!(told.take(), ["0 keymiss k"]);
}
