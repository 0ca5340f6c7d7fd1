//! Sorted sets against maps of the standard library.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::{Boundary, SortedSet};
use super::{bounded, cases, element};

/// Scores in their order, for a model. No NaN, and one zero.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Score(f64);

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.partial_cmp(&other.0).unwrap()
    }
}

#[derive(Debug, Default, Clone)]
struct Model {
    scores: BTreeMap<Vec<u8>, f64>,
    order: BTreeSet<(Score, Vec<u8>)>,
}

impl Model {
    fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let old = self.remove(member);
        self.scores.insert(member.to_vec(), score);
        self.order.insert((Score(score), member.to_vec()));
        old
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let old = self.scores.remove(member)?;
        self.order.remove(&(Score(old), member.to_vec()));
        Some(old)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(Vec<u8>, f64),
    Remove(Vec<u8>),
    RemoveRange(usize, usize),
    Keep,
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (-20_i32..20).prop_map(f64::from),
        2 => (-2000_i32..2000).prop_map(|tenths| f64::from(tenths) / 10.0),
        1 => proptest::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1e300, -1e300, 4e15]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (element(), score()).prop_map(|(member, score)| Step::Insert(member, score)),
        3 => element().prop_map(Step::Remove),
        1 => (any::<usize>(), 0_usize..30).prop_map(|(at, len)| Step::RemoveRange(at, len)),
        1 => Just(Step::Keep),
    ]
}

fn same(set: &SortedSet, model: &Model) {
    set.check();
    assert_eq!(set.len(), model.scores.len());
    let pairs: Vec<(Score, Vec<u8>)> = set.iter().map(|(member, score)| (Score(score), member.to_vec())).collect();
    assert!(pairs.iter().eq(model.order.iter()), "{pairs:?} is not {:?}", model.order);
    for (rank, (Score(score), member)) in pairs.iter().enumerate() {
        assert_eq!(set.rank(member), Some((rank, *score)));
        assert_eq!(set.score(member), Some(*score));
        assert_eq!(set.get_at(rank), Some((&member[..], *score)));
    }
    for bound in [-30.0, -5.0, -0.0, 0.0, 0.3, 7.0, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
        let before = model.order.iter().filter(|(score, _)| score.0 < bound).count();
        let through = model.order.iter().filter(|(score, _)| score.0 <= bound).count();
        assert_eq!(set.position(Boundary::BeforeScore(bound)), before);
        assert_eq!(set.position(Boundary::AfterScore(bound)), through);
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_sorted_set_is_what_maps_are(steps in prop::collection::vec(step(), 1..500), start in 0_u32..300) {
        let mut model = Model::default();
        let mut set = SortedSet::new();
        for at in 0..start {
            let member = format!("start:{at}");
            model.insert(member.as_bytes(), f64::from(at % 17));
            set.insert(member.as_bytes(), f64::from(at % 17));
        }
        let mut kept = Vec::new();
        for step in steps {
            match step {
                Step::Insert(member, score) => {
                    assert_eq!(bounded(&mut set, SortedSet::is_tree, |set| set.insert(&member, score)), model.insert(&member, score));
                }
                Step::Remove(member) => assert_eq!(bounded(&mut set, SortedSet::is_tree, |set| set.remove(&member)), model.remove(&member)),
                Step::RemoveRange(at, len) => {
                    let at = at % (set.len() + 1);
                    set.remove_range(at..at + len);
                    let gone: Vec<_> = model.order.iter().skip(at).take(len).cloned().collect();
                    gone.iter().for_each(|(_, member)| {
                        model.remove(member);
                    });
                }
                Step::Keep => kept.push((set.clone(), model.clone())),
            }
        }
        same(&set, &model);
        for (clone, model) in &kept {
            same(clone, model);
        }
    }

    #[test]
    fn members_of_one_score_are_in_the_order_of_their_bytes(members in prop::collection::btree_set(element(), 0..400), bound in element()) {
        let set: SortedSet = members.iter().map(|member| (member, 1.5)).collect();
        prop_assert!(set.iter().map(|(member, _)| member).eq(members.iter().map(|member| &member[..])));
        let before = members.iter().filter(|member| **member < bound).count();
        prop_assert_eq!(set.position(Boundary::BeforeMember(&bound)), before);
        prop_assert_eq!(set.position(Boundary::AfterMember(&bound)), before + usize::from(members.contains(&bound)));
    }
}

#[test]
fn encodings_change_where_redis_changes_them() {
    let full: SortedSet = (0..128_u32).map(|at| (format!("m{at}"), f64::from(at))).collect();
    assert_eq!(full.encoding(), "listpack");
    let mut over = full.clone();
    assert_eq!(over.insert(b"m5", 1000.0), Some(5.0));
    assert_eq!(over.encoding(), "listpack");
    assert_eq!(over.insert(b"m128", 0.0), None);
    assert_eq!(over.encoding(), "skiplist");
    over.remove(b"m128");
    assert_eq!((over.len(), over.encoding(), full.encoding()), (128, "skiplist", "listpack"));
    assert_eq!(SortedSet::from_iter([(vec![b'm'; 64], 0.0)]).encoding(), "listpack");
    assert_eq!(SortedSet::from_iter([(vec![b'm'; 65], 0.0)]).encoding(), "skiplist");
}

#[test]
fn what_is_no_number_does_not_enter() {
    let mut set = SortedSet::from_iter([("a", 1.0)]);
    assert_eq!(set.insert(b"a", f64::NAN), Some(1.0));
    assert_eq!(set.insert(b"b", f64::NAN), None);
    assert_eq!(format!("{set:?}"), r#"{"a": 1.0}"#);
}

#[test]
fn the_sign_of_zero_is_kept() {
    let mut set = SortedSet::from_iter([("a", 0.0), ("b", -0.0), ("c", 0.0)]);
    assert_eq!(format!("{set:?}"), r#"{"a": 0.0, "b": -0.0, "c": 0.0}"#);
    set.insert(b"c", -0.0);
    assert_eq!(set.score(b"c").map(f64::to_bits), Some((-0.0_f64).to_bits()));
}
