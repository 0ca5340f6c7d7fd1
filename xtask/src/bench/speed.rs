//! CPU time a command, by command and depth of the pipeline.

use anyhow::Result;

use super::contender::{Contender, Program};
use super::report::{Report, Unit};

/// How many keys there are, and how long their values are.
const KEYS: &str = "1000000";
const VALUE_BYTES: &str = "64";
const CLIENTS: &str = "50";

/// A load: the command as redis-benchmark calls it, the pipeline's depth, and how many commands make a sample.
struct Row {
    command: &'static str,
    depth: u32,
    commands: u32,
}

const ROWS: [Row; 7] = [
    Row { command: "get", depth: 1, commands: 200_000 },
    Row { command: "set", depth: 1, commands: 200_000 },
    Row { command: "get", depth: 16, commands: 1_500_000 },
    Row { command: "set", depth: 16, commands: 1_500_000 },
    Row { command: "incr", depth: 16, commands: 1_500_000 },
    Row { command: "get", depth: 128, commands: 3_000_000 },
    Row { command: "set", depth: 128, commands: 3_000_000 },
];

impl Row {
    fn name(&self) -> String {
        format!("{} depth {}", self.command.to_uppercase(), self.depth)
    }

    /// Nanoseconds of the server's CPU time that each command took.
    fn sample(&self, server: &Contender) -> Result<f64> {
        let before = server.cpu()?;
        let (depth, commands) = (self.depth.to_string(), self.commands.to_string());
        let load = ["-t", self.command, "-P", &depth, "-n", &commands];
        server.load(&[&load[..], &["-c", CLIENTS, "-r", KEYS, "-d", VALUE_BYTES]].concat())?;
        Ok((server.cpu()? - before).as_secs_f64() * 1e9 / f64::from(self.commands))
    }
}

/// Measures every row whose name contains `filter` on every program, `rounds` times, in turns.
pub(super) fn measure(programs: &[Program], rounds: u32, filter: &str, report: &mut Report) -> Result<()> {
    let rows: Vec<_> = ROWS.iter().filter(|row| row.name().contains(filter)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut programs = programs.to_vec();
    programs.push(Program::floor()?);
    let servers = programs.iter().map(|program| Ok((program, program.start()?))).collect::<Result<Vec<_>>>()?;
    for (_, server) in &servers {
        fill(server)?;
    }
    for round in 0..rounds {
        for row in &rows {
            eprintln!("round {} of {rounds}: {}", round + 1, row.name());
            for (program, server) in &servers {
                report.add(&row.name(), Unit::NanosPerCommand, &program.name, row.sample(server)?);
            }
        }
    }
    Ok(())
}

/// Sets nearly all of the keys once.
fn fill(server: &Contender) -> Result<()> {
    server.load(&["-t", "set", "-P", "64", "-n", "3000000", "-r", KEYS, "-d", VALUE_BYTES])
}
