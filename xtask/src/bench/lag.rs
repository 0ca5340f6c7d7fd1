//! How late keys are reclaimed that are due one after the other, beside a million that are not due.
//!
//! DBSIZE tells how many are gone, not which: the first to go is taken for the first that was due, and so on. That is what a server does
//! that goes by deadlines, and flatters one that finds dead keys by chance. A key that is still there when we give up counts as if it
//! went then.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::contender::{Contender, Program};
use super::cores::Cores;
use super::fill::{VALUE, fill};
use super::report::{Bar, Report, Row, Unit};
use super::wire::{BATCH, Wire};
use super::{Run, poll};
use crate::clock;

const BACKGROUND_KEYS: u64 = 1_000_000;
/// The keys that are due, a millisecond apart.
const DUE_KEYS: u32 = 1_000;
const STEP: Duration = Duration::from_millis(1);
/// What passes between setting the deadlines and the first of them.
const MARGIN: Duration = Duration::from_secs(1);
/// How long after the last deadline we give up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures both rows if one is wanted: they come from the same keys.
pub(super) fn measure(programs: &[Program], run: &Run, report: &mut Report) -> Result<()> {
    let row = |what: &str, most| {
        let name = format!("1 000 keys due beside 1 M, reclaimed after: {what}");
        Row::new(name, Unit::Milliseconds).bar(Bar::AtMost(most))
    };
    let (p50, p99) = (row("p50", 20.0), row("p99", 100.0));
    if !run.wants(&p50.name) && !run.wants(&p99.name) {
        return Ok(());
    }
    let mut servers =
        programs.iter().map(|program| Ok((program, program.start(Cores::One)?))).collect::<Result<Vec<_>>>()?;
    for (_, server) in &servers {
        fill(server.port(), 0..BACKGROUND_KEYS, &["EX", "3600"])?;
    }
    for round in run.rounds() {
        for (program, server) in &mut servers {
            run.say(round, &format!("1 000 keys due beside 1 M, {}", program.name));
            let mut lags = watch(server)?;
            lags.sort_unstable();
            report.add(&p50, &program.name, millis_at(&lags, 50));
            report.add(&p99, &program.name, millis_at(&lags, 99));
        }
    }
    Ok(())
}

/// Sets the keys, and returns how late each was reclaimed.
fn watch(server: &mut Contender) -> Result<Vec<Duration>> {
    let before = server.control.number(&["DBSIZE"])?;
    let first = clock::since_1970()? + MARGIN;
    let mut wire = Wire::connect(server.port())?;
    wire.send_all(BATCH, 0..DUE_KEYS, |wire, number| {
        let due = (first + STEP * number).as_millis().to_string();
        wire.push(&[b"SET".as_slice(), &due_key(number), &VALUE, b"PXAT", due.as_bytes()])
    })?;
    let start = clock::moment_of(Duration::from_millis(u64::try_from(first.as_millis())?))?;
    let end = start + STEP * DUE_KEYS + PATIENCE;
    let mut left = Vec::new();
    poll::key_count(server, end, |at, keys| {
        left.push((at, keys.saturating_sub(before)));
        keys > before
    })?;
    // Whoever has not reclaimed them begins the next round without them all the same.
    wire.send_all(BATCH, 0..DUE_KEYS, |wire, number| wire.push(&[b"DEL".as_slice(), &due_key(number)]))?;
    let deadlines: Vec<_> = (0..DUE_KEYS).map(|number| start + STEP * number).collect();
    Ok(lags(&deadlines, &left, end))
}

/// How late each deadline was met, from how many keys were left at each moment; at `end` none counts as left.
fn lags(deadlines: &[Instant], left: &[(Instant, u64)], end: Instant) -> Vec<Duration> {
    let mut lags = Vec::with_capacity(deadlines.len());
    for (at, left) in left.iter().copied().chain([(end, 0)]) {
        let gone = deadlines.len().saturating_sub(usize::try_from(left).unwrap_or(usize::MAX));
        let met = deadlines.iter().take(gone).skip(lags.len());
        lags.extend(met.map(|deadline| at.saturating_duration_since(*deadline)));
    }
    lags
}

/// The lag, in milliseconds, that so many in a hundred of the sorted ones do not exceed.
fn millis_at(lags: &[Duration], percent: usize) -> f64 {
    let at = (lags.len() * percent).div_ceil(100).saturating_sub(1);
    lags.get(at).map_or(f64::NAN, Duration::as_secs_f64) * 1e3
}

fn due_key(number: u32) -> Vec<u8> {
    format!("due:{number:012}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_go_by_how_many_are_gone() {
        let start = clock::now();
        let after = |millis| start + Duration::from_millis(millis);
        let deadlines = [after(0), after(10), after(20), after(30)];
        let left = [(after(1), 4), (after(12), 2), (after(25), 1)];
        assert_eq!(lags(&deadlines, &left, after(100)), [12, 2, 5, 70].map(Duration::from_millis));
        assert_eq!(lags(&deadlines, &[], after(100)), [100, 90, 80, 70].map(Duration::from_millis));
    }

    #[test]
    fn percentiles_are_of_the_sorted() {
        let lags: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!((millis_at(&lags, 50), millis_at(&lags, 99), millis_at(&lags[..1], 99)), (50.0, 99.0, 1.0));
    }
}
