//! Memory of connections that said something once and are silent since.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Run;
use super::contender::{Contender, Program};
use super::cores::Cores;
use super::report::{Bar, Report, Row, Unit};
use super::wire::Wire;
use crate::clock;

const CONNECTIONS: u32 = 10_000;
/// As many as the servers let in.
const CLIENTS_MAX: &str = "10100";
/// Descriptors that a process needs for that, and for what else it opens.
const DESCRIPTORS: u64 = 10_200;
/// Some servers look for idle buffers once in a while: this is long enough for all of them.
const PAUSE: Duration = Duration::from_secs(5);

/// Measures the row if it is wanted.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let row = Row::new("10 000 idle connections", Unit::BytesPerConnection).bar(Bar::AtMost(2048.0));
    if !run.wants(&row.name) {
        return Ok(());
    }
    raise_limit()?;
    for round in run.rounds() {
        for program in programs {
            run.say(round, &format!("{}, {}", row.name, program.name));
            let server = program.clone().with(&["--maxclients", CLIENTS_MAX]).start(Cores::One)?;
            report.add(&row, &program.name, per_connection(&server)?);
        }
    }
    Ok(())
}

/// Lets this process, and those that it starts, open as many sockets as it takes.
fn raise_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= DESCRIPTORS);
    ensure!(enough(limit.maximum), "{CONNECTIONS} connections need a hard limit of {DESCRIPTORS} descriptors");
    if !enough(limit.current) {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
            .context("can't raise the limit of descriptors")?;
    }
    Ok(())
}

fn per_connection(server: &Contender) -> Result<f64> {
    let before = server.rss()?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut wire = Wire::connect(server.port())?;
        wire.call(&["GET", "key"])?;
        connections.push(wire.into_stream());
    }
    clock::wait(PAUSE);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    let grown = server.rss()?.saturating_sub(before) as f64;
    drop(connections);
    Ok(grown / f64::from(CONNECTIONS))
}
