//! Clients that wait for keys, alike on both servers; pyredis has a worker for each of the first connections.

mod crowd;
mod leaving;
mod order;
mod writes;

use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Expect, Flavour, Server, render};

use crate::oracle::needs_redis;
use crate::trial;

type Case = fn(&Server) -> Result<()>;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, case) in [writes::CASES, order::CASES, leaving::CASES].concat() {
        for flavour in [Flavour::Redis, Flavour::Pyredis] {
            let directives: &[&str] = if flavour == Flavour::Pyredis { &["--io-threads", "4"] } else { &[] };
            let test = move || case(&Server::start_with(flavour, directives)?);
            let test = trial(format!("waiting::{name}::{flavour}"), test);
            trials.push(if flavour == Flavour::Redis { needs_redis(test) } else { test });
        }
    }
    trials.push(trial("waiting::ten_thousand_cost_nothing::pyredis", crowd::ten_thousand_cost_nothing));
    trials
}

fn connect(server: &Server) -> Result<Client> {
    Client::connect(server.address())
}

/// Calls, and fails unless the reply has this notation.
fn expect(client: &mut Client, line: &str, expected: &str) -> Result<()> {
    let reply = client.call(line)?;
    fits(&reply, client, line, expected)
}

fn fits(reply: &pyredis_tests::Reply, client: &Client, what: &str, expected: &str) -> Result<()> {
    let accepted = expected.parse::<Expect>()?.matches(reply, client.version());
    ensure!(accepted, "{what}: expected {expected}, got {}", render(reply));
    Ok(())
}

/// A client that has sent a command and has no reply yet.
struct Waiting {
    client: Client,
    line: String,
}

impl Waiting {
    /// Sends the command on a new connection, and returns once the server has one waiting client more.
    fn begin(server: &Server, line: &str) -> Result<Self> {
        Self::begin_on(server, connect(server)?, line)
    }

    fn begin_on(server: &Server, mut client: Client, line: &str) -> Result<Self> {
        let mut looker = connect(server)?;
        let before = blocked(&mut looker)?;
        client.send_commands(&[line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect()])?;
        blocked_are(&mut looker, before + 1)?;
        Ok(Self { client, line: line.to_owned() })
    }

    /// The reply has come, or comes.
    fn gets(&mut self, expected: &str) -> Result<()> {
        let reply = self.client.reply()?;
        fits(&reply, &self.client, &self.line, expected)
    }
}

/// How many clients wait.
fn blocked(client: &mut Client) -> Result<usize> {
    let info = client.call("INFO clients")?.string();
    let line = info.lines().find_map(|line| line.strip_prefix("blocked_clients:"));
    let Some(count) = line.and_then(|count| count.trim().parse().ok()) else { bail!("no blocked_clients in {info}") };
    Ok(count)
}

/// Asks until so many clients wait.
fn blocked_are(client: &mut Client, expected: usize) -> Result<()> {
    let mut last = 0;
    for _ in 0..100_000 {
        last = blocked(client)?;
        if last == expected {
            return Ok(());
        }
    }
    bail!("{last} clients wait, expected {expected}")
}
