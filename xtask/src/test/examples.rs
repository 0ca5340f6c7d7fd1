//! The example programs: each is built and run, and must end with status 0.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use cargo_metadata::{MetadataCommand, TargetKind};

use super::steps::End;
use crate::{process, workspace};

/// How long one example may run.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds all examples of the workspace and runs one after the other.
pub(super) fn build_and_run() -> Result<End> {
    if !process::run(&mut workspace::cargo(&["build", "--workspace", "--examples"]))? {
        return Ok(End::of(false));
    }
    let names = names()?;
    if names.is_empty() {
        return Ok(End::Failed("the workspace has no examples".to_owned()));
    }
    for name in names {
        println!("--> {name}");
        let mut command = Command::new(workspace::debug_binary("examples").join(&name));
        let ended = process::converse(command.current_dir(workspace::root()), b"", LIMIT)?;
        print!("{}", String::from_utf8_lossy(&ended.output));
        if !ended.success {
            return Ok(End::Failed(format!("the example {name} failed")));
        }
    }
    Ok(End::Passed)
}

fn names() -> Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata failed")?;
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    Ok(targets.filter(|target| target.kind.contains(&TargetKind::Example)).map(|target| target.name.clone()).collect())
}
