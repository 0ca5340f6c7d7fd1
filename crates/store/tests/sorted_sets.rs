//! Operations on sorted sets against a plain map, small sets and such as are trees: results, effects, and a snapshot under way.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on ends")]

#[path = "support/records.rs"]
mod records;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::Arc;

use proptest::prelude::*;
use pyredis_store::{
    Access, Aggregate, Calculation, Clock, Key, LockSet, ManualClock, Provisional, SetOp, SnapshotWalk, SortedSet,
    SortedSetCalculation, SortedSetRange, SortedSetRemoval, Store, StoreError, Timestamp, Value, ValueType, View,
    WalkProgress, ZaddOptions, ZaddOutcome, ZremReason,
};
use records::Records;
use replay::{ByKey, Databases};
use units::Units;

const KEYS: [&str; 3] = ["a", "b", "c"];
/// A key that holds a string, and one that holds a set.
const OTHERS: [&str; 2] = ["string", "set"];

type Member = Vec<u8>;

#[derive(Debug, Clone)]
enum Op {
    Add(usize, Vec<(Member, f64)>, Condition),
    Increment(usize, Member, f64, Condition),
    Remove(usize, Vec<Member>),
    RemoveRanks(usize, i64, i64),
    RemoveScores(usize, f64, f64),
    /// The same outside the lock, and whether the set is changed meanwhile.
    RemoveLater(usize, i64, i64, bool),
    Store(SetOp, usize, [usize; 2], [f64; 2], Aggregate),
    StorePart(usize, usize, i64, i64, bool),
    /// Many members at once, so that trees appear.
    Fill(usize, u16),
    Begin,
    Step(usize),
}

#[derive(Debug, Clone, Copy)]
enum Condition {
    Always,
    Absent,
    Present,
    Greater,
    PresentLess,
}

impl Condition {
    fn options(self) -> ZaddOptions {
        let options = ZaddOptions::default();
        match self {
            Self::Always => options,
            Self::Absent => options.if_absent(),
            Self::Present => options.if_present(),
            Self::Greater => options.if_greater(),
            Self::PresentLess => options.if_present().if_less(),
        }
    }

    fn allows(self, old: Option<f64>, new: f64) -> bool {
        match (self, old) {
            (Self::Always, _) | (Self::Absent | Self::Greater, None) | (Self::Present, Some(_)) => true,
            (Self::Absent, Some(_)) | (Self::Present | Self::PresentLess, None) => false,
            (Self::Greater, Some(old)) => new > old,
            (Self::PresentLess, Some(old)) => new < old,
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        4 => Just(Condition::Always),
        1 => Just(Condition::Absent),
        1 => Just(Condition::Present),
        1 => Just(Condition::Greater),
        1 => Just(Condition::PresentLess),
    ]
}

fn member() -> impl Strategy<Value = Member> {
    prop_oneof![
        8 => (0..40_u8).prop_map(|at| format!("m{at}").into_bytes()),
        3 => (0..400_u16).prop_map(|at| format!("fill:{at}").into_bytes()),
        1 => (0..3_u8).prop_map(|at| vec![b'x'; 60 + usize::from(at) * 4]),
    ]
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-9..9_i8).prop_map(f64::from),
        1 => proptest::sample::select(vec![0.5, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, 1e300]),
    ]
}

fn operation() -> impl Strategy<Value = Op> {
    let key = || 0..KEYS.len();
    let index = || -200..200_i64;
    let near = || -4..6_i64;
    let combined = proptest::sample::select(vec![SetOp::Union, SetOp::Intersection, SetOp::Difference]);
    let aggregate = proptest::sample::select(vec![Aggregate::Sum, Aggregate::Min, Aggregate::Max]);
    // The set is a source, too.
    let sources = || [0..KEYS.len() + 2, 0..KEYS.len() + 2];
    prop_oneof![
        6 => (key(), prop::collection::vec((member(), score()), 1..5), condition()).prop_map(|(key, pairs, condition)| Op::Add(key, pairs, condition)),
        4 => (key(), member(), score(), condition()).prop_map(|(key, member, by, condition)| Op::Increment(key, member, by, condition)),
        3 => (key(), prop::collection::vec(member(), 1..5)).prop_map(|(key, members)| Op::Remove(key, members)),
        2 => (key(), near(), near()).prop_map(|(key, from, to)| Op::RemoveRanks(key, from, to)),
        1 => (key(), index(), index()).prop_map(|(key, from, to)| Op::RemoveRanks(key, from, to)),
        1 => (key(), score(), score()).prop_map(|(key, min, max)| Op::RemoveScores(key, min, max)),
        2 => (key(), index(), index(), any::<bool>()).prop_map(|(key, from, to, changed)| Op::RemoveLater(key, from, to, changed)),
        3 => (combined, key(), sources(), [score(), score()], aggregate).prop_map(|(operation, to, from, weights, aggregate)| Op::Store(operation, to, from, weights, aggregate)),
        1 => (key(), key(), index(), index(), any::<bool>()).prop_map(|(to, from, start, end, reversed)| Op::StorePart(to, from, start, end, reversed)),
        2 => (key(), 1..400_u16).prop_map(|(key, count)| Op::Fill(key, count)),
        1 => Just(Op::Begin),
        4 => (1..4_usize).prop_map(Op::Step),
    ]
}

/// Scores by member: a set of these is in order by score and member.
type Plain = BTreeMap<Member, f64>;

fn in_order(plain: &Plain) -> Vec<(Member, f64)> {
    let mut pairs: Vec<(Member, f64)> = plain.iter().map(|(member, score)| (member.clone(), *score)).collect();
    // A stable sort: members of one score stay in the order of their bytes.
    pairs.sort_by(|(_, left), (_, right)| left.partial_cmp(right).unwrap());
    pairs
}

fn ranks(start: i64, end: i64, len: usize) -> Range<usize> {
    let len = i64::try_from(len).unwrap();
    let at = |index: i64| if index < 0 { index + len } else { index };
    let (start, end) = (at(start).max(0), at(end).min(len - 1));
    if start > end { 0..0 } else { usize::try_from(start).unwrap()..usize::try_from(end + 1).unwrap() }
}

struct World {
    store: Store,
    units: Arc<Units>,
    model: [Plain; 3],
    replayed: Databases,
    units_seen: usize,
    running: Option<(SnapshotWalk, Arc<Records>, ByKey)>,
}

impl World {
    fn new() -> Self {
        let units = Arc::new(Units::default());
        let clock = Clock::Manual(ManualClock::starting_at(Timestamp::from_millis(1_700_000_000_000)));
        let store = Store::builder().shards(2).clock(clock).effect_sink(units.clone()).build();
        store.set(OTHERS[0], "text");
        let set: pyredis_store::Set = ["m1", "m2", "7"].into_iter().collect();
        let key = store.key(OTHERS[1].as_bytes());
        store.lock_key(&key, Access::Write, store.now()).store_collection(&key, set, "sunionstore").unwrap();
        Self { store, units, model: Default::default(), replayed: Databases::new(), units_seen: 0, running: None }
    }

    fn with<R>(&self, key: usize, operation: impl FnOnce(&mut View<'_>, &Key<'_>) -> R) -> R {
        let key = self.store.key(KEYS[key].as_bytes());
        let mut view = self.store.lock_key(&key, Access::Write, self.store.now());
        operation(&mut view, &key)
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Add(key, pairs, condition) => self.add(*key, pairs, *condition),
            Op::Increment(key, member, by, condition) => self.increment(*key, member, *by, *condition),
            Op::Remove(key, members) => {
                let removed = self.with(*key, |view, key| view.zrem(key, members.iter().map(|member| &member[..])));
                let model = &mut self.model[*key];
                let expected = members.iter().filter(|member| model.remove(*member).is_some()).count();
                assert_eq!(removed, Ok(expected));
            }
            Op::RemoveRanks(key, start, end) => {
                self.remove(*key, &SortedSetRange::Ranks(*start, *end), |pairs| ranks(*start, *end, pairs.len()));
            }
            Op::RemoveScores(key, min, max) => {
                let range = SortedSetRange::Scores(Bound::Included(*min), Bound::Excluded(*max));
                self.remove(*key, &range, |pairs| {
                    let start = pairs.iter().filter(|(_, score)| score < min).count();
                    start..pairs.iter().filter(|(_, score)| score < max).count().max(start)
                });
            }
            Op::RemoveLater(key, start, end, changed) => self.remove_later(*key, *start, *end, *changed),
            Op::Store(operation, to, from, weights, aggregate) => {
                self.combine(*operation, *to, *from, *weights, *aggregate);
            }
            Op::StorePart(to, from, start, end, reversed) => self.store_part(*to, *from, (*start, *end), *reversed),
            Op::Fill(key, count) => {
                let pairs: Vec<_> =
                    (0..*count).map(|at| (format!("fill:{at}").into_bytes(), f64::from(at % 5))).collect();
                self.add(*key, &pairs, Condition::Always);
            }
            Op::Begin => self.begin(),
            Op::Step(entries) => self.step(*entries),
        }
    }

    fn add(&mut self, key: usize, pairs: &[(Member, f64)], condition: Condition) {
        let given = pairs.iter().map(|(member, score)| (&member[..], *score));
        let outcome = self.with(key, |view, key| view.zadd(key, given, condition.options()));
        let mut expected = ZaddOutcome::default();
        for (member, score) in pairs {
            let old = self.model[key].get(member).copied();
            if condition.allows(old, *score) {
                self.model[key].insert(member.clone(), *score);
                expected.added += usize::from(old.is_none());
                expected.updated += usize::from(old.is_some_and(|old| old != *score));
            }
        }
        assert_eq!(outcome, Ok(expected));
    }

    fn increment(&mut self, key: usize, member: &Member, by: f64, condition: Condition) {
        let sum = self.with(key, |view, key| view.zincr_by(key, member, by, condition.options()));
        let old = self.model[key].get(member).copied();
        let expected = old.unwrap_or(0.0) + by;
        if matches!(condition, Condition::Absent) && old.is_some() {
            assert_eq!(sum, Ok(None));
        } else if expected.is_nan() {
            assert_eq!(sum, Err(StoreError::NotANumber));
        } else if condition.allows(old, expected) {
            assert_eq!(sum, Ok(Some(expected)));
            self.model[key].insert(member.clone(), expected);
        } else {
            assert_eq!(sum, Ok(None));
        }
    }

    fn remove(&mut self, key: usize, range: &SortedSetRange<'_>, of: impl Fn(&[(Member, f64)]) -> Range<usize>) {
        let removed = self.with(key, |view, key| {
            let found = view.collection::<SortedSet>(key).unwrap().map_or(0..0, |set| range.ranks(set));
            view.zrem_ranks(key, found, ZremReason::Scores)
        });
        let pairs = in_order(&self.model[key]);
        let expected = of(&pairs);
        assert_eq!(removed, Ok(expected.len()));
        pairs[expected].iter().for_each(|(member, _)| _ = self.model[key].remove(member));
    }

    fn remove_later(&mut self, key: usize, start: i64, end: i64, changed: bool) {
        let range = SortedSetRange::Ranks(start, end);
        let begin = |view: &View<'_>, key: &Key<'_>| {
            SortedSetRemoval::begin(view, key, |set| range.ranks(set), ZremReason::Ranks).unwrap()
        };
        let begun = self.with(key, |view, key| view.collection::<SortedSet>(key).unwrap().map(|_| begin(view, key)));
        let Some(mut removal) = begun.filter(|removal| removal.members_left() > 0) else { return };
        removal.step(7);
        if changed {
            // A change that only moves a member is one, too.
            self.add(key, &[(b"m1".to_vec(), 77.0), (b"m1".to_vec(), 78.0)], Condition::Always);
        }
        removal.step(3);
        let removed = self.with(key, |view, key| {
            if removal.is_current(view, std::slice::from_ref(key)).unwrap() {
                return Some(removal.store(view, key).unwrap().unwrap().ranks.len());
            }
            removal.abandon(view);
            None
        });
        if changed {
            assert_eq!(removed, None, "the set has changed");
            return;
        }
        let pairs = in_order(&self.model[key]);
        let expected = ranks(start, end, pairs.len());
        assert_eq!(removed, Some(expected.len()));
        pairs[expected].iter().for_each(|(member, _)| _ = self.model[key].remove(member));
    }

    /// What a source of a calculation holds: one of the sets, the set without scores, or nothing.
    fn source(&self, at: usize) -> (&'static str, Plain) {
        match at {
            0..3 => (KEYS[at], self.model[at].clone()),
            3 => (OTHERS[1], ["m1", "m2", "7"].iter().map(|member| (member.as_bytes().to_vec(), 1.0)).collect()),
            _ => ("none", Plain::new()),
        }
    }

    fn combine(&mut self, operation: SetOp, to: usize, from: [usize; 2], weights: [f64; 2], by: Aggregate) {
        let sources = from.map(|at| self.source(at));
        let (target, keys) =
            (self.store.key(KEYS[to].as_bytes()), sources.each_ref().map(|(name, _)| self.store.key(name.as_bytes())));
        let mut locks = LockSet::new();
        locks.write(&target);
        keys.iter().for_each(|key| locks.read(key));
        let mut view = self.store.lock(locks, self.store.now());
        let mut calculation = SortedSetCalculation::begin(&view, operation, &keys).unwrap().with(&weights, by);
        while calculation.members_left() > 0 {
            calculation.step(5);
        }
        assert!(calculation.is_current(&view, &keys).unwrap());
        let members = calculation.store(&mut view, &target);
        drop(view);
        self.model[to] = combined(operation, &sources.map(|(_, plain)| plain), weights, by);
        assert_eq!(members, Ok(self.model[to].len()));
    }

    fn store_part(&mut self, to: usize, from: usize, (start, end): (i64, i64), reversed: bool) {
        let (target, source) = (self.store.key(KEYS[to].as_bytes()), self.store.key(KEYS[from].as_bytes()));
        let mut locks = LockSet::new();
        locks.write(&target);
        locks.read(&source);
        let mut view = self.store.lock(locks, self.store.now());
        let range = SortedSetRange::Ranks(start, end);
        let mut part =
            SortedSetCalculation::begin_part(&view, &source, |set| range.ranks(set), reversed, true).unwrap();
        while part.members_left() > 0 {
            part.step(9);
        }
        let members = part.store(&mut view, &target);
        drop(view);
        let pairs = in_order(&self.model[from]);
        self.model[to] = pairs[ranks(start, end, pairs.len())].iter().cloned().collect();
        assert_eq!(members, Ok(self.model[to].len()));
    }

    fn content(&mut self) -> ByKey {
        for unit in self.units.since(self.units_seen) {
            self.units_seen += 1;
            unit.iter().for_each(|effect| replay::apply(&mut self.replayed, effect));
        }
        let keys = self.replayed.get(&0).into_iter().flatten();
        keys.map(|(key, entry)| ((0, key.clone()), entry.clone())).collect()
    }

    fn begin(&mut self) {
        if self.running.is_none() {
            let (records, expected) = (Arc::new(Records::default()), self.content());
            self.running = Some((self.store.begin_snapshot(records.clone()).unwrap(), records, expected));
        }
    }

    fn step(&mut self, entries: usize) {
        let Some((walk, records, expected)) = &mut self.running else { return };
        if walk.step(entries) == WalkProgress::Done {
            assert_eq!(records.by_key(), *expected, "the snapshot is what was there when it began");
            self.running = None;
        }
    }

    /// The store holds what the model does, and so does whoever replays its effects.
    fn check(&mut self) {
        let content = self.content();
        for (key, model) in KEYS.iter().zip(&self.model) {
            let held = content.get(&(0, key.as_bytes().to_vec())).map(|(value, _)| value.clone());
            let expected: SortedSet = model.iter().map(|(member, score)| (member, *score)).collect();
            assert_eq!(held, (!model.is_empty()).then(|| Value::from(expected.clone())), "by the effects");
            let key = self.store.key(key.as_bytes());
            let view = self.store.lock_key(&key, Access::Read, self.store.now());
            let set = view.collection::<SortedSet>(&key).unwrap();
            assert_eq!(set, (!model.is_empty()).then_some(&expected), "in the store");
        }
    }
}

fn combined(operation: SetOp, [first, second]: &[Plain; 2], weights: [f64; 2], by: Aggregate) -> Plain {
    let number = |score: f64| if score.is_nan() { 0.0 } else { score };
    let join = |left: f64, right: f64| match by {
        Aggregate::Sum => number(left + right),
        Aggregate::Min => {
            if right < left {
                right
            } else {
                left
            }
        }
        Aggregate::Max => {
            if right > left {
                right
            } else {
                left
            }
        }
    };
    let weighted = |plain: &Plain, member: &Member, weight: f64| plain.get(member).map(|score| score * weight);
    // Whichever is smaller comes first, the first of two that are equal.
    let swapped = second.len() < first.len();
    let members = first.keys().chain(second.keys());
    let score = |member: &Member| {
        if operation == SetOp::Difference {
            return first.get(member).copied().filter(|_| !second.contains_key(member));
        }
        let (mut one, mut other) = (weighted(first, member, weights[0]), weighted(second, member, weights[1]));
        if swapped {
            std::mem::swap(&mut one, &mut other);
        }
        match (one, other) {
            (Some(one), Some(other)) if operation == SetOp::Union => Some(join(number(one), number(other))),
            (Some(one), Some(other)) => Some(join(number(one), other)),
            (one, other) => one.or(other).map(number).filter(|_| operation == SetOp::Union),
        }
    };
    members.filter_map(|member| Some((member.clone(), score(member)?))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn operations_are_what_they_are_on_maps(operations in prop::collection::vec(operation(), 1..60)) {
        let mut world = World::new();
        for operation in &operations {
            world.apply(operation);
            world.check();
        }
        while world.running.is_some() {
            world.step(3);
        }
        world.store.debug_check();
        world.store.clear();
        assert_eq!(world.store.memory(), 0);
    }
}

#[test]
fn what_is_of_another_type_is_refused_and_stays() {
    let world = World::new();
    for name in OTHERS {
        let key = world.store.key(name.as_bytes());
        let before = world.units.since(0).len();
        let mut view = world.store.lock_key(&key, Access::Write, world.store.now());
        let pairs = [(&b"m"[..], 1.0)];
        let found = view.value_type(&key).unwrap().unwrap();
        let wrong = StoreError::WrongType { expected: ValueType::SortedSet, found };
        assert_eq!(view.zadd(&key, pairs.into_iter(), ZaddOptions::default()), Err(wrong));
        assert_eq!(view.zincr_by(&key, b"m", 1.0, ZaddOptions::default()), Err(wrong));
        assert_eq!(view.zrem(&key, std::iter::once(&b"m"[..])), Err(wrong));
        assert_eq!(view.zrem_ranks(&key, 0..1, ZremReason::Ranks), Err(wrong));
        drop(view);
        assert_eq!(world.units.since(0).len(), before);
    }
}

#[test]
fn a_score_that_is_no_number_changes_nothing() {
    let world = World::new();
    let pairs = [(&b"m"[..], 1.0), (&b"n"[..], f64::NAN)];
    let added = world.with(0, |view, key| view.zadd(key, pairs.into_iter(), ZaddOptions::default()));
    assert_eq!(added, Err(StoreError::NotANumber));
    let sum = world.with(0, |view, key| view.zincr_by(key, b"m", f64::NAN, ZaddOptions::default()));
    assert_eq!(sum, Err(StoreError::NotANumber));
    assert!(!world.store.exists(KEYS[0]));
}

#[test]
fn names_of_events_are_those_of_redis() {
    let world = World::new();
    let before = world.units.since(0).len();
    world.with(0, |view, key| {
        let pairs = [(&b"a"[..], 1.0), (&b"b"[..], 2.0), (&b"c"[..], 3.0), (&b"d"[..], 4.0), (&b"e"[..], 5.0)];
        view.zadd(key, pairs.into_iter(), ZaddOptions::default()).unwrap();
        view.zadd(key, pairs.into_iter(), ZaddOptions::default()).unwrap();
        view.zincr_by(key, b"a", 0.0, ZaddOptions::default()).unwrap();
        view.zincr_by(key, b"a", 0.5, ZaddOptions::default()).unwrap();
        view.zrem(key, std::iter::once(&b"x"[..])).unwrap();
        for reason in [ZremReason::Ranks, ZremReason::Scores, ZremReason::Members, ZremReason::PopMin] {
            view.zrem_ranks(key, 0..1, reason).unwrap();
        }
        view.zrem_ranks(key, 0..1, ZremReason::PopMax).unwrap();
    });
    let units = world.units.since(before);
    let events: Vec<&str> = units.iter().flatten().map(|effect| effect.event).collect();
    let expected =
        ["zadd", "zincr", "zremrangebyrank", "zremrangebyscore", "zremrangebylex", "zpopmin", "zpopmax", "del"];
    assert_eq!(events, expected);
}
