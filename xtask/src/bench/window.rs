//! A window of time in the middle of a load: what the server did in it by its own count, and what that cost it.
//!
//! redis-benchmark's own rates are coarse, so it only makes the load, on the load's core, and is ended afterwards.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::contender::{Contender, Process};
use super::cores::LOAD_CORE;
use crate::clock;

/// How long a load runs before the window begins.
const WARM_UP: Duration = Duration::from_millis(300);
/// More commands than any window has.
const ENDLESS: &str = "2000000000";

/// What happened in a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) commands: f64,
    pub(super) cpu: Duration,
    pub(super) elapsed: Duration,
}

impl Window {
    pub(super) fn nanos_per_command(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / self.commands
    }

    pub(super) fn commands_per_second(&self) -> f64 {
        self.commands / self.elapsed.as_secs_f64()
    }

    pub(super) fn commands_per_cpu_second(&self) -> f64 {
        self.commands / self.cpu.as_secs_f64()
    }
}

/// Loads the server with redis-benchmark and watches it for `length`.
pub(super) fn measure(server: &mut Contender, load: &[&str], length: Duration) -> Result<Window> {
    // First, as a load may end with a command's own words.
    let mut benchmark = redis_benchmark(server.port(), &[&["-n", ENDLESS], load].concat());
    let benchmark = Process(benchmark.spawn().context("can't run redis-benchmark")?);
    clock::wait(WARM_UP);
    let (start, commands_before, cpu_before) = reading(server)?;
    clock::wait(length);
    let (end, commands, cpu) = reading(server)?;
    drop(benchmark);
    ensure!(commands > commands_before + 1, "redis-benchmark sent nothing: {load:?}");
    #[expect(clippy::cast_precision_loss, reason = "no window has 2^52 commands")]
    let commands = (commands - commands_before) as f64;
    Ok(Window { commands, cpu: cpu - cpu_before, elapsed: end - start })
}

/// Runs redis-benchmark to its end.
pub(super) fn run(server: &Contender, load: &[&str]) -> Result<()> {
    let status = redis_benchmark(server.port(), load).status().context("can't run redis-benchmark")?;
    ensure!(status.success(), "redis-benchmark failed: {load:?}");
    Ok(())
}

/// Where the server's counts stand.
fn reading(server: &mut Contender) -> Result<(Instant, u64, Duration)> {
    let commands = server.commands()?;
    Ok((clock::now(), commands, server.cpu()?))
}

fn redis_benchmark(port: u16, load: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &LOAD_CORE.to_string(), "redis-benchmark", "-q", "-p", &port.to_string()]).args(load);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_counted_by_command() {
        let window = Window { commands: 4e6, cpu: Duration::from_secs(2), elapsed: Duration::from_secs(4) };
        assert_eq!((window.nanos_per_command(), window.commands_per_second()), (500.0, 1e6));
        assert_eq!(window.commands_per_cpu_second(), 2e6);
    }
}
