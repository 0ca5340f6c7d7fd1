//! The project's own tasks, run as `cargo xtask <task>`.
//!
//! Every task works from any folder of the checkout, ends with status 0 only when all it checked is in order, and
//! writes nothing outside `target/`, apart from the Debian packages that `test` says it installs.

mod bench;
mod clock;
mod install;
mod integration;
mod load;
mod oracle;
mod process;
mod sanitize;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own tasks: what continuous integration runs, and what one runs while working.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check in order, stop at the first that fails, and sum up on the last line
    Test(test::Options),
    /// Drive a server with real clients: redis-cli, nc, redis-py, ioredis, node-redis, the redis crate, and programs on top of them
    Integration(integration::Options),
    /// Check the layer rule and the habits that source files keep
    Tidy,
    /// Load a running server, and report throughput and the percentiles of latency
    Load(load::Options),
    /// Measure pyredis beside redis-server and other peers: what a command, a key, an expiry cost, with bars to pass
    Bench(bench::Options),
    /// Ask pyredis and redis-server the same random commands, and show in a few commands where they differ
    Oracle(oracle::Options),
    /// Run the tests of store, persist and protocol under AddressSanitizer, with a nightly compiler (ThreadSanitizer is not offered: it would
    /// need a standard library compiled for it)
    Sanitize(sanitize::Options),
    /// The bench's floor: a server that gives everything the same answer
    #[command(hide = true)]
    Floor(bench::FloorOptions),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test(options) => test::run(&options),
        Task::Integration(options) => integration::run_and_report(&options),
        Task::Tidy => tidy::run(),
        Task::Load(options) => load::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Oracle(options) => oracle::run(&options),
        Task::Sanitize(options) => sanitize::run(&options),
        Task::Floor(options) => bench::serve_floor(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
