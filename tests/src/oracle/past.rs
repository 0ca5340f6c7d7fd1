//! What a sequence has done so far, and what can be asked about it to tell a difference that is meant from one that is not.
//!
//! Guarantee: every question is answered from commands and the judge's replies alone, so the answer is the same each time
//! a sequence is played.

use std::collections::BTreeSet;

use crate::reply::Reply;

/// A command that was done, in a transaction or not.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) connection: usize,
    pub(super) command: Vec<Vec<u8>>,
    /// What the judge answered.
    pub(super) reply: Reply,
}

/// All that was done, in order.
#[derive(Debug, Default)]
pub(super) struct Past(Vec<Done>);

impl Past {
    /// Adds what was done last.
    pub(super) fn push(&mut self, done: Done) {
        self.0.push(done);
    }

    /// Whether some argument was a number that C's `strtod` or `strtoul` calls out of range.
    pub(super) fn has_met_a_number_out_of_range(&self) -> bool {
        self.0.iter().flat_map(|done| done.command.iter().skip(1)).any(|argument| is_out_of_range(argument))
    }

    /// Whether SORT has read this key, whatever it was called then.
    pub(super) fn has_sorted(&self, key: &[u8]) -> bool {
        self.keys_after(is_sort, &["RENAME", "RENAMENX", "COPY"]).contains(key)
    }

    /// Whether a set, sorted or not, was put under this key, whatever it was called then.
    pub(super) fn has_held_a_set(&self, key: &[u8]) -> bool {
        self.keys_after(makes_a_set, &["RENAME", "RENAMENX", "COPY", "SMOVE"]).contains(key)
    }

    /// The keys of these commands, and those to which they were brought by those.
    fn keys_after(&self, is_first: fn(&[u8]) -> bool, brings: &[&str]) -> BTreeSet<&[u8]> {
        let mut keys: BTreeSet<&[u8]> = BTreeSet::new();
        for done in &self.0 {
            let [name, key, rest @ ..] = done.command.as_slice() else { continue };
            if is_first(name) {
                keys.insert(key);
            }
            let is_brought = brings.iter().any(|other| is(name, other)) && keys.contains(key.as_slice());
            if let Some(to) = rest.first().filter(|_| is_brought) {
                keys.insert(to);
            }
        }
        keys
    }

    /// Whether, since this connection began to watch a key, a BITFIELD with OVERFLOW FAIL that wrote nothing came to it.
    pub(super) fn has_made_room_only(&self, connection: usize) -> bool {
        let mut watched: BTreeSet<&[u8]> = BTreeSet::new();
        let mut is_seen = false;
        for done in &self.0 {
            let Some((name, arguments)) = done.command.split_first() else { continue };
            if done.connection == connection && is(name, "WATCH") && !done.reply.is_error() {
                watched.extend(arguments.iter().map(Vec::as_slice));
            }
            let ends = ["UNWATCH", "EXEC", "DISCARD", "RESET"].iter().any(|other| is(name, other));
            if done.connection == connection && ends {
                watched.clear();
                is_seen = false;
            }
            is_seen |= arguments.first().is_some_and(|key| watched.contains(key.as_slice())) && writes_nothing(done);
        }
        is_seen
    }
}

/// Whether this is a name of SORT.
pub(super) fn is_sort(name: &[u8]) -> bool {
    is(name, "SORT") || is(name, "SORT_RO")
}

fn makes_a_set(name: &[u8]) -> bool {
    let sets = ["SADD", "SDIFFSTORE", "SINTERSTORE", "SUNIONSTORE"];
    let sorted = ["ZADD", "ZINCRBY", "ZDIFFSTORE", "ZINTERSTORE", "ZRANGESTORE", "ZUNIONSTORE"];
    sets.iter().chain(&sorted).any(|other| is(name, other))
}

/// Whether a word is this one, in any case.
pub(super) fn is(word: &[u8], other: &str) -> bool {
    word.eq_ignore_ascii_case(other.as_bytes())
}

/// Whether this is a BITFIELD with FAIL that was to write and did not.
fn writes_nothing(done: &Done) -> bool {
    let Some((name, arguments)) = done.command.split_first() else { return false };
    let Reply::Array(replies) = &done.reply else { return false };
    if !is(name, "BITFIELD") || !arguments.iter().any(|word| is(word, "FAIL")) {
        return false;
    }
    let mut replies = replies.iter();
    let mut is_refused = false;
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        let (is_write, operands) = match word.to_ascii_uppercase().as_slice() {
            b"GET" => (false, 2),
            b"SET" | b"INCRBY" => (true, 3),
            // OVERFLOW, which has no reply of its own.
            _ => {
                words.next();
                continue;
            }
        };
        for _ in 0..operands {
            words.next();
        }
        let has_value = replies.next().is_some_and(|reply| matches!(reply, Reply::Int(_)));
        if is_write && has_value {
            return false;
        }
        is_refused |= is_write;
    }
    is_refused
}

/// Whether C's functions report `ERANGE` for the number that this begins with.
fn is_out_of_range(argument: &[u8]) -> bool {
    let text = argument.trim_ascii_start();
    let text = text.strip_prefix(b"(").unwrap_or(text);
    let length = text.iter().take_while(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)).count();
    // What follows a number does not keep it from being read.
    let number = (1..=length).rev().find_map(|end| {
        let text = std::str::from_utf8(text.get(..end)?).ok()?;
        Some((text, text.parse::<f64>().ok()?))
    });
    let Some((text, number)) = number else { return false };
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let is_too_small = number.abs() < f64::MIN_POSITIVE && mantissa.bytes().any(|digit| matches!(digit, b'1'..=b'9'));
    let is_whole = mantissa == text && !text.contains('.');
    let is_too_long = is_whole && text.trim_start_matches(['+', '-']).parse::<u64>().is_err();
    number.is_infinite() || is_too_small || is_too_long
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_known() {
        for text in ["1e400", "-1e400", "(1e400", " 1e400", "1e400x", "5e-324", "1e-400", "99999999999999999999"] {
            assert!(is_out_of_range(text.as_bytes()), "{text}");
        }
        for text in ["", "1", "1e308", "-0", "0e-400", "0.0", "inf", "nan", "abc", "e", "18446744073709551615", "1e"] {
            assert!(!is_out_of_range(text.as_bytes()), "{text}");
        }
    }
}
