//! Sets against a set of the standard library.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::Set;
use super::{bounded, cases, element};

#[derive(Debug, Clone)]
enum Step {
    Insert(Vec<u8>),
    Remove(Vec<u8>),
    Take(usize),
    Keep,
}

fn step(member: impl Strategy<Value = Vec<u8>> + Clone) -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => member.clone().prop_map(Step::Insert),
        3 => member.prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Take),
        1 => Just(Step::Keep),
    ]
}

fn same(set: &Set, model: &BTreeSet<Vec<u8>>) {
    set.check();
    assert_eq!(set.len(), model.len());
    let members: Vec<Vec<u8>> = set.iter().map(|member| member.to_vec()).collect();
    assert!(members.iter().all(|member| model.contains(member)));
    assert_eq!(members.iter().collect::<BTreeSet<_>>().len(), model.len(), "a member twice");
    assert!(model.iter().all(|member| set.contains(member)));
    assert!(members.iter().enumerate().all(|(rank, member)| set.get(rank).unwrap() == member[..]));
}

fn run(steps: Vec<Step>, start: usize) {
    let mut model: BTreeSet<Vec<u8>> = (0..start).map(|at| (at * 7).to_string().into_bytes()).collect();
    let mut set: Set = model.iter().collect();
    let mut kept = Vec::new();
    for step in steps {
        match step {
            Step::Insert(member) => {
                assert_eq!(bounded(&mut set, Set::is_tree, |set| set.insert(&member)), model.insert(member))
            }
            Step::Remove(member) => {
                assert_eq!(bounded(&mut set, Set::is_tree, |set| set.remove(&member)), model.remove(&member))
            }
            Step::Take(rank) if !model.is_empty() => {
                let member = bounded(&mut set, Set::is_tree, |set| set.take(rank % model.len())).unwrap();
                assert!(model.remove(&member), "{member:?} was none");
            }
            Step::Take(rank) => assert_eq!(set.take(rank), None),
            Step::Keep => kept.push((set.clone(), model.clone())),
        }
    }
    same(&set, &model);
    for (clone, model) in &kept {
        same(clone, model);
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_set_is_what_a_set_is(steps in prop::collection::vec(step(element().boxed()), 1..600)) {
        run(steps, 0);
    }

    #[test]
    fn a_set_of_integers_grows_beyond_its_limits(
        steps in prop::collection::vec(step((0_i64..4000).prop_map(|number| number.to_string().into_bytes()).boxed()), 1..400),
        start in 300_usize..520,
    ) {
        run(steps, start);
    }
}

#[test]
fn integers_up_to_512_are_sorted() {
    let mut set: Set = ["5", "-1", "70000", "5", "3"].into_iter().collect();
    assert_eq!(set.encoding(), "intset");
    assert_eq!(format!("{set:?}"), r#"{"-1", "3", "5", "70000"}"#);
    set.extend((0..508).map(|at| (at + 100_000).to_string()));
    assert_eq!((set.len(), set.encoding()), (512, "intset"));
    let small = set.clone();
    assert!(!set.insert(b"5"));
    assert_eq!(set.encoding(), "intset");
    assert!(set.insert(b"-9223372036854775808"));
    assert_eq!((set.len(), set.encoding(), small.encoding()), (513, "hashtable", "intset"));
    set.remove(b"5");
    assert_eq!(set.encoding(), "hashtable");

    let mut mixed = Set::from_iter(["1", "2"]);
    mixed.insert(b"01");
    mixed.remove(b"01");
    assert_eq!((mixed.encoding(), mixed.len()), ("hashtable", 2));
}

#[test]
fn equal_sets_are_equal_however_they_came_to_be() {
    let few = Set::from_iter(["1", "2", "3"]);
    let mut grown = Set::from_iter((0..1000).map(|at| at.to_string()));
    for at in (0..1000).filter(|at| !(1..=3).contains(at)) {
        assert!(grown.remove_element(super::super::Element::Integer(at)));
    }
    assert_eq!(few, grown);
    grown.insert(b"x");
    assert_ne!(few, grown);
}
