//! CPU time a command, and throughput beside it, by command and depth of the pipeline.

use anyhow::Result;

use super::contender::Program;
use super::cores::Cores;
use super::report::{Bar, Report, Row, Unit};
use super::{Run, window};

/// How many keys there are, and how long their values are.
const KEYS: &str = "1000000";
const VALUE_BYTES: &str = "64";
const CLIENTS: &str = "50";
/// Enough SETs of random keys that nearly every key is set.
const FILL: &str = "3000000";

/// A load: the command as redis-benchmark calls it, and the pipeline's depth.
struct Load {
    command: &'static str,
    depth: &'static str,
    /// How many times as good as Redis we want to be.
    bar: f64,
}

const LOADS: [Load; 7] = [
    Load { command: "get", depth: "1", bar: 1.25 },
    Load { command: "set", depth: "1", bar: 1.25 },
    Load { command: "get", depth: "16", bar: 2.0 },
    Load { command: "set", depth: "16", bar: 2.0 },
    Load { command: "incr", depth: "16", bar: 1.8 },
    Load { command: "get", depth: "128", bar: 4.5 },
    Load { command: "set", depth: "128", bar: 4.5 },
];

impl Load {
    fn cost(&self) -> Row {
        let name = format!("{} depth {}", self.command.to_uppercase(), self.depth);
        Row::new(name, Unit::NanosPerCommand).bar(Bar::Ahead { of: "redis", least: self.bar })
    }

    fn throughput(&self) -> Row {
        Row::new(format!("{} depth {}, throughput", self.command.to_uppercase(), self.depth), Unit::CommandsPerSecond)
    }
}

/// Measures every load that is wanted on every program, in turns.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let loads: Vec<_> = LOADS.iter().filter(|load| run.wants(&load.throughput().name)).collect();
    if loads.is_empty() {
        return Ok(());
    }
    let mut programs = programs.to_vec();
    programs.push(Program::floor("floor", None)?);
    let mut servers =
        programs.iter().map(|program| Ok((program, program.start(Cores::One)?))).collect::<Result<Vec<_>>>()?;
    for (_, server) in &servers {
        window::run(server, &["-t", "set", "-P", "64", "-n", FILL, "-r", KEYS, "-d", VALUE_BYTES])?;
    }
    for round in run.rounds() {
        for load in &loads {
            run.say(round, &load.cost().name);
            let arguments = ["-t", load.command, "-P", load.depth, "-c", CLIENTS, "-r", KEYS, "-d", VALUE_BYTES];
            for (program, server) in &mut servers {
                let window = window::measure(server, &arguments, run.window())?;
                report.add(&load.cost(), &program.name, window.nanos_per_command());
                report.add(&load.throughput(), &program.name, window.commands_per_second());
            }
        }
    }
    Ok(())
}
