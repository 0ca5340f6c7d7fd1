//! A server that is measured: started on one core, asked about by the operating system's figures.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::clock;

/// The core that servers run on; the load has the other.
const SERVER_CORE: &str = "0";
/// The core that the load runs on.
pub(super) const LOAD_CORE: &str = "1";
/// How long a server may take to answer its first PING, and any command after it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program to measure.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(super) name: String,
    path: PathBuf,
    arguments: Vec<&'static str>,
}

impl Program {
    /// Pyredis, on one core as its peers are.
    pub(super) fn pyredis(path: PathBuf) -> Self {
        Self { name: "pyredis".into(), path, arguments: vec!["--save", "", "--io-threads", "1"] }
    }

    /// A program that takes redis-server's options.
    pub(super) fn peer(name: &str, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), path: path.into(), arguments: vec!["--save", "", "--appendonly", "no"] }
    }

    /// The least that a server can do: this program, answering +OK to whatever comes.
    pub(super) fn floor() -> Result<Self> {
        let path = std::env::current_exe().context("can't find this program")?;
        Ok(Self { name: "floor".into(), path, arguments: vec!["floor"] })
    }

    /// Starts the program, empty, and waits until it answers.
    pub(super) fn start(&self) -> Result<Contender> {
        let folder = tempfile::tempdir().context("can't make a temporary folder")?;
        // A port that was free a moment ago: none of the peers can choose one itself.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(&self.path).args(&self.arguments);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(folder.path());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("can't start {}", self.path.display()))?;
        let contender = Contender { child, port, _folder: folder };
        contender.wait().with_context(|| format!("{} does not answer", self.name))?;
        Ok(contender)
    }
}

/// A running server. Dropping it kills it.
pub(super) struct Contender {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Contender {
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// CPU time of all its threads so far.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let mut total = 0;
        for thread in fs::read_dir(self.proc("task")).context("the server has ended")? {
            let Ok(schedule) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            total += schedule.split_whitespace().next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(total))
    }

    /// Bytes of memory that it holds.
    pub(super) fn rss(&self) -> Result<u64> {
        let status = fs::read_to_string(self.proc("status")).context("the server has ended")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// Sends an inline command and returns the first line of the reply.
    pub(super) fn call(&self, line: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{line}\r\n").as_bytes())?;
        let (mut reply, mut byte) = (Vec::new(), [0]);
        while !reply.ends_with(b"\r\n") {
            stream.read_exact(&mut byte)?;
            reply.extend(byte);
        }
        Ok(String::from_utf8_lossy(&reply).trim_end().to_owned())
    }

    /// Runs redis-benchmark against it, on the other core.
    pub(super) fn load(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("taskset");
        command.args(["-c", LOAD_CORE, "redis-benchmark", "-q", "-p", &self.port.to_string()]).args(arguments);
        let output = command.stdin(Stdio::null()).output().context("can't run redis-benchmark")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success() && text.contains("requests per second"), "redis-benchmark failed: {text}");
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        let deadline = clock::now() + PATIENCE;
        while clock::now() < deadline {
            match self.call("PING") {
                Ok(reply) if reply.starts_with('+') => return Ok(()),
                _ => std::thread::yield_now(),
            }
        }
        bail!("no answer on port {} within {} s", self.port, PATIENCE.as_secs())
    }

    fn proc(&self, what: &str) -> PathBuf {
        ["/proc", &self.child.id().to_string(), what].iter().collect()
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
