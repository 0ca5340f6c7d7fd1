//! Waiting for keys: served at once by every kind of write, first come first served, and nobody is left behind.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use pyredis_store::{
    Given, Key, ListEnd, LockSet, Record, Store, StoreError, Value, ValueType, WaitEnd, Waiting, Wish,
};

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll(waiting: &mut Waiting, bell: &Arc<Bell>) -> Poll<WaitEnd> {
    let waker = Waker::from(Arc::clone(bell));
    Pin::new(waiting).poll(&mut Context::from_waker(&waker))
}

fn store() -> Store {
    Store::builder().shards(4).databases(2).build()
}

fn locks(keys: &[Key<'_>]) -> LockSet {
    let mut locks = LockSet::new();
    keys.iter().for_each(|key| locks.write(key));
    locks
}

fn wait(store: &Store, keys: &[&str], wish: Wish) -> Waiting {
    let keys: Vec<Key<'_>> = keys.iter().map(|key| store.key(key.as_bytes())).collect();
    let mut set = locks(&keys);
    if let Wish::Move { target, .. } = &wish {
        set.write(&store.key(target));
    }
    let mut view = store.lock(set, store.now());
    Waiting::begin(store, &mut view, &keys, wish).unwrap()
}

fn first() -> Wish {
    Wish::Elements { end: ListEnd::Front, count: 1 }
}

fn onto(target: &str) -> Wish {
    Wish::Move { from: ListEnd::Front, to: ListEnd::Back, target: bytes::Bytes::copy_from_slice(target.as_bytes()) }
}

fn lowest() -> Wish {
    Wish::Members { highest: false, count: 1 }
}

/// What a wait brought, as text: the key and what was given; "waits" if it lasts.
fn told(waiting: &mut Waiting) -> String {
    let Poll::Ready(end) = poll(waiting, &Arc::default()) else { return "waits".to_owned() };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match end {
        WaitEnd::Served(served) => match served.given {
            Ok(Given::Elements(list)) => {
                let elements: Vec<String> = (0..list.len()).map(|at| text(&list.get(at).unwrap().to_vec())).collect();
                format!("{}: {}", text(&served.key), elements.join(" "))
            }
            Ok(Given::Moved(element)) => format!("{}: moved {}", text(&served.key), text(&element)),
            Ok(Given::Members(members)) => {
                let members: Vec<String> =
                    members.iter().map(|(member, score)| format!("{}={score}", text(member))).collect();
                format!("{}: {}", text(&served.key), members.join(" "))
            }
            Err(error) => format!("{}: {error:?}", text(&served.key)),
        },
        WaitEnd::GivenUp => "given up".to_owned(),
        WaitEnd::Refused => "refused".to_owned(),
    }
}

fn push(store: &Store, key: &str, elements: &[&str]) {
    store.list(key).extend(ListEnd::Back, elements).unwrap();
}

type Write = (&'static str, fn(&Store));

/// Every way for the list "k" to come to hold "x" where there was none.
const WRITES: &[Write] = &[
    ("push", |store| push(store, "k", &["x"])),
    ("rename", |store| {
        push(store, "other", &["x"]);
        store.rename("other", "k").unwrap();
    }),
    ("copy", |store| {
        push(store, "other", &["x"]);
        let (from, to) = (store.key(b"other"), store.key(b"k"));
        store.lock(locks(&[from, to]), store.now()).copy(&from, &to, false).unwrap();
    }),
    ("move", |store| {
        let other = store.database(1).unwrap();
        push(&other, "k", &["x"]);
        let (from, to) = (other.key(b"k"), store.key(b"k"));
        store.lock(locks(&[from, to]), store.now()).move_key(&from, &to).unwrap();
    }),
    ("swap", |store| {
        push(&store.database(1).unwrap(), "k", &["x"]);
        store.swap_databases(0, 1).unwrap();
    }),
    ("list_move", |store| {
        push(store, "other", &["x"]);
        let (from, to) = (store.key(b"other"), store.key(b"k"));
        let mut view = store.lock(locks(&[from, to]), store.now());
        view.list_move((&from, ListEnd::Front), (&to, ListEnd::Front)).unwrap();
    }),
    ("sort store", |store| {
        push(store, "other", &["x"]);
        let (from, to) = (store.key(b"other"), store.key(b"k"));
        let mut view = store.lock(locks(&[from, to]), store.now());
        let list = view.list_pop(&from, ListEnd::Front, 1).unwrap().unwrap();
        view.store_sorted(&to, list).unwrap();
    }),
    ("restore", |store| {
        push(store, "other", &["x"]);
        let other = store.key(b"other");
        let list = store.lock(locks(&[other]), store.now()).list_pop(&other, ListEnd::Front, 1).unwrap().unwrap();
        store
            .restore(Record { db: 0, key: "k".into(), value: Value::Collection(list.into()), deadline: None })
            .unwrap();
    }),
    ("a list instead of a string", |store| {
        store.set("k", "string");
        push(store, "other", &["x"]);
        store.rename("other", "k").unwrap();
    }),
];

#[test]
fn every_write_serves() {
    for (name, write) in WRITES {
        let store = store();
        let (mut waiting, bell) = (wait(&store, &["k"], first()), Arc::default());
        assert!(poll(&mut waiting, &bell).is_pending());
        write(&store);
        assert_eq!(bell.0.load(Ordering::Relaxed), 1, "{name} wakes once");
        assert_eq!(told(&mut waiting), "k: x", "{name}");
        assert!(!store.exists("k"), "{name}: what was given is gone");
        assert_eq!(store.waiting(), 0);
        store.debug_check();
    }
}

#[test]
fn other_types_and_other_keys_serve_nobody() {
    let store = store();
    let (mut list, mut set) = (wait(&store, &["k"], first()), wait(&store, &["k"], lowest()));
    store.set("k", "string");
    store.set("other", "string");
    push(&store, "list", &["x"]);
    assert_eq!((told(&mut list), told(&mut set)), ("waits".into(), "waits".into()));
    store.del("k");
    store.sorted_set("k").insert("m", 1.5).unwrap();
    assert_eq!((told(&mut list), told(&mut set)), ("waits".into(), "k: m=1.5".into()));
    push(&store, "k", &["x", "y"]);
    assert_eq!(told(&mut list), "k: x");
    assert_eq!(store.list("k").len(), Ok(1));
}

#[test]
fn first_come_first_served_for_each_key() {
    let store = store();
    let mut waiting: Vec<Waiting> =
        [&["a"][..], &["a", "b"], &["b"], &["b", "a"]].iter().map(|keys| wait(&store, keys, first())).collect();
    let mut told = || waiting.iter_mut().map(told).collect::<Vec<_>>();
    push(&store, "b", &["1"]);
    assert_eq!(told(), ["waits", "b: 1", "waits", "waits"]);
    push(&store, "a", &["2", "3", "4"]);
    // One that has been told waits for ever.
    assert_eq!(told(), ["a: 2", "waits", "waits", "a: 3"]);
    assert_eq!((store.list("a").len(), store.waiting()), (Ok(1), 1));
    push(&store, "b", &["5", "6"]);
    assert_eq!(told(), ["waits", "waits", "b: 5", "waits"]);
    assert_eq!((store.list("b").len(), store.waiting()), (Ok(1), 0));
    drop(waiting);
    store.debug_check();
}

#[test]
fn a_chain_of_moves_is_one_instant() {
    let store = store();
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut waiting: Vec<Waiting> = vec![wait(&store, &["f"], first())];
    for pair in names.windows(2).rev() {
        waiting.push(wait(&store, &[pair[0]], onto(pair[1])));
    }
    store.debug_check();
    push(&store, "a", &["x", "y"]);
    let told: Vec<String> = waiting.iter_mut().map(told).collect();
    assert_eq!(told, ["f: x", "e: moved x", "d: moved x", "c: moved x", "b: moved x", "a: moved x"]);
    assert_eq!((store.list("a").len(), store.len()), (Ok(1), 1));
    assert_eq!(store.waiting(), 0);
    store.debug_check();
}

#[test]
fn a_move_onto_another_type_fails_and_passes_the_turn_on() {
    let store = store();
    store.set("t", "string");
    let (mut bad, mut good) = (wait(&store, &["k"], onto("t")), wait(&store, &["k"], first()));
    push(&store, "k", &["x"]);
    let wrong = StoreError::WrongType { expected: ValueType::List, found: ValueType::String };
    assert_eq!(told(&mut bad), format!("k: {wrong:?}"));
    assert_eq!(told(&mut good), "k: x");
}

#[test]
fn a_transaction_serves_when_it_is_over() {
    let store = store();
    let (mut one, mut other) = (wait(&store, &["a", "b"], first()), wait(&store, &["a"], first()));
    let [a, b] = [store.key(b"a"), store.key(b"b")];
    let mut view = store.lock(locks(&[a, b]), store.now());
    let push = |view: &mut pyredis_store::View<'_>, key: &Key<'_>, element: &str| {
        view.list_push(key, ListEnd::Back, [element.as_bytes()].into_iter(), false).unwrap();
    };
    push(&mut view, &b, "1");
    push(&mut view, &a, "2");
    push(&mut view, &a, "3");
    view.list_pop(&a, ListEnd::Front, 1).unwrap();
    drop(view);
    assert_eq!((told(&mut one), told(&mut other)), ("b: 1".into(), "a: 3".into()), "keys in the order of their writes");
    assert_eq!((store.len(), store.waiting()), (0, 0));

    let mut late = wait(&store, &["a"], first());
    let mut view = store.lock(locks(&[a]), store.now());
    push(&mut view, &a, "4");
    view.del(&a).unwrap();
    drop(view);
    assert_eq!(told(&mut late), "waits", "nothing is left when it is over");
}

#[test]
fn who_leaves_passes_the_turn_on() {
    let store = store();
    let (gone, stopped) = (wait(&store, &["a", "b"], first()), wait(&store, &["a"], first()));
    let (mut unblocked, mut refused) = (wait(&store, &["a", "a"], first()), wait(&store, &["a"], first()));
    let mut last = wait(&store, &["a"], first());
    assert_eq!(store.waiting(), 5);
    drop(gone);
    assert!(stopped.stop().is_none());
    let bell = Arc::default();
    assert!(poll(&mut unblocked, &bell).is_pending());
    assert!(unblocked.handle().end(false) && refused.handle().end(true));
    assert!(!unblocked.handle().end(true), "it has ended already");
    assert_eq!((store.waiting(), bell.0.load(Ordering::Relaxed)), (1, 1));
    push(&store, "a", &["x"]);
    assert_eq!(told(&mut unblocked), "given up");
    assert_eq!(told(&mut refused), "refused");
    assert_eq!(told(&mut last), "a: x");
    drop((unblocked, refused, last));
    push(&store, "b", &["y"]);
    assert_eq!((store.list("b").len(), store.waiting()), (Ok(1), 0));
    store.debug_check();
}

#[test]
fn who_stops_in_the_moment_of_being_served_is_given_it() {
    let store = store();
    let waiting = wait(&store, &["a"], first());
    push(&store, "a", &["x"]);
    assert!(matches!(waiting.stop(), Some(WaitEnd::Served(_))));
}

#[test]
fn sorted_sets_from_either_end_and_lists_by_counts() {
    let store = store();
    let mut highest = wait(&store, &["z"], Wish::Members { highest: true, count: 2 });
    let mut lowest = wait(&store, &["z"], lowest());
    let mut two = wait(&store, &["l"], Wish::Elements { end: ListEnd::Back, count: 2 });
    let mut many = wait(&store, &["l"], Wish::Elements { end: ListEnd::Front, count: 10 });
    for (member, score) in [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)] {
        store.sorted_set("other").insert(member, score).unwrap();
    }
    store.rename("other", "z").unwrap();
    push(&store, "l", &["1", "2", "3", "4", "5"]);
    assert_eq!(told(&mut highest), "z: d=4 c=3");
    assert_eq!(told(&mut lowest), "z: a=1");
    assert_eq!(told(&mut two), "l: 4 5");
    assert_eq!(told(&mut many), "l: 1 2 3");
    assert_eq!(store.len(), 1);
}

#[test]
fn a_key_that_serving_emptied_and_filled_again_comes_behind_what_was_filled_before() {
    let store = store();
    let mut elements = [wait(&store, &["b"], first()), wait(&store, &["b"], first())];
    let mut either = wait(&store, &["b", "a"], first());
    let _movers = [wait(&store, &["c"], onto("a")), wait(&store, &["d"], onto("b"))];
    let keys = ["a", "b", "c", "d"].map(|key| store.key(key.as_bytes()));
    let mut view = store.lock(locks(&keys), store.now());
    for (key, elements) in keys[1..].iter().zip([["1", "2"].as_slice(), &["onto a"], &["onto b"]]) {
        view.list_push(key, ListEnd::Back, elements.iter().map(|element| element.as_bytes()), false).unwrap();
    }
    drop(view);
    assert_eq!(elements.each_mut().map(told), ["b: 1", "b: 2"]);
    assert_eq!(told(&mut either), "a: onto a");
}

#[test]
fn what_a_wait_needs_has_to_be_locked() {
    let store = store();
    let a = store.key(b"a");
    let other = {
        let view = store.lock(locks(&[a]), store.now());
        let is_elsewhere = |name: &String| view.value(&store.key(name.as_bytes())).is_err();
        (0..100).map(|number| format!("other {number}")).find(is_elsewhere).unwrap()
    };
    let b = store.key(other.as_bytes());
    let mut view = store.lock(locks(&[a]), store.now());
    let refused = Waiting::begin(&store, &mut view, &[a], onto(&other)).unwrap_err();
    assert_eq!(refused, StoreError::Undeclared);
    assert!(matches!(Waiting::begin(&store, &mut view, &[a, b], first()), Err(StoreError::Undeclared)));
    drop(view);
    assert_eq!(store.waiting(), 0);
}
