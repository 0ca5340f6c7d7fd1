//! Steps that run one after the other until one fails, and the table that closes them.

use std::time::Duration;

use anyhow::Result;

use super::tally::Tally;
use crate::clock;

/// How a step ended.
pub(super) enum End {
    /// All in order.
    Passed,
    /// Something is wrong; what, when that is not plain from the step's own output.
    Failed(String),
    /// All that could be checked is in order, but something could not be.
    NotRun(String),
}

impl End {
    /// The end of a step that printed what there is to say.
    pub(super) fn of(is_good: bool) -> Self {
        if is_good { Self::Passed } else { Self::Failed("see above".to_owned()) }
    }
}

/// The steps so far.
#[derive(Default)]
pub(super) struct Steps {
    rows: Vec<Row>,
    tally: Tally,
    has_failed: bool,
}

struct Row {
    name: &'static str,
    outcome: String,
    duration: Option<Duration>,
}

impl Steps {
    /// Runs a step, unless one before it failed.
    pub(super) fn run(&mut self, name: &'static str, step: impl FnOnce(&mut Tally) -> Result<End>) {
        if self.has_failed {
            self.leave_out(name, "not reached");
            return;
        }
        println!("==> {name}");
        let (start, failed_before) = (clock::now(), self.tally.failed);
        let end = step(&mut self.tally).unwrap_or_else(|error| End::Failed(format!("{error:#}")));
        let outcome = match end {
            End::Passed => "ok".to_owned(),
            End::NotRun(why) => format!("ok, but NOT RUN: {why}"),
            End::Failed(why) => {
                self.has_failed = true;
                self.tally.failed += usize::from(self.tally.failed == failed_before);
                format!("FAILED: {why}")
            }
        };
        self.rows.push(Row { name, outcome, duration: Some(start.elapsed()) });
    }

    /// Notes a step that is not run.
    pub(super) fn leave_out(&mut self, name: &'static str, why: &str) {
        self.rows.push(Row { name, outcome: why.to_owned(), duration: None });
    }

    /// Prints the table and the summary line; whether no step failed.
    pub(super) fn report(&self) -> bool {
        println!("==> summary");
        for line in self.table() {
            println!("{line}");
        }
        println!("{}", self.tally.summary());
        !self.has_failed
    }

    fn table(&self) -> Vec<String> {
        let total: Duration = self.rows.iter().filter_map(|row| row.duration).sum();
        let rows = self.rows.iter().map(|row| line(row.name, row.duration, &row.outcome));
        rows.chain([line("total", Some(total), "")]).collect()
    }
}

fn line(name: &str, duration: Option<Duration>, outcome: &str) -> String {
    let time = duration.map_or_else(|| "-".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
    format!("  {name:<24} {time:>9}  {outcome}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_first_failure_ends_the_run() {
        let mut steps = Steps::default();
        steps.run("one", |tally| {
            tally.passed += 3;
            Ok(End::Passed)
        });
        steps.run("two", |_| bail!("broken"));
        steps.run("three", |_| panic!("must not be reached"));
        let outcomes: Vec<&str> = steps.rows.iter().map(|row| row.outcome.as_str()).collect();
        assert_eq!(outcomes, ["ok", "FAILED: broken", "not reached"]);
        assert_eq!(steps.tally.summary(), "3 passed, 1 failed");
        assert!(!steps.report());
    }

    #[test]
    fn failed_cases_are_not_counted_twice() {
        let mut steps = Steps::default();
        steps.run("tests", |tally| {
            tally.failed += 2;
            Ok(End::of(false))
        });
        assert_eq!(steps.tally.summary(), "0 passed, 2 failed");
    }

    #[test]
    fn what_was_not_run_is_said_and_is_no_failure() {
        let mut steps = Steps::default();
        steps.run("clients", |_| Ok(End::NotRun("no nc".to_owned())));
        assert!(steps.table().first().unwrap().ends_with("s  ok, but NOT RUN: no nc"));
        assert!(steps.report());
    }
}
