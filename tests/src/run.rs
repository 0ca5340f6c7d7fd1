//! Runs a transcript on a server in one protocol version and collects what differs.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::client::Client;
use crate::render::render;
use crate::server::{Flavour, Server};
use crate::transcript::{Expectation, Section, Step, StepKind, Transcript};

/// One thing that was not as the transcript says.
#[derive(Debug)]
pub struct Mismatch {
    /// Line of the command in the file.
    pub line: usize,
    /// What was done.
    pub command: String,
    /// In the notation of transcripts.
    pub expected: String,
    /// In the same notation, or what broke.
    pub got: String,
}

/// Runs every section, each on new connections and an empty keyspace. A wrong reply does not end a section; a
/// connection that breaks does.
///
/// # Errors
/// When the server cannot be reached or cannot be emptied.
pub fn run(transcript: &Transcript, server: &Server, version: u8) -> Result<Vec<Mismatch>> {
    let mut mismatches = Vec::new();
    let mut control = Client::connect(server.address())?;
    for section in &transcript.sections {
        control.ok("FLUSHALL").context("cannot empty the keyspace before a section")?;
        let mut stage = Stage { server, version, clients: BTreeMap::new() };
        stage.play(section, &mut mismatches);
    }
    Ok(mismatches)
}

/// The connections of one section.
pub(crate) struct Stage<'a> {
    pub(crate) server: &'a Server,
    pub(crate) version: u8,
    pub(crate) clients: BTreeMap<String, Client>,
}

impl Stage<'_> {
    fn play(&mut self, section: &Section, mismatches: &mut Vec<Mismatch>) {
        let flavour = self.server.flavour();
        for step in section.steps.iter().filter(|step| step.only.is_none_or(|only| only == flavour)) {
            match self.step(step, flavour) {
                Ok(None) => {}
                Ok(Some(mismatch)) => mismatches.push(mismatch),
                Err(error) => {
                    mismatches.push(mismatch(step, "a reply", &format!("{error:#}")));
                    return;
                }
            }
        }
        // What a server says unasked at the end of a section would be noticed by nothing else.
        for (name, mut client) in std::mem::take(&mut self.clients) {
            let silent = client.finish_sending().and_then(|()| client.expect_closed());
            if let (Err(error), Some(step)) = (silent, section.steps.last()) {
                mismatches.push(mismatch(step, &format!("nothing more on connection {name:?}"), &format!("{error:#}")));
            }
        }
    }

    fn step(&mut self, step: &Step, flavour: Flavour) -> Result<Option<Mismatch>> {
        match &step.kind {
            StepKind::Advance(time) => self.server.advance(*time)?,
            StepKind::Closed => {
                if let Some(mut client) = self.clients.remove(&step.connection) {
                    client.expect_closed()?;
                }
            }
            StepKind::Command { words, expectations, .. } => {
                let client = self.client(&step.connection)?;
                let reply = if words.is_empty() { client.reply()? } else { client.command(words)? };
                let version = client.version();
                let applies = |one: &&Expectation| one.condition.holds(flavour, version);
                let Some(expectation) = expectations.iter().find(applies) else {
                    return Ok(Some(mismatch(step, "an expectation; record it or write it", &render(&reply))));
                };
                if !expectation.expect.matches(&reply, version) {
                    return Ok(Some(mismatch(step, &expectation.source, &render(&reply))));
                }
            }
        }
        Ok(None)
    }

    /// The named connection, made when it is first used.
    pub(crate) fn client(&mut self, name: &str) -> Result<&mut Client> {
        if !self.clients.contains_key(name) {
            let client = Client::connect_version(self.server.address(), self.version)?;
            self.clients.insert(name.to_owned(), client);
        }
        self.clients.get_mut(name).context("the connection was just inserted")
    }
}

fn mismatch(step: &Step, expected: &str, got: &str) -> Mismatch {
    let command = match &step.kind {
        StepKind::Command { source, .. } => source.clone(),
        StepKind::Closed => "closed".to_owned(),
        StepKind::Advance(time) => format!("advance {}ms", time.as_millis()),
    };
    Mismatch { line: step.line, command, expected: expected.to_owned(), got: got.to_owned() }
}
