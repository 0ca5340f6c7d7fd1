//! The program as its surroundings see it: signals, and clients that come early.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// A server that is killed when the test is over.
struct Program(Child);

impl Program {
    fn start(folder: &Path, port: u16) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pyredis-server"));
        command.args(["--port", &port.to_string(), "--io-threads", "1", "--dir"]).arg(folder);
        Ok(Self(command.stderr(Stdio::piped()).spawn()?))
    }

    /// Waits for the line that says where it listens.
    fn address(&mut self) -> Result<SocketAddr> {
        for line in BufReader::new(self.0.stderr.as_mut().context("no log")?).lines() {
            if let Some((_, address)) = line?.split_once("listening on ") {
                return Ok(address.split(',').next().unwrap_or_default().parse()?);
            }
        }
        anyhow::bail!("it ended without listening")
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.0), signal)?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Sends one inline command and returns the line that it gets.
fn ask(stream: &TcpStream, line: &str) -> Result<String> {
    let mut answer = String::new();
    (&*stream).write_all(format!("{line}\r\n").as_bytes())?;
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}

#[test]
fn a_closed_terminal_ends_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut program = Program::start(folder.path(), 0)?;
    let stream = TcpStream::connect(program.address()?)?;
    program.signal(Signal::HUP)?;
    assert_eq!(ask(&stream, "SET k v")?, "+OK");
    program.signal(Signal::TERM)?;
    ensure!(program.0.wait()?.success(), "it failed");
    ensure!(folder.path().join("dump.rdb").exists(), "nothing was saved");
    Ok(())
}

#[test]
fn a_server_that_starts_fast_never_says_that_it_is_loading() -> Result<()> {
    // Several times, as the moment is short.
    for _ in 0..10 {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut program = Program::start(folder.path(), address.port())?;
        let stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(error) => ensure!(program.0.try_wait()?.is_none(), "it has ended; {error}"),
            }
        };
        assert_eq!(ask(&stream, "PING")?, "+PONG");
    }
    Ok(())
}
