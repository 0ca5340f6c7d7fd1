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
pub type History<O = Op> = Vec<Vec<Event<O, <O as Ask>::Answer>>>;

/// An operation that can be asked of a server.
pub trait Ask {
    /// What it is answered.
    type Answer;

    /// The commands that make it up, with these names for the keys.
    fn commands(&self, names: &[String]) -> Vec<Command>;

    /// What these replies, one to each of its commands, say.
    fn answer(&self, replies: &[Reply], names: &[String]) -> Self::Answer;

    /// Whether the answer may wait for what others do. It is read when there is nothing else to be done.
    fn waits(&self) -> bool {
        false
    }
}

impl Ask for Op {
    type Answer = Answer;

    fn commands(&self, names: &[String]) -> Vec<Command> {
        Self::commands(self, names)
    }

    fn answer(&self, replies: &[Reply], _: &[String]) -> Answer {
        Self::answer(self, replies)
    }
}

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
struct Talk<'l, L, O: Ask> {
    link: &'l mut L,
    /// What is to be sent, piece by piece.
    ahead: VecDeque<Vec<O>>,
    /// What has been sent, and when.
    on_their_way: VecDeque<(O, u64)>,
    done: Vec<Event<O, O::Answer>>,
}

impl<L: Link, O: Ask> Talk<'_, L, O> {
    fn can_send(&self) -> bool {
        self.ahead.front().is_some_and(|next| next.len() + self.on_their_way.len() <= ON_THEIR_WAY_MAX)
    }

    fn can_read(&self) -> bool {
        !self.on_their_way.is_empty()
    }

    /// Whether something can be done that waits for nobody.
    fn is_ready(&self) -> bool {
        self.can_send() || self.on_their_way.front().is_some_and(|(op, _)| !op.waits())
    }

    fn reads_next(&self, rng: &mut Rng) -> bool {
        let is_quick = self.on_their_way.front().is_some_and(|(op, _)| !op.waits());
        !self.can_send() || (is_quick && rng.bool())
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
            let answer = op.answer(&replies, names);
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
    let plans = links.iter().map(|_| plan.connection()).collect();
    record_plan(links, names, plans, &mut rng)
}

/// Has each of these connections ask what is planned for it, piece by piece, about keys with these names, which must not exist.
///
/// # Errors
/// When a connection fails.
pub fn record_plan<L: Link, O: Ask>(
    links: &mut [L],
    names: &[String; KEYS],
    plans: Vec<Vec<Vec<O>>>,
    rng: &mut Rng,
) -> Result<History<O>> {
    let talk = |(link, plan): (_, Vec<Vec<O>>)| Talk {
        link,
        ahead: plan.into(),
        on_their_way: VecDeque::new(),
        done: Vec::new(),
    };
    let mut talks: Vec<Talk<'_, L, O>> = links.iter_mut().zip(plans).map(talk).collect();
    let mut now = 0;
    loop {
        let any_ready = talks.iter().any(Talk::is_ready);
        let able = |talk: &&mut Talk<'_, L, O>| if any_ready { talk.is_ready() } else { talk.can_read() };
        let Some(talk) = rng.choice(talks.iter_mut().filter(able).collect::<Vec<_>>()) else { break };
        now += 1;
        if talk.reads_next(rng) {
            talk.read(names, now)?;
        } else {
            talk.send(names, now)?;
        }
    }
    Ok(talks.into_iter().map(|talk| talk.done).collect())
}
