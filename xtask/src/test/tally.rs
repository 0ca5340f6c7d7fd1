//! Counts of test cases, read from what cargo prints.

/// Test cases so far.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// Cases that passed.
    pub(super) passed: usize,
    /// Cases that failed.
    pub(super) failed: usize,
}

impl Tally {
    /// Adds the counts of a line `test result: ok. 3 passed; 0 failed; ...`, and nothing for any other line.
    pub(super) fn add_line(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        let count = |word: &str| {
            let (before, _) = counts.split_once(word)?;
            before.trim_end().rsplit([' ', ';']).next()?.parse::<usize>().ok()
        };
        self.passed += count(" passed").unwrap_or(0);
        self.failed += count(" failed").unwrap_or(0);
    }

    /// The line that a whole run ends with.
    pub(super) fn summary(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn result_lines_are_summed() {
        let mut tally = Tally::default();
        tally.add_line("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s");
        tally.add_line("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.add_line("test store::tests::result: 7 passed ... ok");
        tally.add_line("");
        assert_eq!(tally, Tally { passed: 15, failed: 2 });
        assert_eq!(tally.summary(), "15 passed, 2 failed");
    }
}
