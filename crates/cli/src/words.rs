//! What a line of input asks for: a command for the server, or one of the few words that are ours.

use bytes::Bytes;
use pyredis_protocol::split_words;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Empty,
    Quit,
    Clear,
    /// With what help is asked about.
    Help(Vec<String>),
    Connect {
        host: String,
        port: u16,
    },
    Command {
        repeat: i64,
        args: Vec<Bytes>,
    },
    /// The line can't be understood; this says why.
    Invalid(&'static str),
}

/// Reads a line. `3 PING` is PING, three times.
pub(crate) fn parse(line: &[u8]) -> Line {
    let Ok(mut args) = split_words(line) else { return Line::Invalid("Invalid argument(s)") };
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let name = args.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    match (name.as_slice(), args.as_slice()) {
        (_, []) => Line::Empty,
        (b"quit" | b"exit", _) => Line::Quit,
        (b"clear", [_]) => Line::Clear,
        (b"help" | b"?", [_, topic @ ..]) => Line::Help(topic.iter().map(text).collect()),
        (b"connect", [_, host, port]) => match text(port).parse() {
            Ok(port) => Line::Connect { host: text(host), port },
            Err(_) => Line::Invalid("Invalid port: it must be a number from 0 to 65535"),
        },
        (_, [count, _, ..]) if is_number(count) => match text(count).parse() {
            Ok(repeat) if repeat > 0 => {
                args.remove(0);
                Line::Command { repeat, args }
            }
            _ => Line::Invalid("Invalid redis-cli repeat command option value."),
        },
        _ => Line::Command { repeat: 1, args },
    }
}

fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Whether a command carries a password, which must not be kept in a history.
pub(crate) fn is_sensitive(line: &[u8]) -> bool {
    let Ok(args) = split_words(line) else { return false };
    let words: Vec<Vec<u8>> = args.iter().map(|arg| arg.to_ascii_lowercase()).collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    match words.as_slice() {
        [b"auth", _, ..] | [b"acl", b"setuser", ..] => true,
        [b"config", b"set", rest @ ..] => rest.iter().any(|word| matches!(*word, b"requirepass" | b"masterauth")),
        [b"hello", _, rest @ ..] => rest.contains(&&b"auth"[..]),
        [b"migrate", rest @ ..] => rest.iter().any(|word| matches!(*word, b"auth" | b"auth2")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(repeat: i64, args: &[&'static str]) -> Line {
        Line::Command { repeat, args: args.iter().copied().map(Bytes::from).collect() }
    }

    #[test]
    fn lines() {
        for (line, expected) in [
            ("", Line::Empty),
            ("  \r\n", Line::Empty),
            ("EXIT", Line::Quit),
            ("quit now", Line::Quit),
            ("clear", Line::Clear),
            ("help config get", Line::Help(vec!["config".to_owned(), "get".to_owned()])),
            ("connect h 7", Line::Connect { host: "h".to_owned(), port: 7 }),
            ("connect h x", Line::Invalid("Invalid port: it must be a number from 0 to 65535")),
            ("connect", command(1, &["connect"])),
            ("set 'a b' \"\\x41\"", command(1, &["set", "a b", "A"])),
            ("3 ping", command(3, &["ping"])),
            ("3", command(1, &["3"])),
            ("0 ping", Line::Invalid("Invalid redis-cli repeat command option value.")),
            ("-1 ping", Line::Invalid("Invalid redis-cli repeat command option value.")),
            ("99999999999999999999 ping", Line::Invalid("Invalid redis-cli repeat command option value.")),
            ("get \"a", Line::Invalid("Invalid argument(s)")),
        ] {
            assert_eq!(parse(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn passwords_are_recognised() {
        for line in ["AUTH x", "auth u p", "acl setuser a >p", "CONFIG SET RequirePass x", "hello 3 auth u p"] {
            assert!(is_sensitive(line.as_bytes()), "{line}");
        }
        for line in ["get auth", "config set maxmemory 1", "hello 3", "auth"] {
            assert!(!is_sensitive(line.as_bytes()), "{line}");
        }
    }
}
