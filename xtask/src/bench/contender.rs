//! A server that is measured: started on the cores it may use, asked about by the operating system's figures.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::cores::Cores;
use super::report::OURS;
use super::wire::Wire;
use crate::clock;

/// How long a server may take to answer its first PING.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program to measure.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(super) name: String,
    path: PathBuf,
    arguments: Vec<String>,
    /// What tells it to have one worker, where it would have more.
    one_worker: &'static [&'static str],
}

impl Program {
    fn new(name: &str, path: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Self { name: name.into(), path: path.into(), arguments, one_worker: &[] }
    }

    /// Pyredis, with one worker where it has one core, as its peers have.
    pub(super) fn pyredis(path: PathBuf) -> Self {
        Self { one_worker: &["--io-threads", "1"], ..Self::new(OURS, path, &["--save", ""]) }
    }

    /// A program that takes redis-server's options.
    pub(super) fn peer(name: &str, path: impl Into<PathBuf>) -> Self {
        Self::new(name, path, &["--save", "", "--appendonly", "no"])
    }

    /// The least that a server can do: this program, answering +OK to whatever comes, or one bulk string of so many bytes.
    pub(super) fn floor(name: &str, bulk_bytes: Option<usize>) -> Result<Self> {
        let path = std::env::current_exe().context("can't find this program")?;
        let mut program = Self::new(name, path, &["floor"]);
        if let Some(bytes) = bulk_bytes {
            program.arguments.extend(["--bulk-bytes".to_owned(), bytes.to_string()]);
        }
        Ok(program)
    }

    /// With more arguments.
    pub(super) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Starts the program, empty, and waits until it answers.
    pub(super) fn start(&self, cores: Cores) -> Result<Contender> {
        let folder = tempfile::tempdir().context("can't make a temporary folder")?;
        // A port that was free a moment ago: none of the peers can choose one itself.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("taskset");
        command.args(["-c", &cores.list()]).arg(&self.path).args(&self.arguments);
        if cores == Cores::One {
            command.args(self.one_worker);
        }
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(folder.path());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("can't start {}", self.path.display()))?;
        let mut process = Process(child);
        let control = process.first_answer(port).with_context(|| format!("{} does not answer", self.name))?;
        Ok(Contender { process, port, control, _folder: folder })
    }
}

/// A running server. Dropping it kills it.
pub(super) struct Contender {
    process: Process,
    port: u16,
    /// The connection for questions; it is there from before the first measurement to after the last.
    pub(super) control: Wire,
    _folder: TempDir,
}

impl Contender {
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Commands that it has executed, by its own count.
    pub(super) fn commands(&mut self) -> Result<u64> {
        self.control.info("stats", "total_commands_processed")
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
        rss_in(&fs::read_to_string(self.proc("status")).context("the server has ended")?)
    }

    /// Asks it to give back what it can. Not every server has the command; what it gives back is counted where it is known.
    pub(super) fn purge(&mut self) {
        let _ = self.control.call(&["MEMORY", "PURGE"]);
    }

    fn proc(&self, what: &str) -> PathBuf {
        Path::new("/proc").join(self.process.0.id().to_string()).join(what)
    }
}

/// The resident bytes that a process's status tells.
fn rss_in(status: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// A child process that does not outlive us.
pub(super) struct Process(pub(super) Child);

impl Process {
    /// A connection on which it has answered.
    fn first_answer(&mut self, port: u16) -> Result<Wire> {
        let deadline = clock::now() + PATIENCE;
        while clock::now() < deadline {
            if let Ok(mut wire) = Wire::connect(port)
                && wire.call(&["PING"]).is_ok()
            {
                return Ok(wire);
            }
            ensure!(self.0.try_wait()?.is_none(), "it ended at once");
            std::thread::yield_now();
        }
        bail!("no answer on port {port} within {} s", PATIENCE.as_secs())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::rss_in;

    #[test]
    fn resident_bytes_are_read() {
        assert_eq!(rss_in("Name:\tx\nVmRSS:\t    2048 kB\nVmData:\t 1 kB\n").unwrap(), 2048 * 1024);
        assert!(rss_in("Name:\tx\n").is_err());
    }
}
