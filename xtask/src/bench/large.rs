//! Serving large values: bytes a CPU second.

use anyhow::Result;

use super::contender::Program;
use super::cores::Cores;
use super::report::{Bar, Report, Row, Unit};
use super::{Run, window};

const VALUE_BYTES: usize = 1_000_000;
const CLIENTS: &str = "50";
/// A server that writes one value that it always has.
const STATIC_BUFFER: &str = "static buffer";

/// Measures the row if it is wanted.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let row = Row::new("GET of 1 MB values, 50 clients", Unit::MegabytesPerCpuSecond)
        .bar(Bar::Ahead { of: "redis", least: 1.15 })
        .bar(Bar::Ahead { of: STATIC_BUFFER, least: 0.9 });
    if !run.wants(&row.name) {
        return Ok(());
    }
    let mut programs = programs.to_vec();
    programs.push(Program::floor(STATIC_BUFFER, Some(VALUE_BYTES))?);
    let mut servers =
        programs.iter().map(|program| Ok((program, program.start(Cores::One)?))).collect::<Result<Vec<_>>>()?;
    let bytes = VALUE_BYTES.to_string();
    for (_, server) in &servers {
        window::run(server, &["-t", "set", "-n", "1", "-c", "1", "-d", &bytes])?;
    }
    for round in run.rounds() {
        run.say(round, &row.name);
        for (program, server) in &mut servers {
            let window = window::measure(server, &["-t", "get", "-c", CLIENTS], run.window())?;
            #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
            let megabytes = VALUE_BYTES as f64 / 1e6;
            report.add(&row, &program.name, window.commands_per_cpu_second() * megabytes);
        }
    }
    Ok(())
}
