//! What the client tests need beyond the toolchain: found, or installed with a line that says so.
//!
//! Guarantee: what is already there is used as it is. What can't be installed (no root, no apt, no network) is an
//! absence with a reason, never an error: the caller decides what an absence means.

mod apt;
mod node;
mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// A program or project that was found or installed, or the reason why there is none.
pub(crate) type Found = Result<PathBuf, String>;

/// The tools of the client tests.
pub(crate) struct Tools {
    /// The reference server that differential tests compare with.
    pub(crate) redis_server: Found,
    /// The command line client of Redis.
    pub(crate) redis_cli: Found,
    /// Netcat.
    pub(crate) nc: Found,
    /// The Python of an environment that has redis-py and RQ.
    pub(crate) python: Found,
    /// The folder of an npm project that has ioredis, node-redis, socket.io and the scripts that use them.
    pub(crate) node: Found,
}

/// A program of a Debian package, found or installed.
pub(crate) fn program(name: &str, package: &str) -> Found {
    apt::program(name, package)
}

impl Tools {
    /// Finds every tool, and installs those that are missing.
    pub(crate) fn find_or_install() -> Self {
        let tools = Self {
            redis_server: apt::program("redis-server", "redis-server"),
            redis_cli: apt::program("redis-cli", "redis-tools"),
            nc: apt::program("nc", "netcat-openbsd"),
            python: python::environment(),
            node: node::project(),
        };
        tools.print_versions();
        tools
    }

    /// Each tool's name, and whether it is there.
    pub(crate) fn each(&self) -> [(&'static str, &Found); 8] {
        [
            ("redis-server", &self.redis_server),
            ("redis-cli", &self.redis_cli),
            ("nc", &self.nc),
            ("redis-py", &self.python),
            ("ioredis", &self.node),
            ("node-redis", &self.node),
            ("rq", &self.python),
            ("socket.io", &self.node),
        ]
    }

    fn print_versions(&self) {
        for (name, found) in self.each() {
            match found {
                Ok(path) => println!("  {name:<13} {}", version(name, path).unwrap_or_else(|| "present".to_owned())),
                Err(why) => println!("  {name:<13} missing: {why}"),
            }
        }
    }
}

/// What a tool says its version is.
fn version(name: &str, path: &Path) -> Option<String> {
    match name {
        "nc" => apt::package_version("netcat-openbsd"),
        "redis-py" => python::version(path, "redis"),
        "rq" => python::version(path, "rq"),
        "ioredis" => node::version(path, "ioredis"),
        "node-redis" => node::version(path, "redis"),
        "socket.io" => node::version(path, "socket.io"),
        _ => process::answer(Command::new(path).arg("--version")),
    }
}
