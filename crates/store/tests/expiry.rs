//! Expiry: a key is never seen past its deadline, its memory comes back, and the sleeper sleeps as long as it may and no longer.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/units.rs"]
mod units;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use proptest::prelude::*;
use pyredis_store::{
    Clock, Effect, EffectSink, ExpireCondition, Expirer, LockSet, ManualClock, SetOptions, Store, StoreBuilder,
    Timestamp, Ttl,
};
use units::Units;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn on_manual_clock() -> (StoreBuilder, ManualClock) {
    let clock = ManualClock::starting_at(START);
    (Store::builder().shards(8).clock(Clock::Manual(clock.clone())), clock)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn set(store: &Store, key: &str, ttl: u64) {
    store.set_with(key, "v", SetOptions::default().ttl(millis(ttl))).unwrap();
}

/// Sends the keys that expired.
struct Expired(Sender<String>);

impl EffectSink for Expired {
    fn accept(&self, _sequence: u64, effects: Vec<Effect>) {
        for effect in effects.into_iter().filter(|effect| effect.event == "expired") {
            self.0.send(String::from_utf8(effect.key.to_vec()).unwrap()).unwrap();
        }
    }
}

/// A store whose expired keys can be waited for.
fn observed() -> (Store, ManualClock, Receiver<String>) {
    let (sender, receiver) = channel();
    let (builder, clock) = on_manual_clock();
    (builder.effect_sink(Arc::new(Expired(sender))).build(), clock, receiver)
}

#[test]
fn the_deadline_is_the_last_millisecond() {
    let (builder, clock) = on_manual_clock();
    let store = builder.build();
    set(&store, "k", 100);
    clock.advance(millis(100));
    assert_eq!(store.get("k").as_deref(), Some(&b"v"[..]));
    assert_eq!(store.ttl("k"), Ttl::Until(START.saturating_add(millis(100))));
    assert_eq!(store.expire_step(store.now(), 100).expired, 0, "the expirer lets it have that millisecond");
    clock.advance(millis(1));
    assert_eq!(store.len(), 1, "nobody has noticed yet");
    assert!(!store.exists("k"));
    assert_eq!(store.len(), 0, "a reader that came across it removed it");
    assert_eq!((store.expired(), store.ttl("k")), (1, Ttl::Missing));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever calls `expire_step` at each `next_wake` and at no other time finds every key's end, in the millisecond after its deadline.
    #[test]
    fn a_sleeper_that_trusts_next_wake_misses_nothing(
        ttls in prop::collection::vec(prop_oneof![1..200u64, 1..100_000u64, 1..10_000_000_000u64], 1..200),
        budget in 1..50usize,
    ) {
        let (builder, clock) = on_manual_clock();
        let units = Arc::new(Units::default());
        let store = builder.effect_sink(units.clone()).build();
        for (number, ttl) in ttls.iter().enumerate() {
            set(&store, &number.to_string(), *ttl);
        }
        let mut left: Vec<u64> = ttls.clone();
        left.sort_unstable();
        let mut units_seen = units.since(0).len();
        loop {
            let now = store.now();
            let mut step = store.expire_step(now, budget);
            while step.more {
                step = store.expire_step(now, budget);
            }
            let passed = left.partition_point(|ttl| START.saturating_add(millis(*ttl)) < now);
            let expired: usize = units.since(units_seen).iter().map(Vec::len).sum();
            units_seen = units.since(0).len();
            prop_assert_eq!(expired, passed, "what is due is gone, and nothing else");
            left.drain(..passed);
            prop_assert_eq!(store.len(), left.len());
            let Some(earliest) = left.first() else {
                prop_assert_eq!(step.next_wake, None);
                break;
            };
            let due = START.saturating_add(millis(*earliest + 1));
            let wake = step.next_wake.unwrap();
            prop_assert!(wake > now && wake <= due, "wakes at {:?}, the first is due at {:?}", wake, due);
            clock.advance(wake.saturating_since(now));
        }
        store.debug_check();
    }
}

#[test]
fn a_small_budget_is_kept_and_nothing_is_forgotten() {
    let (builder, clock) = on_manual_clock();
    let store = builder.build();
    (0..10_000).for_each(|number| set(&store, &number.to_string(), 10));
    clock.advance(millis(11));
    // A first step may spend its budget on moving timers down the wheel.
    for steps in 0.. {
        assert!(steps < 10_000, "does not come to an end");
        let step = store.expire_step(store.now(), 7);
        assert!(step.expired <= 7);
        if !step.more {
            break;
        }
    }
    assert_eq!((store.len(), store.memory(), store.expired()), (0, 0, 10_000));
    store.debug_check();
}

#[test]
fn a_million_refreshes_leave_one_timer() {
    let (builder, clock) = on_manual_clock();
    let store = builder.build();
    set(&store, "k", 1000);
    for round in 0..1_000_000u64 {
        if round % 2 == 0 {
            store.expire("k", millis(1000 + round % 977));
        } else {
            set(&store, "k", 1000);
        }
        if round % 100_000 == 0 {
            clock.advance(millis(500));
            store.expire_step(store.now(), 1000);
        }
    }
    assert_eq!(store.stats(store.now())[0].expires, 1);
    store.debug_check();
    store.persist("k");
    assert_eq!(store.stats(store.now())[0].expires, 0);
    store.debug_check();
}

#[test]
fn the_thread_expires_what_is_due_when_the_clock_moves() {
    let (store, clock, expired) = observed();
    set(&store, "first", 1000);
    let expirer = Expirer::spawn(&store).unwrap();
    set(&store, "second", 500);
    clock.advance(millis(501));
    store.wake_expirer();
    assert_eq!(expired.recv().unwrap(), "second");
    clock.advance(millis(500));
    store.wake_expirer();
    assert_eq!(expired.recv().unwrap(), "first");
    // The handle's end is the thread's end: nothing is waited for, and nothing expires afterwards.
    drop(expirer);
    set(&store, "third", 1);
    clock.advance(millis(2));
    store.wake_expirer();
    assert_eq!((expired.try_recv().is_err(), store.len()), (true, 1));
}

#[test]
fn a_paused_expirer_leaves_dead_keys_invisible_and_resumes() {
    let (store, clock, expired) = observed();
    let _expirer = Expirer::spawn(&store).unwrap();
    store.set_active_expiry(false);
    ["a", "b"].iter().for_each(|key| set(&store, key, 1));
    clock.advance(millis(10));
    assert_eq!(store.expire_step(store.now(), 100), pyredis_store::ExpireStep::default());
    assert_eq!(store.len(), 2);
    assert!(!store.exists("a"));
    assert_eq!(expired.recv().unwrap(), "a", "reading one removes it");
    store.set_active_expiry(true);
    assert_eq!(expired.recv().unwrap(), "b");
}

/// A store whose sleeper is the test: how often it was woken.
fn with_counted_wakes() -> (Store, ManualClock, Arc<AtomicUsize>) {
    let (builder, clock) = on_manual_clock();
    let store = builder.build();
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    store.on_expiry_due(move || _ = counter.fetch_add(1, Ordering::SeqCst));
    (store, clock, wakes)
}

#[test]
fn only_an_earlier_deadline_wakes_the_sleeper() {
    let (store, _clock, wakes) = with_counted_wakes();
    set(&store, "before anyone sleeps", 10);
    assert_eq!(wakes.load(Ordering::SeqCst), 0);
    store.expire_step(store.now(), 100);
    (0..100).for_each(|number| set(&store, &number.to_string(), 60_000));
    store.set("no deadline", "v");
    assert_eq!(wakes.load(Ordering::SeqCst), 0, "later deadlines let it sleep");
    set(&store, "early", 3);
    set(&store, "earlier", 1);
    assert_eq!(wakes.load(Ordering::SeqCst), 1, "woken once, until it sleeps again");
    store.expire_step(store.now(), 100);
    set(&store, "earliest", 0);
    assert_eq!(wakes.load(Ordering::SeqCst), 2);
}

#[test]
fn a_removed_timer_does_not_wake_anyone() {
    let (store, _clock, _wakes) = with_counted_wakes();
    let remove: [&dyn Fn(); 5] =
        [&|| _ = store.del("k"), &|| _ = store.persist("k"), &|| store.set("k", "without"), &|| store.clear(), &|| {
            _ = store.get_del("k")
        }];
    for remove in remove {
        set(&store, "k", 5);
        assert!(store.expire_step(store.now(), 100).next_wake.is_some());
        remove();
        assert_eq!(store.expire_step(store.now(), 100).next_wake, None);
    }
}

#[test]
fn conditions_compare_with_the_deadline_that_is_there() {
    use ExpireCondition::{Always, IfEarlier, IfLater, IfNone, IfSome, IfSomeAndEarlier};
    // Without a deadline; then with one at 100 and a new one at 50, 100 and 150.
    let allowed = [
        (Always, [true, true, true, true]),
        (IfNone, [true, false, false, false]),
        (IfSome, [false, true, true, true]),
        (IfLater, [false, false, false, true]),
        (IfEarlier, [true, true, false, false]),
        (IfSomeAndEarlier, [false, true, false, false]),
    ];
    let (builder, _clock) = on_manual_clock();
    let store = builder.build();
    for (condition, expected) in allowed {
        store.set("k", "v");
        let mut results = [store.expire_at("k", START.saturating_add(millis(50)), condition); 4];
        for (result, new) in results.iter_mut().skip(1).zip([50, 100, 150]) {
            set(&store, "k", 100);
            *result = store.expire_at("k", START.saturating_add(millis(new)), condition);
            let deadline = START.saturating_add(millis(if *result { new } else { 100 }));
            assert_eq!(store.ttl("k"), Ttl::Until(deadline));
        }
        assert_eq!(results, expected, "{condition:?}");
        assert!(!store.expire_at("missing", START.saturating_add(millis(50)), condition));
    }
}

#[test]
fn a_dead_key_is_removed_before_it_is_written() {
    let (builder, clock) = on_manual_clock();
    let units = Arc::new(Units::default());
    let store = builder.effect_sink(units.clone()).build();
    store.set_with("k", "5", SetOptions::default().ttl(millis(1))).unwrap();
    clock.advance(millis(2));
    assert_eq!(store.incr_by("k", 1), Ok(1), "a counter starts over");
    assert_eq!(store.ttl("k"), Ttl::Persistent);
    let events: Vec<_> = units.since(1).into_iter().flatten().map(|effect| effect.event).collect();
    assert_eq!(events, ["expired", "incrby"]);
}

#[test]
fn what_a_view_noticed_is_removed_only_if_it_is_still_dead() {
    let (builder, clock) = on_manual_clock();
    let store = builder.build();
    set(&store, "dead", 1);
    set(&store, "rescued", 1);
    clock.advance(millis(2));
    let keys = [store.key(b"dead"), store.key(b"rescued")];
    let mut locks = LockSet::new();
    keys.iter().for_each(|key| locks.read(key));
    let view = store.lock(locks, store.now());
    keys.iter().for_each(|key| assert_eq!(view.get(key), Ok(None)));
    let residue = view.finish();
    set(&store, "rescued", 1000);
    store.settle(residue, store.now());
    assert_eq!(store.keys("*"), ["rescued"]);
    assert_eq!(store.len(), 1);
    store.debug_check();
}

#[test]
fn a_clock_that_goes_back_hides_nothing_and_hangs_nobody() {
    let store = Store::builder().shards(2).build();
    let later = START.saturating_add(millis(1_000_000));
    let key = store.key(b"k");
    let mut locks = LockSet::new();
    locks.write(&key);
    store.expire_at("other", later, ExpireCondition::Always);
    for (name, deadline) in [("k", 100), ("k2", 5_000_000)] {
        let key = store.key(name.as_bytes());
        let mut locks = LockSet::new();
        locks.write(&key);
        let mut view = store.lock(locks, START);
        view.set(&key, "v".into(), SetOptions::default().expire_at(START.saturating_add(millis(deadline)))).unwrap();
    }
    assert_eq!(store.expire_step(later, 100).expired, 1);
    // Back before everything: a new key with a deadline lives and dies by the reader's clock.
    let mut view = store.lock(locks.clone(), START);
    view.set(&key, "v".into(), SetOptions::default().ttl(millis(10))).unwrap();
    drop(view);
    for (at, alive) in [(START, true), (START.saturating_add(millis(11)), false)] {
        let view = store.lock(locks.clone(), at);
        assert_eq!(view.exists(&key), Ok(alive));
    }
    store.expire_step(START.saturating_add(millis(11)), 100);
    store.expire_step(later.saturating_add(millis(1)), 100);
    assert_eq!(store.len(), 1);
    store.debug_check();
}

#[test]
fn the_end_of_time_hangs_nobody() {
    let clock = ManualClock::starting_at(Timestamp::from_millis(u64::MAX - 2));
    let store = Store::builder().shards(2).clock(Clock::Manual(clock.clone())).build();
    store.set_with("k", "v", SetOptions::default().expire_at(Timestamp::MAX)).unwrap();
    for _ in 0..4 {
        store.expire_step(store.now(), 100);
        clock.advance(millis(1));
    }
    store.expire_step(store.now(), 100);
}
