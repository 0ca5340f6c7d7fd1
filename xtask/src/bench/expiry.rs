//! A million keys that expire at one instant: until when they are reclaimed, and what other clients feel meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::contender::{Contender, Program};
use super::cores::Cores;
use super::fill::{fill, key};
use super::report::{Bar, OURS, Report, Row, Unit};
use super::wire::{BATCH, Wire};
use super::{Run, poll, probe};
use crate::clock;
use crate::load::Command;

const KEYS: u64 = 1_000_000;
/// What passes between setting deadlines and the deadline, beyond what setting them takes.
const MARGIN: Duration = Duration::from_secs(2);
/// How long the probe runs by itself, for comparison, and how long before the deadline it begins otherwise.
const QUIET: Duration = Duration::from_secs(1);
const LEAD: Duration = Duration::from_millis(300);
/// How long we wait for keys to go.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures both rows if one is wanted: they come from the same load.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let reclaimed = Row::new("1 M keys expire at once, all reclaimed", Unit::Seconds).bar(Bar::AtMost(1.0));
    let worst = Row::new("1 M keys expire at once, worst GET", Unit::Milliseconds).bar(Bar::AtMost(5.0));
    if !run.wants(&reclaimed.name) && !run.wants(&worst.name) {
        return Ok(());
    }
    for round in run.rounds() {
        for program in programs {
            run.say(round, &format!("1 M keys expire at once, {}", program.name));
            let mut server = program.start(Cores::One)?;
            fill(server.port(), 0..KEYS, &[])?;
            let due = expire_all(&server)?;
            let quiet = probe::undisturbed(&server, Command::Get, KEYS, QUIET)?;
            clock::wait_until(due - LEAD);
            let probe = probe::start(&server, Command::Get, KEYS)?;
            clock::wait_until(due);
            let mut gone = PATIENCE;
            poll::key_count(&mut server, due + PATIENCE, |at, keys| {
                gone = at - due;
                keys > 0
            })?;
            report.add(&reclaimed, &program.name, gone.as_secs_f64());
            report.add(&worst, &program.name, probe.finish()?.worst_millis());
            if program.name == OURS {
                report.add(&worst, probe::UNDISTURBED, quiet.worst_millis());
            }
        }
    }
    Ok(())
}

/// Gives all keys the same deadline, and returns it: late enough that none has passed when the last is set.
fn expire_all(server: &Contender) -> Result<Instant> {
    // A rehearsal tells how long it takes.
    let start = clock::now();
    set_deadlines(server, clock::since_1970()? + PATIENCE * 60)?;
    let due = clock::since_1970()? + 2 * start.elapsed() + MARGIN;
    set_deadlines(server, due)?;
    let due = clock::moment_of(Duration::from_millis(u64::try_from(due.as_millis())?))?;
    ensure!(clock::now() + QUIET + LEAD < due, "setting the deadlines took far longer than its rehearsal");
    Ok(due)
}

fn set_deadlines(server: &Contender, due: Duration) -> Result<()> {
    let due = due.as_millis().to_string();
    let push = |wire: &mut Wire, number| wire.push(&[b"PEXPIREAT".as_slice(), &key(number), due.as_bytes()]);
    Wire::connect(server.port())?.send_all(BATCH, 0..KEYS, push)
}
