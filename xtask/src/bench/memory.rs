//! Memory a key, beyond the key and the value themselves.

use anyhow::{Context, Result};

use super::Run;
use super::contender::{Contender, Program};
use super::cores::Cores;
use super::fill::{KEY_BYTES, VALUE_BYTES, fill};
use super::report::{Bar, Report, Row, Unit};

/// A table's load differs with the number of keys, so several are measured.
const KEYS: [u64; 5] = [1_000_000, 1_250_000, 1_500_000, 1_750_000, 2_000_000];
/// A deadline far away.
const TTL: [&str; 2] = ["EX", "100000"];

struct Rows {
    mean: Row,
    worst: Row,
    with_ttl: Row,
    ttl: Row,
}

impl Rows {
    fn new() -> Self {
        let row = |name: &str| Row::new(format!("memory per key, {name}"), Unit::BytesPerKey);
        Self {
            mean: row("mean of 1 to 2 M keys").bar(Bar::AtMost(34.0)),
            worst: row("worst of 1 to 2 M keys").bar(Bar::AtMost(40.0)),
            with_ttl: row("mean with a TTL on each"),
            ttl: row("what a TTL adds").bar(Bar::AtMost(36.0)),
        }
    }
}

/// Measures all rows if one is wanted: they come from the same loads.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let rows = Rows::new();
    if ![&rows.mean, &rows.worst, &rows.with_ttl, &rows.ttl].iter().any(|row| run.wants(&row.name)) {
        return Ok(());
    }
    for round in run.rounds() {
        for program in programs {
            run.say(round, &format!("memory per key, {}", program.name));
            let plain = overheads(program, &[])?;
            let with_ttl = overheads(program, &TTL)?;
            report.add(&rows.mean, &program.name, mean(&plain));
            report.add(&rows.worst, &program.name, plain.into_iter().fold(0.0, f64::max));
            report.add(&rows.with_ttl, &program.name, mean(&with_ttl));
            report.add(&rows.ttl, &program.name, mean(&with_ttl) - mean(&plain));
        }
    }
    Ok(())
}

/// The overhead at each number of keys.
fn overheads(program: &Program, options: &[&str]) -> Result<[f64; KEYS.len()]> {
    let mut overheads = [0.0; KEYS.len()];
    for (overhead, keys) in overheads.iter_mut().zip(KEYS) {
        *overhead = overhead_of(&mut program.start(Cores::One)?, keys, options)?;
    }
    Ok(overheads)
}

/// RSS with the keys less RSS without, less keys and values, by key.
fn overhead_of(server: &mut Contender, keys: u64, options: &[&str]) -> Result<f64> {
    let empty = server.rss()?;
    fill(server.port(), 0..keys, options).context("can't fill the server")?;
    server.purge();
    Ok(per_key(server.rss()?, empty, keys))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
fn per_key(full: u64, empty: u64, keys: u64) -> f64 {
    (full as f64 - empty as f64) / keys as f64 - (KEY_BYTES + VALUE_BYTES) as f64
}

fn mean(figures: &[f64; KEYS.len()]) -> f64 {
    figures.iter().sum::<f64>() / KEYS.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overhead_is_what_keys_and_values_do_not_explain() {
        assert_eq!(per_key(1_000 + 110 * 7, 1_000, 7), 30.0);
        assert_eq!(mean(&[1.0, 2.0, 3.0, 4.0, 5.0]), 3.0);
    }
}
