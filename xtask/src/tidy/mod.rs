//! The rules that the compiler can't check: who may depend on whom, and the habits of source files.
//!
//! Every rule is a pure function over text or over names, so each is shown to fire in a test of its own. The files
//! are those that git knows or would add.

mod files;
mod layers;
mod manifests;
mod paths;
mod reach;
mod source;
mod statements;

use std::fmt;

use anyhow::Result;

use self::files::File;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where: a path from the root of the checkout, or the name of a package.
    place: String,
    /// Which line, counted from 1, if one line is to blame.
    line: Option<usize>,
    /// What is wrong, and what to do.
    what: String,
}

impl Finding {
    fn in_line(place: &str, line: usize, what: impl Into<String>) -> Self {
        Self { place: place.to_owned(), line: Some(line), what: what.into() }
    }

    fn in_whole(place: &str, what: impl Into<String>) -> Self {
        Self { place: place.to_owned(), line: None, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.what),
            None => write!(f, "{}: {}", self.place, self.what),
        }
    }
}

/// Checks everything and prints what is wrong; `Ok(false)` when something is.
pub(crate) fn run() -> Result<bool> {
    let (files, findings) = check()?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {files} files, findings: {}", findings.len());
    Ok(findings.is_empty())
}

/// How many files there are, and what is wrong.
fn check() -> Result<(usize, Vec<Finding>)> {
    let files = files::all()?;
    let mut findings: Vec<Finding> = files.iter().flat_map(check_file).collect();
    let edges = layers::check()?;
    // Two packages that use each other keep cargo from telling what they reach.
    if edges.is_empty() {
        findings.extend(reach::check()?);
    }
    findings.extend(edges);
    Ok((files.len(), findings))
}

/// Everything that can be said about one file by itself.
fn check_file(file: &File) -> Vec<Finding> {
    let mut findings = paths::check(&file.path, &file.text);
    if file.path.ends_with(".rs") {
        findings.extend(source::check(&file.path, &file.text));
        findings.extend(statements::check(&file.path, &file.text));
    }
    if file.path.ends_with("Cargo.toml") {
        findings.extend(manifests::check(&file.path, &file.text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_tidy() {
        let (files, findings) = check().unwrap();
        assert!(files > 0, "git lists no files");
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "not tidy:\n{}", lines.join("\n"));
    }

    #[test]
    fn findings_name_their_place() {
        assert_eq!(Finding::in_line("a.rs", 7, "bad").to_string(), "a.rs:7: bad");
        assert_eq!(Finding::in_whole("a.rs", "bad").to_string(), "a.rs: bad");
    }

    #[test]
    fn rules_go_by_the_kind_of_file() {
        let file = |path: &str| File { path: path.to_owned(), text: "\tx\n".to_owned() };
        assert!(!check_file(&file("a.rs")).is_empty());
        assert!(!check_file(&file("crates/x/Cargo.toml")).is_empty());
        assert_eq!(check_file(&file("data.txt")), []);
    }
}
