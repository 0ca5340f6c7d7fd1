//! The server under test: started on a free port with an empty folder, waited for by its log, ended by its handle.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// How long a server may take to say that it listens.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How many of the last log lines are shown when a check failed.
const LOG_LINES_SHOWN: usize = 40;

/// Whether this program is the reference server.
pub(crate) fn is_reference(server: &Path) -> bool {
    server.file_name().is_some_and(|name| name == "redis-server")
}

/// A running server. Dropping it kills it.
pub(crate) struct Target {
    child: Child,
    port: u16,
    log: Receiver<String>,
    _folder: TempDir,
}

impl Target {
    /// Starts `server` and returns once it says where it listens.
    ///
    /// A program called `redis-server` is taken for the reference server: it is given a port that was free, since it
    /// can't choose one itself.
    pub(crate) fn start(server: &Path) -> Result<Self> {
        let is_reference = is_reference(server);
        let asked = if is_reference { free_port()? } else { 0 };
        let folder = tempfile::tempdir().context("can't make a temporary folder")?;
        let mut child = Command::new(server)
            .args(["--port", &asked.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {}", server.display()))?;
        let (sender, log) = mpsc::channel();
        forward(child.stdout.take().context("no standard output")?, sender.clone());
        forward(child.stderr.take().context("no standard error")?, sender);
        let mut target = Self { child, port: asked, log, _folder: folder };
        target.port = target.wait_until_listening(is_reference)?;
        Ok(target)
    }

    /// The port on 127.0.0.1 that the server listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server; with `show_log` its last log lines are printed.
    pub(crate) fn stop(mut self, show_log: bool) -> Result<()> {
        let early = self.child.try_wait()?;
        self.child.kill()?;
        self.child.wait()?;
        if show_log || early.is_some() {
            print_last(self.log.iter());
        }
        match early {
            Some(status) => bail!("the server ended by itself with {status}; its last log lines are above"),
            None => Ok(()),
        }
    }

    fn wait_until_listening(&self, is_reference: bool) -> Result<u16> {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(START_LIMIT) {
            if is_reference && line.contains("Ready to accept connections") {
                return Ok(self.port);
            }
            if let Some(port) = announced_port(&line) {
                return Ok(port);
            }
            seen.push(line);
        }
        print_last(seen.into_iter());
        bail!("the server did not say that it listens; its log lines are above")
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in a log line that contains `listening on 127.0.0.1:<port>`.
fn announced_port(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("listening on 127.0.0.1:")?;
    let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// A port that nothing listened on a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("can't find a free port")?;
    Ok(listener.local_addr()?.port())
}

/// Sends every line of `pipe` to `sender` until the pipe closes, so that the server never waits for its reader.
fn forward(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

fn print_last(lines: impl Iterator<Item = String>) {
    let mut last = VecDeque::new();
    for line in lines {
        last.push_back(line);
        if last.len() > LOG_LINES_SHOWN {
            last.pop_front();
        }
    }
    for line in last {
        println!("  | {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::announced_port;

    #[test]
    fn the_port_is_found_in_the_log() {
        assert_eq!(announced_port("INFO listening on 127.0.0.1:40123 (loaded in 3 ms)"), Some(40123));
        assert_eq!(announced_port("INFO listening on 127.0.0.1:1"), Some(1));
        assert_eq!(announced_port("INFO listening on 127.0.0.1:"), None);
        assert_eq!(announced_port("INFO loading"), None);
    }
}
