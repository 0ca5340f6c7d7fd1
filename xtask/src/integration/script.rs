//! Clients in other languages: scripts that report a line per check and end with the counts.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::checks::Checks;
use super::target::Target;
use crate::{process, workspace};

/// How long a script may take as a whole.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs a script with the Python of an environment that has what it drives.
pub(super) fn run_python(python: &Path, script: &str, target: &Target, checks: &mut Checks) {
    let mut command = Command::new(python);
    // Nothing but sources in the checkout.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(workspace::root().join("tests/clients/python").join(script));
    run(&mut command, target, checks);
}

/// Runs a client's script in the npm project that has the client.
pub(super) fn run_node(project: &Path, script: &str, target: &Target, checks: &mut Checks) {
    let mut command = Command::new("node");
    command.arg(script).current_dir(project);
    run(&mut command, target, checks);
}

/// Runs a script; one that breaks off, or whose counts differ from its lines, is a failed check more.
fn run(command: &mut Command, target: &Target, checks: &mut Checks) {
    command.args(["--port", &target.port().to_string()]);
    if let Err(error) = report(command, checks) {
        checks.record("the script as a whole", Err(error));
    }
}

fn report(command: &mut Command, checks: &mut Checks) -> Result<()> {
    let ended = process::converse(command, b"", LIMIT)?;
    let text = String::from_utf8_lossy(&ended.output).into_owned();
    let mut last = "";
    for line in text.lines() {
        if !checks.record_line(line) {
            last = line;
        }
    }
    let wanted = checks.summary();
    ensure!(last == wanted, "it ended with {last:?}, wanted {wanted:?}");
    ensure!(checks.passed() > 0, "it made no check");
    ensure!(ended.success == (checks.failed() == 0), "its status does not agree with its counts");
    Ok(())
}
