//! Tests of moving entries together: what a pass does, in what slices, and when it pays.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::ops::SetOptions;
use crate::table::GROUP_SLOTS;

const MEGABYTE: u64 = 1024 * 1024;

/// Where the block of each key lies.
fn addresses(store: &Store) -> BTreeMap<Vec<u8>, usize> {
    let mut addresses = BTreeMap::new();
    for database in store.inner().databases() {
        for shard in 0..store.shard_count() {
            let mut guard = database.shards().write(shard).unwrap();
            let (_, slots) = guard.parts();
            slots.for_each_in_window(0, usize::MAX, |entry| {
                addresses.insert(entry.key().to_vec(), entry.address().addr());
            });
        }
    }
    addresses
}

#[test]
fn a_pass_moves_every_block_of_every_database_once_in_slices() {
    let store = Store::builder().databases(3).shards(2).build();
    for number in 0..10_000u32 {
        store.set_with(number.to_string(), "v", SetOptions::default().ttl(Duration::from_secs(1000))).unwrap();
    }
    store.database(2).unwrap().set("in another", vec![b'v'; 4096]);
    store.set("longer", vec![b'v'; 1_000_000]);
    store.set(vec![b'k'; MOVED_BYTES_MAX], "too large to be moved");
    let (before, keys) = (addresses(&store), 10_003);
    let (mut compaction, mut moved) = (store.compaction(), 0);
    loop {
        let step = compaction.step();
        moved += step.moved;
        assert!(step.moved < ENTRIES_PER_LOCK + WINDOW * GROUP_SLOTS, "{} entries under one lock", step.moved);
        if !step.more {
            break;
        }
    }
    assert_eq!(moved, keys - 1);
    let after = addresses(&store);
    let stayed: Vec<_> = after.iter().filter(|(key, address)| before[*key] == **address).map(|(key, _)| key).collect();
    // One block may by chance come to lie where it was: others were moved from there meanwhile.
    assert!(stayed.iter().any(|key| key.len() == MOVED_BYTES_MAX), "the large one stays");
    assert_eq!(after.len(), keys);
    store.debug_check();
    assert_eq!(store.get("longer").unwrap().len(), 1_000_000);
    assert_eq!(store.get("9999").unwrap(), "v");
    assert_eq!(compaction.step(), CompactionStep { moved: 0, more: false }, "over is over");
}

#[test]
fn what_is_large_is_moved_in_smaller_slices() {
    let store = Store::builder().shards(2).build();
    for number in 0..1000u32 {
        store.set(number.to_string(), vec![b'v'; 4000]);
    }
    let (mut compaction, mut most) = (store.compaction(), 0);
    loop {
        let step = compaction.step();
        most = most.max(step.moved);
        if !step.more {
            break;
        }
    }
    assert!(
        (1..=BYTES_PER_LOCK / 4000 + WINDOW * GROUP_SLOTS).contains(&most),
        "{most} entries of 4 KB under one lock"
    );
    store.debug_check();
}

#[test]
fn a_pass_takes_tables_down_to_what_is_in_them_and_says_nothing_of_it() {
    let store = Store::builder().shards(2).build();
    (0..10_000u32).for_each(|number| store.set(number.to_string(), "v"));
    (2500..10_000u32).for_each(|number| _ = store.del(number.to_string()));
    let groups =
        || store.inner().database(0).unwrap().all_counters().map(|counters| counters.groups.get()).sum::<usize>();
    let (changes, memory, before) = (store.changes(), store.memory(), groups());
    let mut compaction = store.compaction();
    while compaction.step().more {}
    assert_eq!((store.changes(), store.memory()), (changes, memory));
    assert!(groups() <= before / 4, "{before} groups before, {} after", groups());
    store.debug_check();
    assert_eq!(store.keys("*").len(), 2500);
}

#[test]
fn a_pass_leaves_tables_as_large_as_if_only_what_is_left_had_come() {
    let groups = |store: &Store| {
        store.inner().database(0).unwrap().all_counters().map(|counters| counters.groups.get()).sum::<usize>()
    };
    for kept in [2, 3, 5, 10, 12] {
        let [store, fresh] = [0, 1].map(|_| Store::builder().shards(64).hash_seed(7).build());
        (0..80_000u32).for_each(|number| store.set(number.to_string(), "v"));
        (0..80_000u32).filter(|number| number % kept != 0).for_each(|number| _ = store.del(number.to_string()));
        (0..80_000u32).step_by(kept as usize).for_each(|number| fresh.set(number.to_string(), "v"));
        let mut compaction = store.compaction();
        while compaction.step().more {}
        let (moved, fresh) = (groups(&store), groups(&fresh));
        assert!(moved <= fresh + fresh / 16, "one in {kept} kept: {moved} groups, {fresh} in a fresh store");
    }
}

#[test]
fn an_empty_store_is_done_at_once() {
    let store = Store::new();
    assert_eq!(store.compaction().step(), CompactionStep { moved: 0, more: false });
    store.set("k", "v");
    store.del("k");
    assert_eq!(store.compaction().step(), CompactionStep { moved: 0, more: false });
}

#[test]
fn a_pass_pays_when_a_quarter_is_gone_and_no_more_is_going() {
    let mut water = HighWater::default();
    let mut look = |megabytes: u64| water.has_ebbed(megabytes * MEGABYTE);
    assert!(![0, 50, 100, 90, 90, 76, 76].map(&mut look).contains(&true), "not enough is gone");
    assert_eq!([60, 40, 40, 40].map(&mut look), [false, false, true, false], "once, when it has come to rest");
    assert_eq!([33, 33, 30, 30].map(&mut look), [false, false, false, true], "from what is there on");
    assert_eq!([20, 20, 14, 14].map(&mut look), [false, true, false, false], "little is not worth it");
    assert_eq!([200, 170, 160, 150, 149, 148].map(&mut look), [false, false, false, false, true, false], "slowly");
}

#[test]
fn the_last_of_an_ebb_counts_although_a_pass_came_too_early() {
    let mut water = HighWater::default();
    let mut look = |megabytes: u64| water.has_ebbed(megabytes * MEGABYTE);
    assert_eq!([1000, 700, 700].map(&mut look), [false, false, true], "a pause");
    assert_eq!([600, 600].map(&mut look), [false, true], "less than a quarter, but of the same ebb");
    assert_eq!([592, 585, 578, 571, 564, 557].map(&mut look), [false; 6], "it goes slowly");
    assert_eq!([557, 557].map(&mut look), [true, false], "and has come to rest");
    assert_eq!([530, 530].map(&mut look), [false, false], "less than a sixteenth");
    assert_eq!([558, 500, 500].map(&mut look), [false, false, false], "another ebb, and less than a quarter");
}

#[test]
fn an_ebb_that_will_pay_is_known_before_it_is_over() {
    let mut water = HighWater::default();
    let mut look = |megabytes: u64| {
        water.has_ebbed(megabytes * MEGABYTE);
        water.is_ebbing()
    };
    assert_eq!([100, 90, 70, 60, 60, 50, 40].map(&mut look), [false, false, true, true, false, false, true]);
    let mut water = HighWater::default();
    let mut look = |megabytes: u64| water.has_ebbed(megabytes * MEGABYTE);
    assert_eq!(
        [1000, 600, 594, 588, 588].map(&mut look),
        [false, false, false, false, true],
        "looked at twice as often"
    );
}
