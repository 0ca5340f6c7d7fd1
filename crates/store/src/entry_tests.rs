//! Entries against a plain struct, through every way from one layout to another.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::access::Tracking;
use crate::wheel::Wheel;

const TOUCH: Touch = Touch::at(Timestamp::from_millis(7000), Tracking::Recency);

/// Lengths around every border of the layout, and digits among the bytes.
fn bytes() -> impl Strategy<Value = Bytes> {
    let lengths = prop_oneof![
        0..40_usize,
        INLINE_BYTES_MAX - 2..=INLINE_BYTES_MAX + 2,
        COPIED_BYTES_MAX - 1..=COPIED_BYTES_MAX + 1
    ];
    (lengths, prop_oneof![any::<u8>(), b'0'..=b'9']).prop_map(|(length, byte)| vec![byte; length].into())
}

#[derive(Debug, Clone)]
enum Op {
    Set(Bytes),
    SetInteger(i64),
    /// Used in this second.
    Touch(u16),
    Append(Bytes),
    /// With a deadline of the key, or only with a timer.
    Expire(Option<Option<u64>>),
    Side(bool),
    Relocate,
    /// Someone takes the value along, and keeps it.
    Hold,
}

fn operation() -> impl Strategy<Value = Op> {
    prop_oneof![
        bytes().prop_map(Op::Set),
        prop_oneof![any::<i64>(), -12..12_i64].prop_map(Op::SetInteger),
        any::<u16>().prop_map(Op::Touch),
        bytes().prop_map(Op::Append),
        any::<Option<Option<u64>>>().prop_map(Op::Expire),
        any::<bool>().prop_map(Op::Side),
        Just(Op::Relocate),
        Just(Op::Hold),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_block_is_what_its_parts_are(key in bytes(), first in bytes(), operations in prop::collection::vec(operation(), 0..24)) {
        let mut wheel = Wheel::default();
        let mut entry = Entry::new(&key, NewValue::Shared(&first), true, TOUCH);
        let (mut value, mut expiry, mut side, mut held) = (first.to_vec(), None, true, Vec::new());
        let (mut access, mut appended) = (TOUCH.born(), false);
        for operation in operations {
            match operation {
                Op::Set(bytes) => {
                    appended = false;
                    entry.set_value(NewValue::Shared(&bytes));
                    value = bytes.to_vec();
                }
                Op::SetInteger(number) => {
                    appended = false;
                    entry.set_value(NewValue::Integer(number));
                    value = number.to_string().into_bytes();
                }
                Op::Touch(second) => {
                    entry.touch(Touch::at(Timestamp::from_millis(u64::from(second) * 1000), Tracking::Recency));
                    access = Touch::at(Timestamp::from_millis(u64::from(second) * 1000), Tracking::Recency).after(access);
                }
                Op::Append(tail) => {
                    appended = true;
                    entry.append(&tail).unwrap();
                    value.extend(tail);
                }
                Op::Expire(deadline) => {
                    let mut timer = |deadline| wheel.arm(deadline, 0, Timestamp::default());
                    let deadline = deadline.map(|deadline| deadline.map(Timestamp::from_millis));
                    expiry = deadline.map(|deadline| (deadline, timer(deadline.unwrap_or_default())));
                    entry.set_expiry(expiry);
                }
                Op::Side(turned) => {
                    entry.set_side(turned);
                    side = turned;
                }
                Op::Relocate => {
                    let (before, memory) = (entry.address(), entry.memory());
                    entry.relocate();
                    prop_assert_ne!(entry.address(), before);
                    prop_assert_eq!(entry.memory(), memory);
                }
                Op::Hold => held.push((entry.string().unwrap().to_bytes(), value.clone())),
            }
            prop_assert_eq!(entry.key(), &key[..]);
            prop_assert!(entry.string().unwrap().with_bytes(|bytes| bytes == value));
            prop_assert_eq!(entry.string().unwrap().len(), value.len());
            prop_assert_eq!(entry.string().unwrap().as_integer(), parse_integer(&value));
            prop_assert_eq!(entry.access_word(), access);
            let encoding = match parse_integer(&value) {
                _ if appended => "raw",
                Some(_) => "int",
                None if value.len() <= 44 => "embstr",
                None => "raw",
            };
            prop_assert_eq!(entry.encoding(), encoding);
            prop_assert_eq!(entry.timer().map(|timer| (entry.deadline(), timer)), expiry);
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
    let entry = Entry::new(b"k", NewValue::Shared(&long), false, TOUCH);
    assert_eq!(entry.string().unwrap().to_bytes().as_ptr(), long.as_ptr(), "not copied");

    let buffer = Bytes::from(vec![2; COPIED_BYTES_MAX]);
    let entry = Entry::new(b"k", NewValue::Shared(&buffer.slice(..COPIED_BYTES_MAX - 1)), false, TOUCH);
    assert!(buffer.is_unique(), "the read buffer that the value came in can go");
    drop(entry);
}

#[test]
fn a_small_key_with_a_small_value_takes_twelve_bytes_more_and_a_deadline_as_many() {
    let mut entry = Entry::new(&[b'k'; 16], NewValue::Copied(&[b'v'; 64]), false, TOUCH);
    assert_eq!(entry.header().size(), 12 + 16 + 64);
    entry.set_expiry(Some((
        Some(Timestamp::default()),
        Wheel::default().arm(Timestamp::default(), 0, Timestamp::default()),
    )));
    assert_eq!(entry.header().size(), 108, "104, rounded up to four less than a multiple of eight");
}
