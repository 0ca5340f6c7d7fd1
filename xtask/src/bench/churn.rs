//! Loading very many keys, and deleting most of them again: what other clients feel, and what memory comes back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::contender::{Contender, Program};
use super::cores::Cores;
use super::fill::{fill, fill_by, key};
use super::report::{Bar, OURS, Report, Row, Unit};
use super::shuffle::Shuffle;
use super::wire::{SMALL_BATCH, Wire};
use super::{Run, probe};
use crate::clock;
use crate::load::Command;

/// How long after the last deletion the memory is read.
const PAUSE: Duration = Duration::from_secs(5);
/// One key in so many is kept.
const KEPT: u64 = 10;
/// How long the probe runs by itself, for comparison.
const QUIET: Duration = Duration::from_secs(2);

struct Rows {
    load: Row,
    delete: Row,
    rss: Row,
}

impl Rows {
    fn new(keys: u64) -> Self {
        let millions = keys / 1_000_000;
        Self {
            load: Row::new(format!("load of {millions} M keys, worst command"), Unit::Milliseconds)
                .bar(Bar::AtMost(5.0)),
            delete: Row::new(format!("90 % of {millions} M keys deleted, worst command"), Unit::Milliseconds)
                .bar(Bar::AtMost(5.0)),
            rss: Row::new(format!("90 % of {millions} M keys deleted, RSS by that of a fresh load"), Unit::Times)
                .bar(Bar::AtMost(1.1)),
        }
    }
}

/// Measures all rows if one is wanted: they come from the same load.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let keys = if run.quick { 1_000_000 } else { 10_000_000 };
    let rows = Rows::new(keys);
    if ![&rows.load, &rows.delete, &rows.rss].iter().any(|row| run.wants(&row.name)) {
        return Ok(());
    }
    for round in run.rounds() {
        for program in programs {
            run.say(round, &format!("{}, {}", rows.load.name, program.name));
            let mut server = program.start(Cores::One)?;
            let quiet = probe::undisturbed(&server, Command::Get, keys, QUIET)?;
            let worst = felt(&server, keys, |server| fill_by(SMALL_BATCH, server.port(), 0..keys, &[]))?;
            report.add(&rows.load, &program.name, worst);
            let worst = felt(&server, keys, |server| delete(server.port(), keys))?;
            report.add(&rows.delete, &program.name, worst);
            if program.name == OURS {
                report.add(&rows.load, probe::UNDISTURBED, quiet.worst_millis());
                report.add(&rows.delete, probe::UNDISTURBED, quiet.worst_millis());
            }
            clock::wait(PAUSE);
            let rss = server.rss()?;
            let left = server.control.number(&["DBSIZE"])?;
            drop(server);
            report.add(&rows.rss, &program.name, times(rss, fresh(program, keys, left)?));
        }
    }
    Ok(())
}

/// The worst latency of the probe, in milliseconds, while something is done.
fn felt(server: &Contender, keys: u64, act: impl FnOnce(&Contender) -> Result<()>) -> Result<f64> {
    let probe = probe::start(server, Command::Get, keys)?;
    act(server)?;
    Ok(probe.finish()?.worst_millis())
}

/// Deletes all but one in `KEPT`, in no order.
fn delete(port: u16, keys: u64) -> Result<()> {
    let going = Shuffle::new(keys).filter(|number| number % KEPT != 0);
    Wire::connect(port)?.send_all(SMALL_BATCH, going, |wire, number| wire.push(&[b"DEL".as_slice(), &key(number)]))
}

/// RSS of a server that only ever had the keys that are left.
fn fresh(program: &Program, keys: u64, left: u64) -> Result<u64> {
    let mut server = program.start(Cores::One)?;
    fill(server.port(), (0..keys).step_by(usize::try_from(KEPT)?), &[])?;
    let there = server.control.number(&["DBSIZE"])?;
    ensure!(there == left, "{left} keys are left, but {there} were to be kept");
    clock::wait(PAUSE);
    server.rss().context("can't read the memory of a fresh load")
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
fn times(ours: u64, theirs: u64) -> f64 {
    ours as f64 / theirs as f64
}
