//! The load generator: many connections, commands drawn from a fixed seed, latencies in an HDR histogram.
//!
//! Closed loop (the default): each connection sends a batch, waits for all of its replies, and goes on; it shows what
//! the server can do. Open loop (`--rate`): commands fall due at fixed moments whether or not earlier ones were
//! answered, and a latency counts from the moment its command was due, so that a server that stalls can't hide it.
//!
//! Guarantee: a run is bounded in count and in time; the same seed and options give every connection the same
//! sequence of commands.

mod background;
mod closed;
mod connection;
mod open;
mod outcome;
mod plan;
mod report;
mod workload;

use std::io::IsTerminal;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(crate) use self::background::Background;
use self::background::Watch;
pub(crate) use self::outcome::Outcome;
pub(crate) use self::plan::{Command, Options};
use self::plan::{Plan, Share};
use crate::clock;

/// Runs the load that the options describe and prints its report; `Ok(false)` when replies were errors or missing.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let plan = options.plan()?;
    if options.fill {
        runtime()?.block_on(closed::fill(&plan)).context("filling the keys failed")?;
    }
    let bar = progress_bar(&plan);
    let start = clock::now();
    let outcome = run_workers(&plan, &Arc::default(), &bar)?;
    let elapsed = start.elapsed();
    bar.finish_and_clear();
    let report = report::Report::new(&plan, &outcome, elapsed);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?)
    } else {
        print!("{report}")
    }
    Ok(report.is_clean())
}

/// Runs every worker on a thread of its own and adds up what came of them.
fn run_workers(plan: &Plan, watch: &Arc<Watch>, bar: &ProgressBar) -> Result<Outcome> {
    let deadline = clock::now() + plan.limit;
    thread::scope(|scope| {
        let workers: Vec<_> = plan
            .shares()
            .into_iter()
            .map(|share| scope.spawn(move || run_worker(plan, &share, deadline.into(), watch, bar)))
            .collect();
        let mut total = Outcome::new()?;
        for worker in workers {
            total.add(worker.join().map_err(|_| anyhow!("a worker panicked"))??)?;
        }
        Ok(total)
    })
}

fn run_worker(
    plan: &Plan,
    share: &Share,
    deadline: tokio::time::Instant,
    watch: &Arc<Watch>,
    bar: &ProgressBar,
) -> Result<Outcome> {
    let runtime = runtime()?;
    match plan.rate {
        None => runtime.block_on(closed::run(plan, share, deadline, bar)),
        Some(rate) => runtime.block_on(open::run(plan, share, rate, deadline, watch, bar)),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("can't start a runtime")
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar(plan: &Plan) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match plan.is_counted {
        true => (ProgressBar::new(plan.requests), "{bar:40} {human_pos}/{human_len} {per_sec} {eta} left"),
        false => (ProgressBar::new_spinner(), "{spinner} {human_pos} replies, {per_sec}, {elapsed} gone"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
    bar.enable_steady_tick(Duration::from_millis(200));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
