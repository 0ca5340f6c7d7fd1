//! Tests of the table: homes hold exactly what they should, whatever was inserted and removed before.

use std::collections::BTreeSet;

use ahash::RandomState;
use proptest::prelude::*;

use super::{Shards, Slots, low_bits};
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
    for home in 0..slots.buckets() {
        slots.for_each_in_home(home, &hasher(), |entry| {
            let hash = key::hash(&hasher(), entry.key());
            assert_eq!(low_bits(hash) & (slots.buckets() - 1), home);
            assert!(seen.insert(String::from_utf8(entry.key().to_vec()).unwrap()), "seen twice");
        });
    }
    seen
}

/// Every key that windows over the table show, checking that each shows up once.
fn keys_by_windows(slots: &mut Slots) -> BTreeSet<String> {
    let (mut seen, window) = (BTreeSet::new(), 24);
    for first in (0..slots.buckets()).step_by(window) {
        slots.for_each_in_window(first, window, |entry| {
            assert!(seen.insert(String::from_utf8(entry.key().to_vec()).unwrap()), "seen twice");
        });
    }
    slots.for_each_in_window(slots.buckets(), window, |_| panic!("an entry behind the last bucket"));
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn homes_show_every_entry_once(operations in prop::collection::vec((any::<bool>(), 0..200u32), 0..2000)) {
        let shards = Shards::<()>::new(2, hasher());
        let mut shard = shards.write(0).unwrap();
        let mut model = BTreeSet::new();
        for (add, number) in operations {
            let name = format!("key:{number}");
            if add {
                insert(shard.parts().1, &name);
                model.insert(name);
            } else {
                prop_assert_eq!(remove(shard.parts().1, &name), model.remove(&name));
            }
        }
        prop_assert_eq!(&keys_by_homes(shard.slots()), &model);
        prop_assert_eq!(&keys_by_windows(shard.parts().1), &model);
        shard.parts().1.fit(&hasher());
        prop_assert_eq!(&keys_by_homes(shard.slots()), &model);
        prop_assert_eq!(&keys_by_windows(shard.parts().1), &model);
        let buckets = shard.slots().buckets();
        prop_assert!(buckets < 64 || model.len() * 4 > buckets, "{} entries in {} buckets", model.len(), buckets);
    }
}

#[test]
fn a_full_and_tombstoned_table_ends_its_walks() {
    let shards = Shards::<()>::new(2, hasher());
    let mut shard = shards.write(1).unwrap();
    for round in 0..50 {
        for number in 0..448 {
            insert(shard.parts().1, &format!("{round}:{number}"));
        }
        let seen = keys_by_homes(shard.slots());
        assert_eq!(seen.len(), 448);
        for name in seen {
            assert!(remove(shard.parts().1, &name));
        }
    }
    assert!(
        shard.slots().buckets() <= 64,
        "an emptied table gives its memory back, {} buckets left",
        shard.slots().buckets()
    );
}
