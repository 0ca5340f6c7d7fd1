//! The report of a run, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::outcome::Outcome;
use super::plan::{Command, Plan};

/// How many different error texts the table shows.
const ERRORS_SHOWN: usize = 5;

/// Everything that a reader needs to judge the figures, and the figures.
#[derive(Serialize)]
pub(super) struct Report {
    /// `closed` or `open`.
    mode: &'static str,
    command: Command,
    reads_percent: u8,
    keys: u64,
    value_bytes: usize,
    clients: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline: Option<u32>,
    threads: u32,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_per_second: Option<u32>,
    /// Whether the generator was built with optimisation; without it, its own work is much of each figure.
    optimised: bool,
    requests_planned: Option<u64>,
    replies: u64,
    misses: u64,
    errors: BTreeMap<String, u64>,
    seconds: f64,
    replies_per_second: f64,
    latency_micros: Latency,
}

/// Percentiles in microseconds.
#[derive(Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    p99_9: f64,
    max: f64,
}

impl Report {
    /// The report of a run that took `elapsed`.
    pub(super) fn new(plan: &Plan, outcome: &Outcome, elapsed: Duration) -> Self {
        let micros = |quantile| Duration::from_nanos(outcome.latencies.value_at_quantile(quantile)).as_secs_f64() * 1e6;
        let seconds = elapsed.as_secs_f64();
        Self {
            mode: if plan.rate.is_some() { "open" } else { "closed" },
            command: plan.command,
            reads_percent: plan.reads,
            keys: plan.keys.get(),
            value_bytes: plan.size,
            clients: plan.clients,
            pipeline: plan.rate.is_none().then_some(plan.pipeline),
            threads: plan.threads,
            seed: plan.seed,
            rate_per_second: plan.rate,
            optimised: !cfg!(debug_assertions),
            requests_planned: plan.is_counted.then_some(plan.requests),
            replies: outcome.replies(),
            misses: outcome.misses,
            errors: outcome.errors.clone(),
            seconds,
            replies_per_second: per_second(outcome.replies(), seconds),
            latency_micros: Latency {
                p50: micros(0.5),
                p90: micros(0.9),
                p99: micros(0.99),
                p99_9: micros(0.999),
                max: micros(1.0),
            },
        }
    }

    /// Whether no reply was an error, and a run bounded by its count reached it.
    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty() && self.is_complete()
    }

    fn is_complete(&self) -> bool {
        self.requests_planned.is_none_or(|planned| planned == self.replies)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people; no run has 2^52 replies")]
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.rate_per_second.map(|rate| format!(" at {rate}/s")).unwrap_or_default();
        let command = format!("{:?}", self.command).to_lowercase();
        writeln!(f, "load        {command}, {} loop{rate}, seed {}", self.mode, self.seed)?;
        let Self { clients, threads, keys, value_bytes, .. } = self;
        let pipeline = self.pipeline.map(|depth| format!(", pipeline {depth}")).unwrap_or_default();
        writeln!(f, "clients     {clients}, threads {threads}{pipeline}")?;
        writeln!(f, "data        {keys} keys, values of {value_bytes} bytes")?;
        writeln!(f, "replies     {} in {:.2} s, {:.0}/s", self.replies, self.seconds, self.replies_per_second)?;
        writeln!(f, "misses      {}", self.misses)?;
        writeln!(f, "errors      {}", self.errors.values().sum::<u64>())?;
        for (text, count) in self.errors.iter().take(ERRORS_SHOWN) {
            writeln!(f, "  {count} x {text}")?;
        }
        writeln!(f, "latency         p50       p90       p99     p99.9       max")?;
        let Latency { p50, p90, p99, p99_9, max } = self.latency_micros;
        writeln!(f, "  in us   {p50:>9.0} {p90:>9.0} {p99:>9.0} {p99_9:>9.0} {max:>9.0}")?;
        if !self.is_complete() {
            writeln!(
                f,
                "stopped by the time limit before all {} requests were sent",
                self.requests_planned.unwrap_or(0)
            )?;
        }
        if !self.optimised {
            writeln!(f, "note: this generator is a debug build; for figures use cargo run --release -p xtask -- load")?;
        }
        Ok(())
    }
}
