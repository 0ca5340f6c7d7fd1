//! Memory of collections, many small ones and one large one of each type, beside Redis.

use std::ops::Range;

use anyhow::Result;

use super::Run;
use super::contender::Program;
use super::cores::Cores;
use super::report::{Bar, Report, Row, Unit};
use super::wire::{BATCH, Wire};

const SMALL: u64 = 100_000;
const LARGE: u64 = 1_000_000;
const MANY_MEMBERS: u64 = 20;
const MANY_FIELDS: u64 = 10;

/// What the memory is of.
struct Load {
    name: &'static str,
    commands: Range<u64>,
    /// The command of a number.
    command: fn(u64) -> Vec<String>,
}

const LOADS: [Load; 6] = [
    Load { name: "100 k hashes of 10 fields", commands: 0..SMALL, command: small_hash },
    Load { name: "100 k sorted sets of 20 members", commands: 0..SMALL, command: small_sorted_set },
    Load {
        name: "a list of a million",
        commands: 0..LARGE,
        command: |number| words(&["RPUSH", "list", &element(number)]),
    },
    Load {
        name: "a set of a million",
        commands: 0..LARGE,
        command: |number| words(&["SADD", "set", &element(number)]),
    },
    Load {
        name: "a hash of a million",
        commands: 0..LARGE,
        command: |number| words(&["HSET", "hash", &element(number), &format!("value:{number}")]),
    },
    Load {
        name: "a sorted set of a million",
        commands: 0..LARGE,
        command: |number| words(&["ZADD", "zset", &scattered(number).to_string(), &element(number)]),
    },
];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn element(number: u64) -> String {
    format!("element:{number}")
}

/// A number for each number, in no order.
const fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}

fn small_hash(number: u64) -> Vec<String> {
    let fields = (0..MANY_FIELDS).flat_map(|field| [format!("field:{field}"), format!("value:{}", number + field)]);
    words(&["HSET", &format!("hash:{number}")]).into_iter().chain(fields).collect()
}

fn small_sorted_set(number: u64) -> Vec<String> {
    let members = (0..MANY_MEMBERS).flat_map(|member| [scattered(number + member).to_string(), element(member)]);
    words(&["ZADD", &format!("zset:{number}")]).into_iter().chain(members).collect()
}

/// Measures every row that is wanted.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    for load in &LOADS {
        let row =
            Row::new(format!("memory of {}", load.name), Unit::Megabytes).bar(Bar::Ahead { of: "redis", least: 1.0 });
        if !run.wants(&row.name) {
            continue;
        }
        for round in run.rounds() {
            for program in programs {
                run.say(round, &format!("{}, {}", row.name, program.name));
                report.add(&row, &program.name, megabytes(program, load)?);
            }
        }
    }
    Ok(())
}

/// RSS with the collections less RSS without.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
fn megabytes(program: &Program, load: &Load) -> Result<f64> {
    let mut server = program.start(Cores::One)?;
    let empty = server.rss()?;
    Wire::connect(server.port())?
        .send_all(BATCH, load.commands.clone(), |wire, number| wire.push(&(load.command)(number)))?;
    server.purge();
    Ok((server.rss()? as f64 - empty as f64) / 1e6)
}
