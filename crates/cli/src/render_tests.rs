//! Replies and what redis-cli 7.0.15 printed for the same bytes, with `--no-raw` and with `--raw`.

use bytes::BytesMut;
use pyredis_protocol::ReplyDecoder;
use tokio_util::codec::Decoder;

use super::*;

fn reply(wire: &[u8]) -> Frame {
    ReplyDecoder::default().decode(&mut BytesMut::from(wire)).unwrap().unwrap()
}

#[track_caller]
fn assert_prints(wire: &[u8], people: &str, bare: &str) {
    let reply = reply(wire);
    assert_eq!(String::from_utf8(for_people(&reply)).unwrap(), people);
    assert_eq!(String::from_utf8_lossy(&raw(&reply)), bare);
}

#[test]
fn scalars() {
    assert_prints(b"+OK\r\n", "OK\n", "OK");
    assert_prints(b"-ERR no such\r\n", "(error) ERR no such\n", "ERR no such\n");
    assert_prints(b":-12\r\n", "(integer) -12\n", "-12");
    assert_prints(b"$-1\r\n", "(nil)\n", "");
    assert_prints(b"*-1\r\n", "(nil)\n", "");
    assert_prints(b"_\r\n", "(nil)\n", "");
    assert_prints(b",1.5\r\n", "(double) 1.5\n", "1.5");
    assert_prints(b",inf\r\n", "(double) inf\n", "inf");
    assert_prints(b"#t\r\n", "(true)\n", "(true)");
    assert_prints(b"#f\r\n", "(false)\n", "(false)");
    assert_prints(b"=9\r\ntxt:a\nb\n\r\r\n", "a\nb\n\r\n", "a\nb\n\r");
}

#[test]
fn strings() {
    assert_prints(b"$0\r\n\r\n", "\"\"\n", "");
    assert_prints(b"$9\r\nhe\"l\\lo\n\x01\r\n", "\"he\\\"l\\\\lo\\n\\x01\"\n", "he\"l\\lo\n\x01");
    assert_prints(
        b"$12\r\n\xc3\xa9\x00\x7f\x0b\t\r\x07\x08' ~\r\n",
        "\"\\xc3\\xa9\\x00\\x7f\\x0b\\t\\r\\a\\b' ~\"\n",
        "\u{e9}\0\x7f\x0b\t\r\x07\x08' ~",
    );
}

#[test]
fn arrays() {
    assert_prints(b"*0\r\n", "(empty array)\n", "");
    assert_prints(b"*3\r\n:1\r\n$1\r\na\r\n$-1\r\n", "1) (integer) 1\n2) \"a\"\n3) (nil)\n", "1\na\n");
    assert_prints(b"*2\r\n-ERR x\r\n+OK\r\n", "1) (error) ERR x\n2) OK\n", "ERR x\n\nOK");
    assert_prints(
        b"*2\r\n*2\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$1\r\nb\r\n",
        "1) 1) \"a\"\n   2) 1) (integer) 1\n      2) (empty array)\n2) 1) 1) \"b\"\n",
        "a\n1\n\nb",
    );
    assert_prints(b"*1\r\n>1\r\n+a\r\n", "1) 1) a\n", "a");
}

#[test]
fn numbers_are_aligned() {
    let wire = [&b"*12\r\n"[..], &b":7\r\n".repeat(11), b"*2\r\n:1\r\n:2\r\n"].concat();
    let people = for_people(&reply(&wire));
    let people = str::from_utf8(&people).unwrap();
    assert!(people.starts_with(" 1) (integer) 7\n 2) (integer) 7\n"), "{people}");
    assert!(people.ends_with("11) (integer) 7\n12) 1) (integer) 1\n    2) (integer) 2\n"), "{people}");
}

#[test]
fn sets_and_maps() {
    assert_prints(b"%0\r\n", "(empty hash)\n", "");
    assert_prints(b"~0\r\n", "(empty set)\n", "");
    assert_prints(b"~2\r\n$1\r\na\r\n#t\r\n", "1~ \"a\"\n2~ (true)\n", "a\n(true)");
    assert_prints(
        b"%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*2\r\n:1\r\n:2\r\n",
        "1# \"a\" => (integer) 1\n2# \"b\" => \n   1) (integer) 1\n   2) (integer) 2\n",
        "a 1\nb 1\n2",
    );
    assert_prints(
        b"%2\r\n$1\r\na\r\n%1\r\n+x\r\n%1\r\n+y\r\n+z\r\n+b\r\n~2\r\n:1\r\n*2\r\n:3\r\n:4\r\n",
        "1# \"a\" => 1# x => 1# y => z\n2# b => \n   1~ (integer) 1\n   2~ 1) (integer) 3\n      2) (integer) 4\n",
        "a x y z\nb 1\n3\n4",
    );
    assert_prints(b"%1\r\n*2\r\n:1\r\n:2\r\n:3\r\n", "1# 1) (integer) 1\n   2) (integer) 2 => (integer) 3\n", "1\n2 3");
    assert_prints(b"%1\r\n+a\r\n*1\r\n:1\r\n", "1# a => 1) (integer) 1\n", "a 1");
    assert_prints(
        b"%1\r\n+a\r\n*1\r\n*2\r\n:1\r\n:2\r\n",
        "1# a => \n   1) 1) (integer) 1\n      2) (integer) 2\n",
        "a 1\n2",
    );
    assert_prints(
        b"%1\r\n+a\r\n%1\r\n+b\r\n*2\r\n:1\r\n:2\r\n",
        "1# a => \n   1# b => \n      1) (integer) 1\n      2) (integer) 2\n",
        "a b 1\n2",
    );
    let many = for_people(&reply(&[&b"%10\r\n"[..], &b"+a\r\n*2\r\n:1\r\n:2\r\n".repeat(10)].concat()));
    let many = str::from_utf8(&many).unwrap();
    assert!(many.starts_with(" 1# a => \n    1) (integer) 1\n    2) (integer) 2\n 2# a"), "{many}");
    assert_prints(
        b"*1\r\n%2\r\n+a\r\n*2\r\n:1\r\n:2\r\n+c\r\n~1\r\n%2\r\n+d\r\n:1\r\n+e\r\n*2\r\n:1\r\n:2\r\n",
        concat!(
            "1) 1# a => \n      1) (integer) 1\n      2) (integer) 2\n   2# c => \n",
            "      1~ 1# d => (integer) 1\n         2# e => \n            1) (integer) 1\n            2) (integer) 2\n"
        ),
        "a 1\n2\nc d 1\ne 1\n2",
    );
}

/// Types that redis-cli 7.0 does not know.
#[test]
fn other_types() {
    assert_prints(b"(123\r\n", "(big number) 123\n", "123");
    assert_prints(b"!5\r\nERR x\r\n", "(error) ERR x\n", "ERR x\n");
    assert_prints(b",nan\r\n", "(double) nan\n", "nan");
    assert_prints(b"|1\r\n+ttl\r\n:9\r\n$1\r\na\r\n", "\"a\"\n", "a");
}
