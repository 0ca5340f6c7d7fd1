//! Every package takes its lints from the workspace.

use super::Finding;

/// What is wrong with a `Cargo.toml`; the root of a workspace has no lints of its own.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    if lines.clone().any(|line| line == "[workspace]") {
        return Vec::new();
    }
    let inherits = lines.any(|line| line == "[lints]") && lines.next() == Some("workspace = true");
    let what = "take the workspace's lints: `[lints]` and `workspace = true`";
    if inherits { Vec::new() } else { vec![Finding::in_whole(path, what)] }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn lints_are_inherited() {
        assert_eq!(check("Cargo.toml", "[package]\n[lints]\nworkspace = true\n[dependencies]\n"), []);
        assert_eq!(check("Cargo.toml", "[workspace]\nmembers = []\n"), []);
        assert_eq!(check("Cargo.toml", "[package]\n").len(), 1);
        assert_eq!(check("Cargo.toml", "[package]\n[lints]\nrust.a = \"warn\"\n").len(), 1);
        assert_eq!(check("Cargo.toml", "[package]\nworkspace = true\n[lints]\n").len(), 1);
    }
}
