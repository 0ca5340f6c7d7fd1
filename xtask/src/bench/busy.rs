//! What other clients feel while one client's command takes long: KEYS *, FLUSHALL, and what is done to a huge value.
//!
//! Here the servers have all cores and the workers that they start by default, and the load has no core of its own: the probe's
//! connections are spread over the workers, the busy one too. Redis has one thread for commands whatever its cores. In every window
//! of a second the command is sent once, from a connection made after the probe's. The windows without it lie between those with it.

use std::time::Duration;

use anyhow::{Context, Result};

use super::contender::{Contender, Program};
use super::cores::Cores;
use super::fill::{KEY_BYTES, fill};
use super::report::{Bar, OURS, Report, Row, Unit};
use super::wire::{BATCH, Wire};
use super::{Run, probe};
use crate::clock;
use crate::load::{Command, Outcome};

const KEYS: u64 = 1_000_000;
const HUGE_BYTES: usize = 256 * 1024 * 1024;
const HUGE_KEY: &str = "huge";
/// The first member of the huge set.
const FIRST_MEMBER: u64 = 1_000_000;
const WINDOW: Duration = Duration::from_secs(1);
/// What passes after the command's victims are made, so that making them disturbs nobody.
const SETTLING: Duration = Duration::from_millis(500);
/// How many windows a sample has.
const WINDOWS: u32 = 4;

/// The command that takes long.
#[derive(Debug, Clone, Copy)]
enum Disturbance {
    Keys,
    ManyKeys,
    FlushAll,
    Del,
    Smembers,
    DelSet,
    Sort,
}

const DISTURBANCES: [Disturbance; 7] = [
    Disturbance::Keys,
    Disturbance::ManyKeys,
    Disturbance::FlushAll,
    Disturbance::Del,
    Disturbance::Smembers,
    Disturbance::DelSet,
    Disturbance::Sort,
];

impl Disturbance {
    fn row(self) -> Row {
        let what = match self {
            Self::Keys => "KEYS * over 1 M keys",
            Self::ManyKeys => "KEYS * over 10 M keys",
            Self::FlushAll => "FLUSHALL of 1 M keys",
            Self::Del => "DEL of 256 MB",
            Self::Smembers => "SMEMBERS of a million",
            Self::DelSet => "DEL of a set of a million",
            Self::Sort => "SORT of a set of a million",
        };
        let bar = Bar::AtMostOr { most: 2.0, times: 2.0, of: probe::UNDISTURBED };
        Row::new(format!("{what}: p99.9 of GET and SET meanwhile"), Unit::Milliseconds).bar(bar)
    }

    /// How many keys there are beside.
    const fn keys(self) -> u64 {
        if matches!(self, Self::ManyKeys) { 10 * KEYS } else { KEYS }
    }

    /// Makes what the command needs.
    fn prepare(self, server: &mut Contender) -> Result<()> {
        match self {
            Self::Keys | Self::ManyKeys if server.control.number(&["DBSIZE"])? == self.keys() => Ok(()),
            Self::Keys | Self::ManyKeys | Self::FlushAll => fill(server.port(), 0..self.keys(), &[]),
            Self::Smembers | Self::DelSet | Self::Sort => fill_set(server),
            Self::Del => {
                let value = vec![b'x'; HUGE_BYTES];
                Wire::connect(server.port())?.call(&[b"SET".as_slice(), HUGE_KEY.as_bytes(), &value]).map(drop)
            }
        }
    }

    /// Sends the command and waits for its reply, which is not looked at.
    fn act(self, wire: &mut Wire) -> Result<()> {
        match self {
            Self::Keys | Self::ManyKeys => {
                let key = format!("${KEY_BYTES}\r\n").len() + KEY_BYTES + "\r\n".len();
                let keys = self.keys();
                wire.discard(&["KEYS", "*"], format!("*{keys}\r\n").len() + usize::try_from(keys)? * key)
            }
            Self::FlushAll => wire.discard(&["FLUSHALL"], "+OK\r\n".len()),
            Self::Del | Self::DelSet => wire.discard(&["DEL", HUGE_KEY], ":1\r\n".len()),
            Self::Smembers => wire.discard(&["SMEMBERS", HUGE_KEY], members_reply()),
            Self::Sort => wire.discard(&["SORT", HUGE_KEY], members_reply()),
        }
    }
}

/// Makes the set, if it is not there: all numbers of seven digits up to two million.
fn fill_set(server: &mut Contender) -> Result<()> {
    if server.control.number(&["EXISTS", HUGE_KEY])? == 1 {
        return Ok(());
    }
    Wire::connect(server.port())?.send_all(BATCH, FIRST_MEMBER..FIRST_MEMBER + KEYS, |wire, member| {
        wire.push(&["SADD", HUGE_KEY, &member.to_string()])
    })
}

/// Bytes of a reply that has all members.
fn members_reply() -> usize {
    let member = "$7\r\n1000000\r\n".len();
    format!("*{KEYS}\r\n").len() + usize::try_from(KEYS).unwrap_or_default() * member
}

/// Measures every row that is wanted.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let windows = if run.quick { 1 } else { WINDOWS };
    for disturbance in DISTURBANCES {
        let row = disturbance.row();
        if !run.wants(&row.name) {
            continue;
        }
        let mut servers =
            programs.iter().map(|program| Ok((program, program.start(Cores::All)?))).collect::<Result<Vec<_>>>()?;
        for round in run.rounds() {
            for (program, server) in &mut servers {
                run.say(round, &format!("{}, {}", row.name, program.name));
                let (disturbed, quiet) = sample(server, disturbance, windows).with_context(|| program.name.clone())?;
                report.add(&row, &program.name, disturbed);
                if program.name == OURS {
                    report.add(&row, probe::UNDISTURBED, quiet);
                }
            }
        }
    }
    Ok(())
}

/// The p99.9 in milliseconds with the disturbance, and without.
fn sample(server: &mut Contender, disturbance: Disturbance, windows: u32) -> Result<(f64, f64)> {
    let (mut disturbed, mut quiet) = (Outcome::new()?, Outcome::new()?);
    for _ in 0..windows {
        quiet.add(probe::undisturbed(server, Command::Mixed, disturbance.keys(), WINDOW)?)?;
        disturbance.prepare(server)?;
        clock::wait(SETTLING);
        let probe = probe::start(server, Command::Mixed, disturbance.keys())?;
        let end = clock::now() + WINDOW;
        disturbance.act(&mut Wire::connect(server.port())?)?;
        clock::wait_until(end);
        disturbed.add(probe.finish()?)?;
    }
    Ok((disturbed.millis_at(0.999), quiet.millis_at(0.999)))
}
