//! A client as plain as can be: one blocking socket, bytes out, replies in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::reply::Reply;

/// How long any single wait may take before it is a failure. Nothing is ever expected to take this long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One connection. It knows which protocol version it speaks, because the same reply has two spellings.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<TcpStream>,
    /// 2 or 3; kept up to date by [`Client::command`] from HELLO and RESET.
    version: u8,
}

impl Client {
    /// Connects, in RESP2.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream), version: 2 })
    }

    /// Connects and switches to protocol `version` (2 says nothing, 3 says HELLO 3).
    ///
    /// # Errors
    /// When nobody listens, or the server refuses the version.
    pub fn connect_version(address: SocketAddr, version: u8) -> Result<Self> {
        let mut client = Self::connect(address)?;
        if version == 3 {
            let reply = client.call("HELLO 3")?;
            ensure!(!reply.is_error(), "the server refuses HELLO 3: {}", reply.string());
        }
        Ok(client)
    }

    /// The protocol version that replies come in now.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the connection is closed.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.reader.get_mut().write_all(bytes).context("cannot send")
    }

    /// Says that nothing more will be sent; replies can still be read.
    ///
    /// # Errors
    /// When the connection is closed.
    pub fn finish_sending(&mut self) -> Result<()> {
        self.reader.get_mut().shutdown(Shutdown::Write).context("cannot shut down the sending side")
    }

    /// Reads the next reply.
    ///
    /// # Errors
    /// When the connection ends or stays silent.
    pub fn reply(&mut self) -> Result<Reply> {
        Reply::read(&mut self.reader)
    }

    /// Sends one command as an array of bulk strings and reads its reply.
    ///
    /// # Errors
    /// When the connection ends or stays silent.
    pub fn command(&mut self, arguments: &[impl AsRef<[u8]>]) -> Result<Reply> {
        self.send(&encode(arguments))?;
        let reply = self.reply()?;
        self.version = crate::hello::version_after(self.version, arguments, &reply);
        Ok(reply)
    }

    /// Sends commands in one piece and reads nothing.
    ///
    /// # Errors
    /// When the connection is closed.
    pub fn send_commands(&mut self, commands: &[Vec<Vec<u8>>]) -> Result<()> {
        self.send(&commands.iter().flat_map(|command| encode(command)).collect::<Vec<_>>())
    }

    /// [`Client::command`] for words without spaces.
    ///
    /// # Errors
    /// As [`Client::command`].
    pub fn call(&mut self, line: &str) -> Result<Reply> {
        self.command(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Calls, and fails unless the reply is `+OK`.
    ///
    /// # Errors
    /// As [`Client::command`], and when the reply is another.
    pub fn ok(&mut self, line: &str) -> Result<()> {
        let reply = self.call(line)?;
        ensure!(reply == Reply::Simple(b"OK".to_vec()), "{line}: expected +OK, got {}", crate::render(&reply));
        Ok(())
    }

    /// Fails unless exactly `expected` comes next, byte for byte.
    ///
    /// # Errors
    /// When other bytes come, or fewer.
    pub fn expect_bytes(&mut self, expected: &[u8]) -> Result<()> {
        let mut got = vec![0; expected.len()];
        let mut filled = 0;
        while let Some(room) = got.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) => {
                    got.truncate(filled);
                    bail!("expected \"{}\", got \"{}\" and then: {error}", shown(expected), shown(&got));
                }
            }
        }
        got.truncate(filled);
        ensure!(got == expected, "expected \"{}\", got \"{}\"", shown(expected), shown(&got));
        Ok(())
    }

    /// Fails unless the server closes the connection without saying anything more.
    ///
    /// # Errors
    /// When more bytes come, or when the connection stays open.
    pub fn expect_closed(&mut self) -> Result<()> {
        match self.reader.fill_buf() {
            Ok([]) => Ok(()),
            Ok(more) => bail!("expected the end of the connection, got \"{}\"", shown(more)),
            // A server that closes with unread input resets the connection; that is a close too.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(()),
            Err(error) => bail!("expected the end of the connection, got: {error}"),
        }
    }
}

/// The bytes of one command as an array of bulk strings.
fn encode(arguments: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        let argument = argument.as_ref();
        bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// At most the first 300 bytes, readable.
fn shown(bytes: &[u8]) -> String {
    let head = bytes.get(..300).unwrap_or(bytes);
    let dots = if head.len() < bytes.len() { "..." } else { "" };
    format!("{}{dots}", head.escape_ascii())
}
