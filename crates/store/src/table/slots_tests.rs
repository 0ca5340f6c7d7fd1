//! Tests of the table: homes hold exactly what they should, whatever was inserted and removed before.

use std::collections::BTreeSet;

use ahash::RandomState;
use proptest::prelude::*;

use super::{AWAY, GROUP_LOAD_MAX, GROUP_SLOTS, SHRINK_GROUPS_MIN, Slots, fitting, larger, place, tag};
use crate::access::{Touch, Tracking};
use crate::clock::Timestamp;
use crate::entry::Entry;
use crate::key;

const TOUCH: Touch = Touch::at(Timestamp::from_millis(0), Tracking::Recency);

fn hasher() -> RandomState {
    RandomState::with_seeds(1, 2, 3, 4)
}

fn insert(slots: &mut Slots, name: &str) {
    let hash = key::hash(&hasher(), name.as_bytes());
    if slots.find(hash, |entry| entry.key() == name.as_bytes()).is_none() {
        slots.insert(hash, Entry::new(name.as_bytes(), "v".into(), false, TOUCH), &hasher());
    }
}

fn remove(slots: &mut Slots, name: &str) -> bool {
    let hash = key::hash(&hasher(), name.as_bytes());
    slots.remove(hash, |entry| entry.key() == name.as_bytes(), &hasher()).is_some()
}

/// Every key that the homes of the table show, checking that each shows up in its own home and once.
fn keys_by_homes(slots: &Slots) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for home in 0..slots.groups() {
        slots.for_each_in_home(home, &hasher(), |entry| {
            let hash = key::hash(&hasher(), entry.key());
            assert_eq!(slots.home(place(hash)), home);
            assert!(seen.insert(String::from_utf8(entry.key().to_vec()).unwrap()), "seen twice");
        });
    }
    seen
}

/// Every key that windows over the table show, checking that each shows up once.
fn keys_by_windows(slots: &mut Slots) -> BTreeSet<String> {
    let (mut seen, window) = (BTreeSet::new(), 3);
    for first in (0..slots.groups()).step_by(window) {
        slots.for_each_in_window(first, window, |entry| {
            assert!(seen.insert(String::from_utf8(entry.key().to_vec()).unwrap()), "seen twice");
        });
    }
    slots.for_each_in_window(slots.groups(), window, |_| panic!("an entry behind the last group"));
    seen
}

/// Checks what the table promises of where its entries are.
fn check(slots: &Slots) {
    let mut entries = 0;
    for at in 0..slots.groups() {
        for entry in slots.groups[at].entries() {
            let hash = key::hash(&hasher(), entry.key());
            let distance = slots.distance_from_home(entry, at, &hasher());
            let before = (1..=distance).map(|back| (at + slots.groups() - back) % slots.groups());
            assert!(before.clone().all(|group| slots.groups[group].is_full()), "nothing is behind an empty slot");
            assert_eq!(entry.mark() & AWAY != 0, distance > 0, "a mark says whether its entry is at home");
            assert_eq!(entry.mark() & !AWAY, tag(hash));
            entries += 1;
        }
    }
    assert_eq!(entries, slots.len());
    assert!(slots.len() <= slots.groups() * GROUP_LOAD_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_is_a_map_and_homes_show_every_entry_once(
        operations in prop::collection::vec((0..5u8, 0..400u32), 0..2000),
        adds in 1..4u8,
    ) {
        let (mut slots, mut model) = (Slots::default(), BTreeSet::new());
        for (kind, number) in operations {
            let name = format!("key:{number}");
            if kind <= adds {
                insert(&mut slots, &name);
                model.insert(name);
            } else {
                prop_assert_eq!(remove(&mut slots, &name), model.remove(&name));
            }
        }
        check(&slots);
        prop_assert_eq!(&keys_by_homes(&slots), &model);
        prop_assert_eq!(&keys_by_windows(&mut slots), &model);
        slots.fit(&hasher());
        check(&slots);
        prop_assert_eq!(&keys_by_homes(&slots), &model);
        prop_assert_eq!(&keys_by_windows(&mut slots), &model);
        let groups = slots.groups();
        prop_assert!(groups < SHRINK_GROUPS_MIN || model.len() * 4 > groups * GROUP_SLOTS, "{} entries in {groups} groups", model.len());
    }
}

/// Whatever the order in which a full table's entries go, what is left is found.
#[test]
fn holes_are_filled() {
    let random = &mut fastrand::Rng::with_seed(3);
    for _ in 0..50 {
        let mut slots = Slots::default();
        let mut names: Vec<_> = (0..167).map(|number| format!("key:{number}:{}", random.u32(..))).collect();
        for name in &names {
            insert(&mut slots, name);
        }
        check(&slots);
        random.shuffle(&mut names);
        while let Some(name) = names.pop() {
            assert!(remove(&mut slots, &name));
            check(&slots);
            assert_eq!(keys_by_homes(&slots), names.iter().cloned().collect());
        }
    }
}

#[test]
fn sizes_grow_by_a_third_or_a_half_and_fill_what_allocators_give() {
    let sizes: Vec<_> = std::iter::successors(Some(0), |groups| Some(larger(*groups))).take(12).collect();
    assert_eq!(sizes, [0, 1, 3, 5, 7, 11, 15, 23, 31, 47, 63, 95]);
    for groups in sizes.into_iter().filter(|groups| *groups > 1) {
        assert_eq!(Slots::memory(groups), (groups + 1) * 64);
    }
    assert_eq!([0, 1, 7, 8, 21, 22].map(fitting), [0, 1, 1, 3, 3, 5]);
}

#[test]
fn a_table_that_was_emptied_gives_its_memory_back() {
    let mut slots = Slots::default();
    for round in 0..50 {
        for number in 0..448 {
            insert(&mut slots, &format!("{round}:{number}"));
        }
        let seen = keys_by_homes(&slots);
        assert_eq!(seen.len(), 448);
        for name in seen {
            assert!(remove(&mut slots, &name));
        }
    }
    assert!(slots.groups() < SHRINK_GROUPS_MIN, "{} groups left", slots.groups());
}
