//! The differences that are meant, each with its reason. They are described in `docs/differences.md`.
//!
//! Each is as narrow as can be told from the command, the two replies and what was done before: what looks alike and has not
//! the reason is reported.

use super::past::{Past, is, is_sort};
use crate::render;
use crate::reply::Reply;

/// A command that two servers answered differently.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    /// What was done before, by all connections.
    pub(super) past: &'a Past,
    /// Who asked; none where it is about what the servers hold.
    pub(super) connection: Option<usize>,
    pub(super) command: &'a [Vec<u8>],
    pub(super) expected: &'a Reply,
    pub(super) got: &'a Reply,
}

/// A difference that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meant {
    pub(super) why: &'static str,
    /// Whether the servers hold different things from then on, so that nothing more can be compared.
    pub(super) parts: bool,
}

/// Whether a case is one that is meant.
type Applies = fn(&Case<'_>) -> bool;

/// Each with what shows it.
const ALLOWED: [(Meant, Applies); 8] = [
    (Meant { why: "bytes that are not UTF-8 in an error's text are U+FFFD", parts: false }, |case| {
        match (case.expected, case.got) {
            (Reply::Error(expected), Reply::Error(got)) => {
                String::from_utf8(expected.clone()).is_err()
                    && String::from_utf8_lossy(expected) == String::from_utf8_lossy(got)
            }
            _ => false,
        }
    }),
    (
        Meant {
            why: "SORT is refused by Redis for a number out of range that an earlier command has met",
            parts: false,
        },
        |case| is_refused_sort(case) && matches!(case.got, Reply::Array(_)),
    ),
    (
        Meant {
            why: "SORT with STORE is refused by Redis for a number out of range that an earlier command has met",
            parts: true,
        },
        |case| {
            let stores = case.command.iter().skip(2).any(|word| is(word, "STORE"));
            is_refused_sort(case) && stores && matches!(case.got, Reply::Int(_))
        },
    ),
    (
        Meant { why: "SORT makes a small sorted set a skiplist in Redis, and leaves it as it is here", parts: false },
        |case| {
            let is_object = case.command.first().is_some_and(|name| is(name, "OBJECT"));
            let is_bulk = |reply: &Reply, text: &[u8]| matches!(reply, Reply::Bulk(bytes) if bytes == text);
            is_object
                && is_bulk(case.expected, b"skiplist")
                && is_bulk(case.got, b"listpack")
                && case.command.get(2).is_some_and(|key| case.past.has_sorted(key))
        },
    ),
    (
        Meant {
            why: "SORT makes a small sorted set a skiplist in Redis, which keeps -0 and writes large scores otherwise",
            parts: false,
        },
        |case| {
            let is_same = with_plain_scores(case.expected) == with_plain_scores(case.got);
            is_same && case.command.iter().skip(1).any(|argument| case.past.has_sorted(argument))
        },
    ),
    (Meant { why: "SORT of a set compares texts up to a NUL, and has no order for the rest", parts: false }, |case| {
        let [name, key, options @ ..] = case.command else { return false };
        let has = |wanted: &str| options.iter().any(|word| is(word, wanted));
        let is_by_text = is_sort(name) && has("ALPHA") && !has("GET") && !has("BY");
        is_by_text && case.past.has_held_a_set(key) && up_to_nul(case.expected) == up_to_nul(case.got)
    }),
    (
        Meant { why: "BITFIELD with OVERFLOW FAIL that only makes room has changed a watched key", parts: true },
        |case| {
            let is_exec = case.command.first().is_some_and(|name| is(name, "EXEC"));
            let is_aborted = matches!(case.got, Reply::Null | Reply::NullArray);
            is_exec
                && is_aborted
                && matches!(case.expected, Reply::Array(_))
                && case.connection.is_some_and(|connection| case.past.has_made_room_only(connection))
        },
    ),
    (Meant { why: "a pattern with ** finds the empty key", parts: false }, |case| {
        let has_pattern = case.command.iter().skip(1).any(|word| word.windows(2).any(|two| two == b"**"));
        has_pattern && !case.expected.is_error() && !case.got.is_error()
    }),
];

/// Why this difference is none, if it is none.
pub(super) fn allowed(case: &Case<'_>) -> Option<&'static Meant> {
    ALLOWED.iter().find(|(_, applies)| applies(case)).map(|(meant, _)| meant)
}

/// Whether Redis refused a SORT for a number that may be an earlier command's.
fn is_refused_sort(case: &Case<'_>) -> bool {
    let is_refused = matches!(case.expected, Reply::Error(text) if text.starts_with(b"ERR One or more scores"));
    let is_sort = case.command.first().is_some_and(|name| is_sort(name));
    is_sort && is_refused && case.past.has_met_a_number_out_of_range()
}

/// The reply as a text in which every single value of -0 is 0, and every 1e+17 and the like is written out.
fn with_plain_scores(reply: &Reply) -> String {
    let plain = |items: &[Reply]| items.iter().map(with_plain_scores).collect::<Vec<_>>().join(" ");
    match reply {
        Reply::Array(items) => format!("[{}]", plain(items)),
        Reply::Bulk(text) => render(&Reply::Bulk(plain_score(text))),
        Reply::Double(text) => render(&Reply::Double(plain_score(text))),
        other => render(other),
    }
}

fn plain_score(text: &[u8]) -> Vec<u8> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match number {
        Some(_) if text == b"-0" => b"0".to_vec(),
        Some(number) if text.windows(2).any(|two| two == b"e+") => number.to_string().into_bytes(),
        _ => text.to_vec(),
    }
}

/// The elements, each up to its first NUL; none if this is no array of texts.
fn up_to_nul(reply: &Reply) -> Option<Vec<&[u8]>> {
    let Reply::Array(items) = reply else { return None };
    items.iter().map(|item| item.text()?.split(|byte| *byte == 0).next()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::past::Done;
    use super::*;
    use crate::split_words;

    fn command(line: &str) -> Vec<Vec<u8>> {
        split_words(line).unwrap()
    }

    fn bulks(words: &str) -> Reply {
        Reply::Array(words.split(' ').map(|word| Reply::Bulk(word.into())).collect())
    }

    /// Why a difference is meant, after these commands of the first connection and the judge's answers to them.
    fn why(past: &[(&str, Reply)], line: &str, expected: &Reply, got: &Reply) -> Option<&'static str> {
        let mut done = Past::default();
        for (line, reply) in past {
            done.push(Done { connection: 0, command: command(line), reply: reply.clone() });
        }
        let (past, command) = (&done, &command(line));
        allowed(&Case { past, connection: Some(0), command, expected, got }).map(|meant| meant.why)
    }

    fn error(text: &[u8]) -> Reply {
        Reply::Error(text.to_vec())
    }

    #[test]
    fn only_an_errors_bytes_may_be_replaced() {
        let is_allowed =
            |expected: &[u8], got: &[u8]| why(&[], r#"FOO "\xff""#, &error(expected), &error(got)).is_some();
        assert!(is_allowed(b"ERR '\xff'", "ERR '\u{fffd}'".as_bytes()));
        assert!(!is_allowed(b"ERR '\xff'", b"ERR 'x'"));
        assert!(!is_allowed(b"ERR a", b"ERR b"));
        assert!(why(&[], "FOO", &Reply::Int(1), &Reply::Int(2)).is_none());
    }

    #[test]
    fn a_refused_sort_needs_a_number_out_of_range_before_it() {
        let refused = error(b"ERR One or more scores can't be converted into double");
        let met = [("ZADD z 5e-324 a", Reply::Int(1))];
        let not_met = [("ZADD z 5e-300 a", Reply::Int(1))];
        assert!(why(&met, "SORT l", &refused, &bulks("1")).is_some());
        assert!(why(&met, "sort l STORE to", &refused, &Reply::Int(1)).is_some());
        assert!(why(&not_met, "SORT l", &refused, &bulks("1")).is_none());
        assert!(why(&not_met, "SORT l STORE to", &refused, &Reply::Int(1)).is_none());
        assert!(why(&met, "SORT l", &refused, &Reply::Int(1)).is_none());
        assert!(why(&met, "SORT l", &bulks("1"), &refused).is_none());
        assert!(why(&met, "LRANGE l 0 -1", &refused, &bulks("1")).is_none());
    }

    #[test]
    fn a_skiplist_needs_a_sort_of_this_key() {
        let bulk = |text: &str| Reply::Bulk(text.into());
        let past =
            [("SORT z", bulks("a")), ("RENAME z other", Reply::Simple(b"OK".to_vec())), ("ZADD z 1 a", Reply::Int(1))];
        for (key, is_meant) in [("z", true), ("other", true), ("third", false)] {
            let encoding = format!("OBJECT ENCODING {key}");
            assert_eq!(why(&past, &encoding, &bulk("skiplist"), &bulk("listpack")).is_some(), is_meant, "{key}");
            assert!(why(&past, &encoding, &bulk("listpack"), &bulk("skiplist")).is_none());
            let scores = format!("ZRANGE {key} 0 -1 WITHSCORES");
            assert_eq!(why(&past, &scores, &bulks("a -0"), &bulks("a 0")).is_some(), is_meant, "{key}");
            assert!(why(&past, &scores, &bulks("a -0"), &bulks("a 1")).is_none());
            assert!(why(&past, &scores, &bulks("a -0 b 1"), &bulks("a 0 b 2")).is_none());
            let (short, long) = (bulks("a 1e+17"), bulks("a 100000000000000000"));
            assert_eq!(why(&past, &format!("ZSCAN {key} 0"), &short, &long).is_some(), is_meant, "{key}");
            assert!(why(&past, &format!("ZSCAN {key} 0"), &short, &bulks("a 1000000000000000000")).is_none());
        }
        assert!(why(&[], "ZSCORE z a", &bulk("-0"), &bulk("0")).is_none());
    }

    #[test]
    fn texts_that_are_equal_up_to_a_nul_have_no_order_in_a_set() {
        let texts = |words: [&[u8]; 3]| Reply::Array(words.map(|word| Reply::Bulk(word.to_vec())).to_vec());
        let (one, other) = (texts([b"a", b"a\0b", b"c"]), texts([b"a\0b", b"a", b"c"]));
        let set = [("SADD t a c", Reply::Int(2))];
        assert!(why(&set, "SORT t alpha", &one, &other).is_some());
        let sorted = [("ZADD z 1 a", Reply::Int(1)), ("RENAMENX z h", Reply::Int(1))];
        assert!(why(&sorted, "SORT h alpha", &one, &other).is_some());
        assert!(why(&set, "SORT t alpha", &one, &texts([b"a", b"c", b"a\0b"])).is_none());
        assert!(why(&set, "SORT l alpha", &one, &other).is_none());
        assert!(why(&set, "SORT t", &one, &other).is_none());
        assert!(why(&set, "SORT t ALPHA GET other:*", &one, &other).is_none());
    }

    #[test]
    fn a_transaction_fails_for_a_bitfield_that_only_makes_room() {
        let nothing = Reply::Array(vec![Reply::NullBulk]);
        let ok = Reply::Simple(b"OK".to_vec());
        let field = "bitfield k OVERFLOW FAIL INCRBY u1 8 -7";
        let exec = |past: &[(&str, Reply)]| why(past, "EXEC", &Reply::Array(Vec::new()), &Reply::NullArray).is_some();
        assert!(exec(&[("WATCH j k", ok.clone()), (field, nothing.clone())]));
        let read = Reply::Array(vec![Reply::Int(0), Reply::Null]);
        assert!(exec(&[("WATCH k", ok.clone()), ("BITFIELD k GET u1 0 OVERFLOW FAIL SET u1 8 2", read)]));
        // Another key, too early, no longer watched, without FAIL, or something was written.
        assert!(!exec(&[("WATCH j", ok.clone()), (field, nothing.clone())]));
        assert!(!exec(&[(field, nothing.clone()), ("WATCH k", ok.clone())]));
        assert!(!exec(&[("WATCH k", ok.clone()), (field, nothing.clone()), ("UNWATCH", ok.clone())]));
        assert!(!exec(&[("WATCH k", ok.clone()), ("BITFIELD k INCRBY u1 8 -7", nothing)]));
        let written = Reply::Array(vec![Reply::NullBulk, Reply::Int(1)]);
        assert!(!exec(&[("WATCH k", ok), ("BITFIELD k OVERFLOW FAIL INCRBY u1 8 -7 SET u1 0 1", written)]));
    }
}
