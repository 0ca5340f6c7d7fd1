//! One connection: connecting, the handshake, sending a command, reading a reply.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use anyhow::{anyhow, bail};
use bytes::BytesMut;
use pyredis_protocol::{ClientCodec, DecodeError, Frame};
use tokio_util::codec::{Decoder, Encoder};

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

/// Where to connect to, and what to say first.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: u32,
    pub(crate) resp3: bool,
}

impl Target {
    /// `host:port`, brackets around an IPv6 address.
    pub(crate) fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    codec: ClientCodec,
    received: BytesMut,
    /// Where the stream is read to.
    chunk: Vec<u8>,
}

impl Connection {
    /// Connects, and sends AUTH, SELECT and HELLO as far as `target` asks for them. What the server refuses of those
    /// is told on standard error, and the connection is used as it is.
    pub(crate) fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((target.host.as_str(), target.port)).map_err(|error| {
            anyhow!("Could not connect to Redis at {}: {}", target.address(), without_os_details(&error))
        })?;
        stream.set_nodelay(true).map_err(|error| lost(&error))?;
        let mut connection =
            Self { stream, codec: ClientCodec::default(), received: BytesMut::new(), chunk: vec![0; READ_BYTES] };
        if let Some(password) = &target.password {
            match &target.user {
                Some(user) => connection.greet("AUTH", &["AUTH", user, password])?,
                None => connection.greet("AUTH", &["AUTH", password])?,
            }
        }
        if target.database != 0 {
            let database = target.database.to_string();
            connection.greet(&format!("SELECT {database}"), &["SELECT", &database])?;
        }
        if target.resp3 {
            connection.greet("HELLO 3", &["HELLO", "3"])?;
        }
        Ok(connection)
    }

    /// Sends a command of the handshake, `name` in messages.
    fn greet(&mut self, name: &str, args: &[&str]) -> anyhow::Result<()> {
        self.send(args)?;
        if let Frame::Error(text) = self.receive()? {
            eprintln!("{name} failed: {}", String::from_utf8_lossy(&text));
        }
        Ok(())
    }

    pub(crate) fn send<T: AsRef<[u8]>>(&mut self, args: &[T]) -> anyhow::Result<()> {
        let mut wire = BytesMut::new();
        self.codec.encode(args, &mut wire)?;
        self.stream.write_all(&wire).map_err(|error| lost(&error))
    }

    /// Waits for the next reply.
    pub(crate) fn receive(&mut self) -> anyhow::Result<Frame> {
        loop {
            match self.codec.decode(&mut self.received) {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(DecodeError::Io(error)) => return Err(lost(&error)),
                Err(DecodeError::Protocol(error)) => bail!("Error: {error}"),
            }
            match self.stream.read(&mut self.chunk) {
                Ok(0) => bail!("Error: Server closed the connection"),
                Ok(count) => self.received.extend_from_slice(self.chunk.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(&error)),
            }
        }
    }
}

fn lost(error: &io::Error) -> anyhow::Error {
    anyhow!("Error: {}", without_os_details(error))
}

/// The error's text as C gives it, without what Rust puts around it.
fn without_os_details(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
