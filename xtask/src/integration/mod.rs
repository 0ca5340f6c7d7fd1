//! Real clients against a running server, through their ordinary APIs.
//!
//! Each client gets a server of its own, with an empty temporary folder and a port that the system chose, so that
//! one client's trouble is not the next one's. A client whose tool is missing is reported as not run.
//!
//! The clients that are libraries make every command of the data types through their own methods, and the server says
//! afterwards which ones came (`coverage`). Others are programs of several processes that meet in the server. As a step
//! of `test` both do the same to `redis-server`, so that no check expects what is wrong.

mod checks;
mod coverage;
mod netcat;
mod redis_cli;
mod redis_rs;
mod script;
mod target;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use self::checks::Checks;
use self::target::Target;
use crate::install::Tools;
use crate::workspace;

/// What to drive, and with what.
#[derive(Args)]
pub(crate) struct Options {
    /// The server to start, a pyredis-server or a redis-server [default: the debug build]
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Run this client only; may be given more than once
    #[arg(long, value_name = "NAME", value_parser = CLIENTS)]
    client: Vec<String>,
}

/// The clients, in the order in which they run.
const CLIENTS: [&str; 8] = ["redis-cli", "nc", "redis-py", "ioredis", "node-redis", "redis-rs", "rq", "socket.io"];
/// Those that are libraries, each with methods for commands.
const LIBRARIES: [&str; 4] = ["redis-py", "ioredis", "node-redis", "redis-rs"];
/// Those that are programs which keep what they do in the server.
const PROGRAMS: [&str; 2] = ["rq", "socket.io"];

/// What came of all clients together.
#[derive(Default)]
pub(crate) struct Report {
    /// Checks that were in order.
    pub(crate) passed: usize,
    /// Checks that were not.
    pub(crate) failed: usize,
    /// The clients that could not run, each with the reason.
    pub(crate) not_run: Vec<String>,
}

impl Report {
    /// Whether nothing failed, and under continuous integration nothing was left out.
    pub(crate) fn is_good(&self) -> bool {
        self.failures(workspace::is_ci()) == 0
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.not_run.extend(other.not_run);
    }

    /// The failures to be counted: under continuous integration a client that was left out is one.
    fn failures(&self, is_ci: bool) -> usize {
        self.failed + if is_ci { self.not_run.len() } else { 0 }
    }
}

/// The task itself: installs what is missing, runs the clients, and ends with one line of counts.
pub(crate) fn run_and_report(options: &Options) -> Result<bool> {
    println!("tools:");
    let tools = Tools::find_or_install();
    let report = run(options, &tools)?;
    for reason in &report.not_run {
        println!("NOT RUN {reason}");
    }
    println!("{} passed, {} failed", report.passed, report.failures(workspace::is_ci()));
    Ok(report.is_good())
}

/// Runs every client against the built server, and libraries and programs against `redis-server`, as a step of `test`.
pub(crate) fn run_built(tools: &Tools) -> Result<Report> {
    let mut report = run(&Options { server: None, client: Vec::new() }, tools)?;
    match &tools.redis_server {
        Ok(reference) => {
            let client = LIBRARIES.iter().chain(&PROGRAMS).map(|name| (*name).to_owned()).collect();
            let options = Options { server: Some(reference.clone()), client };
            report.add(run(&options, tools)?);
        }
        Err(why) => report.not_run.push(format!("libraries and programs on redis-server: {why}")),
    }
    Ok(report)
}

fn run(options: &Options, tools: &Tools) -> Result<Report> {
    let server = options.server.clone().unwrap_or_else(|| workspace::debug_binary("pyredis-server"));
    if !server.is_file() {
        bail!("there is no server at {}; build it with `cargo build`, or name one with --server", server.display());
    }
    let mut report = Report::default();
    for client in CLIENTS {
        if !options.client.is_empty() && !options.client.iter().any(|wanted| wanted == client) {
            continue;
        }
        let mut checks =
            Checks::new(if target::is_reference(&server) { format!("{client} on redis") } else { client.to_owned() });
        let missing = run_client(client, tools, &server, &mut checks)?;
        report.not_run.extend(missing.map(|why| format!("{client}: {why}")));
        report.passed += checks.passed();
        report.failed += checks.failed();
    }
    Ok(report)
}

/// Runs one client; `Some` with the reason when its tool is missing.
fn run_client(client: &str, tools: &Tools, server: &Path, checks: &mut Checks) -> Result<Option<String>> {
    let tool = match tools.each().into_iter().find(|(name, _)| *name == client) {
        Some((_, Ok(path))) => path.clone(),
        Some((_, Err(why))) => return Ok(Some(why.clone())),
        // The redis crate is linked into this very program.
        None => PathBuf::new(),
    };
    let target = Target::start(server)?;
    match client {
        "redis-cli" => redis_cli::run(&tool, &target, checks),
        "nc" => netcat::run(&tool, &target, checks),
        "redis-py" => script::run_python(&tool, "redis_py.py", &target, checks),
        "rq" => script::run_python(&tool, "rq_workers.py", &target, checks),
        "ioredis" => script::run_node(&tool, "ioredis.mjs", &target, checks),
        "node-redis" => script::run_node(&tool, "node_redis.mjs", &target, checks),
        "socket.io" => script::run_node(&tool, "socket_io.mjs", &target, checks),
        _ => redis_rs::run(&target, checks),
    }
    if LIBRARIES.contains(&client) {
        coverage::check(client, &target, checks);
    }
    if let Err(error) = target.stop(checks.failed() > 0) {
        checks.record("the server stays up", Err(error));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_client_that_was_left_out_is_a_failure_under_continuous_integration_only() {
        let report = Report { passed: 3, failed: 1, not_run: vec!["nc: there is none".into()] };
        assert_eq!(report.failures(false), 1);
        assert_eq!(report.failures(true), 2);
    }
}
