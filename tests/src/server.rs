//! The servers under test: the real `redis-server`, `pyredis-server`, or any that is running already.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::client::Client;
use crate::process::Process;

/// What every pyredis server here is started with.
const PYREDIS_DIRECTIVES: [&str; 4] = ["--port", "0", "--io-threads", "2"];

/// Which of the two a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// The judge.
    Redis,
    /// The accused.
    Pyredis,
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redis => "redis",
            Self::Pyredis => "pyredis",
        })
    }
}

/// A running server. One that was started here ends, and loses its folder, when this is dropped.
#[derive(Debug)]
pub struct Server {
    flavour: Flavour,
    address: SocketAddr,
    /// Whether `DEBUG ADVANCE` moves its clock.
    manual_clock: bool,
    process: Option<Process>,
    /// Held for its deletion. Declared after the process, which must be gone by then.
    _folder: Option<TempDir>,
}

impl Server {
    /// Starts a server of this flavour with an empty keyspace, no snapshots and, for pyredis, a manual clock.
    ///
    /// # Errors
    /// When it cannot be started or does not say that it listens.
    pub fn start(flavour: Flavour) -> Result<Self> {
        Self::start_with(flavour, &[])
    }

    /// [`Server::start`], with more directives.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with(flavour: Flavour, directives: &[&str]) -> Result<Self> {
        match flavour {
            Flavour::Redis => Self::start_redis(Path::new("redis-server"), directives),
            Flavour::Pyredis => {
                let folder = TempDir::new()?;
                let mut command = pyredis_command(folder.path())?;
                command.args(["--save", "", "--manual-clock", "yes"]).args(directives);
                Self::start_pyredis(command, Some(folder))
            }
        }
    }

    /// pyredis behind a bridge: a server in another program, which has no port and passes each connection on within its process.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_in_process() -> Result<Self> {
        let folder = TempDir::new()?;
        let mut command = Command::new(bridge_program()?);
        command.args(PYREDIS_DIRECTIVES).args(["--save", "", "--manual-clock", "yes", "--dir"]).arg(folder.path());
        Self::start_pyredis(command, Some(folder))
    }

    /// Starts this program with an empty keyspace, no snapshots and the system's clock: the judge if it is called
    /// `redis-server`, else pyredis.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_program(program: &Path) -> Result<Self> {
        if program.file_name().is_some_and(|name| name == "redis-server") {
            // It looks for clients that have waited long enough when a timer wakes it; let that be often.
            return Self::start_redis(program, &["--hz", "500"]);
        }
        let folder = TempDir::new()?;
        let mut command = Command::new(program);
        command.args(PYREDIS_DIRECTIVES).args(["--save", "", "--dir"]).arg(folder.path());
        Self::start_pyredis(command, Some(folder))
    }

    /// Starts `command`, which runs pyredis-server, and waits for its line `listening on <address>`. The server
    /// keeps `folder`, if it gets one, and deletes it in the end.
    ///
    /// # Errors
    /// When it ends or stays silent instead; the message carries its output.
    pub fn start_pyredis(command: Command, folder: Option<TempDir>) -> Result<Self> {
        let manual_clock = command.get_args().any(|argument| argument == "--manual-clock");
        let mut process = Process::start(command)?;
        let address = process.wait_for(listening_address)?;
        Ok(Self { flavour: Flavour::Pyredis, address, manual_clock, process: Some(process), _folder: folder })
    }

    /// A free port cannot be asked of redis-server, so one is taken, freed and passed on; should another process be
    /// faster, the next is tried.
    fn start_redis(program: &Path, directives: &[&str]) -> Result<Self> {
        let mut refusal = None;
        for _ in 0..10 {
            let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
            let folder = TempDir::new()?;
            let mut command = Command::new(program);
            command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", ""]);
            command.args(["--appendonly", "no", "--enable-debug-command", "yes"]).args(directives);
            command.arg("--dir").arg(folder.path());
            let mut process = Process::start(command)?;
            let ready = |line: &str| line.contains("Ready to accept connections").then_some(());
            match process.wait_for(ready) {
                Ok(()) => {
                    let (process, folder) = (Some(process), Some(folder));
                    return Ok(Self {
                        flavour: Flavour::Redis,
                        address,
                        manual_clock: false,
                        process,
                        _folder: folder,
                    });
                }
                Err(error) => refusal = Some(error),
            }
        }
        bail!("redis-server starts on no port: {refusal:?}");
    }

    /// A server that runs already, at `host:port`. Its keyspace will be emptied.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn external(target: &str) -> Result<Self> {
        let address = target.to_socket_addrs().with_context(|| format!("PYREDIS_TARGET {target:?} is no host:port"))?;
        let address = address.into_iter().next().context("PYREDIS_TARGET names no address")?;
        let mut client = Client::connect(address)?;
        let info = client.call("INFO server")?.string();
        let flavour = if info.contains("pyredis_version:") { Flavour::Pyredis } else { Flavour::Redis };
        let manual_clock = !client.call("DEBUG ADVANCE 0")?.is_error();
        Ok(Self { flavour, address, manual_clock, process: None, _folder: None })
    }

    /// Which of the two it is.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process, if it was started here.
    #[must_use]
    pub fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Gives up the server for its process, to wait for its end.
    ///
    /// # Errors
    /// When it was not started here.
    pub fn into_process(self) -> Result<Process> {
        self.process.context("the server was not started by this test")
    }

    /// Lets time pass on the server: by its manual clock, or, where there is none, really.
    ///
    /// # Errors
    /// When the server does not take DEBUG ADVANCE.
    pub fn advance(&self, time: Duration) -> Result<()> {
        if self.manual_clock {
            let mut client = Client::connect(self.address)?;
            return client.ok(&format!("DEBUG ADVANCE {}", time.as_millis()));
        }
        #[expect(clippy::disallowed_methods, reason = "the clock of a foreign server cannot be moved")]
        std::thread::sleep(time);
        Ok(())
    }
}

/// pyredis-server on a port of the system's choice, with its data in `folder`.
///
/// # Errors
/// When the binary is missing.
pub fn pyredis_command(folder: &Path) -> Result<Command> {
    let mut command = Command::new(pyredis_binary()?);
    command.args(PYREDIS_DIRECTIVES).arg("--dir").arg(folder);
    Ok(command)
}

/// The binary: `PYREDIS_SERVER_BIN`, or the one of the profile that this test was built with.
///
/// # Errors
/// When it is missing.
pub fn pyredis_binary() -> Result<PathBuf> {
    let path = match std::env::var_os("PYREDIS_SERVER_BIN") {
        Some(path) => PathBuf::from(path),
        None => profile_folder()?.join(format!("pyredis-server{}", std::env::consts::EXE_SUFFIX)),
    };
    ensure!(
        path.is_file(),
        "there is no {}: run `cargo build -p pyredis-server`, or name the binary in PYREDIS_SERVER_BIN",
        path.display()
    );
    Ok(path)
}

/// The example program `bridge` of the profile that this test was built with.
fn bridge_program() -> Result<PathBuf> {
    let path = profile_folder()?.join("examples").join(format!("bridge{}", std::env::consts::EXE_SUFFIX));
    ensure!(path.is_file(), "there is no {}: run `cargo build -p pyredis-server --examples`", path.display());
    Ok(path)
}

/// Where the programs of this test's profile are.
fn profile_folder() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("the test runs in no target folder")?;
    Ok(profile.to_owned())
}

/// The address in a log line that says `listening on <address>`.
fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on ")?;
    let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_its_line() {
        let address: SocketAddr = "127.0.0.1:41".parse().unwrap();
        for line in
            ["INFO listening on 127.0.0.1:41", "x listening on 127.0.0.1:41 after 3 ms", "listening on 127.0.0.1:41, y"]
        {
            assert_eq!(listening_address(line), Some(address));
        }
        assert_eq!(listening_address("listening on nothing"), None);
    }
}
