//! What is awaited of a store: an element of a list, and a change of a key. On no runtime: each test polls by hand and counts how often it is woken.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use pyredis_store::{
    BlockingPop, Clock, ListEnd, LockSet, ManualClock, Store, StoreError, Timestamp, TxError, ValueType, Watch,
};

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

fn pop<T: pyredis_store::FromBytes>(
    future: &mut BlockingPop<T>,
    bell: &Arc<Bell>,
) -> Poll<Result<(Bytes, T), StoreError>> {
    let waker = Waker::from(Arc::clone(bell));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn changed(watch: &mut Watch, bell: &Arc<Bell>) -> bool {
    let waker = Waker::from(Arc::clone(bell));
    watch.poll_changed(&mut Context::from_waker(&waker)).is_ready()
}

#[test]
fn what_is_there_is_taken_at_once_from_the_first_list() {
    let (store, bell) = (Store::new(), Arc::new(Bell::default()));
    store.list("second").extend(ListEnd::Back, [1, 2]).unwrap();
    let keys = ["first", "second"];
    let mut front = store.blocking_pop::<u8, _>(keys, ListEnd::Front);
    assert_eq!(store.list("second").len(), Ok(2), "nothing happens before it is awaited");
    assert_eq!(pop(&mut front, &bell), Poll::Ready(Ok(("second".into(), 1))));
    let mut back = store.blocking_pop::<u8, _>(keys, ListEnd::Back);
    assert_eq!(pop(&mut back, &bell), Poll::Ready(Ok(("second".into(), 2))));
    assert_eq!((store.len(), store.waiting()), (0, 0));
}

#[test]
fn who_has_waited_longest_is_served_first_and_woken_once() {
    let (store, bells) = (Store::new(), [Arc::new(Bell::default()), Arc::new(Bell::default())]);
    let mut pops = [(); 2].map(|()| store.blocking_pop::<String, _>(["jobs", "other"], ListEnd::Front));
    for (future, bell) in pops.iter_mut().zip(&bells) {
        assert_eq!(pop(future, bell), Poll::Pending);
    }
    store.list("jobs").push_back("one").unwrap();
    assert_eq!([bells[0].rings(), bells[1].rings()], [1, 0]);
    store
        .transaction(["other"], |tx| {
            tx.list("other").push_back("two")?;
            tx.list("other").push_back("three")
        })
        .unwrap();
    assert_eq!(pop(&mut pops[1], &bells[1]), Poll::Ready(Ok(("other".into(), "two".to_owned()))));
    assert_eq!(pop(&mut pops[0], &bells[0]), Poll::Ready(Ok(("jobs".into(), "one".to_owned()))));
    assert_eq!(store.list("other").range::<String>(0, -1), Ok(vec!["three".to_owned()]));
    store.debug_check();
}

#[test]
fn what_nobody_took_goes_back() {
    let (store, bell) = (Store::new(), Arc::new(Bell::default()));
    let mut dropped = store.blocking_pop::<String, _>(["jobs"], ListEnd::Front);
    assert!(pop(&mut dropped, &bell).is_pending());
    let mut unreadable = store.blocking_pop::<u8, _>(["jobs"], ListEnd::Back);
    assert!(pop(&mut unreadable, &bell).is_pending());
    store.list("jobs").extend(ListEnd::Back, ["a", "b", "c"]).unwrap();
    assert_eq!(store.list("jobs").len(), Ok(1), "two were served");
    drop(dropped);
    assert_eq!(pop(&mut unreadable, &bell), Poll::Ready(Err(StoreError::NotAnInteger)));
    assert_eq!(store.list("jobs").range::<String>(0, -1).unwrap(), ["a", "b", "c"]);
    // At once, too.
    let mut unreadable = store.blocking_pop::<u8, _>(["jobs"], ListEnd::Back);
    assert_eq!(pop(&mut unreadable, &bell), Poll::Ready(Err(StoreError::NotAnInteger)));
    assert_eq!((store.list("jobs").len(), store.waiting()), (Ok(3), 0));
    // And passes the turn on.
    store.del("jobs");
    let (mut first, mut second) =
        (store.blocking_pop::<u8, _>(["n"], ListEnd::Front), store.blocking_pop(["n"], ListEnd::Front));
    assert!(pop(&mut first, &bell).is_pending() && pop::<u8>(&mut second, &bell).is_pending());
    store.list("n").push_back(7).unwrap();
    drop(first);
    assert_eq!(pop(&mut second, &bell), Poll::Ready(Ok(("n".into(), 7))));
    store.debug_check();
}

#[test]
fn another_type_and_no_key_are_refused() {
    let (store, bell) = (Store::new(), Arc::new(Bell::default()));
    store.set("string", "text");
    let mut wrong = store.blocking_pop::<String, _>(["none", "string"], ListEnd::Front);
    let error = StoreError::WrongType { expected: ValueType::List, found: ValueType::String };
    assert_eq!(pop(&mut wrong, &bell), Poll::Ready(Err(error)));
    let mut none = store.blocking_pop::<String, &str>([], ListEnd::Front);
    assert_eq!(pop(&mut none, &bell), Poll::Ready(Err(StoreError::Undeclared)));
}

#[test]
fn a_watch_is_woken_once_for_what_comes_together() {
    let (store, bell) = (Store::builder().databases(2).build(), Arc::new(Bell::default()));
    store.set("a", "1");
    let mut watch = store.watch(["a", "b"]);
    assert!(!changed(&mut watch, &bell));
    store.set("c", "1");
    assert!(bell.rings() == 0 && !changed(&mut watch, &bell));
    store.set("a", "2");
    store.set("b", "2");
    assert_eq!(bell.rings(), 1);
    assert!(changed(&mut watch, &bell));
    assert!(!changed(&mut watch, &bell));
    store.rename("c", "b").unwrap();
    assert!(bell.rings() == 1 && changed(&mut watch, &bell) && !changed(&mut watch, &bell));
    store.clear();
    assert!(bell.rings() == 1 && changed(&mut watch, &bell) && !changed(&mut watch, &bell));
    store.database(1).unwrap().set("a", "other");
    assert_eq!(bell.rings(), 0, "a key of another database");
    let mut locks = LockSet::new();
    locks.swap(0, 1);
    store.lock(locks, store.now()).swap_databases(0, 1).unwrap();
    assert!(bell.rings() == 1 && changed(&mut watch, &bell));
    // What happens between two looks is not missed.
    store.list("b").push_back("x").unwrap();
    assert!(changed(&mut watch, &bell));
    drop(watch);
    store.debug_check();
}

#[test]
fn a_transaction_wakes_when_it_is_over() {
    /// Looks at the store when it is woken: it could not, if that were under the locks.
    struct Looks(Store, AtomicUsize);
    impl Wake for Looks {
        fn wake(self: Arc<Self>) {
            let found = self.0.get("a").is_some_and(|value| value == "2");
            self.1.fetch_add(found.into(), Ordering::Relaxed);
        }
    }
    let store = Store::new();
    let looks = Arc::new(Looks(store.clone(), AtomicUsize::new(0)));
    let mut watch = store.watch(["a"]);
    let waker = Waker::from(Arc::clone(&looks));
    assert!(watch.poll_changed(&mut Context::from_waker(&waker)).is_pending());
    store
        .transaction(["a"], |tx| {
            tx.set("a", "1")?;
            tx.set("a", "2")?;
            Ok::<_, TxError>(())
        })
        .unwrap();
    assert_eq!(looks.1.load(Ordering::Relaxed), 1);
}

#[test]
fn the_expiry_of_a_key_is_a_change() {
    let (clock, bell) = (ManualClock::starting_at(Timestamp::from_millis(1_000)), Arc::new(Bell::default()));
    let store = Store::builder().clock(Clock::Manual(clock.clone())).build();
    store.set("a", "1");
    store.expire("a", Duration::from_millis(50));
    let mut watch = store.watch(["a"]);
    assert!(!changed(&mut watch, &bell));
    clock.advance(Duration::from_millis(51));
    assert!(!store.exists("a"));
    assert!(bell.rings() == 1 && changed(&mut watch, &bell));
}
