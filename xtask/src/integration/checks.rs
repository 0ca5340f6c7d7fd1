//! The line per check that every client reports, and the counts.

use std::fmt::Debug;

use anyhow::{Result, ensure};

/// The checks of one client: printed as they come, counted.
pub(crate) struct Checks {
    client: String,
    passed: usize,
    failed: usize,
}

impl Checks {
    /// No checks yet.
    pub(crate) fn new(client: impl Into<String>) -> Self {
        Self { client: client.into(), passed: 0, failed: 0 }
    }

    /// Records a check that this program made itself.
    pub(crate) fn record(&mut self, name: &str, outcome: Result<()>) {
        match outcome {
            Ok(()) => {
                self.passed += 1;
                println!("ok {}: {name}", self.client);
            }
            Err(error) => {
                self.failed += 1;
                println!("not ok {}: {name}: {error:#}", self.client);
            }
        }
    }

    /// Records a line `ok <name>` or `not ok <name>: <why>` of a script; `false` when it is no such line.
    pub(crate) fn record_line(&mut self, line: &str) -> bool {
        if let Some(name) = line.strip_prefix("ok ") {
            self.record(name, Ok(()));
        } else if let Some(name) = line.strip_prefix("not ok ") {
            self.failed += 1;
            println!("not ok {}: {name}", self.client);
        } else {
            return false;
        }
        true
    }

    /// How many were in order.
    pub(crate) fn passed(&self) -> usize {
        self.passed
    }

    /// How many were not.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// The line that a script with these counts ends with.
    pub(crate) fn summary(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

/// An error that shows both sides unless they are equal.
pub(crate) fn equal<T: PartialEq<U> + Debug, U: Debug>(got: T, wanted: U) -> Result<()> {
    ensure!(got == wanted, "got {got:?}, wanted {wanted:?}");
    Ok(())
}

/// An error that shows the text unless it contains `needle`.
pub(crate) fn contains(text: &str, needle: &str) -> Result<()> {
    ensure!(text.contains(needle), "got {text:?}, wanted {needle:?} in it");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_scripts_are_counted() {
        let mut checks = Checks::new("script");
        assert!(checks.record_line("ok a"));
        assert!(checks.record_line("not ok b: because"));
        assert!(!checks.record_line("okay"));
        assert!(!checks.record_line("1 passed, 1 failed"));
        assert_eq!(checks.summary(), "1 passed, 1 failed");
    }

    #[test]
    fn differences_are_shown() {
        assert!(equal("a", "a").is_ok());
        assert_eq!(equal("a", "b").unwrap_err().to_string(), r#"got "a", wanted "b""#);
        assert!(contains("abc", "b").is_ok());
        assert_eq!(contains("abc", "x").unwrap_err().to_string(), r#"got "abc", wanted "x" in it"#);
    }
}
