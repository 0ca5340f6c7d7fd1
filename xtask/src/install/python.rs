//! A Python virtual environment under `target/xtask` with what `tests/clients/python/requirements.txt` pins.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Found, apt};
use crate::{process, workspace};

/// The environment's Python; the environment is made anew unless it was made from the present requirements.
pub(super) fn environment() -> Found {
    let python3 = apt::required("python3")?;
    let folder = workspace::scratch().join("venv");
    let python = folder.join("bin/python");
    let requirements = workspace::root().join("tests/clients/python/requirements.txt");
    let stamp = folder.join("requirements.txt");
    if python.is_file() && fs::read(&stamp).is_ok_and(|made| fs::read(&requirements).is_ok_and(|now| now == made)) {
        return Ok(python);
    }
    if process::answer(Command::new(&python3).args(["-c", "import ensurepip, venv"])).is_none() {
        apt::install("python3-venv")?;
    }
    println!("  installing redis-py and RQ into {}", folder.display());
    make(&python3, &folder, &requirements).map_err(|error| format!("{error:#}"))?;
    fs::copy(&requirements, &stamp).map_err(|error| format!("can't write {}: {error}", stamp.display()))?;
    Ok(python)
}

fn make(python3: &Path, folder: &Path, requirements: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    process::run_logged(Command::new(python3).args(["-m", "venv"]).arg(folder), "venv")?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--requirement"]).arg(requirements);
    process::run_logged(&mut pip, "pip")
}

/// The versions of a package in it and of its Python.
pub(super) fn version(python: &Path, package: &str) -> Option<String> {
    let question = "import platform, sys; from importlib import metadata; \
                    print(metadata.version(sys.argv[1]), 'on Python', platform.python_version())";
    process::answer(Command::new(python).args(["-c", question, package]))
}
