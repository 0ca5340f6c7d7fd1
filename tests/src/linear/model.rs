//! What a server with one thread and no hurry would answer.

use super::checker::Model;
use super::op::{Answer, Condition, Expiry, KEYS, Op};
use super::value::Value;

/// The keys of a history: what they hold, and whether they have a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Keyspace {
    keys: [Option<Held>; KEYS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Held {
    value: Value,
    /// All deadlines are far away.
    has_deadline: bool,
}

impl Keyspace {
    /// What each key holds, and whether it has a deadline.
    pub fn iter(&self) -> impl Iterator<Item = Option<(Value, bool)>> {
        self.keys.iter().map(|held| held.map(|held| (held.value, held.has_deadline)))
    }

    #[expect(clippy::indexing_slicing, reason = "keys are indices below KEYS, and a history with another is nonsense")]
    fn slot(&mut self, key: usize) -> &mut Option<Held> {
        &mut self.keys[key]
    }

    fn value(&mut self, key: usize) -> Option<Value> {
        self.slot(key).map(|held| held.value)
    }

    fn put(&mut self, key: usize, value: Value) {
        *self.slot(key) = Some(Held { value, has_deadline: false });
    }

    fn set(&mut self, key: usize, value: Value, condition: Condition, expiry: Expiry) -> bool {
        let slot = self.slot(key);
        let stores = match condition {
            Condition::Always => true,
            Condition::IfAbsent => slot.is_none(),
            Condition::IfPresent => slot.is_some(),
        };
        if stores {
            let has_deadline = match expiry {
                Expiry::Clear => false,
                Expiry::Keep => slot.is_some_and(|held| held.has_deadline),
                Expiry::Far => true,
            };
            *slot = Some(Held { value, has_deadline });
        }
        stores
    }

    fn incr(&mut self, key: usize) -> Answer {
        let slot = self.slot(key);
        let (sum, has_deadline) = match slot {
            None => (1, false),
            Some(Held { value: Value::Number(number), has_deadline }) => (*number + 1, *has_deadline),
            Some(Held { value: Value::Text(_), .. }) => return Answer::NotAnInteger,
        };
        *slot = Some(Held { value: Value::Number(sum), has_deadline });
        Answer::Int(sum)
    }
}

impl Model for Keyspace {
    type Op = Op;
    type Answer = Answer;

    fn apply(&mut self, op: &Op) -> Answer {
        let count = |yes: bool| Answer::Int(i64::from(yes));
        match op {
            Op::Get(key) => Answer::Value(self.value(*key)),
            Op::GetDel(key) => Answer::Value(self.slot(*key).take().map(|held| held.value)),
            Op::Set { key, value, condition, expiry, get } => {
                let before = self.value(*key);
                let stored = self.set(*key, *value, *condition, *expiry);
                match (get, stored) {
                    (true, _) => Answer::Value(before),
                    (false, true) => Answer::Ok,
                    (false, false) => Answer::Value(None),
                }
            }
            Op::Incr(key) => self.incr(*key),
            Op::Del(keys) => Answer::Int(keys.iter().map(|key| i64::from(self.slot(*key).take().is_some())).sum()),
            Op::Expire(key) => count(self.slot(*key).as_mut().map(|held| held.has_deadline = true).is_some()),
            Op::ExpireAtOnce(key) => count(self.slot(*key).take().is_some()),
            Op::Persist(key) => {
                count(self.slot(*key).as_mut().is_some_and(|held| std::mem::take(&mut held.has_deadline)))
            }
            Op::Ttl(key) => match self.slot(*key) {
                None => Answer::Int(-2),
                Some(Held { has_deadline: false, .. }) => Answer::Int(-1),
                Some(Held { has_deadline: true, .. }) => Answer::Far,
            },
            Op::MSet(pairs) => {
                pairs.iter().for_each(|(key, value)| self.put(*key, *value));
                Answer::Ok
            }
            Op::MGet(keys) => Answer::Values(keys.iter().map(|key| self.value(*key)).collect()),
            Op::Exec(ops) => Answer::Many(ops.iter().map(|op| self.apply(op)).collect()),
        }
    }
}
