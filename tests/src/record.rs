//! Writes the missing expectations of a transcript, as the real server answers: the judge's word, not ours.
//!
//! Guarantee: lines that are there stay as they are; only a command without any expectation gets some. What is
//! recorded must be read before it is kept: values that vary want a pattern.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::client::Client;
use crate::expect::Expect;
use crate::render::render;
use crate::reply::Reply;
use crate::run::Stage;
use crate::server::{Flavour, Server};
use crate::transcript::{StepKind, Transcript};

/// Runs the transcript on a real server in both versions and rewrites its file, if anything was missing in it. Gives
/// back how many commands got their expectation.
///
/// # Errors
/// When `server` is not the real one, when a connection breaks, or when the file cannot be written.
pub fn record(transcript: &Transcript, server: &Server) -> Result<usize> {
    ensure!(server.flavour() == Flavour::Redis, "expectations are recorded from redis-server only");
    let two = replies(transcript, server, 2)?;
    let three = replies(transcript, server, 3)?;
    if two.is_empty() {
        return Ok(0);
    }
    let text = std::fs::read_to_string(&transcript.path)?;
    let mut out = String::new();
    for (line, text) in (1..).zip(text.lines()) {
        out.push_str(text);
        out.push('\n');
        if let (Some(two), Some(three)) = (two.get(&line), three.get(&line)) {
            out.push_str(&lines_for(two, three)?);
        }
    }
    std::fs::write(&transcript.path, out)?;
    Ok(two.len())
}

/// The reply to each command that has no expectation, with the version that it came in, by line.
fn replies(transcript: &Transcript, server: &Server, version: u8) -> Result<BTreeMap<usize, (u8, Reply)>> {
    let mut replies = BTreeMap::new();
    let mut control = Client::connect(server.address())?;
    for section in &transcript.sections {
        control.ok("FLUSHALL")?;
        let mut stage = Stage { server, version, clients: BTreeMap::new() };
        for step in section.steps.iter().filter(|step| step.only != Some(Flavour::Pyredis)) {
            match &step.kind {
                StepKind::Advance(time) => server.advance(*time)?,
                StepKind::Closed => drop(stage.clients.remove(&step.connection)),
                StepKind::Command { words, expectations, .. } => {
                    let client = stage.client(&step.connection)?;
                    let reply = if words.is_empty() { client.reply()? } else { client.command(words)? };
                    if expectations.is_empty() {
                        replies.insert(step.line, (client.version(), reply));
                    }
                }
            }
        }
    }
    Ok(replies)
}

/// One line if one notation says both, else one for each version.
fn lines_for(two: &(u8, Reply), three: &(u8, Reply)) -> Result<String> {
    for candidate in [render(&three.1), render(&two.1)] {
        let expect: Expect = candidate.parse()?;
        if expect.matches(&two.1, two.0) && expect.matches(&three.1, three.0) {
            return Ok(format!("< {candidate}\n"));
        }
    }
    Ok(format!("<2 {}\n<3 {}\n", render(&two.1), render(&three.1)))
}
