//! Netcat: what a person types by hand, and what a careless one sends.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::checks::{Checks, equal};
use super::target::Target;
use crate::process;

/// How long one conversation may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A name, what is sent, and the whole answer until the server closes the connection.
const CONVERSATIONS: [(&str, &str, &str); 8] = [
    ("set and get", "SET a 1\r\nGET a\r\nQUIT\r\n", "+OK\r\n$1\r\n1\r\n+OK\r\n"),
    ("bare line feeds", "SET b two\nGET b\nQUIT\n", "+OK\r\n$3\r\ntwo\r\n+OK\r\n"),
    ("any case, blanks around", "  ping  \r\n\r\nPiNg\r\nquit\r\n", "+PONG\r\n+PONG\r\n+OK\r\n"),
    ("quotes", "SET 'q k' \"a b\\x41\\n\"\r\nGET \"q k\"\r\nQUIT\r\n", "+OK\r\n$5\r\na bA\n\r\n+OK\r\n"),
    ("unbalanced quotes", "SET k \"open\r\nPING\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"),
    (
        "an error keeps the connection",
        "INCR q\r\nSET q x\r\nINCR q\r\nGET q\r\nQUIT\r\n",
        ":1\r\n+OK\r\n-ERR value is not an integer or out of range\r\n$1\r\nx\r\n+OK\r\n",
    ),
    ("inline beside RESP", "PING\r\n*1\r\n$4\r\nPING\r\nQUIT\r\n", "+PONG\r\n+PONG\r\n+OK\r\n"),
    (
        "a transaction",
        "MULTI\r\nSET t 1\r\nINCR t\r\nEXEC\r\nQUIT\r\n",
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n+OK\r\n",
    ),
];

/// Holds every conversation, each on a connection of its own.
pub(super) fn run(nc: &Path, target: &Target, checks: &mut Checks) {
    for (name, input, wanted) in CONVERSATIONS {
        checks.record(name, converse(nc, target, input, wanted));
    }
}

fn converse(nc: &Path, target: &Target, input: &str, wanted: &str) -> Result<()> {
    let port = target.port().to_string();
    let ended = process::converse(Command::new(nc).args(["127.0.0.1", &port]), input.as_bytes(), LIMIT)?;
    equal(String::from_utf8_lossy(&ended.output).as_ref(), wanted)
}
