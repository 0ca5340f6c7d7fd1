//! Every check of the project in order, from the cheapest to the one that needs the most.
//!
//! Guarantee: it stops at the first step that fails, closes with a table of all steps in any case, and its last line
//! is `N passed, N failed`: test cases and client checks, and a failed step that counts no cases as one failure.

mod examples;
mod steps;
mod tally;

use anyhow::Result;
use clap::Args;

use self::steps::{End, Steps};
use self::tally::Tally;
use crate::install::Tools;
use crate::{integration, process, tidy, workspace};

/// How much to check.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave out the real clients, and install nothing
    #[arg(long)]
    quick: bool,
}

/// Runs the steps; `Ok(false)` when one failed.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let mut steps = Steps::default();
    let mut tools = None;
    if !options.quick {
        steps.run("tools", |_| Ok(find_tools(&mut tools)));
    }
    steps.run("format", |_| cargo(&["fmt", "--all", "--check"]));
    steps.run("clippy", |_| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    steps.run("tidy", |_| Ok(End::of(tidy::run()?)));
    steps.run("build", |_| cargo(&["build", "--workspace", "--bins", "--examples"]));
    steps.run("unit and property tests", |tally| cargo_test(tally, &["--lib", "--bins"]));
    steps.run("integration tests", |tally| cargo_test(tally, &["--test", "*"]));
    steps.run("doc tests", |tally| cargo_test(tally, &["--doc"]));
    steps.run("documentation", |_| documentation());
    steps.run("examples", |_| examples::build_and_run());
    match &tools {
        Some(tools) => steps.run("real clients", |tally| real_clients(tools, tally)),
        None if options.quick => steps.leave_out("real clients", "left out by --quick"),
        None => steps.leave_out("real clients", "no tools"),
    }
    Ok(steps.report())
}

/// Finds or installs what later steps need; what is missing is no failure by itself unless this is CI.
fn find_tools(found: &mut Option<Tools>) -> End {
    let tools = found.insert(Tools::find_or_install());
    let missing: Vec<&str> = tools.each().into_iter().filter(|(_, tool)| tool.is_err()).map(|(name, _)| name).collect();
    match (missing.is_empty(), workspace::is_ci()) {
        (true, _) => End::Passed,
        (false, true) => End::Failed(format!("CI needs {}", missing.join(", "))),
        (false, false) => End::NotRun(format!("missing: {}", missing.join(", "))),
    }
}

fn cargo(arguments: &[&str]) -> Result<End> {
    Ok(End::of(process::run(&mut workspace::cargo(arguments))?))
}

fn cargo_test(tally: &mut Tally, kinds: &[&str]) -> Result<End> {
    let arguments = [&["test", "--workspace", "--no-fail-fast"], kinds].concat();
    let is_good = process::run_with_lines(&mut workspace::cargo(&arguments), |line| tally.add_line(line))?;
    Ok(End::of(is_good))
}

fn documentation() -> Result<End> {
    let mut command = workspace::cargo(&["doc", "--workspace", "--no-deps"]);
    Ok(End::of(process::run(command.env("RUSTDOCFLAGS", "-D warnings"))?))
}

fn real_clients(tools: &Tools, tally: &mut Tally) -> Result<End> {
    let report = integration::run_built(tools)?;
    tally.passed += report.passed;
    tally.failed += report.failed;
    if !report.is_good() && report.failed == 0 {
        return Ok(End::Failed(format!("not run: {}", report.not_run.join("; "))));
    }
    Ok(match report.not_run.as_slice() {
        _ if report.failed > 0 => End::of(false),
        [] => End::Passed,
        missing => End::NotRun(missing.join("; ")),
    })
}
