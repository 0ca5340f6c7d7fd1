//! One of the two servers: where it is, and the connections to it.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::fault::Fault;
use crate::client::Client;
use crate::reply::Reply;
use crate::server::Server;

/// A server. It is emptied again and again.
#[derive(Debug, Clone)]
pub struct Side {
    /// What reports call it.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// What is wrong with it, to see that it is found.
    pub fault: Option<Fault>,
}

impl Side {
    /// A server that runs, as it is.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        Self { name: server.flavour().to_string(), address: server.address(), fault: None }
    }

    /// Empties it, and forgets what was asked before.
    pub(super) fn empty(&self) -> Result<()> {
        self.connect(2)?.ask(&["FLUSHALL"]).map(drop)
    }

    /// A new connection that speaks this version.
    pub(super) fn connect(&self, version: u8) -> Result<Link> {
        let client = Client::connect_version(self.address, version).with_context(|| self.name.clone())?;
        Ok(Link { client, fault: self.fault })
    }
}

/// A connection to a side.
#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    fault: Option<Fault>,
}

impl Link {
    /// Sends commands that are on trial, in one piece.
    pub(super) fn send(&mut self, commands: &[Vec<Vec<u8>>]) -> Result<()> {
        let Some(fault) = self.fault else { return self.client.send_commands(commands) };
        let mut commands = commands.to_vec();
        commands.iter_mut().for_each(|command| fault.apply(command));
        self.client.send_commands(&commands)
    }

    /// The next reply.
    pub(super) fn reply(&mut self) -> Result<Reply> {
        self.client.reply()
    }

    /// Asks something that is not on trial.
    pub(super) fn ask(&mut self, arguments: &[impl AsRef<[u8]>]) -> Result<Reply> {
        self.client.command(arguments)
    }

    /// Asks many such things in one piece.
    pub(super) fn ask_all(&mut self, commands: &[Vec<Vec<u8>>]) -> Result<Vec<Reply>> {
        let mut replies = Vec::with_capacity(commands.len());
        // In pieces, so that neither side waits for the other to read.
        for piece in commands.chunks(64) {
            self.client.send_commands(piece)?;
            for _ in piece {
                replies.push(self.client.reply()?);
            }
        }
        Ok(replies)
    }
}

/// A command from words.
pub(super) fn words(words: &[&[u8]]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.to_vec()).collect()
}
