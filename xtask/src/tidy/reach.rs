//! What a package must not reach, however indirectly, when it is built by itself.

use anyhow::{Context, Result};

use super::Finding;
use crate::{process, workspace};

/// A package, and crates that must not be linked into it.
const MUST_NOT_REACH: [(&str, &[&str]); 2] =
    [("pyredis-store", &["tokio", "serde", "tracing"]), ("pyredis-protocol", &["serde", "dashmap"])];
/// The packages that a user builds.
const SHIPPED: [&str; 5] = ["pyredis-store", "pyredis-protocol", "pyredis-persist", "pyredis-server", "pyredis-cli"];
/// Crates that need more on the machine than a toolchain and a C compiler.
const NEED_MORE_TOOLS: [&str; 3] = ["cmake", "bindgen", "pkg-config"];

/// Every crate that is reached though it must not be.
pub(super) fn check() -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (package, forbidden) in MUST_NOT_REACH {
        findings.extend(judge(package, &tree(package, "normal")?, forbidden, "the layer rule forbids it"));
    }
    for package in SHIPPED {
        let why = "building needs a toolchain and a C compiler only";
        findings.extend(judge(package, &tree(package, "normal,build")?, &NEED_MORE_TOOLS, why));
    }
    Ok(findings)
}

/// One line per crate that `package` reaches, its name first, with the features that it has when built by itself.
fn tree(package: &str, edges: &str) -> Result<String> {
    let mut command = workspace::cargo(&["tree", "--package", package, "--edges", edges, "--prefix", "none"]);
    process::answer(&mut command).with_context(|| format!("{} failed", process::shown(&command)))
}

/// The forbidden crates among the lines of a tree.
fn judge(package: &str, tree: &str, forbidden: &[&str], why: &str) -> Vec<Finding> {
    let mut reached: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    reached.sort_unstable();
    reached.dedup();
    let wrong = reached.into_iter().filter(|name| forbidden.contains(name));
    wrong.map(|name| Finding::in_whole(package, format!("reaches the crate {name}; {why}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn forbidden_crates_are_found_once() {
        let tree =
            "pyredis-store v0.1.0 (path)\ndashmap v6.2.1\nserde v1.0.229\nserde_core v1.0.229\nserde v1.0.229 (*)";
        let said: Vec<String> =
            judge("pyredis-store", tree, &["serde", "tokio"], "why").iter().map(ToString::to_string).collect();
        assert_eq!(said, ["pyredis-store: reaches the crate serde; why"]);
        assert!(judge("pyredis-store", tree, &["tracing"], "why").is_empty());
    }
}
