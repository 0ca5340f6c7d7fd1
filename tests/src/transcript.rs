//! Reads a transcript: commands, the replies they must get, and the passing of time, one to a line.
//!
//! Guarantee: a transcript that parses says, for every command, exactly one expectation for each server and protocol
//! version that it will be run on, or none at all (which only recording accepts).

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::expect::Expect;
use crate::server::Flavour;
use crate::words::split_words;

/// One file.
#[derive(Debug)]
pub struct Transcript {
    /// Where it is.
    pub path: PathBuf,
    /// Its parts, each of which starts from an empty keyspace and new connections.
    pub sections: Vec<Section>,
}

/// What follows one `## title`, or precedes the first.
#[derive(Debug, Default)]
pub struct Section {
    /// What is shown.
    pub title: String,
    /// In the order of the file.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Debug)]
pub struct Step {
    /// Line in the file, from 1.
    pub line: usize,
    /// The only server it is for, if it is not for both.
    pub only: Option<Flavour>,
    /// Name of the connection; empty for the one without a name.
    pub connection: String,
    /// What to do.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug)]
pub enum StepKind {
    /// Sends a command, if there is one, and compares what comes next.
    Command {
        /// As written.
        source: String,
        /// As sent; none where something is to come unasked.
        words: Vec<Vec<u8>>,
        /// Of which one applies.
        expectations: Vec<Expectation>,
    },
    /// The server must have closed the connection, with nothing more said.
    Closed,
    /// Time passes.
    Advance(Duration),
}

/// What a reply must be, under a condition.
#[derive(Debug)]
pub struct Expectation {
    /// When it applies.
    pub condition: Condition,
    /// As written.
    pub source: String,
    /// As understood.
    pub expect: Expect,
}

/// Where an expectation applies; what is not named is no condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// On this server only.
    pub flavour: Option<Flavour>,
    /// In this protocol version only.
    pub version: Option<u8>,
}

impl Condition {
    /// Whether it holds there.
    #[must_use]
    pub fn holds(&self, flavour: Flavour, version: u8) -> bool {
        self.flavour.is_none_or(|wanted| wanted == flavour) && self.version.is_none_or(|wanted| wanted == version)
    }
}

impl Transcript {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, or a line is not understood; the message names file and line.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(path, &text)
    }

    /// Reads `text`, which came from `path`.
    ///
    /// # Errors
    /// When a line is not understood; the message names file and line.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let mut sections = vec![Section::default()];
        for (line, text) in (1..).zip(text.lines()) {
            let at = || format!("{}:{line}", path.display());
            if let Some(title) = text.strip_prefix("## ") {
                sections.push(Section { title: title.to_owned(), steps: Vec::new() });
            } else if !text.trim().is_empty() && !text.starts_with('#') {
                let section = sections.last_mut().with_context(at)?;
                section.add_line(line, text.trim()).with_context(at)?;
            }
        }
        for step in sections.iter().flat_map(|section| &section.steps) {
            step.check().with_context(|| format!("{}:{}", path.display(), step.line))?;
        }
        Ok(Self { path: path.to_owned(), sections })
    }
}

impl Section {
    fn add_line(&mut self, line: usize, text: &str) -> Result<()> {
        let (only, text) = take_flavour(text);
        if let Some(source) = text.strip_prefix('<') {
            let (version, source) = match source.split_at_checked(1) {
                Some(("2", rest)) => (Some(2), rest),
                Some(("3", rest)) => (Some(3), rest),
                _ => (None, source),
            };
            let Some(Step { kind: StepKind::Command { expectations, .. }, .. }) = self.steps.last_mut() else {
                bail!("an expectation must follow its command");
            };
            let source = source.trim().to_owned();
            let expect = source.parse()?;
            expectations.push(Expectation { condition: Condition { flavour: only, version }, source, expect });
            return Ok(());
        }
        let (connection, text) = match text.strip_prefix('@') {
            Some(named) => named.split_once(char::is_whitespace).context("nothing follows the connection's name")?,
            None => ("", text),
        };
        let text = text.trim_start();
        let kind = if let Some(source) = text.strip_prefix('>') {
            let source = source.trim();
            let words = split_words(source)?;
            ensure!(!words.is_empty(), "there is no command after \">\"");
            StepKind::Command { source: source.to_owned(), words, expectations: Vec::new() }
        } else if let Some(time) = text.strip_prefix("advance ") {
            StepKind::Advance(duration(time)?)
        } else if text == "hears" {
            StepKind::Command { source: text.to_owned(), words: Vec::new(), expectations: Vec::new() }
        } else if text == "closed" {
            StepKind::Closed
        } else {
            bail!("{text:?} is no step: expected >, <, <2, <3, hears, advance, closed or a comment");
        };
        self.steps.push(Step { line, only, connection: connection.to_owned(), kind });
        Ok(())
    }
}

impl Step {
    /// Every combination of server and version has exactly one expectation, or the command has none at all.
    fn check(&self) -> Result<()> {
        let StepKind::Command { source, expectations, .. } = &self.kind else { return Ok(()) };
        if expectations.is_empty() {
            return Ok(());
        }
        for flavour in [Flavour::Redis, Flavour::Pyredis] {
            for version in [2, 3] {
                let count = expectations.iter().filter(|one| one.condition.holds(flavour, version)).count();
                let wanted = usize::from(self.only.is_none_or(|only| only == flavour));
                // Several are an error; none is one only if the step runs there.
                ensure!(count <= 1, "{source}: {count} expectations apply to {flavour} in RESP{version}");
                ensure!(count >= wanted, "{source}: no expectation applies to {flavour} in RESP{version}");
            }
        }
        Ok(())
    }
}

fn take_flavour(text: &str) -> (Option<Flavour>, &str) {
    for (word, flavour) in [("local ", Flavour::Pyredis), ("redis ", Flavour::Redis)] {
        if let Some(rest) = text.strip_prefix(word) {
            return (Some(flavour), rest.trim_start());
        }
    }
    (None, text)
}

fn duration(text: &str) -> Result<Duration> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number = number.parse().with_context(|| format!("{text:?} is no time; write 80ms or 2s"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => bail!("{text:?} is no time; write 80ms or 2s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Transcript> {
        Transcript::parse(Path::new("x.resp"), text)
    }

    #[test]
    fn lines_become_steps() {
        let text =
            "# c\n> GET a\n<2 nil\n<3 +x\n## next\nlocal @b > SET k \"a b\"\n< +OK\nadvance 80ms # why\n@b closed\n";
        let transcript = parse(text).unwrap();
        let [first, next] = transcript.sections.as_slice() else { panic!("{transcript:?}") };
        assert_eq!((first.steps.len(), next.title.as_str(), next.steps.len()), (1, "next", 3));
        let step = &next.steps[0];
        assert_eq!((step.line, step.only, step.connection.as_str()), (6, Some(Flavour::Pyredis), "b"));
        assert!(matches!(&step.kind, StepKind::Command { words, .. } if words[2] == b"a b"));
        assert!(matches!(next.steps[1].kind, StepKind::Advance(time) if time.as_millis() == 80));
        assert!(matches!(next.steps[2].kind, StepKind::Closed));
    }

    #[test]
    fn what_is_unclear_is_refused_with_its_line() {
        let wrong = [
            "< +OK",
            "> GET a\n< +a\n< +b",
            "> GET a\n<2 nil",
            "> GET a\nlocal < +a",
            "redis > GET a\n<3 nil",
            "> GET \"a",
            ">",
            "sleep 1s",
            "advance 80",
            "> GET a\n< a",
        ];
        for text in wrong {
            let error = parse(text).unwrap_err();
            assert!(format!("{error:#}").starts_with("x.resp:"), "{text}: {error:#}");
        }
    }
}
