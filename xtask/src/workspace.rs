//! Where things are: the checkout, its target folder, and what the tasks may write.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The root of the checkout that this task was started in.
///
/// Cargo names the manifest at run time, so a binary that was built for another checkout still finds the right one.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
    let mut folder = PathBuf::from(manifest);
    folder.pop();
    folder
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    let root = root();
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// The tasks' own folder: logs, the Python environment, the npm project.
pub(crate) fn scratch() -> PathBuf {
    target().join("xtask")
}

/// A debug build's binary of this workspace.
pub(crate) fn debug_binary(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// The cargo that runs this task, in the root of the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments).current_dir(root());
    command
}

/// Whether this is a run of continuous integration, where whatever can't be checked is a failure.
pub(crate) fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}
