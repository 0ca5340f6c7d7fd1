//! Random commands to two servers: pyredis answers as the real one does, and where a server does not, that is found and
//! shown in a few commands.

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pyredis_tests::oracle::{self, Arena, Fault, Group, Plan, Side, Summary};
use pyredis_tests::{Flavour, Server, pyredis_binary};

use crate::oracle::needs_redis;
use crate::trial;

/// How many sequences are played, unless `PYREDIS_SEQUENCES` says another number.
const SEQUENCES: u64 = 150;
/// The seed of the first, unless `PYREDIS_SEED` says another. It stands fast, so that a run says something about a change, not
/// about luck; `cargo xtask oracle` goes on from new ones.
const SEED: u64 = 1;
/// Within so many sequences each fault must be found.
const FAULTY_SEQUENCES: u64 = 100;

/// What is wrong with a server on purpose, and in how many commands it can be shown.
const FAULTS: [(&str, Fault, usize); 6] = [
    ("a_wrong_sum", |command| rename(command, "INCR", "DECR"), 1),
    ("the_wrong_end", |command| rename(command, "LPOP", "RPOP"), 2),
    ("a_lost_pair", |command| drop_last(command, "HSET", 6, 2), 2),
    // The reply is the same; only what is held differs.
    ("a_lost_deadline", |command| drop_word(command, "GETEX", "PERSIST"), 2),
    ("the_wrong_score", |command| rename(command, "ZINTERSTORE", "ZUNIONSTORE"), 3),
    ("a_watch_that_is_blind", |command| replace_last(command, "WATCH", "elsewhere"), 5),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("differential::pyredis", pyredis_answers_as_redis),
        trial("differential::redis_beside_itself", a_server_does_not_differ_from_itself),
    ];
    for (name, fault, steps) in FAULTS {
        trials.push(trial(format!("differential::{name}_is_found"), move || is_found(fault, steps)));
    }
    trials.into_iter().map(needs_redis).collect()
}

fn pyredis_answers_as_redis() -> Result<()> {
    let accused = Server::start_program(&pyredis_binary()?)?;
    let count = from_outside("PYREDIS_SEQUENCES")?.unwrap_or(SEQUENCES);
    let seed = from_outside("PYREDIS_SEED")?.unwrap_or(SEED);
    agrees(&accused, seed, count)
}

/// What a server draws at random, and what depends on the clock, is no difference.
fn a_server_does_not_differ_from_itself() -> Result<()> {
    agrees(&redis()?, SEED, SEQUENCES)
}

fn agrees(accused: &Server, seed: u64, count: u64) -> Result<()> {
    let judge = redis()?;
    let arena = Arena { judge: Side::of(&judge), accused: Side::of(accused) };
    let summary = campaign(&arena, seed, count, 20)?;
    let found: Vec<&str> = summary.differences.values().map(|found| found.transcript.as_str()).collect();
    ensure!(found.is_empty(), "{}\n{summary}", found.join("\n"));
    ensure!(summary.sequences == count, "only {} sequences were played", summary.sequences);
    Ok(())
}

/// The real server behind a fault, so that every group of commands is there.
fn is_found(fault: Fault, steps: usize) -> Result<()> {
    let (judge, accused) = (redis()?, redis()?);
    let arena = Arena { judge: Side::of(&judge), accused: Side { fault: Some(fault), ..Side::of(&accused) } };
    let summary = campaign(&arena, SEED, FAULTY_SEQUENCES, 1)?;
    let found = summary.differences.values().next().with_context(|| format!("nothing was found: {summary}"))?;
    ensure!(found.steps <= steps, "{} commands instead of {steps}:\n{}", found.steps, found.transcript);
    Ok(())
}

fn redis() -> Result<Server> {
    Server::start_program("redis-server".as_ref()).with_context(|| Flavour::Redis.to_string())
}

fn campaign(arena: &Arena, seed: u64, count: u64, differences_max: usize) -> Result<Summary> {
    let plan = Plan { seed, groups: Group::ALL.to_vec(), differences_max };
    let mut left = count;
    let is_going = || {
        let is_left = left > 0;
        left = left.saturating_sub(1);
        is_left
    };
    oracle::run(arena, &plan, is_going, |_| ())
}

/// The number in this variable of the environment.
fn from_outside(variable: &str) -> Result<Option<u64>> {
    let Ok(text) = std::env::var(variable) else { return Ok(None) };
    text.parse().map(Some).with_context(|| format!("{variable}={text} is no number"))
}

fn is_named(command: &[Vec<u8>], name: &str) -> bool {
    command.first().is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
}

fn rename(command: &mut [Vec<u8>], from: &str, to: &str) {
    if is_named(command, from)
        && let [name, ..] = command
    {
        *name = to.into();
    }
}

/// Loses the last so many words of a command of at least `from` words.
fn drop_last(command: &mut Vec<Vec<u8>>, name: &str, from: usize, count: usize) {
    if is_named(command, name) && command.len() >= from {
        command.truncate(command.len() - count);
    }
}

fn replace_last(command: &mut [Vec<u8>], name: &str, word: &str) {
    if is_named(command, name)
        && let [_, .., last] = command
    {
        *last = word.into();
    }
}

fn drop_word(command: &mut Vec<Vec<u8>>, name: &str, word: &str) {
    if is_named(command, name) {
        command.retain(|other| !other.eq_ignore_ascii_case(word.as_bytes()));
    }
}
