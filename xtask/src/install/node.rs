//! An npm project under `target/xtask` with what `tests/clients/node/package-lock.json` pins.

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
    // Node looks for packages beside the script, so the scripts live where they are.
    copy(&workspace::root().join("tests/clients/node"), folder)?;
    let lock = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("  installing ioredis, node-redis and socket.io into {}", folder.display());
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    process::run_logged(&mut npm, "npm")?;
    fs::write(&stamp, lock).with_context(|| format!("can't write {}", stamp.display()))
}

/// Copies what is in `source`, and in folders within it, over what is in `folder`.
fn copy(source: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    for entry in fs::read_dir(source).with_context(|| format!("can't read {}", source.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), folder.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("can't copy {}", from.display()))?;
        }
    }
    Ok(())
}

/// The versions of a package in it and of its Node.
pub(super) fn version(folder: &Path, package: &str) -> Option<String> {
    let package = fs::read(folder.join("node_modules").join(package).join("package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_slice(&package).ok()?;
    let node = process::answer(Command::new("node").arg("--version"))?;
    Some(format!("{} on Node {node}", package.get("version")?.as_str()?))
}
