//! Random operations, each by a command and by the typed API.

use std::ops::Bound;

use bytes::Bytes;
use pyredis_protocol::Frame;
use pyredis_store::{
    Aggregate, BitField, BitFieldOp, BitOp, ListEnd, Overflow, SetOp, SortedSetRange, Store, Tx, ZaddOptions,
};

use crate::said::{Said, unordered};

/// Few, so that operations of all types meet on them.
pub(crate) const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];
const VALUES: [&str; 6] = ["1", "2", "-7", "x", "text", ""];

type Change = fn(Frame) -> Frame;

/// One operation: the command, the keys that a transaction names, and the same by the typed API over a store and in a transaction.
pub(crate) struct Operation {
    pub(crate) words: Vec<String>,
    pub(crate) keys: Vec<&'static str>,
    pub(crate) alone: Box<dyn FnOnce(&Store) -> Frame>,
    pub(crate) within: Box<dyn FnOnce(&Tx<'_, '_>) -> Frame>,
    /// What makes of the client's reply what the typed API says.
    pub(crate) wire: Change,
}

/// What is chosen for an operation.
#[derive(Clone, Copy)]
struct Chosen {
    key: &'static str,
    other: &'static str,
    value: &'static str,
    another: &'static str,
    /// Between -3 and 3.
    index: i64,
    number: i64,
    end: ListEnd,
    op: SetOp,
}

impl Chosen {
    fn end_word(self) -> &'static str {
        if self.end == ListEnd::Front { "LEFT" } else { "RIGHT" }
    }

    fn set_word(self) -> &'static str {
        match self.op {
            SetOp::Union => "UNION",
            SetOp::Intersection => "INTER",
            SetOp::Difference => "DIFF",
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn score(self) -> f64 {
        self.number as f64 / 4.0
    }
}

/// The command, and what the typed API does, written once for both of its doors.
macro_rules! operation {
    ($chosen:ident, $line:literal, |$door:ident| $typed:expr $(, $wire:expr)?) => {{
        let keys = vec![$chosen.key, $chosen.other];
        let line = format!($line);
        #[allow(unused_mut, unused_assignments, reason = "replaced where a reply has to be made comparable")]
        let mut wire: Change = |reply| reply;
        $(wire = $wire;)?
        Operation {
            words: line.split(' ').map(str::to_owned).collect(),
            keys,
            alone: Box::new(move |$door| $typed.said()),
            within: Box::new(move |$door| $typed.said()),
            wire,
        }
    }};
}

pub(crate) fn operation(random: &mut fastrand::Rng) -> Operation {
    let chosen = Chosen {
        key: random.choice(KEYS).unwrap(),
        other: random.choice(KEYS).unwrap(),
        value: random.choice(VALUES).unwrap(),
        another: random.choice(VALUES).unwrap(),
        index: random.i64(-3..=3),
        number: random.i64(-9..=20),
        end: random.choice([ListEnd::Front, ListEnd::Back]).unwrap(),
        op: random.choice([SetOp::Union, SetOp::Intersection, SetOp::Difference]).unwrap(),
    };
    match random.u8(..6) {
        0 => on_list(chosen, random.u8(..12)),
        1 => on_hash(chosen, random.u8(..10)),
        2 => on_set(chosen, random.u8(..9)),
        3 => on_sorted_set(chosen, random.u8(..11)),
        4 => on_bitmap(chosen, random.u8(..6)),
        _ => on_key(chosen, random.u8(..8)),
    }
}

fn on_list(chosen: Chosen, which: u8) -> Operation {
    let Chosen { key, other, value, another, index, number, end, .. } = chosen;
    let word = chosen.end_word();
    let letter = word.get(..1).unwrap_or_default();
    match which {
        0 => operation!(chosen, "{letter}PUSH {key} {value} {another}", |door| door
            .list(key)
            .extend(end, [value, another])),
        1 => operation!(chosen, "RPUSH {key} {number}", |door| door.list(key).push_back(number)),
        2 => operation!(chosen, "{letter}POP {key}", |door| door.list(key).pop::<Bytes>(end)),
        3 => operation!(chosen, "LLEN {key}", |door| door.list(key).len()),
        4 => operation!(chosen, "LINDEX {key} {index}", |door| door.list(key).get::<Bytes>(index)),
        5 => operation!(
            chosen,
            "LSET {key} {index} {value}",
            |door| door.list(key).set(index, value).map(|is_set| is_set.then_some(())),
            |reply| if reply == Frame::Error("ERR index out of range".into()) { Frame::Null } else { reply }
        ),
        6 => operation!(
            chosen,
            "LINSERT {key} BEFORE {value} {another}",
            |door| door.list(key).insert_before(value, another),
            |reply| if matches!(reply, Frame::Integer(..=0)) { Frame::Null } else { reply }
        ),
        7 => operation!(
            chosen,
            "LINSERT {key} AFTER {value} {another}",
            |door| door.list(key).insert_after(value, another),
            |reply| if matches!(reply, Frame::Integer(..=0)) { Frame::Null } else { reply }
        ),
        8 => operation!(chosen, "LREM {key} {index} {value}", |door| door.list(key).remove(value, index)),
        9 => operation!(chosen, "LTRIM {key} {index} -1", |door| door.list(key).trim(index, -1)),
        10 => operation!(chosen, "LMOVE {key} {other} {word} RIGHT", |door| {
            door.list(key).move_to::<Bytes>(end, other, ListEnd::Back)
        }),
        _ => operation!(chosen, "LRANGE {key} {index} -1", |door| door.list(key).range::<Bytes>(index, -1)),
    }
}

fn on_hash(chosen: Chosen, which: u8) -> Operation {
    let Chosen { key, value, another, number, .. } = chosen;
    match which {
        0 => operation!(chosen, "HSET {key} {value} {another} n {number}", |door| {
            door.hash(key).extend([(value, another.to_owned()), ("n", number.to_string())])
        }),
        1 => operation!(chosen, "HSETNX {key} {value} {another}", |door| door.hash(key).set_if_absent(value, another)),
        2 => operation!(chosen, "HGET {key} {value}", |door| door.hash(key).get::<Bytes>(value)),
        3 => operation!(chosen, "HMGET {key} {value} n", |door| door.hash(key).get_many::<Bytes>([value, "n"])),
        4 => operation!(chosen, "HEXISTS {key} {value}", |door| door.hash(key).contains(value)),
        5 => operation!(chosen, "HLEN {key}", |door| door.hash(key).len()),
        6 => operation!(
            chosen,
            "HGETALL {key}",
            |door| unordered(door.hash(key).pairs::<Bytes, Bytes>().said()),
            unordered
        ),
        7 => operation!(chosen, "HDEL {key} {value} {another}", |door| door.hash(key).remove_many([value, another])),
        8 => operation!(chosen, "HINCRBY {key} {value} {number}", |door| door.hash(key).incr_by(value, number)),
        _ => operation!(chosen, "HINCRBYFLOAT {key} {value} 0.25", |door| {
            door.hash(key).incr_by_float(value, 0.25).map(|sum| Bytes::from(sum.to_string()))
        }),
    }
}

fn on_set(chosen: Chosen, which: u8) -> Operation {
    let Chosen { key, other, value, another, number, op, .. } = chosen;
    let set_word = chosen.set_word();
    match which {
        0 => {
            operation!(chosen, "SADD {key} {value} {another}", |door| door.unordered_set(key).extend([value, another]))
        }
        1 => operation!(chosen, "SADD {key} {number}", |door| door.unordered_set(key).insert(number)),
        2 => operation!(chosen, "SREM {key} {value} {another}", |door| {
            door.unordered_set(key).remove_many([value, another])
        }),
        3 => operation!(chosen, "SISMEMBER {key} {value}", |door| door.unordered_set(key).contains(value)),
        4 => operation!(
            chosen,
            "SMEMBERS {key}",
            |door| unordered(door.unordered_set(key).members::<Bytes>().said()),
            unordered
        ),
        5 => operation!(chosen, "SMOVE {key} {other} {value}", |door| door.unordered_set(key).move_to(other, value)),
        6 => operation!(
            chosen,
            "S{set_word} {key} {other}",
            |door| unordered(door.unordered_set(key).combine(op, [other]).map(all).said()),
            unordered
        ),
        7 => operation!(chosen, "S{set_word}STORE {key} {key} {other}", |door| {
            door.unordered_set(key).op(op, [key, other])
        }),
        _ => operation!(
            chosen,
            "SPOP {key} 100",
            |door| unordered(door.unordered_set(key).pop_many(100).map(all).said()),
            unordered
        ),
    }
}

fn all(set: pyredis_store::Set) -> Vec<Bytes> {
    set.iter().map(|member| Bytes::from(member.to_vec())).collect()
}

fn on_sorted_set(chosen: Chosen, which: u8) -> Operation {
    let Chosen { key, other, value, another, index, op, .. } = chosen;
    let (score, set_word) = (chosen.score(), chosen.set_word());
    let ranks = SortedSetRange::Ranks(index, -1);
    let scores = SortedSetRange::Scores(Bound::Excluded(score), Bound::Unbounded);
    match which {
        0 => operation!(chosen, "ZADD {key} {score} {value}", |door| door.sorted_set(key).insert(value, score)),
        1 => operation!(chosen, "ZADD {key} GT {score} {value} 1.5 {another}", |door| {
            let options = ZaddOptions::default().if_greater();
            door.sorted_set(key).extend([(value, score), (another, 1.5)], options)
        }),
        2 => operation!(chosen, "ZINCRBY {key} {score} {value}", |door| door.sorted_set(key).incr_by(value, score)),
        3 => operation!(chosen, "ZSCORE {key} {value}", |door| door.sorted_set(key).score(value)),
        4 => operation!(chosen, "ZRANK {key} {value}", |door| door.sorted_set(key).rank(value)),
        5 => operation!(chosen, "ZCOUNT {key} ({score} +inf", |door| door.sorted_set(key).count(scores)),
        6 => {
            operation!(chosen, "ZRANGE {key} {index} -1 WITHSCORES", |door| door.sorted_set(key).range::<Bytes>(ranks))
        }
        7 => operation!(chosen, "ZREM {key} {value} {another}", |door| {
            door.sorted_set(key).remove_many([value, another])
        }),
        8 => operation!(chosen, "ZPOPMIN {key} 2", |door| door.sorted_set(key).pop_min::<Bytes>(2)),
        9 => operation!(chosen, "ZPOPMAX {key} 2", |door| door.sorted_set(key).pop_max::<Bytes>(2)),
        // Redis has no AGGREGATE for ZDIFFSTORE.
        _ if op == SetOp::Difference => operation!(chosen, "ZDIFFSTORE {key} 2 {key} {other}", |door| {
            door.sorted_set(key).op(op, Aggregate::Sum, [key, other])
        }),
        _ => operation!(chosen, "Z{set_word}STORE {key} 2 {key} {other} AGGREGATE MAX", |door| {
            door.sorted_set(key).op(op, Aggregate::Max, [key, other])
        }),
    }
}

fn on_bitmap(chosen: Chosen, which: u8) -> Operation {
    let Chosen { key, other, number, index, .. } = chosen;
    let (bit, is_set) = (number.unsigned_abs(), number % 2 == 0);
    let digit = u8::from(is_set);
    match which {
        0 => operation!(chosen, "SETBIT {key} {bit} {digit}", |door| door.bitmap(key).set(bit, is_set)),
        1 => operation!(chosen, "GETBIT {key} {bit}", |door| door.bitmap(key).get(bit)),
        2 => operation!(chosen, "BITCOUNT {key} {bit} -1 BIT", |door| door.bitmap(key).count(bit..u64::MAX)),
        3 => {
            operation!(chosen, "BITPOS {key} 1", |door| door.bitmap(key).position(true, 0..u64::MAX), |reply| if reply
                == Frame::Integer(-1)
            {
                Frame::Null
            } else {
                reply
            })
        }
        4 => operation!(chosen, "BITOP XOR {key} {key} {other}", |door| door.bitmap(key).op(BitOp::Xor, [key, other])),
        _ => operation!(chosen, "BITFIELD {key} OVERFLOW FAIL INCRBY i5 {bit} {index}", |door| {
            let field = BitField::new(bit, 5, true).unwrap();
            door.bitmap(key).field(&[BitFieldOp::Add(field, index, Overflow::Fail)])
        }),
    }
}

/// What a store and a transaction do without a handle, and have the same errors for.
fn on_key(chosen: Chosen, which: u8) -> Operation {
    let Chosen { key, value, number, .. } = chosen;
    match which {
        0 => operation!(chosen, "INCRBY {key} {number}", |door| door.incr_by(key, number)),
        1 => operation!(chosen, "APPEND {key} {value}", |door| door.append(key, value)),
        2 => operation!(chosen, "SET {key} {number}", |door| {
            door.set_with(key, number, pyredis_store::SetOptions::default()).map(drop)
        }),
        _ => Operation {
            words: vec!["DEL".to_owned(), key.to_owned()],
            keys: vec![key],
            alone: Box::new(move |store| store.del(key).said()),
            within: Box::new(move |tx| tx.del(key).said()),
            wire: |reply| reply,
        },
    }
}
