//! An expectation: what a reply must be, in one notation for both protocol versions.
//!
//! Guarantee: for a given version an expectation without patterns accepts exactly one sequence of bytes, except that
//! what is said to be unordered may come in any order. RESP3's types accept, in RESP2, exactly what a server sends
//! there in their place: a map as a flat array, a boolean as 0 or 1, a double and a verbatim text as a bulk string.

use std::ops::RangeInclusive;

use regex_lite::Regex;

use crate::reply::Reply;

/// What a text must be.
#[derive(Debug, Clone)]
pub enum Text {
    /// These bytes.
    Exact(Vec<u8>),
    /// Matches from end to end; bytes that are not UTF-8 are replaced before.
    Pattern(Regex),
    /// Anything.
    Any,
}

/// Which aggregate a list is in RESP3; in RESP2 each is an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// `[ ... ]`
    Array,
    /// `~[ ... ]`
    Set,
    /// `>[ ... ]`
    Push,
}

/// What a reply must be.
#[derive(Debug, Clone)]
pub enum Expect {
    /// `*`: any reply.
    Any,
    /// `+text`
    Simple(Text),
    /// `-text`
    Error(Text),
    /// `$text`
    Bulk(Text),
    /// `!text`: a bulk error, in RESP2 an error line.
    BulkError(Text),
    /// `(text`
    BigNumber(Text),
    /// `,text`
    Double(Text),
    /// `=txt:text`; the format is compared in RESP3 only.
    Verbatim(Vec<u8>, Text),
    /// `:5`, `:1..=9`, `:*`
    Int(RangeInclusive<i64>),
    /// `#t` and `#f`
    Bool(bool),
    /// `nil`: a missing value, `$-1` or `_`.
    Nil,
    /// `nil-array`: a missing array, `*-1` or `_`.
    NilArray,
    /// A list of replies.
    List {
        /// Its type in RESP3.
        kind: ListKind,
        /// Whether the order counts.
        ordered: bool,
        /// The elements that must be there.
        items: Vec<Expect>,
        /// Whether more elements may follow.
        open: bool,
    },
    /// `{key value ...}`
    Map {
        /// Whether the order counts.
        ordered: bool,
        /// The pairs that must be there.
        pairs: Vec<(Expect, Expect)>,
        /// Whether more pairs may follow.
        open: bool,
    },
}

impl Text {
    fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(expected) => expected == text,
            Self::Pattern(pattern) => pattern.is_match(&String::from_utf8_lossy(text)),
            Self::Any => true,
        }
    }
}

impl Expect {
    /// Whether `reply`, received in protocol `version`, is what this asks for.
    #[must_use]
    pub fn matches(&self, reply: &Reply, version: u8) -> bool {
        let three = version == 3;
        match (self, reply) {
            (Self::Any, _) => true,
            (Self::Simple(text), Reply::Simple(got))
            | (Self::Error(text), Reply::Error(got))
            | (Self::Bulk(text), Reply::Bulk(got)) => text.matches(got),
            (Self::BulkError(text), Reply::BulkError(got)) if three => text.matches(got),
            (Self::BulkError(text), Reply::Error(got)) if !three => text.matches(got),
            (Self::BigNumber(text), Reply::BigNumber(got)) | (Self::Double(text), Reply::Double(got)) if three => {
                text.matches(got)
            }
            (Self::BigNumber(text) | Self::Double(text) | Self::Verbatim(_, text), Reply::Bulk(got)) if !three => {
                text.matches(got)
            }
            (Self::Verbatim(format, text), Reply::Verbatim(got)) if three => {
                got.starts_with(format) && reply.text().is_some_and(|got| text.matches(got))
            }
            (Self::Int(range), Reply::Int(got)) => range.contains(got),
            (Self::Bool(expected), Reply::Bool(got)) if three => expected == got,
            (Self::Bool(expected), Reply::Int(got)) if !three => i64::from(*expected) == *got,
            (Self::Nil, Reply::NullBulk) | (Self::NilArray, Reply::NullArray) => !three,
            (Self::Nil | Self::NilArray, Reply::Null) => three,
            (Self::List { kind, ordered, items, open }, _) => {
                list_items(*kind, reply, three).is_some_and(|got| match_all(items, got, *ordered, *open, version))
            }
            (Self::Map { ordered, pairs, open }, _) => {
                map_pairs(reply, three).is_some_and(|got| match_all(pairs, &got, *ordered, *open, version))
            }
            _ => false,
        }
    }
}

/// The elements, if the reply is the aggregate that `kind` is in this version.
fn list_items(kind: ListKind, reply: &Reply, three: bool) -> Option<&[Reply]> {
    match (kind, reply) {
        (_, Reply::Array(items)) if !three => Some(items),
        (ListKind::Array, Reply::Array(items))
        | (ListKind::Set, Reply::Set(items))
        | (ListKind::Push, Reply::Push(items))
            if three =>
        {
            Some(items)
        }
        _ => None,
    }
}

/// The pairs of a map, or of the flat array that stands for it in RESP2.
fn map_pairs(reply: &Reply, three: bool) -> Option<Vec<(&Reply, &Reply)>> {
    match reply {
        Reply::Map(pairs) if three => Some(pairs.iter().map(|(key, value)| (key, value)).collect()),
        Reply::Array(items) if !three => {
            let (pairs, rest) = items.as_chunks::<2>();
            rest.is_empty().then(|| pairs.iter().map(|[key, value]| (key, value)).collect())
        }
        _ => None,
    }
}

/// Something that can be held against one element of an aggregate.
trait Judge<Got> {
    fn accepts(&self, got: &Got, version: u8) -> bool;
}

impl Judge<Reply> for Expect {
    fn accepts(&self, got: &Reply, version: u8) -> bool {
        self.matches(got, version)
    }
}

impl Judge<(&Reply, &Reply)> for (Expect, Expect) {
    fn accepts(&self, got: &(&Reply, &Reply), version: u8) -> bool {
        self.0.matches(got.0, version) && self.1.matches(got.1, version)
    }
}

/// Holds all expectations against all elements. Unordered ones are assigned greedily, in the order written: put exact
/// elements before patterns that would take them too.
fn match_all<Got, J: Judge<Got>>(expected: &[J], got: &[Got], ordered: bool, open: bool, version: u8) -> bool {
    if got.len() < expected.len() || (!open && got.len() > expected.len()) {
        return false;
    }
    if ordered {
        return expected.iter().zip(got).all(|(expected, got)| expected.accepts(got, version));
    }
    let mut left: Vec<&Got> = got.iter().collect();
    expected.iter().all(|expected| {
        let found = left.iter().position(|got| expected.accepts(got, version));
        found.map(|index| left.swap_remove(index)).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(notation: &str, version: u8, wire: &str) -> bool {
        let wire = wire.replace(' ', "\r\n") + "\r\n";
        notation.parse::<Expect>().unwrap().matches(&Reply::read(&mut wire.as_bytes()).unwrap(), version)
    }

    #[test]
    fn one_notation_is_exact_in_each_version() {
        // Notation, what RESP2 sends, what RESP3 sends.
        let cases = [
            ("+OK", "+OK", "+OK"),
            ("$ab", "$2 ab", "$2 ab"),
            (":5", ":5", ":5"),
            ("nil", "$-1", "_"),
            ("nil-array", "*-1", "_"),
            ("#t", ":1", "#t"),
            (",1.5", "$3 1.5", ",1.5"),
            ("(12", "$2 12", "(12"),
            ("=txt:ab", "$2 ab", "=6 txt:ab"),
            ("!no", "-no", "!2 no"),
            ("[:1 [$a nil] []]", "*3 :1 *2 $1 a $-1 *0", "*3 :1 *2 $1 a _ *0"),
            ("{+a :1 +b :2}", "*4 +a :1 +b :2", "%2 +a :1 +b :2"),
            ("~[:1 :2]", "*2 :2 :1", "~2 :1 :2"),
            (">[+a]", "*1 +a", ">1 +a"),
        ];
        for (index, (notation, two, three)) in cases.iter().enumerate() {
            for (other, (_, wire_two, wire_three)) in cases.iter().enumerate() {
                assert_eq!(check(notation, 2, wire_two), two == wire_two, "{notation} against {wire_two} in RESP2");
                assert_eq!(check(notation, 3, wire_three), three == wire_three, "{notation}: {wire_three} in RESP3");
                assert!(index == other || !check(notation, 3, wire_three) || three == wire_three);
            }
            // A type of the other version is never taken for this one.
            assert!(two == three || !check(notation, 3, two), "{notation} takes {two} in RESP3");
            assert!(two == three || !check(notation, 2, three), "{notation} takes {three} in RESP2");
        }
    }

    #[test]
    fn patterns_ranges_and_orders() {
        assert!(check("$/a+/", 2, "$3 aaa") && !check("$/a+/", 2, "$3 aab"));
        assert!(check(":99..=100", 2, ":99") && !check(":99..=100", 2, ":101") && check(":*", 3, ":-9"));
        assert!(check(":5..", 2, ":5") && !check(":5..", 2, ":4"));
        assert!(check("unordered[:1 :2]", 2, "*2 :2 :1") && !check("[:1 :2]", 2, "*2 :2 :1"));
        assert!(!check("unordered[:1 :1]", 2, "*2 :1 :2"));
        assert!(check("[:1 ...]", 2, "*2 :1 :2") && !check("[:1]", 2, "*2 :1 :2") && !check("[:1 ...]", 2, "*0"));
        assert!(check("unordered{+b * ...}", 3, "%2 +a :1 +b :2") && !check("unordered{+c * ...}", 3, "%1 +a :1"));
        assert!(check("*", 3, "_") && check("$*", 3, "$0 ") && !check("$*", 3, "+x") && check("[...]", 2, "*0"));
    }
}
