//! What the connections of a history will ask, from a seed.

use fastrand::Rng;

use super::op::{Condition, Expiry, KEYS, Op};
use super::value::Value;

/// How many operations one connection asks for.
const OPS: usize = 12;
/// At most so many of them are sent in one piece.
const BURST_MAX: usize = 4;

/// Draws operations; no two write the same value.
pub(super) struct Plan<'r> {
    rng: &'r mut Rng,
    values: u32,
    theme: Theme,
}

/// What a history is about. Many races have a small window, so some histories are about little else.
#[derive(Clone, Copy)]
enum Theme {
    /// All operations on all keys.
    Mixed,
    /// Who is first to make a key that others take away.
    Contest,
    /// Counting on one key.
    Count,
    /// Writing and reading several keys at one instant.
    Together,
}

impl<'r> Plan<'r> {
    pub(super) fn new(rng: &'r mut Rng) -> Self {
        // Another beginning each time, so that every size of text comes.
        let values = rng.u32(0..1000);
        let theme = match rng.u8(0..5) {
            0 => Theme::Contest,
            1 => Theme::Count,
            2 => Theme::Together,
            _ => Theme::Mixed,
        };
        Self { rng, values, theme }
    }

    /// One connection's operations, in the pieces that they are sent in.
    pub(super) fn connection(&mut self) -> Vec<Vec<Op>> {
        let mut bursts = Vec::new();
        let mut left = OPS;
        while left > 0 {
            let count = self.rng.usize(1..=BURST_MAX.min(left));
            bursts.push((0..count).map(|_| self.op()).collect());
            left -= count;
        }
        bursts
    }

    fn op(&mut self) -> Op {
        match self.theme {
            Theme::Contest => self.contest(),
            Theme::Count => self.count(),
            Theme::Together => self.together(),
            Theme::Mixed if self.rng.u8(0..12) == 0 => {
                let count = self.rng.usize(2..=3);
                Op::Exec((0..count).map(|_| self.single()).collect())
            }
            Theme::Mixed => self.single(),
        }
    }

    fn single(&mut self) -> Op {
        let key = self.key();
        match self.rng.u8(0..24) {
            0..=4 => Op::Get(key),
            5..=8 => self.set(key),
            9..=12 => Op::Incr(key),
            13 => Op::Del(self.some_keys()),
            14 => Op::GetDel(key),
            15 => Op::Expire(key),
            16 => Op::ExpireAtOnce(key),
            17 => Op::Persist(key),
            18 => Op::Ttl(key),
            19 | 20 => self.mset(),
            _ => Op::MGet(self.some_keys()),
        }
    }

    fn contest(&mut self) -> Op {
        match self.rng.u8(0..8) {
            0..=3 => Op::Set {
                key: 0,
                value: self.value(),
                condition: Condition::IfAbsent,
                expiry: Expiry::Clear,
                get: self.rng.u8(0..4) == 0,
            },
            4 => Op::Get(0),
            5 => Op::GetDel(0),
            6 => Op::ExpireAtOnce(0),
            _ => Op::Del(vec![0]),
        }
    }

    fn count(&mut self) -> Op {
        match self.rng.u8(0..8) {
            0 => Op::Get(0),
            1 => Op::Expire(0),
            _ => Op::Incr(0),
        }
    }

    fn together(&mut self) -> Op {
        match self.rng.u8(0..8) {
            0..=2 => self.mset(),
            3..=6 => Op::MGet(self.some_keys()),
            _ => Op::Incr(self.key()),
        }
    }

    fn mset(&mut self) -> Op {
        Op::MSet(self.some_keys().into_iter().map(|key| (key, self.value())).collect())
    }

    fn set(&mut self, key: usize) -> Op {
        let value = self.value();
        let condition = match self.rng.u8(0..6) {
            0 | 1 => Condition::IfAbsent,
            2 => Condition::IfPresent,
            _ => Condition::Always,
        };
        let expiry = match self.rng.u8(0..6) {
            0 => Expiry::Keep,
            1 => Expiry::Far,
            _ => Expiry::Clear,
        };
        Op::Set { key, value, condition, expiry, get: self.rng.u8(0..3) == 0 }
    }

    fn key(&mut self) -> usize {
        self.rng.usize(0..KEYS)
    }

    /// Two or three different keys, in any order.
    fn some_keys(&mut self) -> Vec<usize> {
        let mut keys: Vec<usize> = (0..KEYS).collect();
        self.rng.shuffle(&mut keys);
        keys.truncate(self.rng.usize(2..=KEYS));
        keys
    }

    /// Numbers lie so far apart that INCR does not go from one to the next.
    fn value(&mut self) -> Value {
        self.values += 1;
        if self.rng.bool() { Value::Number(i64::from(self.values) * 1000) } else { Value::Text(self.values) }
    }
}
