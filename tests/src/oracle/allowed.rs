//! The differences that are meant, each with its reason. They are described in `docs/differences.md`.

use crate::reply::Reply;

/// A difference that is meant.
struct Allowed {
    why: &'static str,
    applies: fn(command: &[Vec<u8>], expected: &Reply, got: &Reply) -> bool,
}

/// All of them.
const ALLOWED: [Allowed; 4] = [
    Allowed {
        why: "bytes that are not UTF-8 in an error's text are U+FFFD",
        applies: |_, expected, got| match (expected, got) {
            (Reply::Error(expected), Reply::Error(got)) => {
                String::from_utf8(expected.clone()).is_err()
                    && String::from_utf8_lossy(expected) == String::from_utf8_lossy(got)
            }
            _ => false,
        },
    },
    Allowed {
        why: "SORT is refused by Redis for a number out of range that an earlier command has met",
        applies: |command, expected, got| {
            let is_sort = command.first().is_some_and(|name| name.to_ascii_lowercase().starts_with(b"sort"));
            let refused = matches!(expected, Reply::Error(text) if text.starts_with(b"ERR One or more scores"));
            is_sort && refused && matches!(got, Reply::Array(_))
        },
    },
    Allowed {
        why: "SORT makes a small sorted set a skiplist in Redis, and leaves it as it is here",
        applies: |command, expected, got| {
            let is_object = command.first().is_some_and(|name| name.eq_ignore_ascii_case(b"object"));
            let bulk = |reply: &Reply, text: &[u8]| matches!(reply, Reply::Bulk(bytes) if bytes == text);
            is_object && bulk(expected, b"skiplist") && bulk(got, b"listpack")
        },
    },
    Allowed {
        why: "a pattern with ** finds the empty key",
        applies: |command, expected, got| {
            let has_pattern = command.iter().skip(1).any(|word| word.windows(2).any(|two| two == b"**"));
            has_pattern && !expected.is_error() && !got.is_error()
        },
    },
];

/// Why this difference is none, if it is none.
pub(super) fn allowed(command: &[Vec<u8>], expected: &Reply, got: &Reply) -> Option<&'static str> {
    ALLOWED.iter().find(|one| (one.applies)(command, expected, got)).map(|one| one.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_is_allowed() {
        let error = |text: &[u8]| Reply::Error(text.to_vec());
        let command = [b"FOO".to_vec(), b"\xff".to_vec()];
        assert!(allowed(&command, &error(b"ERR '\xff'"), &error("ERR '\u{fffd}'".as_bytes())).is_some());
        assert!(allowed(&command, &error(b"ERR '\xff'"), &error(b"ERR 'x'")).is_none());
        assert!(allowed(&command, &error(b"ERR a"), &error(b"ERR b")).is_none());
        assert!(allowed(&command, &Reply::Int(1), &Reply::Int(2)).is_none());
    }
}
