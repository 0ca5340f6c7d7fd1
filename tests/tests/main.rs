//! The one test binary of the black-box tests; every transcript and every case is a test with a name of its own.
//!
//! `cargo test -p pyredis-tests string::set` runs the tests whose names contain `string::set`. `README.md` beside
//! `Cargo.toml` says what can be set from outside.

mod accounts;
mod between;
mod command_info;
mod differential;
mod hostile;
mod lifecycle;
mod linear;
mod oracle;
mod selftest;
mod traffic;
mod transcripts;
mod waiting;

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Failed, Trial, run};

fn main() -> ExitCode {
    if std::env::var_os("PYREDIS_RECORD").is_some() {
        return finish(transcripts::record_all());
    }
    let mut arguments = Arguments::from_args();
    let tests = if let Ok(target) = std::env::var("PYREDIS_TARGET") {
        // One server for all: the tests empty it, so they take turns.
        arguments.test_threads = Some(1);
        transcripts::external(&target)
    } else {
        all()
    };
    match tests {
        Ok(tests) => run(&arguments, tests).exit_code(),
        Err(error) => finish(Err(error)),
    }
}

fn all() -> Result<Vec<Trial>> {
    let mut tests = transcripts::trials()?;
    tests.extend(hostile::trials());
    tests.extend(selftest::trials());
    tests.extend(traffic::trials());
    tests.extend(between::trials());
    tests.extend(command_info::trials());
    tests.extend(lifecycle::trials());
    tests.extend(linear::trials());
    tests.extend(waiting::trials());
    tests.extend(accounts::trials());
    tests.extend(differential::trials());
    Ok(tests)
}

fn finish(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A test from a function that says what went wrong, causes included.
fn trial(name: impl Into<String>, test: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || test().map_err(|error| Failed::from(format!("{error:#}"))))
}
