//! A server as a child process: started, listened to, signalled and ended by its own process id.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::PATIENCE;

/// A running child, killed when dropped. Both of its output pipes are read to the end by threads, so it never blocks
/// on a full one.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    /// What was read from `lines` so far.
    log: Vec<String>,
}

/// A child that ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// All that it wrote, both pipes together, one line after another.
    pub log: String,
}

impl Process {
    /// Starts the command with both output pipes captured.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let (sender, lines) = channel();
        if let Some(pipe) = child.stdout.take() {
            forward(pipe, sender.clone());
        }
        if let Some(pipe) = child.stderr.take() {
            forward(pipe, sender);
        }
        Ok(Self { child, lines, log: Vec::new() })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads its output until `find` gives something for a line.
    ///
    /// # Errors
    /// When the output ends before, or is silent for longer than [`PATIENCE`]; the message carries the output.
    pub fn wait_for<T>(&mut self, mut find: impl FnMut(&str) -> Option<T>) -> Result<T> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = find(&line);
                    self.log.push(line);
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => bail!("the server stays silent; it wrote: {}", self.log.join("\n")),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    bail!("the server ended ({status}); it wrote: {}", self.log.join("\n"));
                }
            }
        }
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal).context("cannot signal the server")
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it does not: silent for longer than [`PATIENCE`].
    pub fn ended(mut self) -> Result<Ended> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Timeout) => bail!("the server does not end; it wrote: {}", self.log.join("\n")),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait()?;
        Ok(Ended { status, log: std::mem::take(&mut self.log).join("\n") })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a child that is gone already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn forward(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            // Nobody listens any more: go on reading, so that the server is not stopped by a full pipe.
            drop(lines.send(String::from_utf8_lossy(&line).into_owned()));
        }
    });
}
