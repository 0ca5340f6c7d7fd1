//! Tests of the timer wheel against a list of what is armed: nothing early, nothing lost, nothing done twice, whatever the budgets.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{LEVELS, NODES_KEPT, TimerId, Wheel, digit_shift};
use crate::clock::Timestamp;

#[derive(Debug, Clone)]
enum Op {
    Arm(u64),
    /// For a deadline that has passed.
    ArmLate(u64),
    Rearm(usize, u64),
    Cancel(usize),
    Advance(u64),
    /// The clock goes back for one call.
    Back(u64),
    Pop(usize),
    Compact,
    /// Takes all that is due.
    Drain,
}

/// Distances that matter: near, around each level's span, anywhere, and the end of time.
fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..70u64,
        4 => (0..LEVELS, 0..5u64).prop_map(|(level, offset)| (1u64 << digit_shift(level)).saturating_add(offset).saturating_sub(2)),
        2 => (0..64u32).prop_flat_map(|bits| 0..=(u64::MAX >> bits)),
        1 => Just(u64::MAX),
    ]
}

fn operation() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => distance().prop_map(Op::Arm),
        1 => distance().prop_map(Op::ArmLate),
        3 => (any::<usize>(), distance()).prop_map(|(which, distance)| Op::Rearm(which, distance)),
        2 => any::<usize>().prop_map(Op::Cancel),
        3 => distance().prop_map(Op::Advance),
        1 => (0..10_000u64).prop_map(Op::Back),
        4 => (0..4usize).prop_map(Op::Pop),
        1 => Just(Op::Compact),
        2 => Just(Op::Drain),
    ]
}

/// A wheel beside what it should hold.
struct Pair {
    wheel: Wheel,
    /// What is armed: handle, due time and hash, by hash.
    armed: BTreeMap<u64, (TimerId, u64)>,
    now: u64,
    /// The latest instant that the wheel was shown while it had timers: it never goes back behind that.
    shown: u64,
    hashes: u64,
    links: usize,
    spent: usize,
}

impl Pair {
    fn starting_at(now: u64) -> Self {
        Self { wheel: Wheel::default(), armed: BTreeMap::new(), now, shown: 0, hashes: 0, links: 0, spent: 0 }
    }

    fn nth(&self, which: usize) -> Option<u64> {
        self.armed.keys().nth(which % self.armed.len().max(1)).copied()
    }

    fn arm(&mut self, deadline: u64) {
        if self.armed.is_empty() {
            self.shown = self.now;
        }
        self.hashes += 1;
        let (deadline, now) = (Timestamp::from_millis(deadline), Timestamp::from_millis(self.now));
        let timer = self.wheel.arm(deadline, self.hashes, now);
        self.armed.insert(self.hashes, (timer, deadline.as_millis().saturating_add(1)));
        self.links += 1;
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Arm(distance) => self.arm(self.now.saturating_add(distance)),
            Op::ArmLate(distance) => self.arm(self.now.saturating_sub(distance)),
            Op::Rearm(which, distance) => {
                let Some(hash) = self.nth(which) else { return };
                let deadline = self.now.saturating_add(distance);
                let (timer, due) = self.armed.get_mut(&hash).unwrap();
                self.wheel.rearm(*timer, Timestamp::from_millis(deadline));
                *due = deadline.saturating_add(1);
                self.links += 1;
            }
            Op::Cancel(which) => {
                let Some(hash) = self.nth(which) else { return };
                let (timer, _) = self.armed.remove(&hash).unwrap();
                self.wheel.cancel(timer);
                assert!(!self.wheel.is_current(timer), "a cancelled handle is no longer good");
                self.wheel.cancel(timer); // and is ignored
            }
            Op::Advance(by) => self.now = self.now.saturating_add(by),
            Op::Back(by) => {
                let now = self.now.saturating_sub(by);
                self.pop(now, 1);
            }
            Op::Pop(budget) => drop(self.pop(self.now, budget)),
            Op::Compact => self.compact(),
            Op::Drain => self.drain(),
        }
    }

    fn compact(&mut self) {
        let wake_before = self.wheel.next_wake();
        let (armed, kept) = (&mut self.armed, self.wheel.len());
        self.wheel.compact(|hash, old, new| {
            let (timer, _) = armed.get_mut(&hash).expect("a timer that moves is armed");
            assert_eq!(*timer, old, "the old handle is the one that arming gave");
            assert!(
                (new.0 as usize) < kept && kept <= old.0 as usize,
                "only those that lie behind move, and they move down"
            );
            *timer = new;
        });
        assert_eq!(self.wheel.nodes.len(), self.armed.len());
        assert_eq!(self.wheel.next_wake(), wake_before, "nobody is woken otherwise for it");
    }

    /// Pops until the budget is spent or nothing has begun. Returns whether nothing has.
    fn pop(&mut self, now: u64, budget: usize) -> bool {
        let mut left = budget;
        while let Some((timer, hash)) = self.wheel.pop_begun(Timestamp::from_millis(now), &mut left) {
            let (expected, due) = self.armed[&hash];
            assert_eq!(timer, expected, "the handle is the one that arming gave");
            if due > now {
                self.wheel.rearm(timer, Timestamp::from_millis(due - 1));
                continue;
            }
            self.armed.remove(&hash);
            if hash % 3 == 0 {
                // Half-way to its removal it gets a new deadline instead.
                let deadline = now.saturating_add(hash);
                self.wheel.rearm(timer, Timestamp::from_millis(deadline));
                self.armed.insert(hash, (timer, deadline.saturating_add(1)));
                self.links += 1;
            } else {
                self.wheel.cancel(timer);
            }
        }
        self.spent += budget - left;
        self.shown = self.shown.max(now);
        left > 0
    }

    fn drain(&mut self) {
        // The end of time comes round for ever to those that are armed again there.
        for _ in 0..2 * self.armed.len() * LEVELS + 2 {
            if self.pop(self.now, 1) {
                break;
            }
        }
        if self.now < u64::MAX {
            let overdue: Vec<_> = self.armed.values().filter(|(_, due)| *due <= self.now.min(self.shown)).collect();
            assert!(overdue.is_empty(), "due at {} and not reported: {overdue:?}", self.now);
        }
    }

    fn check(&self) {
        assert_eq!(self.wheel.len(), self.armed.len());
        let mut waiting = 0;
        for (timer, hash, fits) in self.wheel.waiting() {
            let (expected, due) = self.armed[&hash];
            assert_eq!(timer, expected, "each waits once, under its handle");
            assert!(due == u64::MAX || fits(Timestamp::from_millis(due - 1)), "in a slot for its deadline");
            waiting += 1;
        }
        assert_eq!(waiting, self.armed.len());
        let earliest = self.armed.values().map(|(_, due)| *due).min();
        let wake = self.wheel.next_wake().map(Timestamp::as_millis);
        assert_eq!(wake.is_some(), earliest.is_some(), "someone wakes while there are timers, and only then");
        if let (Some(wake), Some(earliest)) = (wake, earliest) {
            assert!(wake <= earliest.max(self.shown), "wakes at {wake}, the first is due at {earliest}");
        }
        if self.now < u64::MAX {
            assert!(self.spent <= LEVELS * self.links, "no timer moves more than once a level");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_list(
        start in prop_oneof![Just(0u64), Just(1_700_000_000_000), 0..=u64::MAX, Just(u64::MAX - 5000)],
        operations in prop::collection::vec(operation(), 1..300),
    ) {
        let mut pair = Pair::starting_at(start);
        for operation in operations {
            pair.apply(operation);
            pair.check();
        }
        pair.drain();
        pair.check();
    }
}

#[test]
fn each_level_reports_at_its_edges_and_not_a_millisecond_before() {
    for start in [0, 63, 64, 4095, 1_700_000_000_000] {
        for level in 0..LEVELS {
            let span = 1u64 << digit_shift(level);
            for distance in [span - 1, span, span + 1, span * 2 - 1] {
                let mut wheel = Wheel::default();
                let deadline = Timestamp::from_millis(distance + start);
                let timer = wheel.arm(deadline, 7, Timestamp::from_millis(start));
                while let Some((popped, _)) = wheel.pop_begun(deadline, &mut 1000) {
                    wheel.rearm(popped, deadline);
                }
                let due = Timestamp::from_millis(deadline.as_millis() + 1);
                assert_eq!(wheel.next_wake(), Some(due), "start {start}, distance {distance}");
                assert_eq!(wheel.pop_begun(due, &mut 1000), Some((timer, 7)), "start {start}, distance {distance}");
            }
        }
    }
}

#[test]
fn a_sleeper_that_trusts_next_wake_wakes_at_most_once_a_level() {
    let mut wheel = Wheel::default();
    let (now, deadline) = (1_700_000_000_123, Timestamp::from_millis(1_999_999_999_999));
    wheel.arm(deadline, 1, Timestamp::from_millis(now));
    for wakes in 0.. {
        assert!(wakes <= LEVELS, "woken too often");
        let now = wheel.next_wake().unwrap();
        let (timer, _) = wheel.pop_begun(now, &mut 1).expect("nobody is woken for nothing");
        if deadline.is_past(now) {
            assert_eq!(now.as_millis(), deadline.as_millis() + 1);
            return;
        }
        wheel.rearm(timer, deadline);
    }
}

#[test]
fn a_sparse_wheel_gives_its_memory_back_and_keeps_its_timers() {
    let mut wheel = Wheel::default();
    let start = Timestamp::from_millis(5);
    let mut timers: Vec<_> =
        (0..10_000).map(|hash| wheel.arm(Timestamp::from_millis(10 + hash), hash, start)).collect();
    assert!(!wheel.is_sparse());
    for timer in timers.drain(..9_900) {
        wheel.cancel(timer);
    }
    assert!(wheel.is_sparse());
    let mut moved = 0;
    wheel.compact(|_, _, _| moved += 1);
    assert_eq!((moved, wheel.len(), wheel.is_sparse()), (100, 100, false));
    assert!(wheel.room() <= 256, "{} nodes kept", wheel.room());
    let mut budget = 10_000;
    let reported = std::iter::from_fn(|| wheel.pop_begun(Timestamp::from_millis(20_000), &mut budget));
    let mut hashes: Vec<_> = reported.map(|(_, hash)| hash).collect();
    hashes.sort_unstable();
    assert!(hashes.into_iter().eq(9_900..10_000));
}

#[test]
fn an_emptied_wheel_gives_its_memory_back_and_begins_anew() {
    for timers in [1, 10_000] {
        let mut wheel = Wheel::default();
        let (start, far) = (Timestamp::from_millis(5), Timestamp::from_millis(9_000_000));
        let timers: Vec<_> = (0..timers).map(|hash| wheel.arm(far, hash, start)).collect();

        timers.into_iter().for_each(|timer| wheel.cancel(timer));
        assert!(wheel.room() <= NODES_KEPT, "{} nodes kept", wheel.room());
        // The time of an empty wheel is whatever the next timer brings, be it earlier.
        wheel.arm(Timestamp::from_millis(1), 1, Timestamp::from_millis(1));
        assert!(wheel.pop_begun(Timestamp::from_millis(2), &mut 1).is_some());
    }
}
