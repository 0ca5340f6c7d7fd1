//! The layer rule: which package of the workspace may use which, tests and examples included.

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use super::Finding;
use crate::workspace;

/// Who may use whom. A new line, or a longer one, is a change of the architecture.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("pyredis-store", &[]),
    ("pyredis-protocol", &[]),
    ("pyredis-persist", &["pyredis-store"]),
    ("pyredis-server", &["pyredis-store", "pyredis-protocol", "pyredis-persist"]),
    ("pyredis-cli", &["pyredis-protocol"]),
    ("pyredis-tests", &["pyredis-protocol"]),
    ("xtask", &["pyredis-protocol", "pyredis-tests"]),
];

/// A package, and one that it depends on in whatever way.
type Edge = (String, String);

/// Every edge of the workspace that the matrix does not have.
pub(super) fn check() -> Result<Vec<Finding>> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata failed")?;
    let names: Vec<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let mut edges = Vec::new();
    for package in &metadata.packages {
        let local = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
        edges.extend(local.map(|dependency| (package.name.to_string(), dependency.name.clone())));
    }
    Ok(judge(&names, &edges))
}

/// What is wrong with these packages and edges.
fn judge(names: &[String], edges: &[Edge]) -> Vec<Finding> {
    let allowed = |name: &str| MAY_USE.iter().find(|(package, _)| *package == name).map(|(_, used)| *used);
    let strangers = names.iter().filter(|name| allowed(name).is_none());
    let mut findings: Vec<Finding> =
        strangers.map(|name| Finding::in_whole(name, "is not in the layer matrix of tidy")).collect();
    for (from, to) in edges {
        if !allowed(from).is_none_or(|used| used.contains(&to.as_str())) {
            findings.push(Finding::in_whole(from, format!("must not depend on {to}, by the layer rule")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[&str], edges: &[(&str, &str)]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let edges: Vec<Edge> = edges.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect();
        judge(&names, &edges).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn arrows_point_down() {
        assert!(said(&[], &[("pyredis-server", "pyredis-store"), ("pyredis-persist", "pyredis-store")]).is_empty());
        assert_eq!(
            said(&[], &[("pyredis-store", "pyredis-persist"), ("pyredis-cli", "pyredis-server")]),
            [
                "pyredis-store: must not depend on pyredis-persist, by the layer rule",
                "pyredis-cli: must not depend on pyredis-server, by the layer rule",
            ]
        );
    }

    #[test]
    fn new_packages_need_a_place() {
        assert_eq!(said(&["xtask", "pyredis-extra"], &[]), ["pyredis-extra: is not in the layer matrix of tidy"]);
    }

    #[test]
    fn the_matrix_has_no_cycle() {
        for (package, used) in MAY_USE {
            let above = used.iter().flat_map(|name| MAY_USE.iter().filter(move |(other, _)| other == name));
            assert!(above.flat_map(|(_, further)| *further).all(|further| *further != package), "{package}");
        }
    }
}
