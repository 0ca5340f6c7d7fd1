//! `cargo xtask bench`: pyredis beside its peers, in one run, as ratios of what a command or a key costs.
//!
//! Every round measures every row on every server, one after the other, so that what disturbs the machine disturbs all. Servers
//! are pinned to one core and the load to another, unless a row says otherwise. CPU time is the operating system's account of the
//! server's threads, and commands are the server's own count, so a load generator that is slow changes neither. A row passes or
//! falls short of its bar by the median of its rounds; the bench itself fails only when something can't be measured.

mod busy;
mod churn;
mod contender;
mod cores;
mod expiry;
mod fill;
mod floor;
mod idle;
mod in_process;
mod lag;
mod large;
mod memory;
mod poll;
mod probe;
mod report;
mod shuffle;
mod speed;
mod type_memory;
mod types;
mod window;
mod wire;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{install, process, workspace};
use contender::Program;
use cores::OnLoadCore;
pub(crate) use floor::{Options as FloorOptions, serve as serve_floor};
use report::Report;

/// How to run the bench.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many times each row is measured [default: 5, in-process rows 12]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// One round, with short windows: to see that everything runs
    #[arg(long, conflicts_with = "rounds")]
    quick: bool,
    /// Only the rows whose names contain this
    #[arg(long, value_name = "TEXT", default_value = "")]
    row: String,
    /// One more server to measure, a program that takes redis-server's options
    #[arg(long = "peer", value_name = "NAME=PATH", value_parser = parse_peer)]
    peers: Vec<Program>,
    /// The pyredis-server to measure, instead of building one
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

fn parse_peer(text: &str) -> Result<Program, String> {
    let (name, path) = text.split_once('=').ok_or("give a name and a path, such as valkey=/usr/bin/valkey-server")?;
    Ok(Program::peer(name, path))
}

/// What every row needs to know of the run.
struct Run {
    rounds: Option<u32>,
    quick: bool,
    filter: String,
}

impl Run {
    /// Whether the row of this name was asked for.
    fn wants(&self, row: &str) -> bool {
        row.contains(&self.filter)
    }

    /// The rounds of a row that is measured on servers, counted from 1.
    fn rounds(&self) -> RangeInclusive<u32> {
        1..=self.rounds_or(5)
    }

    fn rounds_or(&self, default: u32) -> u32 {
        if self.quick { 1 } else { self.rounds.unwrap_or(default) }
    }

    /// How long to watch a steady load.
    fn window(&self) -> Duration {
        Duration::from_millis(if self.quick { 500 } else { 2000 })
    }

    fn say(&self, round: u32, what: &str) {
        eprintln!("round {round} of {}: {what}", self.rounds().end());
    }
}

/// Measures and prints. `Ok(true)` when everything that was asked for could be measured.
pub(crate) fn run(options: &Options) -> Result<bool> {
    if cfg!(debug_assertions) {
        return run_optimised();
    }
    let redis = install::program("redis-server", "redis-server");
    let redis = redis.map_err(anyhow::Error::msg).context("the bench compares with redis-server")?;
    install::program("redis-benchmark", "redis-tools").map_err(anyhow::Error::msg)?;
    let server = options.server.clone().map_or_else(build, Ok)?;
    let mut programs = vec![Program::pyredis(server), Program::peer("redis", redis)];
    programs.extend(options.peers.iter().cloned());
    let run = Run { rounds: options.rounds, quick: options.quick, filter: options.row.clone() };
    let mut report = Report::default();
    {
        let _pinned = OnLoadCore::enter()?;
        speed::measure(&programs, &run, &mut report)?;
        large::measure(&programs, &run, &mut report)?;
        memory::measure(&programs, &run, &mut report)?;
        idle::measure(&programs, &run, &mut report)?;
        churn::measure(&programs, &run, &mut report)?;
        expiry::measure(&programs, &run, &mut report)?;
        lag::measure(&programs, &run, &mut report)?;
        types::measure(&programs, &run, &mut report)?;
        type_memory::measure(&programs, &run, &mut report)?;
    }
    busy::measure(&programs, &run, &mut report)?;
    in_process::measure(&run, &mut report)?;
    if report.is_empty() {
        bail!("no row's name contains {:?}", options.row);
    }
    if options.json {
        println!("{}", report.to_json()?);
    } else {
        print!("{report}");
    }
    Ok(true)
}

/// Runs this very task again, built with optimisation: the floor and the load are part of it.
fn run_optimised() -> Result<bool> {
    let mut cargo = workspace::cargo(&["run", "--release", "--quiet", "--package", "xtask", "--"]);
    process::run(cargo.args(std::env::args_os().skip(1)))
}

/// Builds the server as a user would.
fn build() -> Result<PathBuf> {
    let mut cargo: Command = workspace::cargo(&["build", "--release", "--quiet", "--bin", "pyredis-server"]);
    if !process::run(&mut cargo)? {
        bail!("pyredis-server can't be built");
    }
    Ok(workspace::target().join("release").join("pyredis-server"))
}
