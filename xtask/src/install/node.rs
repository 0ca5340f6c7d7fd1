//! An npm project under `target/xtask` with the ioredis that `tests/clients/node/package-lock.json` pins.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Found, apt};
use crate::{process, workspace};

/// The project's folder; its packages are installed anew unless they came from the present lock file.
pub(super) fn project() -> Found {
    apt::required("node")?;
    apt::required("npm")?;
    let folder = workspace::scratch().join("node");
    prepare(&folder).map_err(|error| format!("{error:#}"))?;
    Ok(folder)
}

fn prepare(folder: &Path) -> Result<()> {
    let source = workspace::root().join("tests/clients/node");
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    // Node looks for packages beside the script, so the script lives where they are.
    for name in ["package.json", "package-lock.json", "ioredis.mjs"] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("can't copy {name}"))?;
    }
    let lock = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("  installing ioredis into {}", folder.display());
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    process::run_logged(&mut npm, "npm")?;
    fs::write(&stamp, lock).with_context(|| format!("can't write {}", stamp.display()))
}

/// The versions of ioredis and of its Node.
pub(super) fn version(folder: &Path) -> Option<String> {
    let package = fs::read(folder.join("node_modules/ioredis/package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_slice(&package).ok()?;
    let node = process::answer(Command::new("node").arg("--version"))?;
    Some(format!("{} on Node {node}", package.get("version")?.as_str()?))
}
