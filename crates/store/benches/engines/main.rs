//! The store beside other engines, in one process: many short samples in turns, so that what disturbs the machine disturbs all.
//!
//! Prints a line of JSON a sample: the row, the contender, the figure. `cargo xtask bench` reads them, compares, and knows the bars; it runs
//! `cargo bench --package pyredis-store --bench engines -- --rounds COUNT [--row TEXT] [--quick]`. Without `--rounds` this does nothing: a plain
//! `cargo bench` has criterion's options for every bench, and this one is not criterion's.

mod batch;
mod both_cores;
mod embedded;
mod engine;
mod hot_key;
mod threads;

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// As the server has it: what a lookup waits for depends on the pages that its allocator asks for, so all engines have the same good one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often to measure what.
struct Run {
    rounds: u32,
    /// Only rows whose names contain this.
    filter: String,
    /// How long threads get keys for a sample.
    time: Duration,
    /// Sets that make a sample of how long a writer waits.
    sets: usize,
}

impl Run {
    /// `None` where these are not our options.
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut arguments: Vec<_> = arguments.filter(|argument| argument != "--bench").collect();
        if arguments.first().is_none_or(|first| first != "--rounds") {
            return Ok(None);
        }
        let mut run = Self { rounds: 0, filter: String::new(), time: Duration::from_millis(200), sets: 1_000 };
        let mut arguments = arguments.drain(..);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--rounds" => run.rounds = value()?.parse().context("--rounds needs a number")?,
                "--row" => run.filter = value()?,
                "--quick" => (run.time, run.sets) = (Duration::from_millis(50), 200),
                _ => bail!("there is no option {argument}"),
            }
        }
        Ok(Some(run))
    }

    fn wants(&self, row: &str) -> bool {
        row.contains(&self.filter)
    }

    fn say(&self, round: u32, what: &str) {
        eprintln!("round {} of {}: {what}", round + 1, self.rounds);
    }
}

/// Prints a sample. Names have nothing that JSON would want escaped.
fn sample(row: &str, contender: &str, figure: f64) {
    println!(r#"{{"row": "{row}", "contender": "{contender}", "figure": {figure}}}"#);
}

fn main() -> Result<()> {
    let Some(run) = Run::parse(std::env::args().skip(1))? else {
        eprintln!("engines: run by cargo xtask bench");
        return Ok(());
    };
    both_cores::measure(&run)?;
    hot_key::measure(&run)?;
    embedded::measure(&run)?;
    batch::measure(&run)
}
