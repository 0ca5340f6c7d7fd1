//! The figures: samples by row and server, and what they come to.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use serde::Serialize;

use super::contender::Program;

/// What a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    NanosPerCommand,
    BytesPerKey,
}

/// All samples of a run.
#[derive(Serialize)]
pub(super) struct Report {
    /// In the order in which they are measured; the first is compared with the others.
    servers: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    unit: Unit,
    /// By server, in the order of the rounds.
    samples: BTreeMap<String, Vec<f64>>,
}

/// The middle of some figures, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// Zeros where there are no figures.
    fn of(figures: &[f64]) -> Self {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let last = sorted.len().saturating_sub(1);
        Self { median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), least: at(0), most: at(last) }
    }
}

impl Report {
    pub(super) fn new(programs: &[Program]) -> Self {
        Self { servers: programs.iter().map(|program| program.name.clone()).collect(), rows: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, row: &str, unit: Unit, server: &str, sample: f64) {
        if !self.rows.iter().any(|known| known.name == row) {
            self.rows.push(Row { name: row.into(), unit, samples: BTreeMap::new() });
        }
        if let Some(row) = self.rows.iter_mut().find(|known| known.name == row) {
            row.samples.entry(server.into()).or_default().push(sample);
        }
    }

    pub(super) fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }
}

impl Row {
    fn samples(&self, server: &str) -> &[f64] {
        self.samples.get(server).map_or(&[], Vec::as_slice)
    }

    /// How many times what `ours` takes `theirs` takes, round by round.
    fn ratios(&self, ours: &str, theirs: &str) -> Vec<f64> {
        self.samples(ours).iter().zip(self.samples(theirs)).map(|(ours, theirs)| theirs / ours).collect()
    }
}

impl fmt::Display for Report {
    /// A Markdown table a unit: medians, and for the first server the ratio to each other, with its spread.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((ours, peers)) = self.servers.split_first() else { return Ok(()) };
        for (unit, title) in [(Unit::NanosPerCommand, "CPU ns a command"), (Unit::BytesPerKey, "overhead B a key")] {
            let rows: Vec<_> = self.rows.iter().filter(|row| row.unit == unit).collect();
            let Some(first) = rows.first() else { continue };
            let others: Vec<_> = first.samples.keys().filter(|name| !self.servers.contains(name)).collect();
            write!(f, "| {title} | {ours} |")?;
            peers.iter().try_for_each(|peer| write!(f, " {peer} | {peer} / {ours} |"))?;
            others.iter().try_for_each(|other| write!(f, " {other} |"))?;
            let columns = 2 + peers.len() * 2 + others.len();
            writeln!(f, "\n|{}", "---|".repeat(columns))?;
            for row in rows {
                let Spread { median, least, most } = Spread::of(row.samples(ours));
                write!(f, "| {} | {median:.1} ({least:.1} to {most:.1}) |", row.name)?;
                for peer in peers {
                    let Spread { median, least, most } = Spread::of(&row.ratios(ours, peer));
                    let theirs = Spread::of(row.samples(peer)).median;
                    write!(f, " {theirs:.1} | {median:.2} ({least:.2} to {most:.2}) |")?;
                }
                others.iter().try_for_each(|other| write!(f, " {:.1} |", Spread::of(row.samples(other)).median))?;
                writeln!(f)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_median() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, least: 1.0, most: 4.0 });
        assert_eq!(Spread::of(&[]), Spread { median: 0.0, least: 0.0, most: 0.0 });
    }

    #[test]
    fn ratios_are_those_of_rounds() {
        let programs = [Program::peer("ours", "a"), Program::peer("theirs", "b")];
        let mut report = Report::new(&programs);
        for (ours, theirs) in [(1.0, 2.0), (2.0, 2.0), (1.0, 3.0)] {
            report.add("GET", Unit::NanosPerCommand, "ours", ours);
            report.add("GET", Unit::NanosPerCommand, "theirs", theirs);
            report.add("GET", Unit::NanosPerCommand, "floor", 0.5);
        }
        let table = "| CPU ns a command | ours | theirs | theirs / ours | floor |\n|---|---|---|---|---|\n\
                     | GET | 1.0 (1.0 to 2.0) | 2.0 | 2.00 (1.00 to 3.00) | 0.5 |\n\n";
        assert_eq!(report.to_string(), table);
    }
}
