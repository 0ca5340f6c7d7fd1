//! A sound server made unsound on the way, to show that histories and their judge find it.
//!
//! Each fault is a classic of servers, done on the client's side of the connection: some command becomes two, and
//! whatever the other connections do comes in between. Guarantee: the connection's own order stays, and each
//! reply has the form that the command's reply should have, so only the judge can tell.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use anyhow::Result;

use super::op::Command;
use super::round::Link;
use crate::client::Client;
use crate::reply::Reply;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// GET is answered from what this connection, or another with the same cache, saw last.
    StaleRead,
    /// INCR reads, and later writes.
    LostUpdate,
    /// MSET sets its first key, and later the others.
    TornWrite,
    /// SET with NX looks, and later writes.
    CheckThenSet,
}

/// What connections with the fault [`Fault::StaleRead`] remember together.
pub type SharedCache = Rc<RefCell<HashMap<Vec<u8>, Reply>>>;

/// A connection to a server that has a fault.
#[derive(Debug)]
pub struct Faulty {
    client: Client,
    fault: Fault,
    cache: SharedCache,
    /// Whether the commands that come are being queued.
    in_multi: bool,
    /// What could not be sent yet: it comes after a command in two halves.
    ahead: VecDeque<Command>,
    /// What has been sent and has no reply yet.
    on_their_way: VecDeque<Sent>,
}

#[derive(Debug)]
enum Sent {
    Whole,
    /// GET, and the key.
    Cached(Vec<u8>),
    /// Only the first half of this command; nothing comes after it.
    Half(Command),
}

impl Faulty {
    /// Puts the fault into this connection.
    #[must_use]
    pub fn new(client: Client, fault: Fault, cache: SharedCache) -> Self {
        Self { client, fault, cache, in_multi: false, ahead: VecDeque::new(), on_their_way: VecDeque::new() }
    }

    /// Sends up to the first command that has two halves.
    fn advance(&mut self) -> Result<()> {
        while !matches!(self.on_their_way.back(), Some(Sent::Half(_))) {
            let Some(command) = self.ahead.pop_front() else { break };
            let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
            self.in_multi = match words.as_slice() {
                [b"MULTI"] => true,
                [b"EXEC"] => false,
                _ => self.in_multi,
            };
            let (first, sent) = match (self.fault, words.as_slice()) {
                _ if self.in_multi => (command, Sent::Whole),
                (Fault::StaleRead, [b"GET", key]) => (command.clone(), Sent::Cached(key.to_vec())),
                (Fault::LostUpdate, [b"INCR", key]) => (vec![b"GET".to_vec(), key.to_vec()], Sent::Half(command)),
                (Fault::TornWrite, [b"MSET", key, value, ..]) => {
                    (vec![b"SET".to_vec(), key.to_vec(), value.to_vec()], Sent::Half(command))
                }
                // With options that matter later it stays whole.
                (Fault::CheckThenSet, [b"SET", key, _, b"NX"]) => {
                    (vec![b"EXISTS".to_vec(), key.to_vec()], Sent::Half(command))
                }
                _ => (command, Sent::Whole),
            };
            self.client.send_commands(&[first])?;
            self.on_their_way.push_back(sent);
        }
        Ok(())
    }

    /// Does what is left of this command after its first half was answered, and gives the reply to the whole.
    fn second_half(&mut self, command: &Command, first: Reply) -> Result<Reply> {
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        match (words.as_slice(), &first) {
            ([b"INCR", key], Reply::NullBulk | Reply::Bulk(_)) => {
                let number = if first == Reply::NullBulk { Some(0) } else { first.string().parse::<i64>().ok() };
                let Some(number) = number else {
                    return Ok(Reply::Error(b"ERR value is not an integer or out of range".to_vec()));
                };
                let sum = (number + 1).to_string();
                self.client.command(&[b"SET".as_slice(), key, sum.as_bytes(), b"KEEPTTL"])?;
                Ok(Reply::Int(number + 1))
            }
            ([b"MSET", _, _, rest @ ..], _) => self.client.command(&[&[b"MSET".as_slice()], rest].concat()),
            ([b"SET", key, value, b"NX"], Reply::Int(0)) => self.client.command(&[b"SET".as_slice(), key, value]),
            _ => Ok(Reply::NullBulk),
        }
    }
}

impl Link for Faulty {
    fn send(&mut self, commands: Vec<Command>) -> Result<()> {
        self.ahead.extend(commands);
        self.advance()
    }

    fn reply(&mut self) -> Result<Reply> {
        let reply = self.client.reply()?;
        let reply = match self.on_their_way.pop_front() {
            Some(Sent::Half(command)) => self.second_half(&command, reply)?,
            Some(Sent::Cached(key)) => self.cache.borrow_mut().entry(key).or_insert(reply).clone(),
            Some(Sent::Whole) | None => reply,
        };
        self.advance()?;
        Ok(reply)
    }
}
