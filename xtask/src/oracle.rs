//! Differential fuzzing: the same random commands to pyredis and to `redis-server`, and every answer compared.
//!
//! The work is done by `pyredis_tests::oracle`, which the tests use as well; here are the options, the servers and the
//! clock.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use pyredis_tests::Server;
use pyredis_tests::oracle::{self, Arena, Group, Plan, Side};

use crate::{clock, install, process, workspace};

/// For how long, and what is asked.
#[derive(Args)]
pub(crate) struct Options {
    /// For how long; a difference that was found is still shortened then
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// The seed of the first sequence of commands; each has the next [default: a random one]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// At most so many sequences: with a seed and 1, exactly the one that showed a difference
    #[arg(long, value_name = "N")]
    sequences: Option<u64>,
    /// The server beside redis-server; a redis-server itself shows whether the oracle is sound [default: the debug build, made now]
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Only these groups of commands, with commas: string, generic, expiry, hash, list, set, sorted-set, bitmap, transaction,
    /// connection
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    groups: Vec<Group>,
    /// Stop after so many different differences
    #[arg(long, value_name = "N", default_value_t = 20)]
    differences: usize,
}

/// Looks for differences, prints them and a summary; `Ok(false)` when there are any.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let redis = install::program("redis-server", "redis-server").map_err(|why| anyhow!("no redis-server: {why}"))?;
    let program = match &options.server {
        Some(program) => program.clone(),
        None => built()?,
    };
    let judge = Server::start_program(&redis)?;
    let accused = Server::start_program(&program).with_context(|| program.display().to_string())?;
    let mut arena = Arena { judge: Side::of(&judge), accused: Side::of(&accused) };
    if judge.flavour() == accused.flavour() {
        arena.accused.name = "the other redis".to_owned();
    }
    let groups = if options.groups.is_empty() { Group::ALL.to_vec() } else { options.groups.clone() };
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("oracle: seed {seed}, {} s at most", options.seconds);
    let end = clock::now() + Duration::from_secs(options.seconds);
    let mut left = options.sequences.unwrap_or(u64::MAX);
    let is_going = || {
        let is_left = left > 0;
        left = left.saturating_sub(1);
        is_left && clock::now() < end
    };
    let plan = Plan { seed, groups, differences_max: options.differences, shortens: true };
    let summary = oracle::run(&arena, &plan, is_going, |found| println!("\n{}", found.transcript))?;
    println!("{summary}");
    Ok(summary.differences.is_empty())
}

/// The debug build, up to date.
fn built() -> Result<PathBuf> {
    ensure!(process::run(&mut workspace::cargo(&["build", "--package", "pyredis-server"]))?, "the build failed");
    Ok(workspace::debug_binary("pyredis-server"))
}
