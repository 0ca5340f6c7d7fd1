//! What passes between clients, on both servers: what a transcript cannot show, as it takes the number of a connection, or two at once.

mod events;
mod kill;
mod listen;
mod pause;

use std::net::SocketAddr;

use anyhow::{Result, bail};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Flavour, Reply, Server, render};

use crate::oracle::needs_redis;
use crate::trial;

type Case = fn(&Server) -> Result<()>;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = [kill::CASES, listen::CASES, pause::CASES].concat();
    let mut trials = events::trials();
    for (name, case) in cases {
        for flavour in [Flavour::Redis, Flavour::Pyredis] {
            let test = trial(format!("between::{name}::{flavour}"), move || case(&Server::start(flavour)?));
            trials.push(if flavour == Flavour::Redis { needs_redis(test) } else { test });
        }
    }
    trials
}

/// Connects and asks for the number of the connection.
fn numbered(address: SocketAddr) -> Result<(Client, i64)> {
    let mut client = Client::connect(address)?;
    let id = integer(&client.call("CLIENT ID")?)?;
    Ok((client, id))
}

fn integer(reply: &Reply) -> Result<i64> {
    if let Reply::Int(value) = reply { Ok(*value) } else { bail!("expected an integer, got {}", render(reply)) }
}

/// The value of a field in a line of CLIENT LIST.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}
