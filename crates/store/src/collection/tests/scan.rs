//! What stays in a collection while it is scanned is shown, once.

use std::collections::BTreeMap;

use super::super::{Hash, Set, SortedSet};

/// Scans with churn between the steps that grows the collection a hundredfold and shrinks it again.
fn scan<C, A, R>(
    collection: &mut C,
    step: impl Fn(&C, u64, usize, &mut Vec<Vec<u8>>) -> u64,
    add: impl Fn(&mut C, &[u8]) -> A,
    remove: impl Fn(&mut C, &[u8]) -> R,
) {
    let stays: Vec<String> = (0..300).map(|at| format!("stays:{at}")).collect();
    for member in &stays {
        add(collection, member.as_bytes());
    }
    for count in [1, 7, 100] {
        let mut random = fastrand::Rng::with_seed(count as u64);
        let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let (mut cursor, mut steps) = (0, 0);
        loop {
            let mut shown = Vec::new();
            cursor = step(collection, cursor, count, &mut shown);
            assert!(shown.len() < count + 20, "{} at once, for a count of {count}", shown.len());
            for member in shown {
                *seen.entry(member).or_default() += 1;
            }
            if cursor == 0 {
                break;
            }
            assert!(cursor < 1 << 53);
            let goes = |at: u32| format!("goes:{at}").into_bytes();
            let members: Vec<u32> = (0..random.u32(0..200)).map(|_| random.u32(0..3000)).collect();
            let growing = steps % 20 < 10;
            for at in members {
                if growing {
                    add(collection, &goes(at));
                } else {
                    remove(collection, &goes(at));
                }
            }
            if steps % 50 == 49 {
                for at in 0..3000 {
                    remove(collection, &goes(at));
                }
            }
            steps += 1;
        }
        for member in &stays {
            assert_eq!(seen.get(member.as_bytes()), Some(&1), "{member}, count {count}");
        }
    }
}

#[test]
fn sets() {
    let step =
        |set: &Set, cursor, count, shown: &mut Vec<_>| set.scan(cursor, count, |member| shown.push(member.to_vec()));
    scan(&mut Set::new(), step, |set, member| set.insert(member), |set, member| set.remove(member));
}

#[test]
fn hashes() {
    let mut hash = Hash::from_iter([(vec![0; 65], "")]);
    let step = |hash: &Hash, cursor, count, shown: &mut Vec<_>| {
        hash.scan(cursor, count, |field, _| shown.push(field.to_vec()))
    };
    scan(&mut hash, step, |hash, field| hash.insert(field, field), |hash, field| hash.remove(field));
}

#[test]
fn sorted_sets() {
    let step = |set: &SortedSet, cursor, count, shown: &mut Vec<_>| {
        set.scan(cursor, count, |member, _| shown.push(member.to_vec()))
    };
    let add = |set: &mut SortedSet, member: &[u8]| set.insert(member, f64::from(u32::from(member[member.len() - 1])));
    scan(&mut SortedSet::new(), step, add, |set, member| set.remove(member));
}

#[test]
fn a_cursor_that_nobody_gave_is_the_end() {
    let hash: Hash = (0..100_000).map(|number| (number.to_string(), "")).collect();
    for cursor in [1 << 53, u64::MAX / 2, u64::MAX] {
        assert_eq!(hash.scan(cursor, 10, |field, _| panic!("{field:?} is behind the end")), 0);
    }
}

#[test]
fn a_small_collection_is_shown_at_once() {
    let mut shown = 0;
    assert_eq!(Set::from_iter(["1", "2", "x"]).scan(0, 1, |_| shown += 1), 0);
    assert_eq!(Hash::from_iter([("1", "2"), ("3", "4")]).scan(12, 1, |_, _| shown += 1), 0);
    assert_eq!(SortedSet::from_iter([("1", 2.0)]).scan(0, 1, |_, _| shown += 1), 0);
    assert_eq!(shown, 6);
}
