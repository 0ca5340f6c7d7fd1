//! Keyspace notifications: both servers are asked the same, and have to say the same, in the same order.

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Flavour, Reply, Server, render, split_words};

use crate::oracle::needs_redis;
use crate::trial;

/// Commands, a line each; a blank line empties the keyspaces.
const SCRIPT: &str = include_str!("events.txt");

pub(super) fn trials() -> Vec<Trial> {
    vec![
        needs_redis(trial("between::events_are_those_of_redis", compare)),
        trial("between::events_of_fields_that_expire", fields_that_expire),
    ]
}

/// A server, who asks it, and who listens to its keys.
struct Side {
    server: Server,
    asking: Client,
    listening: Client,
    /// Says when nothing more is to come.
    ending: Client,
}

impl Side {
    fn new(flavour: Flavour) -> Result<Self> {
        let server = Server::start(flavour)?;
        let (mut asking, mut listening) = (Client::connect(server.address())?, Client::connect(server.address())?);
        asking.ok("CONFIG SET notify-keyspace-events KEAmn")?;
        listening.call("PSUBSCRIBE __key*@*__:*")?;
        listening.call("SUBSCRIBE over")?;
        let ending = Client::connect(server.address())?;
        Ok(Self { server, asking, listening, ending })
    }

    /// What a command is answered, and what is heard of it.
    fn run(&mut self, line: &str) -> Result<(Reply, Vec<String>)> {
        let words = split_words(line)?;
        let reply = match line.strip_prefix("advance ") {
            Some(millis) => {
                self.server.advance(std::time::Duration::from_millis(millis.parse()?))?;
                Reply::Simple(Vec::new())
            }
            None => self.asking.command(&words)?,
        };
        self.ending.call("PUBLISH over x")?;
        let mut heard = Vec::new();
        loop {
            let message = self.listening.reply()?;
            let items = message.items().context("no message")?;
            let [.., channel, text] = items else { bail!("no message: {}", render(&message)) };
            if channel.string() == "over" {
                return Ok((reply, heard));
            }
            heard.push(format!("{} {}", channel.string(), text.string()));
        }
    }
}

/// Fields with times to live, which the judge does not have: commands, and the events that they are to give, in order.
const OF_FIELDS: &[(&str, &[&str])] = &[
    ("DEBUG SET-ACTIVE-EXPIRE 0", &[]),
    ("HSETEX h EX 100 FIELDS 2 f 1 g 2", &["new", "hset", "hexpire"]),
    ("HSETEX h KEEPTTL FIELDS 1 f 2", &["hset"]),
    ("HSETEX h FNX FIELDS 1 f 2", &[]),
    ("HEXPIRE h 100 FIELDS 2 f none", &["hexpire"]),
    ("HEXPIRE h 200 LT FIELDS 1 f", &[]),
    ("HPERSIST h FIELDS 1 f", &["hpersist"]),
    ("HPERSIST h FIELDS 1 f", &[]),
    ("HGETEX h PERSIST FIELDS 2 f g", &["hpersist"]),
    ("HGETEX h EX 100 FIELDS 1 f", &["hexpire"]),
    ("HGETEX h FIELDS 1 f", &[]),
    ("HINCRBY h f 1", &["hincrby"]),
    ("HEXPIRE h 0 FIELDS 1 f", &["hdel"]),
    ("HGETDEL h FIELDS 2 f g", &["hdel", "del"]),
    ("HSET h f 1 g 2 i 3", &["new", "hset"]),
    ("HPEXPIRE h 50 FIELDS 2 f g", &["hexpire"]),
    ("advance 80", &[]),
    ("HDEL h none", &["hexpired"]),
    ("HPEXPIRE h 50 FIELDS 1 i", &["hexpire"]),
    ("advance 80", &[]),
    ("HDEL h none", &["hexpired", "del"]),
    ("SET k v", &["new", "set"]),
    ("SET k w IFEQ x", &[]),
    ("SET k w IFEQ v", &["set"]),
    ("DELIFEQ k v", &[]),
    ("DELIFEQ k w", &["del"]),
];

fn fields_that_expire() -> Result<()> {
    let mut side = Side::new(Flavour::Pyredis)?;
    for (line, expected) in OF_FIELDS {
        let (reply, heard) = side.run(line)?;
        ensure!(!reply.is_error(), "{line}: {}", render(&reply));
        let events: Vec<&str> =
            heard.iter().filter_map(|event| event.strip_prefix("__keyspace@0__:")?.split(' ').nth(1)).collect();
        ensure!(events == *expected, "{line}: {events:?} and not {expected:?}");
    }
    Ok(())
}

fn compare() -> Result<()> {
    let (mut judge, mut accused) = (Side::new(Flavour::Redis)?, Side::new(Flavour::Pyredis)?);
    let (mut differences, mut events) = (Vec::new(), 0);
    // Redis finds by chance what has expired, so this is compared when the keyspace is emptied.
    let mut expired = [Vec::new(), Vec::new()];
    for (number, line) in (1..).zip(SCRIPT.lines()).filter(|(_, line)| !line.starts_with('#')) {
        let line = if line.is_empty() { "FLUSHALL" } else { line };
        let (mut expected, mut got) = (judge.run(line)?, accused.run(line)?);
        for (events, expired) in [&mut expected.1, &mut got.1].into_iter().zip(&mut expired) {
            expired.extend(events.extract_if(.., |event| event.contains("expired")));
            if line == "FLUSHALL" {
                expired.sort();
                events.append(expired);
            }
        }
        events += expected.1.len();
        if expected.1 != got.1 {
            differences.push(format!("{number}: {line}\n  expected {:?}\n  got      {:?}", expected.1, got.1));
        }
        if expected.0.is_error() != got.0.is_error() {
            differences.push(format!("{number}: {line}: {} and {}", render(&expected.0), render(&got.0)));
        }
    }
    ensure!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
    ensure!(events > 500, "{events} events only");
    Ok(())
}
