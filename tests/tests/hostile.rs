//! Broken and strange bytes over raw TCP, answered byte for byte alike by both servers.
//!
//! Each case ends in one of two ways: the connection answers a PING as if nothing had been, or the server names the
//! protocol error and closes it. Another connection is asked before and after, and must never notice.

use anyhow::{Context, Result};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Flavour, Server};

use crate::oracle::on_both;

/// What becomes of the connection.
#[derive(Clone, Copy)]
enum After {
    /// It answers a PING.
    Alive,
    /// It is closed.
    Closed,
}
use After::{Alive, Closed};

/// What is sent, all of what is answered, and what comes after.
type Case = (Vec<u8>, Vec<u8>, After);

/// Cases of one kind, and its name.
type Group = (&'static str, fn() -> Vec<Case>);

const LENGTH: &str = "invalid multibulk length";
const BULK: &str = "invalid bulk length";
const QUOTES: &str = "unbalanced quotes in request";

pub(crate) fn trials() -> Vec<Trial> {
    let groups: [Group; 6] = [
        ("nothing_to_do", nothing_to_do),
        ("array_headers", array_headers),
        ("bulk_headers", bulk_headers),
        ("inline_quotes", inline_quotes),
        ("too_long", too_long),
        ("not_redis", not_redis),
    ];
    let mut trials: Vec<Trial> = groups
        .into_iter()
        .flat_map(|(name, cases)| on_both(&format!("hostile::{name}"), move |server| check(server, cases())))
        .collect();
    // Redis takes arrays of up to 2^31 - 1 items; pyredis holds to the million that older versions allowed.
    let too_many = || vec![(b"*1048577\r\n".to_vec(), error(LENGTH), Closed)];
    trials.push(crate::trial("hostile::too_many_arguments::pyredis", move || {
        check(&Server::start(Flavour::Pyredis)?, too_many())
    }));
    trials
}

fn check(server: &Server, cases: Vec<Case>) -> Result<()> {
    let mut witness = Client::connect(server.address())?;
    for (sent, answer, after) in cases {
        let shown = sent.get(..80).unwrap_or(&sent).escape_ascii().to_string();
        one(server, &sent, &answer, after).with_context(|| format!("{} bytes were sent: {shown}", sent.len()))?;
        witness
            .send(b"PING\r\n")
            .and_then(|()| witness.expect_bytes(b"+PONG\r\n"))
            .with_context(|| format!("another connection noticed, when {} bytes were sent: {shown}", sent.len()))?;
    }
    Ok(())
}

fn one(server: &Server, sent: &[u8], answer: &[u8], after: After) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    client.send(sent)?;
    client.expect_bytes(answer)?;
    match after {
        Alive => {
            client.send(b"PING\r\n")?;
            client.expect_bytes(b"+PONG\r\n")
        }
        Closed => client.expect_closed(),
    }
}

fn error(text: &str) -> Vec<u8> {
    format!("-ERR Protocol error: {text}\r\n").into_bytes()
}

/// Cases that keep the connection.
fn alive(pairs: &[(&str, &str)]) -> Vec<Case> {
    pairs.iter().map(|(sent, answer)| (sent.as_bytes().to_vec(), answer.as_bytes().to_vec(), Alive)).collect()
}

/// Cases that end in this protocol error.
fn closed(text: &str, sent: &[&str]) -> Vec<Case> {
    sent.iter().map(|sent| (sent.as_bytes().to_vec(), error(text), Closed)).collect()
}

fn nothing_to_do() -> Vec<Case> {
    let silent = ["*-1\r\n", "*0\r\n", "*-10\r\n", "\r\n", "\n", "   \r\n", "\r\n\r\n\r\n", "*0\r\n*-1\r\n\r\n"];
    silent.iter().map(|sent| (sent.as_bytes().to_vec(), Vec::new(), Alive)).collect()
}

fn array_headers() -> Vec<Case> {
    let mut cases = closed(
        LENGTH,
        &[
            "*2147483648\r\n",
            "*9223372036854775807\r\n",
            "*9223372036854775808\r\n",
            "*-9223372036854775809\r\n",
            "*abc\r\n",
            "*\r\n",
            "*1x\r\n",
            "* 1\r\n",
            "*+1\r\n",
            "*01\r\n",
            "*1.0\r\n",
            "*3\x0b\r\n",
        ],
    );
    cases.extend(closed("expected '$', got '+'", &["*1\r\n+PING\r\n"]));
    cases.extend(closed("expected '$', got ':'", &["*1\r\n:5\r\n"]));
    cases.extend(closed("expected '$', got '*'", &["*1\r\n*1\r\n$4\r\nPING\r\n"]));
    cases.extend(closed("expected '$', got ' '", &["*1\r\n\r\n"]));
    cases.extend(closed("expected '$', got 'P'", &["*2\r\n$4\r\nECHO\r\nPING\r\n"]));
    // What was complete before the mistake is answered.
    let mut answer = b"+PONG\r\n".to_vec();
    answer.extend(error(LENGTH));
    cases.push((b"PING\r\n*x\r\nPING\r\n".to_vec(), answer, Closed));
    cases
}

fn bulk_headers() -> Vec<Case> {
    let mut cases = closed(
        BULK,
        &[
            "*1\r\n$-1\r\n",
            "*1\r\n$-5\r\n",
            "*1\r\n$536870913\r\n",
            "*1\r\n$9223372036854775808\r\n",
            "*1\r\n$abc\r\n",
            "*1\r\n$\r\n",
            "*1\r\n$4 \r\nPING\r\n",
            "*1\r\n$ 4\r\nPING\r\n",
            "*1\r\n$04\r\nPING\r\n",
            "*1\r\n$+4\r\nPING\r\n",
            "*2\r\n$4\r\nECHO\r\n$-1\r\n",
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870913\r\n",
        ],
    );
    cases.extend(alive(&[
        ("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "$0\r\n\r\n"),
        ("*1\r\n$0\r\n\r\n", "-ERR unknown command '', with args beginning with: \r\n"),
        // The two bytes after a payload are passed over, whatever they are.
        ("*1\r\n$4\r\nPINGxx", "+PONG\r\n"),
        ("*1\r\n$4\r\nPINGxxPING\r\n", "+PONG\r\n+PONG\r\n"),
    ]));
    cases
}

fn inline_quotes() -> Vec<Case> {
    let mut cases = closed(
        QUOTES,
        &[
            "SET k \"v\r\n",
            "SET k 'v\r\n",
            "SET k \"v\"x\r\n",
            "SET k 'v'x\r\n",
            "SET \"k\"\"v\"\r\n",
            "SET \"k\"'v'\r\n",
            "SET k \"v\\\"\r\n",
            "PING \"\r\n\"\r\n",
            "\"\r\n",
        ],
    );
    cases.extend(alive(&[
        ("ECHO \"\\x41\\n\\r\\t\\a\\b\\\\\\\"\\q\"\r\n", "$9\r\nA\n\r\t\x07\x08\\\"q\r\n"),
        ("ECHO \"\\x4\"\r\n", "$2\r\nx4\r\n"),
        ("ECHO \"\\xzz\"\r\n", "$3\r\nxzz\r\n"),
        ("ECHO 'a\\'b\\n'\r\n", "$5\r\na'b\\n\r\n"),
        ("ECHO \"it's\"\r\n", "$4\r\nit's\r\n"),
        ("ECHO '\"'\r\n", "$1\r\n\"\r\n"),
        ("ECHO a\"b c\"\r\n", "$4\r\nab c\r\n"),
        ("ECHO \"\"\r\n", "$0\r\n\r\n"),
        ("\"PING\"\r\n", "+PONG\r\n"),
        ("'PING'\r\n", "+PONG\r\n"),
        ("\"\"\r\n", "-ERR unknown command '', with args beginning with: \r\n"),
        ("  PING  \t \r\n", "+PONG\r\n"),
        ("PING\n", "+PONG\r\n"),
        ("PING\r\r\n", "+PONG\r\n"),
    ]));
    cases
}

/// One byte more than 64 KB without an end of line. Not two: what the server leaves unread when it closes can cost
/// the client the answer.
fn too_long() -> Vec<Case> {
    let long = |head: &str, byte: u8| {
        let mut sent = head.as_bytes().to_vec();
        sent.resize(head.len() + 65_537 - head.len().min(1), byte);
        sent
    };
    let fits = [b"ECHO ".as_slice(), &vec![b'a'; 65_000], b"\r\n"].concat();
    let answer = [b"$65000\r\n".as_slice(), &vec![b'a'; 65_000], b"\r\n"].concat();
    vec![
        (long("", b'a'), error("too big inline request"), Closed),
        (long("*", b'1'), error("too big mbulk count string"), Closed),
        ([b"*1\r\n".as_slice(), &long("$", b'1')].concat(), error("too big bulk count string"), Closed),
        (fits, answer, Alive),
    ]
}

fn not_redis() -> Vec<Case> {
    let mut cases = alive(&[
        ("GET / HTTP/1.1\r\n\r\n", "-ERR wrong number of arguments for 'get' command\r\n"),
        ("$4\r\nPING\r\n", "-ERR unknown command '$4', with args beginning with: \r\n+PONG\r\n"),
        ("+PING\r\n", "-ERR unknown command '+PING', with args beginning with: \r\n"),
        ("%1\r\n", "-ERR unknown command '%1', with args beginning with: \r\n"),
    ]);
    // A browser that was talked into speaking to this port: nothing is answered and nothing more is read.
    cases.push((b"POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n".to_vec(), Vec::new(), Closed));
    cases.push((b"Host: x\r\n".to_vec(), Vec::new(), Closed));
    cases
}
