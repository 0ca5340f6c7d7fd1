//! Recording a history: several connections, some keys, one thread.
//!
//! One thread drives all connections: it sends a piece here, reads an answer there, as a seed says, with several
//! pieces on their way at once. So before and after are the order of its own steps, no clock is asked, and the server's
//! workers have the processors. An operation's time begins before its first byte is sent and ends after the last byte
//! of its answer was read.

use std::collections::VecDeque;

use anyhow::Result;
use fastrand::Rng;

use super::checker::Event;
use super::op::{Answer, Command, KEYS, Op};
use super::plan::Plan;
use crate::client::Client;
use crate::reply::Reply;

/// While so many operations are on their way, a connection sends no more, so that both sides never wait with full
/// buffers.
const ON_THEIR_WAY_MAX: usize = 6;

/// Each connection's operations, in the order in which they were sent.
pub type History = Vec<Vec<Event<Op, Answer>>>;

/// What carries commands to a server and replies back, in order.
pub trait Link {
    /// Sends commands in one piece.
    ///
    /// # Errors
    /// When the connection is closed.
    fn send(&mut self, commands: Vec<Command>) -> Result<()>;

    /// The reply to the first command that has none yet.
    ///
    /// # Errors
    /// When the connection ends or stays silent.
    fn reply(&mut self) -> Result<Reply>;
}

impl Link for Client {
    fn send(&mut self, commands: Vec<Command>) -> Result<()> {
        self.send_commands(&commands)
    }

    fn reply(&mut self) -> Result<Reply> {
        Self::reply(self)
    }
}

/// One connection in the middle of a history.
struct Talk<'l, L> {
    link: &'l mut L,
    /// What is to be sent, piece by piece.
    ahead: VecDeque<Vec<Op>>,
    /// What has been sent, and when.
    on_their_way: VecDeque<(Op, u64)>,
    done: Vec<Event<Op, Answer>>,
}

impl<L: Link> Talk<'_, L> {
    fn can_send(&self) -> bool {
        self.ahead.front().is_some_and(|next| next.len() + self.on_their_way.len() <= ON_THEIR_WAY_MAX)
    }

    fn can_read(&self) -> bool {
        !self.on_their_way.is_empty()
    }

    fn send(&mut self, names: &[String], now: u64) -> Result<()> {
        let ops = self.ahead.pop_front().unwrap_or_default();
        self.link.send(ops.iter().flat_map(|op| op.commands(names)).collect())?;
        self.on_their_way.extend(ops.into_iter().map(|op| (op, now)));
        Ok(())
    }

    fn read(&mut self, names: &[String], now: u64) -> Result<()> {
        if let Some((op, sent)) = self.on_their_way.pop_front() {
            let replies = op.commands(names).iter().map(|_| self.link.reply()).collect::<Result<Vec<_>>>()?;
            let answer = op.answer(&replies);
            self.done.push(Event { op, answer, sent, answered: now });
        }
        Ok(())
    }
}

/// Has these connections ask what the seed says about keys with these names, which must not exist.
///
/// # Errors
/// When a connection fails.
pub fn record<L: Link>(links: &mut [L], names: &[String; KEYS], seed: u64) -> Result<History> {
    let mut rng = Rng::with_seed(seed);
    let mut plan = Plan::new(&mut rng);
    let mut talks: Vec<Talk<'_, L>> = links
        .iter_mut()
        .map(|link| Talk { link, ahead: plan.connection().into(), on_their_way: VecDeque::new(), done: Vec::new() })
        .collect();
    let mut now = 0;
    loop {
        let able: Vec<_> = talks.iter_mut().filter(|talk| talk.can_send() || talk.can_read()).collect();
        let Some(talk) = rng.choice(able) else { break };
        now += 1;
        if talk.can_send() && (!talk.can_read() || rng.bool()) {
            talk.send(names, now)?;
        } else {
            talk.read(names, now)?;
        }
    }
    Ok(talks.into_iter().map(|talk| talk.done).collect())
}
