//! Tests of what a shard keeps beside its table.

use std::time::Duration;

use crate::ops::SetOptions;
use crate::store::Store;

/// Timers that a shard has room for but does not use are memory for nothing.
#[test]
fn a_shard_whose_timers_went_keeps_room_for_those_that_are_left() {
    type End = fn(&Store);
    let ends: [End; 3] = [
        |store| (0..20_000u32).for_each(|number| _ = store.del(format!("short:{number}"))),
        |store| (0..20_000u32).for_each(|number| _ = store.persist(format!("short:{number}"))),
        |store| while store.expire_step(store.now().saturating_add(Duration::from_secs(70)), 1000).more {},
    ];
    for end in ends {
        let store = Store::builder().shards(2).build();
        for (name, count, ttl) in [("long", 100u64, 7000), ("short", 20_000, 60), ("late", 100, 8000)] {
            for number in 0..count {
                let options = SetOptions::default().ttl(Duration::from_secs(ttl + number % 7));
                store.set_with(format!("{name}:{number}"), "v", options).unwrap();
            }
        }
        end(&store);
        store.debug_check();
        for shard in 0..2 {
            let guard = store.inner().database(0).unwrap().shards().write(shard).unwrap();
            let wheel = &guard.side().wheel;
            assert!(wheel.room() < 2000, "room for {} timers, {} used", wheel.room(), wheel.len());
        }
        while store.expire_step(store.now().saturating_add(Duration::from_secs(7100)), 1000).more {}
        assert_eq!(store.stats(store.now())[0].expires, 100, "the late ones");
        store.debug_check();
    }
}
