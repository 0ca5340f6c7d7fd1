//! Programs from Debian packages, installed without starting any service.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::Found;
use crate::process;

/// Installs the packages that are its arguments, while services may not be started.
///
/// Package scripts ask `policy-rc.d` whether they may start a service, and 101 means no. A policy that the machine
/// already has is left alone; ours goes away however the script ends. What a package enabled for the next boot is
/// switched off again.
const INSTALL: &str = r#"
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
apt-get update
apt-get install --yes --no-install-recommends "$@"
if [ "$1" = redis-server ] && [ -d /run/systemd/system ]; then
    systemctl disable redis-server
fi
"#;

/// The program called `name`, from `package` when it is not there yet.
pub(super) fn program(name: &str, package: &str) -> Found {
    if let Some(path) = process::find(name) {
        return Ok(path);
    }
    install(package)?;
    process::find(name).ok_or_else(|| format!("the package {package} did not bring {name}"))
}

/// Installs a package; the error says why that was not possible.
pub(super) fn install(package: &str) -> Result<(), String> {
    if process::find("apt-get").is_none() {
        return Err(format!("there is no apt-get to install {package} with"));
    }
    if process::answer(Command::new("id").arg("-u")).as_deref() != Some("0") {
        return Err(format!("installing {package} needs root: apt-get install {package}"));
    }
    println!("  installing the Debian package {package}, its service not started");
    install_as_root(package).map_err(|error| format!("{error:#}"))
}

fn install_as_root(package: &str) -> Result<()> {
    let was_served = is_redis_port_served();
    let mut shell = Command::new("sh");
    shell.args(["-c", INSTALL, "install", package]).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    process::run_logged(&mut shell, &format!("apt-{package}"))?;
    ensure!(was_served || !is_redis_port_served(), "installing {package} started a service on port 6379; stop it");
    Ok(())
}

/// Whether something listens where a Redis service would.
fn is_redis_port_served() -> bool {
    TcpStream::connect(("127.0.0.1", 6379)).is_ok()
}

/// The version of an installed package.
pub(super) fn package_version(package: &str) -> Option<String> {
    process::answer(Command::new("dpkg-query").args(["--show", package])).map(|line| line.replace('\t', " "))
}

/// The path of `program`, or the reason why there is none.
pub(super) fn required(program: &str) -> Result<PathBuf, String> {
    process::find(program).ok_or_else(|| format!("{program} is not on the search path"))
}
