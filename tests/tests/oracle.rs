//! Whether the real `redis-server` is here to judge, and tests that run on both servers.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::Result;
use libtest_mimic::Trial;
use pyredis_tests::{Flavour, Server};

use crate::trial;

/// The same test against each of the two, on a server of its own.
pub(crate) fn on_both(name: &str, test: impl Fn(&Server) -> Result<()> + Clone + Send + 'static) -> [Trial; 2] {
    let on = |flavour: Flavour| {
        let test = test.clone();
        trial(format!("{name}::{flavour}"), move || test(&Server::start(flavour)?))
    };
    [needs_redis(on(Flavour::Redis)), on(Flavour::Pyredis)]
}

/// A test that needs `redis-server`. Where there is none it is shown as ignored, and with `CI=true` it fails.
pub(crate) fn needs_redis(test: Trial) -> Trial {
    if installed() || std::env::var("CI").is_ok_and(|value| value == "true") {
        return test;
    }
    test.with_ignored_flag(true)
}

fn installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        let version =
            Command::new("redis-server").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        let installed = version.is_ok_and(|status| status.success());
        if !installed {
            eprintln!("not run: redis-server is not installed, so what needs it is ignored (install redis-server)");
        }
        installed
    })
}
