//! The middle of some figures, and how far they lie apart.

use serde::Serialize;

/// Zeros where there are no figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    pub(super) fn of(figures: &[f64]) -> Self {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let last = sorted.len().saturating_sub(1);
        Self { median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), least: at(0), most: at(last) }
    }
}

impl std::fmt::Display for Spread {
    /// `median (least to most)`, with about three digits that count.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, least, most } = *self;
        write!(f, "{} ({} to {})", short(median), short(least), short(most))
    }
}

/// A figure with about three digits that count.
pub(super) fn short(figure: f64) -> String {
    let digits = match figure.abs() {
        0.0 | 100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{figure:.digits$}")
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
    fn figures_are_short() {
        assert_eq!(
            [0.0, 0.1239, 1.239, 12.39, 123.9, -0.5].map(short),
            ["0", "0.124", "1.24", "12.4", "124", "-0.500"]
        );
    }
}
