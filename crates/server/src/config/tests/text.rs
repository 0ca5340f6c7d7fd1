//! The configuration file: what it says, and what is said about its mistakes.

use std::time::Duration;

use super::super::directives::TABLE;
use super::super::{Config, SaveRule};
use super::{parsed, refused};

fn rules(pairs: &[(u64, u64)]) -> Vec<SaveRule> {
    pairs.iter().map(|&(seconds, changes)| SaveRule { seconds, changes }).collect()
}

#[test]
fn the_table_is_well_formed() {
    for (index, directive) in TABLE.iter().enumerate() {
        let name = directive.name;
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
        assert!(TABLE.iter().skip(index + 1).all(|other| other.name != name), "{name} comes twice");
        let doc = directive.doc;
        assert!(doc.starts_with(|first: char| first.is_ascii_uppercase()) && doc.is_ascii(), "{name}: {doc}");
        assert!(!doc.contains(['|', '\n']) && !doc.ends_with('.') && !(directive.shape)().is_empty(), "{name}: {doc}");
    }
}

#[test]
fn nothing_gives_the_defaults() {
    for text in ["", "\n\r\n", "# port 1", "  \t# port 1\r\n"] {
        assert_eq!(parsed(text), Config::default(), "{text:?}");
    }
    let config = Config::default();
    assert_eq!((config.port, config.save.clone()), (6379, rules(&[(60, 1)])));
    assert_eq!(
        (TABLE.iter().map(|directive| (directive.get)(&config)))
            .collect::<Vec<_>>()
            .join("|")
            .replace(&format!("|{}|yes|no", config.io_threads), "|cores|yes|no"),
        "6379|127.0.0.1|511|300|0|10000|normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60||536870912|./|dump.rdb|60 1|yes|no|noeviction||notice|16|1024|cores|yes|no"
    );
}

#[test]
fn directives_are_read_as_redis_reads_them() {
    let text = "PORT 7000\r\n  timeout\t30  \nrequirepass \"a b\\x21\"\ndbfilename 'my dump.rdb'\nport 7001";
    let config = parsed(text);
    assert_eq!((config.port, config.timeout), (7001, Duration::from_secs(30)));
    assert_eq!((config.requirepass.as_deref(), config.dbfilename.as_str()), (Some("a b!"), "my dump.rdb"));
    let bind = parsed("bind 127.0.0.1 -::1 * -::*").bind;
    assert_eq!(bind.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.1", "-::1", "0.0.0.0", "-::"]);
    assert_eq!(parsed("bind '127.0.0.1 -::1'").bind, bind[..2]);
}

#[test]
fn save_lines_add_up() {
    for (text, expected) in [
        ("save 300 10", rules(&[(300, 10)])),
        ("save 300 10\nsave 5 0", rules(&[(300, 10), (5, 0)])),
        ("save 300 10 5 0", rules(&[(300, 10), (5, 0)])),
        ("save \"300 10 5 0\"", rules(&[(300, 10), (5, 0)])),
        ("save \"\"", rules(&[])),
        ("save 300 10\nsave \"\"\nsave 7 7", rules(&[(7, 7)])),
        ("save \"\"\nsave 7 7\nsave 8 8", rules(&[(7, 7), (8, 8)])),
    ] {
        assert_eq!(parsed(text).save, expected, "{text}");
    }
    for text in
        ["save 60", "save 60 1 5", "save 0 1", "save 60 -1", "save '60  1'", "save \"\" 60 1", "save 60 1\nsave 5"]
    {
        assert!(refused(text.as_bytes()).contains("Invalid save parameters, it takes pairs"), "{text}");
    }
}

#[test]
fn memory_has_units() {
    for (text, bytes) in [
        ("1048576", 1 << 20),
        ("1048576b", 1 << 20),
        ("2000k", 2_000_000),
        ("2000KB", 2000 << 10),
        ("2m", 2_000_000),
        ("2mb", 2 << 20),
        ("512MB", 512 << 20),
    ] {
        assert_eq!(parsed(&format!("proto-max-bulk-len {text}")).proto_max_bulk_len, bytes, "{text}");
    }
    // The last but one is 2^64 + 2^20.
    for text in
        ["1", "''", "513mb", "1g", "1gb", "99999999999999999999", "18446744073710600192", "9999999999999999999gb"]
    {
        let error = refused(format!("proto-max-bulk-len {text}").as_bytes());
        assert!(error.ends_with("argument must be between 1048576 and 536870912 inclusive"), "{error}");
    }
    for text in ["-1", "1xb", "1.5mb", "mbx", "1 mb"] {
        assert!(
            refused(format!("proto-max-bulk-len '{text}'").as_bytes()).contains("must be a memory value"),
            "{text}"
        );
    }
}

#[test]
fn a_mistake_is_said_with_its_line_and_a_way_out() {
    for (text, error) in [
        ("\n# x\nprot 1", "test.conf:3: unknown directive 'prot', did you mean 'port'?"),
        ("tcp_keepalive 1", "test.conf:1: unknown directive 'tcp_keepalive', did you mean 'tcp-keepalive'?"),
        ("replicaof a 1", "test.conf:1: unknown directive 'replicaof', see --help for those there are"),
        ("port", "test.conf:1: 'port' needs a value: 0 to 65535"),
        ("port 70000", "test.conf:1: bad value '70000' for 'port': argument must be between 0 and 65535 inclusive"),
        ("port 1 2", "test.conf:1: bad value '1 2' for 'port': wrong number of arguments, it takes 0 to 65535"),
        (
            "port 0x1",
            "test.conf:1: bad value '0x1' for 'port': argument couldn't be parsed into an integer, it takes 0 to 65535",
        ),
        ("port '7", "test.conf:1: unbalanced quotes, close the quote or write \\\" for a quote itself"),
        ("include a", "test.conf:1: 'include' is not supported, put the lines of that file here"),
        (
            "dbfilename a/b",
            "test.conf:1: bad value 'a/b' for 'dbfilename': dbfilename can't be a path, just a filename",
        ),
        ("dbfilename ..", "test.conf:1: bad value '..' for 'dbfilename': dbfilename can't be a path, just a filename"),
        (
            "appendonly yes",
            "test.conf:1: bad value 'yes' for 'appendonly': there is no journal yet, use 'no' and 'save' rules",
        ),
        ("shards 100", "test.conf:1: bad value '100' for 'shards': argument must be a power of two"),
        (
            "bind localhost",
            "test.conf:1: bad value 'localhost' for 'bind': argument must be one or more IP addresses, \
          it takes IP addresses, such as 127.0.0.1 -::1, or * for all",
        ),
        (
            "requirepass secret word",
            "test.conf:1: bad value for 'requirepass': wrong number of arguments, it takes text",
        ),
    ] {
        assert_eq!(refused(text.as_bytes()), error);
    }
    assert!(refused(b"port \x1b[31m\xff").contains("bad value '\\u{1b}[31m\u{fffd}' for"));
    assert!(refused(&[b"port ".as_slice(), &[b'9'; 1000]].concat()).len() < 200);
}

#[test]
fn the_password_is_not_shown() {
    let config = parsed("requirepass hunter2");
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && shown.contains("(hidden)") && shown.contains("6379"), "{shown}");
    assert!(!format!("{:?}", Config::default()).contains("(hidden)"));
    let error = Config::from_text("test.conf", b"requirepass hunter2 x").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
