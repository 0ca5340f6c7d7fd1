//! The figures of a run, and what they come to: as a Markdown table and as JSON.

mod bar;
mod row;
mod spread;

use std::fmt;

use anyhow::Result;
use serde::Serialize;

pub(super) use bar::Bar;
pub(super) use row::{OURS, Row, Unit};

use row::Samples;
use spread::Spread;

/// All samples of a run, row by row.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<(Row, Samples)>,
}

/// A row as it is printed: one line for our own figures' bar, or for a contender beside us.
#[derive(Serialize)]
struct Line<'r> {
    name: &'r str,
    unit: Unit,
    ours: Spread,
    beside: Option<Beside<'r>>,
    bar: Option<Bar>,
    passes: Option<bool>,
}

#[derive(Serialize)]
struct Beside<'r> {
    contender: &'r str,
    theirs: Spread,
    /// How many times as good we are; none where there is nothing to divide by.
    times_as_good: Option<Spread>,
}

impl Report {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, row: &Row, contender: &str, sample: f64) {
        let at = self.rows.iter().position(|(known, _)| known.name == row.name).unwrap_or_else(|| {
            self.rows.push((row.clone(), Samples::default()));
            self.rows.len() - 1
        });
        if let Some((_, samples)) = self.rows.get_mut(at) {
            samples.add(contender, sample);
        }
    }

    /// The lines, and every sample they come from.
    pub(super) fn to_json(&self) -> Result<String> {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|(row, samples)| serde_json::json!({"row": row, "samples": samples, "lines": lines(row, samples)}))
            .collect();
        Ok(serde_json::to_string_pretty(&rows)?)
    }
}

fn lines<'r>(row: &'r Row, samples: &'r Samples) -> Vec<Line<'r>> {
    let (low, ours) = (row.unit.is_better_low(), Spread::of(samples.own()));
    let line = |beside: Option<&'r str>, bar: Option<Bar>| Line {
        name: &row.name,
        unit: row.unit,
        ours,
        beside: beside.map(|contender| Beside {
            contender,
            theirs: Spread::of(samples.of(contender)),
            times_as_good: Some(samples.advantages(contender, low))
                .filter(|times| !times.is_empty() && times.iter().all(|times| times.is_finite()))
                .map(|times| Spread::of(&times)),
        }),
        bar,
        passes: bar.and_then(|bar| bar.passes(samples, low)),
    };
    let own: Vec<Bar> = row.bars.iter().copied().filter(|bar| bar.beside().is_none()).collect();
    let mut lines: Vec<Line<'r>> = own.iter().map(|bar| line(None, Some(*bar))).collect();
    for other in samples.others() {
        lines.push(line(Some(other), row.bars.iter().copied().find(|bar| bar.beside() == Some(other))));
    }
    if lines.is_empty() {
        lines.push(line(None, None));
    }
    lines
}

impl fmt::Display for Report {
    /// Medians, with the least and the most of the rounds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | unit | {OURS} | beside | theirs | times as good | bar | |")?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for line in self.rows.iter().flat_map(|(row, samples)| lines(row, samples)) {
            write!(f, "| {} | {} | {} |", line.name, line.unit.label(), line.ours)?;
            match &line.beside {
                Some(Beside { contender, theirs, times_as_good: Some(times) }) => {
                    write!(f, " {contender} | {theirs} | {times} |")?;
                }
                Some(Beside { contender, theirs, times_as_good: None }) => write!(f, " {contender} | {theirs} | |")?,
                None => write!(f, " | | |")?,
            }
            let bar = line.bar.map(|bar| format!(" {bar}")).unwrap_or_default();
            let verdict = line.passes.map_or("", |passes| if passes { " pass" } else { " SHORT" });
            writeln!(f, "{bar} |{verdict} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "| what | unit | pyredis | beside | theirs | times as good | bar | |\n\
                        |---|---|---|---|---|---|---|---|\n";

    #[test]
    fn ratios_are_those_of_rounds() {
        let row = Row::new("GET", Unit::NanosPerCommand).bar(Bar::Ahead { of: "redis", least: 2.0 });
        let mut report = Report::default();
        for (ours, theirs) in [(1.0, 2.0), (2.0, 2.0), (1.0, 3.0)] {
            report.add(&row, OURS, ours);
            report.add(&row, "redis", theirs);
            report.add(&row, "floor", 0.5);
        }
        let ours = "| GET | CPU ns a command | 1.00 (1.00 to 2.00) |";
        let lines = format!(
            "{ours} redis | 2.00 (2.00 to 3.00) | 2.00 (1.00 to 3.00) | >= 2.00 times | pass |\n\
             {ours} floor | 0.500 (0.500 to 0.500) | 0.500 (0.250 to 0.500) | | |\n"
        );
        assert_eq!(report.to_string(), format!("{HEAD}{lines}"));
    }

    #[test]
    fn rows_stand_alone_where_nobody_is_beside() {
        let mut report = Report::default();
        report.add(&Row::new("lag", Unit::Milliseconds).bar(Bar::AtMost(20.0)), OURS, 21.0);
        report.add(&Row::new("rate", Unit::CommandsPerSecond), OURS, 7.0);
        let lines = "| lag | ms | 21.0 (21.0 to 21.0) | | | | <= 20.0 | SHORT |\n\
                     | rate | commands a second | 7.00 (7.00 to 7.00) | | | | | |\n";
        assert_eq!(report.to_string(), format!("{HEAD}{lines}"));
    }

    #[test]
    fn nothing_is_divided_by_zero() {
        let mut report = Report::default();
        let row = Row::new("RSS", Unit::BytesPerConnection);
        report.add(&row, OURS, 0.0);
        report.add(&row, "redis", 1.0);
        assert!(report.to_string().ends_with("| 0 (0 to 0) | redis | 1.00 (1.00 to 1.00) | | | |\n"), "{report}");
        assert!(report.to_json().unwrap().contains("\"times_as_good\": null"));
    }
}
