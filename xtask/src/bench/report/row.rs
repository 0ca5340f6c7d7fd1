//! A row: what is measured, of whom, and what it has to reach.

use serde::Serialize;

use super::bar::Bar;

/// The contender that the bars are for.
pub(in crate::bench) const OURS: &str = "pyredis";

/// What a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::bench) enum Unit {
    NanosPerCommand,
    CommandsPerSecond,
    BytesPerKey,
    BytesPerConnection,
    Megabytes,
    MegabytesPerCpuSecond,
    Milliseconds,
    Seconds,
    MillionsPerSecond,
    MillionsPerCpuSecond,
    NanosPerGet,
    Times,
}

impl Unit {
    /// How it stands in the table.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::NanosPerCommand => "CPU ns a command",
            Self::CommandsPerSecond => "commands a second",
            Self::BytesPerKey => "B a key",
            Self::BytesPerConnection => "B a connection",
            Self::Megabytes => "MB",
            Self::MegabytesPerCpuSecond => "MB a CPU second",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::MillionsPerSecond => "million a second",
            Self::MillionsPerCpuSecond => "million a CPU second",
            Self::NanosPerGet => "CPU ns a get",
            Self::Times => "times",
        }
    }

    /// Whether less is better.
    pub(super) const fn is_better_low(self) -> bool {
        !matches!(
            self,
            Self::CommandsPerSecond
                | Self::MegabytesPerCpuSecond
                | Self::MillionsPerSecond
                | Self::MillionsPerCpuSecond
        )
    }
}

/// What is measured.
#[derive(Debug, Clone, Serialize)]
pub(in crate::bench) struct Row {
    pub(in crate::bench) name: String,
    pub(in crate::bench) unit: Unit,
    pub(in crate::bench) bars: Vec<Bar>,
}

impl Row {
    /// A row without a bar: it is only reported.
    pub(in crate::bench) fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit, bars: Vec::new() }
    }

    /// With a bar to pass.
    pub(in crate::bench) fn bar(mut self, bar: Bar) -> Self {
        self.bars.push(bar);
        self
    }
}

/// The figures of a row: by contender, in the order in which they first came; each in the order of the rounds.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Samples(Vec<Series>);

#[derive(Debug, Serialize)]
struct Series {
    contender: String,
    figures: Vec<f64>,
}

impl Samples {
    pub(super) fn add(&mut self, contender: &str, figure: f64) {
        match self.0.iter_mut().find(|series| series.contender == contender) {
            Some(series) => series.figures.push(figure),
            None => self.0.push(Series { contender: contender.into(), figures: vec![figure] }),
        }
    }

    pub(super) fn of(&self, contender: &str) -> &[f64] {
        self.0.iter().find(|series| series.contender == contender).map_or(&[], |series| &series.figures)
    }

    pub(super) fn own(&self) -> &[f64] {
        self.of(OURS)
    }

    /// Everyone but us.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|series| series.contender.as_str()).filter(|name| *name != OURS)
    }

    /// How many times as good as `theirs` we are, round by round.
    pub(super) fn advantages(&self, theirs: &str, is_better_low: bool) -> Vec<f64> {
        let pairs = self.own().iter().zip(self.of(theirs));
        pairs.map(|(ours, theirs)| if is_better_low { theirs / ours } else { ours / theirs }).collect()
    }
}
