//! Waiting for keys against a naive model of what Redis does: one thread, one queue of all who wait, and after each write the keys that it made, in their
//! order, each serving whoever has waited longest.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on ends")]

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use pyredis_store::{
    Collection, Given, Key, List, ListEnd, LockSet, SetOptions, SortedSet, Store, ValueRef, View, WaitEnd, Waiting,
    Wish, ZaddOptions,
};

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[derive(Debug, Clone, Copy)]
enum Want {
    First,
    Last,
    MoveTo(usize),
    Lowest,
}

#[derive(Debug, Clone)]
enum Write {
    Push(usize, u8),
    Add(usize),
    Pop(usize),
    Set(usize),
    Del(usize),
    Rename(usize, usize),
    Move(usize, usize),
}

#[derive(Debug, Clone)]
enum Action {
    Wait(Vec<usize>, Want),
    Write(Vec<Write>),
    Leave(usize),
    Unblock(usize),
}

fn key() -> impl Strategy<Value = usize> {
    0..KEYS.len()
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => (key(), 1..4_u8).prop_map(|(key, count)| Write::Push(key, count)),
        2 => key().prop_map(Write::Add),
        2 => key().prop_map(Write::Pop),
        1 => key().prop_map(Write::Set),
        2 => key().prop_map(Write::Del),
        2 => (key(), key()).prop_map(|(from, to)| Write::Rename(from, to)),
        2 => (key(), key()).prop_map(|(from, to)| Write::Move(from, to)),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let want = prop_oneof![Just(Want::First), Just(Want::Last), key().prop_map(Want::MoveTo), Just(Want::Lowest)];
    prop_oneof![
        6 => (prop::collection::vec(key(), 1..4), want).prop_map(|(keys, want)| Action::Wait(keys, want)),
        4 => prop::collection::vec(write(), 1..2).prop_map(Action::Write),
        2 => prop::collection::vec(write(), 2..6).prop_map(Action::Write),
        1 => (0..100_usize).prop_map(Action::Leave),
        1 => (0..100_usize).prop_map(Action::Unblock),
    ]
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    String,
    List(VecDeque<u32>),
    /// Members, which are their scores.
    Members(Vec<u32>),
}

struct ModelWaiter {
    keys: Vec<usize>,
    want: Want,
    /// What it was told; empty while it waits.
    told: String,
}

#[derive(Default)]
struct Model {
    held: BTreeMap<usize, Held>,
    waiters: Vec<ModelWaiter>,
    ready: VecDeque<usize>,
    last: u32,
}

impl Model {
    /// The key was made: whoever waits for its type will be looked for.
    fn made(&mut self, key: usize) {
        let is_list = match self.held.get(&key) {
            Some(Held::List(_)) => true,
            Some(Held::Members(_)) => false,
            _ => return,
        };
        let waits = |waiter: &ModelWaiter| {
            waiter.told.is_empty() && waiter.keys.contains(&key) && matches!(waiter.want, Want::Lowest) != is_list
        };
        if self.waiters.iter().any(waits) && !self.ready.contains(&key) {
            self.ready.push_back(key);
        }
    }

    fn list(&mut self, key: usize) -> Option<&mut VecDeque<u32>> {
        match self.held.get_mut(&key) {
            Some(Held::List(list)) => Some(list),
            _ => None,
        }
    }

    fn pop(&mut self, key: usize, first: bool) -> Option<u32> {
        let list = self.list(key)?;
        let popped = if first { list.pop_front() } else { list.pop_back() };
        if list.is_empty() {
            self.held.remove(&key);
        }
        popped
    }

    fn push(&mut self, key: usize, element: u32) -> bool {
        match self.held.entry(key).or_insert_with(|| Held::List(VecDeque::new())) {
            Held::List(list) => list.push_back(element),
            _ => return false,
        }
        self.made(key);
        true
    }

    /// Moves from the front to the back: the element, or that the target is no list, or nothing.
    fn shift(&mut self, from: usize, to: usize) -> Option<Result<u32, ()>> {
        let element = *self.list(from)?.front()?;
        if !matches!(self.held.get(&to), None | Some(Held::List(_))) {
            return Some(Err(()));
        }
        self.pop(from, true);
        self.push(to, element);
        Some(Ok(element))
    }

    fn write(&mut self, write: &Write) {
        match *write {
            Write::Push(key, count) => {
                for _ in 0..count {
                    self.last += 1;
                    self.push(key, self.last);
                }
            }
            Write::Add(key) => {
                self.last += 1;
                if let Held::Members(members) = self.held.entry(key).or_insert_with(|| Held::Members(Vec::new())) {
                    members.push(self.last);
                    self.made(key);
                }
            }
            Write::Pop(key) => _ = self.pop(key, true),
            Write::Set(key) => _ = self.held.insert(key, Held::String),
            Write::Del(key) => _ = self.held.remove(&key),
            Write::Rename(from, to) => {
                if let Some(held) = self.held.remove(&from) {
                    self.held.insert(to, held);
                    if from != to {
                        self.made(to);
                    }
                }
            }
            Write::Move(from, to) => _ = self.shift(from, to),
        }
    }

    fn serve(&mut self) {
        while let Some(key) = self.ready.pop_front() {
            loop {
                let is_list = match self.held.get(&key) {
                    Some(Held::List(_)) => true,
                    Some(Held::Members(_)) => false,
                    _ => break,
                };
                let fits = |waiter: &ModelWaiter| {
                    waiter.told.is_empty()
                        && waiter.keys.contains(&key)
                        && matches!(waiter.want, Want::Lowest) != is_list
                };
                let Some(index) = self.waiters.iter().position(fits) else { break };
                // It waits no longer while what it moves makes other keys ready.
                let want = self.waiters[index].want;
                self.waiters[index].told = "being served".to_owned();
                self.waiters[index].told = self.give(key, want);
            }
        }
    }

    fn give(&mut self, key: usize, want: Want) -> String {
        match want {
            Want::First | Want::Last => {
                format!("{} {}", KEYS[key], self.pop(key, matches!(want, Want::First)).unwrap())
            }
            Want::MoveTo(to) => match self.shift(key, to).unwrap() {
                Ok(element) => format!("{} {element}", KEYS[key]),
                Err(()) => "wrong type".to_owned(),
            },
            Want::Lowest => {
                let Some(Held::Members(members)) = self.held.get_mut(&key) else { unreachable!() };
                let member = members.remove(0);
                if members.is_empty() {
                    self.held.remove(&key);
                }
                format!("{} {member}", KEYS[key])
            }
        }
    }

    /// Whether the command finds nothing, and so waits.
    fn would_wait(&self, keys: &[usize]) -> bool {
        keys.iter().all(|key| !self.held.contains_key(key))
    }
}

fn keys_of(store: &Store) -> Vec<Key<'static>> {
    KEYS.iter().map(|key| store.key(key.as_bytes())).collect()
}

fn lock_all(store: &Store) -> View<'_> {
    let mut locks = LockSet::new();
    keys_of(store).iter().for_each(|key| locks.write(key));
    store.lock(locks, store.now())
}

/// A view of these keys alone: what else serving needs is the store's to find out.
fn lock(store: &Store, keys: impl IntoIterator<Item = usize>) -> View<'_> {
    let (all, mut locks) = (keys_of(store), LockSet::new());
    keys.into_iter().for_each(|key| locks.write(&all[key]));
    store.lock(locks, store.now())
}

fn keys_written(write: &Write) -> Vec<usize> {
    match *write {
        Write::Push(key, _) | Write::Add(key) | Write::Pop(key) | Write::Set(key) | Write::Del(key) => vec![key],
        Write::Rename(from, to) | Write::Move(from, to) => vec![from, to],
    }
}

fn apply(view: &mut View<'_>, keys: &[Key<'_>], write: &Write, last: &mut u32) {
    match *write {
        Write::Push(key, count) => {
            let elements: Vec<String> = (1..=u32::from(count)).map(|number| (*last + number).to_string()).collect();
            *last += u32::from(count);
            view.list_push(&keys[key], ListEnd::Back, elements.iter().map(String::as_bytes), false).ok();
        }
        Write::Add(key) => {
            *last += 1;
            let member = last.to_string();
            let pair = std::iter::once((member.as_bytes(), f64::from(*last)));
            view.zadd(&keys[key], pair, ZaddOptions::default()).ok();
        }
        Write::Pop(key) => _ = view.list_pop(&keys[key], ListEnd::Front, 1),
        Write::Set(key) => {
            view.set(&keys[key], pyredis_store::NewValue::Copied(b"string"), SetOptions::default()).unwrap();
        }
        Write::Del(key) => _ = view.del(&keys[key]).unwrap(),
        Write::Rename(from, to) => _ = view.rename(&keys[from], &keys[to]),
        Write::Move(from, to) => {
            view.list_move((&keys[from], ListEnd::Front), (&keys[to], ListEnd::Back)).ok();
        }
    }
}

fn begin(store: &Store, keys: &[usize], want: Want) -> Waiting {
    let all = keys_of(store);
    let wish = match want {
        Want::First => Wish::Elements { end: ListEnd::Front, count: 1 },
        Want::Last => Wish::Elements { end: ListEnd::Back, count: 1 },
        Want::MoveTo(to) => Wish::Move { from: ListEnd::Front, to: ListEnd::Back, target: KEYS[to].into() },
        Want::Lowest => Wish::Members { highest: false, count: 1 },
    };
    let named: Vec<Key<'_>> = keys.iter().map(|key| all[*key]).collect();
    Waiting::begin(store, &mut lock_all(store), &named, wish).unwrap()
}

/// What it has been told by now; empty while it waits.
fn told(waiting: &mut Waiting) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match Pin::new(waiting).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => String::new(),
        Poll::Ready(WaitEnd::Served(served)) => {
            let key = text(&served.key);
            match served.given {
                Ok(Given::Elements(list)) => format!("{key} {}", text(&list.get(0).unwrap().to_vec())),
                Ok(Given::Moved(element)) => format!("{key} {}", text(&element)),
                Ok(Given::Members(members)) => format!("{key} {}", text(&members[0].0)),
                Err(_) => "wrong type".to_owned(),
            }
        }
        Poll::Ready(WaitEnd::GivenUp) => "given up".to_owned(),
        Poll::Ready(WaitEnd::Refused) => "refused".to_owned(),
    }
}

fn held(store: &Store) -> BTreeMap<usize, Held> {
    let (view, numbers) = (lock_all(store), |bytes: &[u8]| String::from_utf8_lossy(bytes).parse().unwrap());
    let one = |key: &Key<'_>| match view.value(key).unwrap()? {
        ValueRef::String(_) => Some(Held::String),
        ValueRef::Collection(Collection::List(list)) => {
            Some(Held::List(elements(list).iter().map(|e| numbers(e)).collect()))
        }
        ValueRef::Collection(Collection::SortedSet(set)) => {
            Some(Held::Members(members(set).iter().map(|m| numbers(m)).collect()))
        }
        ValueRef::Collection(_) => unreachable!(),
    };
    keys_of(store).iter().enumerate().filter_map(|(index, key)| Some((index, one(key)?))).collect()
}

fn elements(list: &List) -> Vec<Vec<u8>> {
    list.range(0..list.len()).map(|element| element.to_vec()).collect()
}

fn members(set: &SortedSet) -> Vec<Vec<u8>> {
    set.range(0..set.len()).map(|(member, _)| member.to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn as_one_thread_would(actions in prop::collection::vec(action(), 1..60), shards in prop::sample::select(vec![1_usize, 4, 16])) {
        let store = Store::builder().shards(shards).build();
        let (mut model, mut waiting, mut last) = (Model::default(), Vec::<Option<Waiting>>::new(), 0);
        for action in actions {
            match &action {
                Action::Wait(keys, want) => {
                    if model.would_wait(keys) {
                        waiting.push(Some(begin(&store, keys, *want)));
                        model.waiters.push(ModelWaiter { keys: keys.clone(), want: *want, told: String::new() });
                    }
                }
                Action::Write(writes) => {
                    let mut view = lock(&store, writes.iter().flat_map(keys_written));
                    let keys = keys_of(&store);
                    writes.iter().for_each(|write| apply(&mut view, &keys, write, &mut last));
                    drop(view);
                    writes.iter().for_each(|write| model.write(write));
                    model.serve();
                }
                Action::Leave(number) if !waiting.is_empty() => {
                    let index = number % waiting.len();
                    waiting[index] = None;
                    let told = &mut model.waiters[index].told;
                    if told.is_empty() {
                        *told = "left".to_owned();
                    }
                }
                Action::Unblock(number) if !waiting.is_empty() => {
                    let index = number % waiting.len();
                    let ended = waiting[index].as_ref().map(|waiting| waiting.handle().end(false));
                    let told = &mut model.waiters[index].told;
                    prop_assert_eq!(ended.unwrap_or(false), told.is_empty());
                    if told.is_empty() {
                        *told = "given up".to_owned();
                    }
                }
                Action::Leave(_) | Action::Unblock(_) => {}
            }
            prop_assert_eq!(&held(&store), &model.held, "after {:?}", &action);
            store.debug_check();
        }
        prop_assert_eq!(store.waiting(), model.waiters.iter().filter(|waiter| waiter.told.is_empty()).count());
        for (waiting, expected) in waiting.iter_mut().zip(&model.waiters) {
            if let Some(waiting) = waiting {
                prop_assert_eq!(&told(waiting), &expected.told, "{:?} {:?}", &expected.keys, expected.want);
            }
        }
    }
}
