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
/// Within so many sequences each fault must be found; most are in the first few.
const FAULTY_SEQUENCES: u64 = 1000;

/// What is wrong with a server on purpose, and in how many commands it can be shown.
const FAULTS: [(&str, Fault, usize); 6] = [
    ("a_wrong_sum", Fault::Rename("INCR", "DECR"), 1),
    ("the_wrong_end", Fault::Rename("LPOP", "RPOP"), 2),
    ("a_lost_pair", Fault::LoseLast("HSET", 6, 2), 2),
    // The reply is the same; only what is held differs.
    ("a_lost_deadline", Fault::LoseWord("GETEX", "PERSIST"), 2),
    ("the_wrong_score", Fault::Rename("ZINTERSTORE", "ZUNIONSTORE"), 3),
    ("a_watch_that_is_blind", Fault::ReplaceLast("WATCH", "elsewhere"), 5),
];

/// An option or a value that a server takes for another. Each is found only if the commands' arguments come together well.
const MISREAD: [(Group, Fault); 40] = [
    (Group::String, Fault::LoseWord("SET", "KEEPTTL")),
    (Group::String, Fault::ReplaceWord("SET", "EX", "PX")),
    (Group::String, Fault::ReplaceWord("GETEX", "PXAT", "EXAT")),
    (Group::String, Fault::LoseWord("LCS", "WITHMATCHLEN")),
    (Group::String, Fault::ReplaceWord("INCRBYFLOAT", "1e17", "1e16")),
    (Group::String, Fault::ReplaceWord("INCRBY", "-9223372036854775808", "-9223372036854775807")),
    (Group::String, Fault::Rename("MSETNX", "MSET")),
    (Group::Generic, Fault::LoseWord("COPY", "REPLACE")),
    (Group::Generic, Fault::ReplaceWord("SCAN", "TYPE", "MATCH")),
    (Group::Generic, Fault::ReplaceWord("SORT", "DESC", "ASC")),
    (Group::Generic, Fault::LoseWord("SORT", "ALPHA")),
    (Group::Generic, Fault::ReplaceWord("KEYS", "[^s]*", "*")),
    (Group::Expiry, Fault::ReplaceWord("EXPIRE", "GT", "XX")),
    (Group::Expiry, Fault::ReplaceWord("PEXPIRE", "LT", "NX")),
    (Group::Expiry, Fault::Rename("PEXPIREAT", "EXPIREAT")),
    (Group::Hash, Fault::Rename("HSETNX", "HSET")),
    (Group::Hash, Fault::ReplaceLast("HINCRBYFLOAT", "0")),
    (Group::Hash, Fault::LoseLast("HSET", 400, 2)),
    (Group::List, Fault::ReplaceWord("LINSERT", "BEFORE", "AFTER")),
    (Group::List, Fault::ReplaceWord("LPOS", "MAXLEN", "COUNT")),
    (Group::List, Fault::ReplaceWord("LREM", "-1", "1")),
    (Group::List, Fault::ReplaceWord("LMOVE", "LEFT", "RIGHT")),
    (Group::List, Fault::Rename("BRPOP", "BLPOP")),
    (Group::Set, Fault::Rename("SPOP", "SRANDMEMBER")),
    (Group::Set, Fault::ReplaceWord("SRANDMEMBER", "-7", "7")),
    (Group::Set, Fault::ReplaceWord("SSCAN", "MATCH", "COUNT")),
    (Group::Set, Fault::ReplaceWord("SINTERCARD", "LIMIT", "limit0")),
    (Group::Set, Fault::LoseLast("SADD", 500, 1)),
    (Group::SortedSet, Fault::ReplaceWord("ZADD", "-0", "0")),
    (Group::SortedSet, Fault::ReplaceWord("ZADD", "GT", "XX")),
    (Group::SortedSet, Fault::LoseWord("ZADD", "CH")),
    (Group::SortedSet, Fault::ReplaceWord("ZUNIONSTORE", "MIN", "MAX")),
    (Group::SortedSet, Fault::ReplaceWord("ZRANGE", "(1", "1")),
    (Group::SortedSet, Fault::ReplaceWord("ZRANGEBYLEX", "[a", "(a")),
    (Group::SortedSet, Fault::ReplaceWord("ZRANGESTORE", "REV", "LIMIT")),
    (Group::Bitmap, Fault::ReplaceWord("BITPOS", "BIT", "BYTE")),
    (Group::Bitmap, Fault::ReplaceWord("BITFIELD", "FAIL", "SAT")),
    (Group::Bitmap, Fault::ReplaceWord("BITOP", "XOR", "OR")),
    (Group::Connection, Fault::ReplaceWord("SWAPDB", "2", "1")),
    (Group::Transaction, Fault::Rename("DISCARD", "EXEC")),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("differential::pyredis", pyredis_answers_as_redis),
        trial("differential::redis_beside_itself", a_server_does_not_differ_from_itself),
    ];
    for (name, fault, steps) in FAULTS {
        trials.push(trial(format!("differential::{name}_is_found"), move || is_found(fault, steps)));
    }
    trials.push(trial("differential::what_is_misread_is_found", what_is_misread_is_found));
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
    let summary = campaign(&arena, count, &Plan { seed, ..Plan::default() })?;
    let found: Vec<&str> = summary.differences.values().map(|found| found.transcript.as_str()).collect();
    ensure!(found.is_empty(), "{}\n{summary}", found.join("\n"));
    ensure!(summary.sequences == count, "only {} sequences were played", summary.sequences);
    Ok(())
}

/// The real server behind a fault, so that every group of commands is there.
fn is_found(fault: Fault, steps: usize) -> Result<()> {
    let (judge, accused) = (redis()?, redis()?);
    let arena = Arena { judge: Side::of(&judge), accused: Side { fault: Some(fault), ..Side::of(&accused) } };
    let summary = campaign(&arena, FAULTY_SEQUENCES, &Plan { seed: SEED, differences_max: 1, ..Plan::default() })?;
    let found = summary.differences.values().next().with_context(|| format!("nothing was found: {summary}"))?;
    ensure!(found.steps <= steps, "{} commands instead of {steps}:\n{}", found.steps, found.transcript);
    Ok(())
}

fn what_is_misread_is_found() -> Result<()> {
    let (judge, accused) = (redis()?, redis()?);
    let mut missed = Vec::new();
    for (group, fault) in MISREAD {
        let arena = Arena { judge: Side::of(&judge), accused: Side { fault: Some(fault), ..Side::of(&accused) } };
        // Something to expire, to copy, to queue.
        let groups = vec![group, Group::String, Group::List];
        let plan = Plan { seed: SEED, groups, differences_max: 1, shortens: false };
        let summary = campaign(&arena, FAULTY_SEQUENCES, &plan)?;
        if summary.differences.is_empty() {
            missed.push(fault);
        }
    }
    ensure!(missed.is_empty(), "not found: {missed:?}");
    Ok(())
}

fn redis() -> Result<Server> {
    Server::start_program("redis-server".as_ref()).with_context(|| Flavour::Redis.to_string())
}

fn campaign(arena: &Arena, count: u64, plan: &Plan) -> Result<Summary> {
    let mut left = count;
    let is_going = || {
        let is_left = left > 0;
        left = left.saturating_sub(1);
        is_left
    };
    oracle::run(arena, plan, is_going, |_| ())
}

/// The number in this variable of the environment.
fn from_outside(variable: &str) -> Result<Option<u64>> {
    let Ok(text) = std::env::var(variable) else { return Ok(None) };
    text.parse().map(Some).with_context(|| format!("{variable}={text} is no number"))
}
