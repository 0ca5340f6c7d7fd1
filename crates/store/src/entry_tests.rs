//! Entries against a plain struct, through every way from one layout to another.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::wheel::Wheel;

/// Lengths around every border of the layout.
fn bytes() -> impl Strategy<Value = Bytes> {
    let lengths = prop_oneof![
        0..40_usize,
        INLINE_BYTES_MAX - 2..=INLINE_BYTES_MAX + 2,
        COPIED_BYTES_MAX - 1..=COPIED_BYTES_MAX + 1
    ];
    (lengths, any::<u8>()).prop_map(|(length, byte)| vec![byte; length].into())
}

#[derive(Debug, Clone)]
enum Op {
    Set(Bytes),
    Append(Bytes),
    Expire(Option<u64>),
    Side(bool),
    /// Someone takes the value along, and keeps it.
    Hold,
}

fn operation() -> impl Strategy<Value = Op> {
    prop_oneof![
        bytes().prop_map(Op::Set),
        bytes().prop_map(Op::Append),
        any::<Option<u64>>().prop_map(Op::Expire),
        any::<bool>().prop_map(Op::Side),
        Just(Op::Hold),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_block_is_what_its_parts_are(key in bytes(), first in bytes(), operations in prop::collection::vec(operation(), 0..24)) {
        let mut wheel = Wheel::default();
        let mut entry = Entry::new(&key, &Value::String(first.clone()), true);
        let (mut value, mut expiry, mut side, mut held) = (first.to_vec(), None, true, Vec::new());
        for operation in operations {
            match operation {
                Op::Set(bytes) => {
                    entry.set_value(&Value::String(bytes.clone()));
                    value = bytes.to_vec();
                }
                Op::Append(tail) => {
                    entry.append(&tail);
                    value.extend(tail);
                }
                Op::Expire(deadline) => {
                    let deadline = deadline.map(Timestamp::from_millis);
                    expiry = deadline.map(|deadline| (deadline, wheel.arm(deadline, 0, Timestamp::default())));
                    entry.set_expiry(expiry);
                }
                Op::Side(turned) => {
                    entry.set_side(turned);
                    side = turned;
                }
                Op::Hold => held.push((entry.value().to_bytes(), value.clone())),
            }
            prop_assert_eq!(entry.key(), &key[..]);
            prop_assert_eq!(entry.value().as_slice(), &value[..]);
            prop_assert_eq!(entry.deadline().zip(entry.timer()), expiry);
            prop_assert_eq!(entry.side(), side);
            prop_assert!(entry.memory() >= key.len() + value.len());
        }
        drop(entry);
        for (bytes, was) in held {
            prop_assert_eq!(bytes, was);
        }
    }
}

#[test]
fn long_values_are_shared_and_short_ones_are_not_kept_alive() {
    let long = Bytes::from(vec![1; COPIED_BYTES_MAX + 1]);
    let entry = Entry::new(b"k", &Value::String(long.clone()), false);
    assert_eq!(entry.value().to_bytes().as_ptr(), long.as_ptr(), "not copied");

    let buffer = Bytes::from(vec![2; COPIED_BYTES_MAX]);
    let entry = Entry::new(b"k", &Value::String(buffer.slice(..COPIED_BYTES_MAX - 1)), false);
    assert!(buffer.is_unique(), "the read buffer that the value came in can go");
    drop(entry);
}

#[test]
fn a_small_key_with_a_small_value_takes_eight_bytes_more() {
    let entry = Entry::new(&[b'k'; 16], &Value::from(vec![b'v'; 64]), false);
    assert_eq!(entry.header().size(), 8 + 16 + 64);
}
