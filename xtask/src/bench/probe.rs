//! The open loop that feels what is done to a server: 4 connections, 2 000 commands a second, whatever the server does meanwhile.

use std::num::NonZeroU64;
use std::time::Duration;

use anyhow::{Context, Result};

use super::contender::Contender;
use crate::clock;
use crate::load::{Background, Command, Outcome};

const CLIENTS: u32 = 4;
const RATE: u32 = 2_000;
/// What it feels when nothing is done, as a contender.
pub(super) const UNDISTURBED: &str = "undisturbed";
/// How long it runs by itself before anything is done.
const LEAD: Duration = Duration::from_millis(100);

/// Starts GETs and SETs in equal parts, or GETs alone, of keys 0 to `keys`.
pub(super) fn start(server: &Contender, command: Command, keys: u64) -> Result<Background> {
    let probe = Background::start(server.port(), command, NonZeroU64::new(keys).context("no keys")?, CLIENTS, RATE)?;
    clock::wait(LEAD);
    Ok(probe)
}

/// What it feels while nothing is done for `length`: what the machine and the load themselves cost.
pub(super) fn undisturbed(server: &Contender, command: Command, keys: u64, length: Duration) -> Result<Outcome> {
    let probe = start(server, command, keys)?;
    clock::wait(length);
    probe.finish()
}
