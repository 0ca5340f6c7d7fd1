//! `cargo xtask bench`: pyredis beside its peers, in one run, as ratios of what a command or a key costs.
//!
//! Every round measures every row on every server, one after the other, so that what disturbs the machine disturbs all. The servers
//! are pinned to one core and the load to another. CPU time is the operating system's account of the server's threads, so a
//! load generator that is slow costs time and changes no figure. Nothing here passes or fails: it prints what it saw.

mod contender;
mod floor;
mod memory;
mod report;
mod speed;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{install, process, workspace};
use contender::Program;
pub(crate) use floor::{Options as FloorOptions, serve as serve_floor};
use report::Report;

/// How to run the bench.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many times each row is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
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

/// Measures and prints. `Ok(true)` when everything that was asked for could be measured.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let redis = install::program("redis-server", "redis-server");
    let redis = redis.map_err(anyhow::Error::msg).context("the bench compares with redis-server")?;
    install::program("redis-benchmark", "redis-tools").map_err(anyhow::Error::msg)?;
    let server = options.server.clone().map_or_else(build, Ok)?;
    let mut programs = vec![Program::pyredis(server), Program::peer("redis", redis)];
    programs.extend(options.peers.iter().cloned());
    let mut report = Report::new(&programs);
    speed::measure(&programs, options.rounds, &options.row, &mut report)?;
    memory::measure(&programs, &options.row, &mut report)?;
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

/// Builds the server as a user would.
fn build() -> Result<PathBuf> {
    let mut cargo: Command = workspace::cargo(&["build", "--release", "--quiet", "--bin", "pyredis-server"]);
    if !process::run(&mut cargo)? {
        bail!("pyredis-server can't be built");
    }
    Ok(workspace::target().join("release").join("pyredis-server"))
}
