//! The operations of histories: how each is sent, and how its replies are read.
//!
//! Guarantee: an answer says all that the replies did. One that no operation can have, a value that is not whole
//! included, becomes [`Answer::Other`], which no model gives.

use super::value::Value;
use crate::render::render;
use crate::reply::Reply;

/// How many keys a history has. A key is an index below.
pub const KEYS: usize = 3;
/// What EXPIRE and SET with EX say for a deadline that no history lives to see, in seconds.
const FAR: i64 = 10_000;

/// When SET writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// In any case.
    Always,
    /// NX
    IfAbsent,
    /// XX
    IfPresent,
}

/// What SET does to the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It goes.
    Clear,
    /// KEEPTTL
    Keep,
    /// EX, far away.
    Far,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// GET
    Get(usize),
    /// GETDEL
    GetDel(usize),
    /// SET with options.
    Set {
        /// Which key.
        key: usize,
        /// What it gets.
        value: Value,
        /// NX or XX.
        condition: Condition,
        /// EX or KEEPTTL.
        expiry: Expiry,
        /// GET: answer what was there.
        get: bool,
    },
    /// INCR
    Incr(usize),
    /// DEL
    Del(Vec<usize>),
    /// EXPIRE, with a far deadline.
    Expire(usize),
    /// EXPIRE with a deadline that has passed: the key is gone at once.
    ExpireAtOnce(usize),
    /// PERSIST
    Persist(usize),
    /// TTL
    Ttl(usize),
    /// MSET
    MSet(Vec<(usize, Value)>),
    /// MGET
    MGet(Vec<usize>),
    /// MULTI, these, EXEC.
    Exec(Vec<Op>),
}

/// What an operation was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `+OK`
    Ok,
    /// An integer.
    Int(i64),
    /// TTL's answer for a key with a far deadline.
    Far,
    /// A value or nil.
    Value(Option<Value>),
    /// MGET's values.
    Values(Vec<Option<Value>>),
    /// INCR's complaint.
    NotAnInteger,
    /// EXEC's answers.
    Many(Vec<Answer>),
    /// Something else, as it came.
    Other(String),
}

/// A command's arguments, name included.
pub(crate) type Command = Vec<Vec<u8>>;

impl Op {
    /// SET without options.
    #[must_use]
    pub fn set(key: usize, value: Value) -> Self {
        Self::Set { key, value, condition: Condition::Always, expiry: Expiry::Clear, get: false }
    }

    /// The commands that make it up, with these names for the keys.
    pub(crate) fn commands(&self, names: &[String]) -> Vec<Command> {
        let Self::Exec(ops) = self else { return vec![self.command(names)] };
        let word = |word: &str| vec![word.as_bytes().to_vec()];
        let queued = ops.iter().flat_map(|op| op.commands(names));
        [word("MULTI")].into_iter().chain(queued).chain([word("EXEC")]).collect()
    }

    /// The command of an operation that is one.
    fn command(&self, names: &[String]) -> Command {
        let mut line = Line { names, words: Vec::new() };
        match self {
            Self::Get(key) => line.word("GET").key(*key),
            Self::GetDel(key) => line.word("GETDEL").key(*key),
            Self::Set { key, value, condition, expiry, get } => line
                .word("SET")
                .key(*key)
                .value(*value)
                .word(match condition {
                    Condition::Always => "",
                    Condition::IfAbsent => "NX",
                    Condition::IfPresent => "XX",
                })
                .word(if *get { "GET" } else { "" })
                .word(match expiry {
                    Expiry::Clear | Expiry::Far => "",
                    Expiry::Keep => "KEEPTTL",
                })
                .word(&if *expiry == Expiry::Far { format!("EX {FAR}") } else { String::new() }),
            Self::Incr(key) => line.word("INCR").key(*key),
            Self::Del(keys) => keys.iter().fold(line.word("DEL"), |line, key| line.key(*key)),
            Self::Expire(key) => line.word("EXPIRE").key(*key).word(&FAR.to_string()),
            Self::ExpireAtOnce(key) => line.word("EXPIRE").key(*key).word("-1"),
            Self::Persist(key) => line.word("PERSIST").key(*key),
            Self::Ttl(key) => line.word("TTL").key(*key),
            Self::MSet(pairs) => {
                pairs.iter().fold(line.word("MSET"), |line, (key, value)| line.key(*key).value(*value))
            }
            Self::MGet(keys) => keys.iter().fold(line.word("MGET"), |line, key| line.key(*key)),
            Self::Exec(_) => &mut line,
        };
        line.words
    }

    /// What these replies, one to each of its commands, say.
    pub(crate) fn answer(&self, replies: &[Reply]) -> Answer {
        let other = || Answer::Other(replies.iter().map(render).collect::<Vec<_>>().join(" "));
        let Some((last, before)) = replies.split_last() else { return other() };
        if let Self::Exec(ops) = self {
            let good = before.iter().enumerate().all(|(index, reply)| {
                let expected: &[u8] = if index == 0 { b"OK" } else { b"QUEUED" };
                matches!(reply, Reply::Simple(text) if text == expected)
            });
            return match last.items() {
                Some(items) if good && items.len() == ops.len() => Answer::Many(
                    ops.iter().zip(items).map(|(op, reply)| op.answer(std::slice::from_ref(reply))).collect(),
                ),
                _ => other(),
            };
        }
        match (self, last) {
            (_, Reply::Simple(text)) if text == b"OK" => Answer::Ok,
            (Self::Incr(_), Reply::Error(text)) if text == b"ERR value is not an integer or out of range" => {
                Answer::NotAnInteger
            }
            (Self::Ttl(_), Reply::Int(left)) if (FAR - 1000..=FAR).contains(left) => Answer::Far,
            (_, Reply::Int(number)) => Answer::Int(*number),
            (Self::MGet(_), Reply::Array(items)) => {
                items.iter().map(held).collect::<Option<_>>().map_or_else(other, Answer::Values)
            }
            (_, reply) => held(reply).map_or_else(other, Answer::Value),
        }
    }
}

/// A value or nil; none when it is neither.
fn held(reply: &Reply) -> Option<Option<Value>> {
    match reply {
        Reply::NullBulk => Some(None),
        Reply::Bulk(bytes) => Value::from_bytes(bytes).map(Some),
        _ => None,
    }
}

/// A command that is being put together.
struct Line<'n> {
    names: &'n [String],
    words: Command,
}

impl Line<'_> {
    /// Adds the words in `words`, maybe none.
    fn word(&mut self, words: &str) -> &mut Self {
        self.words.extend(words.split_whitespace().map(|word| word.as_bytes().to_vec()));
        self
    }

    fn key(&mut self, key: usize) -> &mut Self {
        self.words.push(self.names.get(key).map(|name| name.clone().into_bytes()).unwrap_or_default());
        self
    }

    fn value(&mut self, value: Value) -> &mut Self {
        self.words.push(value.bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_their_commands() {
        let set = |condition, expiry, get| Op::Set { key: 1, value: Value::Number(5), condition, expiry, get };
        for (op, text) in [
            (set(Condition::Always, Expiry::Clear, false), "SET b 5"),
            (set(Condition::IfAbsent, Expiry::Far, true), "SET b 5 NX GET EX 10000"),
            (set(Condition::IfPresent, Expiry::Keep, false), "SET b 5 XX KEEPTTL"),
            (Op::Del(vec![0, 2]), "DEL a c"),
            (Op::ExpireAtOnce(0), "EXPIRE a -1"),
            (Op::MSet(vec![(0, Value::Text(1)), (1, Value::Number(2))]), "MSET a t1 b 2"),
            (Op::Exec(vec![Op::Incr(0), Op::MGet(vec![0, 1])]), "MULTI; INCR a; MGET a b; EXEC"),
        ] {
            assert_eq!(op.to_string(), text);
        }
    }

    #[test]
    fn answers_are_exact() {
        let text = |text: &str| Reply::Simple(text.into());
        let not_a_number = Reply::Error(b"ERR value is not an integer or out of range".to_vec());
        assert_eq!(Op::Incr(0).answer(std::slice::from_ref(&not_a_number)), Answer::NotAnInteger);
        assert_eq!(Op::Ttl(0).answer(&[Reply::Int(FAR - 3)]), Answer::Far);
        assert_eq!(Op::Ttl(0).answer(&[Reply::Int(-1)]), Answer::Int(-1));
        assert_eq!(Op::Get(0).answer(&[Reply::NullBulk]), Answer::Value(None));
        let exec = Op::Exec(vec![Op::Get(0), Op::Incr(0)]);
        let both = Reply::Array(vec![Reply::Bulk(b"5".to_vec()), not_a_number.clone()]);
        assert_eq!(
            exec.answer(&[text("OK"), text("QUEUED"), text("QUEUED"), both.clone()]),
            Answer::Many(vec![Answer::Value(Some(Value::Number(5))), Answer::NotAnInteger])
        );
        for (op, replies) in [
            (Op::Get(0), vec![not_a_number]),
            (Op::Get(0), vec![Reply::Bulk(b"torn".to_vec())]),
            (Op::Get(0), vec![]),
            (Op::MGet(vec![0]), vec![Reply::Array(vec![Reply::Int(1)])]),
            (exec.clone(), vec![text("OK"), text("QUEUED"), text("QUEUED"), Reply::NullArray]),
            (exec, vec![text("OK"), text("OK"), text("QUEUED"), both]),
        ] {
            assert!(matches!(op.answer(&replies), Answer::Other(_)), "{op}");
        }
    }
}
