//! Collections: CPU time a command beside Redis, sixteen deep, by command and in the median.

use anyhow::Result;

use super::contender::{Contender, Program};
use super::cores::Cores;
use super::report::{Bar, OURS, Report, Row, Unit};
use super::wire::{BATCH, Wire};
use super::{Run, window};
use std::time::Duration;

const DEPTH: &str = "16";
const CLIENTS: &str = "50";
const MEMBERS: &str = "1000000";
const VALUE_BYTES: &str = "64";
const REDIS: &str = "redis";

/// Elements of what is taken away from: more than a window takes.
const STOCK: u64 = 2_500_000;
/// A window that takes no more than that.
const SHORT: Duration = Duration::from_millis(500);
/// Elements of what is only read.
const READ: u64 = 10_000;

/// What a load needs before it runs.
#[derive(Debug, Clone, Copy)]
enum Stock {
    /// Nothing; what other loads left is gone.
    Nothing,
    /// A list of so many elements.
    List(u64),
    /// A set of so many members.
    Set(u64),
    /// A sorted set of so many members, each with its number for a score.
    SortedSet(u64),
}

impl Stock {
    fn fill(self, server: &Contender) -> Result<()> {
        let mut wire = Wire::connect(server.port())?;
        wire.call(&["FLUSHALL"])?;
        let value = [b'x'; 64];
        let fill = |wire: &mut Wire, count: u64, push: &dyn Fn(&mut Wire, u64) -> Result<()>| {
            wire.send_all(BATCH, 0..count, |wire, number| push(wire, number))
        };
        match self {
            Self::Nothing => Ok(()),
            Self::List(count) => {
                fill(&mut wire, count, &|wire, _| wire.push(&[b"RPUSH".as_slice(), b"mylist", &value]))
            }
            Self::Set(count) => {
                fill(&mut wire, count, &|wire, number| wire.push(&["SADD", "myset", &format!("element:{number:012}")]))
            }
            Self::SortedSet(count) => fill(&mut wire, count, &|wire, number| {
                wire.push(&["ZADD", "myzset", &number.to_string(), &format!("element:{number:012}")])
            }),
        }
    }

    /// How long to watch a load that uses it up.
    const fn window(self, usual: Duration) -> Duration {
        match self {
            Self::List(STOCK) | Self::Set(STOCK) | Self::SortedSet(STOCK) => SHORT,
            _ => usual,
        }
    }
}

/// A load, as redis-benchmark makes it: one of its tests, or a command word by word.
struct Load {
    name: &'static str,
    words: &'static [&'static str],
    stock: Stock,
}

const LOADS: [Load; 11] = [
    Load { name: "LPUSH", words: &["-t", "lpush"], stock: Stock::Nothing },
    Load { name: "RPOP", words: &["-t", "rpop"], stock: Stock::List(STOCK) },
    Load { name: "SADD", words: &["-t", "sadd"], stock: Stock::Nothing },
    Load { name: "HSET", words: &["-t", "hset"], stock: Stock::Nothing },
    Load { name: "ZADD", words: &["-t", "zadd"], stock: Stock::Nothing },
    Load { name: "SPOP", words: &["-t", "spop"], stock: Stock::Set(STOCK) },
    Load { name: "ZPOPMIN", words: &["-t", "zpopmin"], stock: Stock::SortedSet(STOCK) },
    Load { name: "LRANGE_100", words: &["LRANGE", "mylist", "0", "99"], stock: Stock::List(READ) },
    Load { name: "LRANGE_600", words: &["LRANGE", "mylist", "0", "599"], stock: Stock::List(READ) },
    Load { name: "MSET (10 keys)", words: &["-t", "mset"], stock: Stock::Nothing },
    Load {
        name: "ZRANGEBYSCORE over 100",
        words: &["ZRANGEBYSCORE", "myzset", "5000", "5099"],
        stock: Stock::SortedSet(READ),
    },
];

impl Load {
    fn row(&self) -> Row {
        Row::new(format!("collections: {} depth {DEPTH}", self.name), Unit::NanosPerCommand)
            .bar(Bar::Ahead { of: REDIS, least: 1.2 })
    }
}

/// Measures every load that is wanted on every program, in turns; and if all are, how many times as good as Redis we are in the median.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let loads: Vec<_> = LOADS.iter().filter(|load| run.wants(&load.row().name)).collect();
    if loads.is_empty() {
        return Ok(());
    }
    let mut servers =
        programs.iter().map(|program| Ok((program, program.start(Cores::One)?))).collect::<Result<Vec<_>>>()?;
    for round in run.rounds() {
        let mut times_as_good = Vec::new();
        for load in &loads {
            let row = load.row();
            run.say(round, &row.name);
            let options = ["-P", DEPTH, "-c", CLIENTS, "-r", MEMBERS, "-d", VALUE_BYTES];
            let (mut ours, mut theirs) = (None, None);
            for (program, server) in &mut servers {
                load.stock.fill(server)?;
                let arguments = [&options, load.words].concat();
                let window = window::measure(server, &arguments, load.stock.window(run.window()))?;
                let cost = window.nanos_per_command();
                report.add(&row, &program.name, cost);
                match program.name.as_str() {
                    OURS => ours = Some(cost),
                    REDIS => theirs = Some(cost),
                    _ => {}
                }
            }
            times_as_good.extend(theirs.zip(ours).map(|(theirs, ours)| theirs / ours));
        }
        if loads.len() == LOADS.len() {
            times_as_good.sort_by(f64::total_cmp);
            let row = Row::new(format!("collections: times as good as {REDIS}, median of the commands"), Unit::Times)
                .bar(Bar::AtLeast(1.5));
            if let Some(median) = times_as_good.get(times_as_good.len() / 2) {
                report.add(&row, OURS, *median);
            }
        }
    }
    Ok(())
}
