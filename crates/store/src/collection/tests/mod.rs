//! The collections against plain ones of the standard library, through clones and across the limits where they change their layout.
//!
//! Pages and nodes are small in tests (`order.rs`, `node.rs`), so a few hundred members make a tree of several levels.

mod check;
mod hash;
mod list;
mod page;
mod scan;
mod set;
mod sorted_set;

use proptest::prelude::*;

/// Elements of all kinds: integers, short text, and now and then some that no page has room for.
fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (-300_i64..300).prop_map(|number| number.to_string().into_bytes()),
        4 => (0_u16..400).prop_map(|number| format!("member:{number}").into_bytes()),
        1 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
        1 => (0_u8..20, 60_usize..300).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

/// What one operation on a tree may move or look at: some pages of a test's size, their nodes, and what was given to it.
const WORK_MAX: usize = 4096;

/// What one may on a small collection, and that which makes a tree of it.
const SMALL_WORK_MAX: usize = 64 * 1024;

/// Runs one operation and holds what it did against the limit.
fn bounded<C, R>(collection: &mut C, is_tree: impl Fn(&C) -> bool, operation: impl FnOnce(&mut C) -> R) -> R {
    let was_tree = is_tree(collection);
    super::work::take();
    let result = operation(collection);
    let done = super::work::take();
    let max = if was_tree { WORK_MAX } else { SMALL_WORK_MAX };
    assert!(done <= max, "one operation moved or looked at {done}");
    result
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}
