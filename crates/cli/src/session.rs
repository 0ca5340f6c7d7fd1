//! A connection that is made when needed and made again when lost, and the printing of replies.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use pyredis_protocol::Frame;

use crate::connection::{Connection, Target};
use crate::output::Output;
use crate::state::State;

/// Commands after which the server sends one message after another.
const STREAMING: [&[u8]; 4] = [b"subscribe", b"psubscribe", b"ssubscribe", b"monitor"];

pub(crate) struct Session {
    pub(crate) target: Target,
    pub(crate) output: Output,
    connection: Option<Connection>,
    state: State,
}

/// How the server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Good,
    Error,
}

impl Session {
    pub(crate) fn new(target: Target, output: Output) -> Self {
        Self { target, output, connection: None, state: State::default() }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    pub(crate) fn in_transaction(&self) -> bool {
        self.state.in_transaction
    }

    /// Connects unless connected.
    pub(crate) fn connect(&mut self) -> Result<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                self.state.reconnected(&mut self.target);
                Connection::open(&self.target)?
            }
        };
        Ok(self.connection.insert(connection))
    }

    /// Connects to another server with the same credentials.
    pub(crate) fn connect_to(&mut self, host: String, port: u16) -> Result<()> {
        (self.target.host, self.target.port) = (host, port);
        self.connection = None;
        self.connect().map(drop)
    }

    /// Sends a command for the program itself; its reply is not printed.
    pub(crate) fn ask(&mut self, args: &[&str]) -> Result<Frame> {
        let connection = self.connect()?;
        connection.send(args)?;
        connection.receive()
    }

    /// Runs a command `repeat` times, without end if that is negative, and prints the replies. The answer is an error
    /// if one of them was.
    pub(crate) fn run_repeated(&mut self, args: &[Bytes], repeat: i64, pace: Duration) -> Result<Answer> {
        let mut answer = Answer::Good;
        let mut done = 0;
        while repeat < 0 || done < repeat {
            if self.run(args)? == Answer::Error {
                answer = Answer::Error;
            }
            done = done.saturating_add(1);
            pause(pace);
        }
        Ok(answer)
    }

    /// Runs a command and prints its reply. An [`std::io::Error`] means that it could not be printed; any other, that the
    /// connection is lost. The next call makes a new one.
    fn run(&mut self, args: &[Bytes]) -> Result<Answer> {
        let result = self.try_run(args);
        if result.is_err() {
            self.connection = None;
            // The server ends before it could answer.
            if args.first().is_some_and(|name| name.eq_ignore_ascii_case(b"shutdown")) {
                return Ok(Answer::Good);
            }
        }
        result
    }

    fn try_run(&mut self, args: &[Bytes]) -> Result<Answer> {
        self.connect()?.send(args)?;
        let streaming = args.first().is_some_and(|name| STREAMING.iter().any(|word| name.eq_ignore_ascii_case(word)));
        if streaming && self.output.is_for_people() {
            self.output.line("Reading messages... (press Ctrl-C to quit)")?;
        }
        loop {
            let reply = self.connect()?.receive()?;
            let asked_for = streaming || !matches!(reply, Frame::Push(_));
            if asked_for || self.output.shows_pushes() {
                self.output.print(args, &reply)?;
            }
            let answer = if reply.is_error() { Answer::Error } else { Answer::Good };
            if asked_for && (!streaming || answer == Answer::Error) {
                self.state.note(&mut self.target, args, &reply);
                return Ok(answer);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the user asked for a pause of this length")]
fn pause(pace: Duration) {
    if !pace.is_zero() {
        std::thread::sleep(pace);
    }
}
