//! Bars: what a row has to reach, and whether it does.

use serde::{Serialize, Serializer};

use super::row::Samples;
use super::spread::{Spread, short};

/// What our own figures have to be. All are judged by the median over the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::bench) enum Bar {
    AtMost(f64),
    AtLeast(f64),
    /// So many times as good as what `of` reached in the same round.
    Ahead {
        of: &'static str,
        least: f64,
    },
    /// At most `most`, or, where that is more, so many `times` the figure of `of` in the same round.
    AtMostOr {
        most: f64,
        times: f64,
        of: &'static str,
    },
}

impl Bar {
    /// The contender whose line in the table the bar belongs to; `None` for a bar of our own figures alone.
    pub(super) fn beside(self) -> Option<&'static str> {
        match self {
            Self::AtMost(_) | Self::AtLeast(_) => None,
            Self::Ahead { of, .. } | Self::AtMostOr { of, .. } => Some(of),
        }
    }

    /// Whether the row passes; `None` when it was not measured.
    pub(super) fn passes(self, samples: &Samples, is_better_low: bool) -> Option<bool> {
        let own = samples.own();
        if own.is_empty() {
            return None;
        }
        let median = |figures: &[f64]| (!figures.is_empty()).then(|| Spread::of(figures).median);
        Some(match self {
            Self::AtMost(most) => median(own)? <= most,
            Self::AtLeast(least) => median(own)? >= least,
            Self::Ahead { of, least } => median(&samples.advantages(of, is_better_low))? >= least,
            Self::AtMostOr { most, times, of } => {
                let bounds = samples.of(of).iter().map(|theirs| most.max(times * theirs));
                median(&own.iter().zip(bounds).map(|(own, bound)| own / bound).collect::<Vec<_>>())? <= 1.0
            }
        })
    }
}

impl std::fmt::Display for Bar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::AtMost(most) => write!(f, "<= {}", short(most)),
            Self::AtLeast(least) => write!(f, ">= {}", short(least)),
            Self::Ahead { least, .. } => write!(f, ">= {} times", short(least)),
            Self::AtMostOr { most, times, of } => write!(f, "<= {}, or {} x {of}", short(most), short(times)),
        }
    }
}

impl Serialize for Bar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(ours: &[f64], theirs: &[f64]) -> Samples {
        let mut samples = Samples::default();
        ours.iter().for_each(|figure| samples.add("pyredis", *figure));
        theirs.iter().for_each(|figure| samples.add("redis", *figure));
        samples
    }

    #[test]
    fn bars_are_judged_by_the_median() {
        let good = samples(&[1.0, 2.0, 9.0], &[4.0, 4.0, 4.0]);
        assert_eq!(Bar::AtMost(2.0).passes(&good, true), Some(true));
        assert_eq!(Bar::AtMost(1.9).passes(&good, true), Some(false));
        assert_eq!(Bar::AtLeast(2.0).passes(&good, true), Some(true));
        assert_eq!(Bar::AtLeast(2.1).passes(&good, true), Some(false));
        assert_eq!(Bar::Ahead { of: "redis", least: 2.0 }.passes(&good, true), Some(true));
        assert_eq!(Bar::Ahead { of: "redis", least: 2.1 }.passes(&good, true), Some(false));
        assert_eq!(Bar::Ahead { of: "redis", least: 0.5 }.passes(&good, false), Some(true));
    }

    #[test]
    fn a_bar_can_follow_another_figure_of_the_round() {
        let bar = Bar::AtMostOr { most: 2.0, times: 2.0, of: "redis" };
        assert_eq!(bar.passes(&samples(&[2.0, 4.0, 9.0], &[0.5, 2.0, 2.0]), true), Some(true));
        assert_eq!(bar.passes(&samples(&[2.1, 4.1, 1.0], &[0.5, 2.0, 2.0]), true), Some(false));
    }

    #[test]
    fn what_was_not_measured_neither_passes_nor_falls_short() {
        assert_eq!(Bar::AtMost(2.0).passes(&Samples::default(), true), None);
        assert_eq!(Bar::Ahead { of: "redis", least: 1.0 }.passes(&samples(&[1.0], &[]), true), None);
    }
}
