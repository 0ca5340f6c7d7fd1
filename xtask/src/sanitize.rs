//! The tests of the libraries under AddressSanitizer, which only a nightly compiler offers.
//!
//! Guarantee: before any test it compiles and runs a program that uses freed memory, and fails if that goes unnoticed.
//! So silence means that the tests are sound, and not that nobody listened.
//!
//! The standard library comes as it is shipped, without the sanitizer's checks in it; its allocations are watched all the
//! same. ThreadSanitizer is not offered: without a standard library of its own it takes every thread that is joined and
//! every `Arc` that is dropped for a data race.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::{process, workspace};

const SANITIZER: &str = "-Zsanitizer=address";

/// The crate with unsafe code, one that drives it in other ways, and one that is all about bytes from outside.
const PACKAGES: [&str; 3] = ["pyredis-store", "pyredis-persist", "pyredis-protocol"];

/// Uses memory after it was freed; as text, for no code of this project may.
const CANARY: &str = concat!(
    "fn main() {\n",
    "    let freed = { let boxed = Box::new(7_u64); &raw const *boxed };\n",
    "    let read = unsafe { std::hint::black_box(freed).read_volatile() };\n",
    "    println!(\"{read}\");\n",
    "}\n",
);

/// What to run, and with what.
#[derive(Args)]
pub(crate) struct Options {
    /// The nightly toolchain, by its rustup name
    #[arg(long, value_name = "NAME", default_value = "nightly")]
    toolchain: String,
    /// The package whose tests are run; may be given several times
    #[arg(short, long = "package", value_name = "NAME", default_values = PACKAGES)]
    packages: Vec<String>,
}

/// Runs the tests; `Ok(false)` when one failed or the sanitizer found something.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let host = host(&options.toolchain)?;
    check_canary(&options.toolchain, &host)?;
    let mut command = nightly(&options.toolchain, "cargo");
    // With a target named, build scripts and macros stay without the flag.
    command.args(["test", "--no-fail-fast", "--tests", "--target", &host, "--target-dir"]).arg(folder());
    for package in &options.packages {
        command.args(["--package", package]);
    }
    let is_good = process::run(command.env("RUSTFLAGS", SANITIZER))?;
    if is_good {
        println!("sanitize: AddressSanitizer found nothing in the tests of {}", options.packages.join(", "));
    } else {
        println!("sanitize: a test failed, or AddressSanitizer found something: see above");
    }
    Ok(is_good)
}

/// What is built here has flags of its own, so it stays apart.
fn folder() -> std::path::PathBuf {
    workspace::target().join("sanitize")
}

/// This program of the toolchain, in the root of the checkout.
fn nightly(toolchain: &str, program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, program]).current_dir(workspace::root());
    // Cargo would prefer these flags to ours.
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

/// The platform that the toolchain compiles for, if it is there and a nightly.
fn host(toolchain: &str) -> Result<String> {
    let version = process::answer(nightly(toolchain, "rustc").arg("-vV")).with_context(|| {
        format!("there is no toolchain {toolchain}; get one with: rustup toolchain install nightly --profile minimal")
    })?;
    host_of_nightly(&version)
        .with_context(|| format!("the toolchain {toolchain} is no nightly, and only they have sanitizers"))
}

/// The platform in what `rustc -vV` of a nightly says.
fn host_of_nightly(version: &str) -> Option<String> {
    let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name));
    field("release: ")?.contains("nightly").then_some(field("host: ")?.to_owned())
}

/// Fails unless the sanitizer finds an error that is there.
fn check_canary(toolchain: &str, host: &str) -> Result<()> {
    fs::create_dir_all(folder()).context("can't make the task's folder")?;
    let (source, program) = (folder().join("canary.rs"), folder().join("canary"));
    fs::write(&source, CANARY).with_context(|| format!("can't write {}", source.display()))?;
    let mut compile = nightly(toolchain, "rustc");
    compile.args(["--edition", "2024", SANITIZER, "--target", host, "-o"]).arg(&program).arg(&source);
    ensure!(process::run(&mut compile)?, "can't compile with {SANITIZER} for {host}");
    let output = Command::new(&program).output().context("can't run the canary")?;
    if !String::from_utf8_lossy(&output.stderr).contains("AddressSanitizer: heap-use-after-free") {
        bail!("AddressSanitizer does not notice that {} uses freed memory", program.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_nightly_will_do() {
        let says = |release: &str| {
            format!("rustc {release} (0 2026-01-01)\nhost: x86_64-unknown-linux-gnu\nrelease: {release}\n")
        };
        assert_eq!(host_of_nightly(&says("1.97.0-nightly")).as_deref(), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(host_of_nightly(&says("1.95.0")), None);
        assert_eq!(host_of_nightly(""), None);
    }

    #[test]
    fn a_missing_toolchain_is_named() {
        let why = host("no-such-toolchain").unwrap_err().to_string();
        assert!(why.contains("no-such-toolchain") && why.contains("rustup toolchain install nightly"), "{why}");
    }
}
