//! What the effects say: applied to nothing, they give the content.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;

use pyredis_store::{Delta, Effect, Value};

/// By database and key: value and deadline in milliseconds. Dead keys included.
pub(crate) type Databases = BTreeMap<u32, BTreeMap<Vec<u8>, (Vec<u8>, Option<u64>)>>;

/// The same in one map, by database and key together.
pub(crate) type ByKey = BTreeMap<(u32, Vec<u8>), (Vec<u8>, Option<u64>)>;

/// Does what an effect says. Panics when the effect makes no sense here.
pub(crate) fn apply(databases: &mut Databases, effect: &Effect) {
    let content = databases.entry(effect.db).or_default();
    let key = effect.key.to_vec();
    match &effect.delta {
        Delta::Put { value, deadline } => {
            content.insert(key, (bytes(value), deadline.map(|deadline| deadline.as_millis())));
        }
        Delta::Replace(value) => content.get_mut(&key).expect("a key to replace").0 = bytes(value),
        Delta::Append(tail) => content.get_mut(&key).expect("a key to append to").0.extend_from_slice(tail),
        Delta::Write { length, pieces } => {
            let value = &mut content.get_mut(&key).expect("a key to write into").0;
            value.resize(value.len().max(*length), 0);
            for (from, piece) in pieces {
                value[*from..from + piece.len()].copy_from_slice(piece);
            }
        }
        Delta::Deadline(deadline) => {
            content.get_mut(&key).expect("a key to expire").1 = deadline.map(|deadline| deadline.as_millis());
        }
        Delta::Delete => _ = content.remove(&key).expect("a key to delete"),
        Delta::Flush => content.clear(),
        other => panic!("an unknown delta: {other:?}"),
    }
}

/// A value's bytes.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    value.as_bytes().to_vec()
}
