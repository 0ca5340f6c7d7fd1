//! The rows that are measured inside one process: the store's own bench makes the samples and prints them, a line of JSON each.
//!
//! xtask knows the rows' names and bars, and nothing of the store.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Run;
use super::report::{Bar, Report, Row, Unit};
use crate::{process, workspace};

/// Samples are short, so there are more than of the servers.
const ROUNDS: u32 = 12;

/// A line of the bench.
#[derive(Deserialize)]
struct Sample {
    row: String,
    contender: String,
    figure: f64,
}

/// Every row that the bench may measure.
fn rows() -> Vec<Row> {
    let both_cores = Row::new("both cores, random get of 1 M keys", Unit::MillionsPerSecond)
        .bar(Bar::Ahead { of: "two private maps", least: 0.9 });
    let hot = [2, 4].into_iter().flat_map(|threads| {
        let name = format!("one hot key, {threads} threads");
        let by_cpu = Row::new(format!("{name}, by CPU time"), Unit::MillionsPerCpuSecond);
        [Row::new(name, Unit::MillionsPerSecond).bar(Bar::Ahead { of: "one thread", least: 0.9 }), by_cpu]
    });
    let waits = [1, 2, 4].into_iter().map(|readers| {
        let name = format!("one hot key, a writer's wait beside {readers} threads, p99");
        Row::new(name, Unit::Milliseconds).bar(Bar::AtMost(1.0))
    });
    let embedded = ["1 thread", "2 threads"].into_iter().map(|threads| {
        Row::new(format!("embedded get_with of 1 M keys, {threads}"), Unit::NanosPerGet)
            .bar(Bar::Ahead { of: "moka", least: 4.0 })
            .bar(Bar::Ahead { of: "quick_cache", least: 1.5 })
            .bar(Bar::Ahead { of: "dashmap", least: 1.0 })
    });
    let batch =
        Row::new("embedded get_many of 1 M keys", Unit::NanosPerGet).bar(Bar::Ahead { of: "one by one", least: 2.0 });
    [both_cores].into_iter().chain(hot).chain(waits).chain(embedded).chain([batch]).collect()
}

/// Measures every row that is wanted.
pub(super) fn measure(run: &Run, report: &mut Report) -> Result<()> {
    let rows = rows();
    if !rows.iter().any(|row| run.wants(&row.name)) {
        return Ok(());
    }
    let rounds = run.rounds_or(ROUNDS).to_string();
    let mut cargo = workspace::cargo(&["bench", "--quiet", "--package", "pyredis-store", "--bench", "engines"]);
    cargo.args(["--", "--rounds", &rounds, "--row", &run.filter]);
    if run.quick {
        cargo.arg("--quick");
    }
    each_sample(&mut cargo, |sample| {
        let row = rows.iter().find(|row| row.name == sample.row);
        let row = row.with_context(|| format!("the store's bench measures {:?}, which has no row here", sample.row))?;
        report.add(row, &sample.contender, sample.figure);
        Ok(())
    })
}

/// Runs the bench, and gives every sample to `each` as it comes.
fn each_sample(command: &mut Command, mut each: impl FnMut(Sample) -> Result<()>) -> Result<()> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("can't start {}", process::shown(command)))?;
    let output = BufReader::new(child.stdout.take().context("the bench has no standard output")?);
    let read = output.lines().try_for_each(|line| each(parse(&line?)?));
    if read.is_err() {
        // It may have ended by itself.
        let _ = child.kill();
    }
    let status = child.wait()?;
    read?;
    ensure!(status.success(), "{} failed", process::shown(command));
    Ok(())
}

fn parse(line: &str) -> Result<Sample> {
    serde_json::from_str(line).with_context(|| format!("the store's bench said {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read() {
        let sample = parse(r#"{"row": "a, b", "contender": "c", "figure": 1.5}"#).unwrap();
        assert_eq!((sample.row.as_str(), sample.contender.as_str(), sample.figure), ("a, b", "c", 1.5));
        assert!(parse("running 0 tests").is_err());
    }

    #[test]
    fn a_bench_that_fails_or_babbles_is_no_success() {
        let run = |script: &str| {
            let mut samples = 0;
            each_sample(Command::new("sh").args(["-c", script]), |_| {
                samples += 1;
                Ok(())
            })
            .map(|()| samples)
        };
        let line = r#"echo '{"row": "a", "contender": "b", "figure": 1}'"#;
        assert_eq!(run(&format!("{line}; {line}")).unwrap(), 2);
        assert!(run(&format!("{line}; exit 1")).is_err());
        assert!(run("echo babble").is_err());
    }

    #[test]
    fn names_are_told_apart() {
        let mut names: Vec<_> = rows().into_iter().map(|row| row.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
