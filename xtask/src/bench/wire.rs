//! A blocking connection of the bench's own: single commands, and batches that fill a server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::BytesMut;
use pyredis_protocol::{ClientCodec, Frame};
use tokio_util::codec::{Decoder, Encoder};

/// How long a server may take to answer anything.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many commands are sent at once where nobody else is there.
pub(super) const BATCH: u64 = 1_000;
/// How many are sent at once where others are: few enough that a batch by itself keeps no server for long.
pub(super) const SMALL_BATCH: u64 = 100;
/// What is read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
    codec: ClientCodec,
    input: BytesMut,
    output: BytesMut,
    chunk: Vec<u8>,
}

impl Wire {
    pub(super) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("can't connect to the server")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (input, output) = (BytesMut::new(), BytesMut::new());
        Ok(Self { stream, codec: ClientCodec::default(), input, output, chunk: vec![0; CHUNK_BYTES] })
    }

    /// Sends a command and returns its reply; an error reply is an error.
    pub(super) fn call<T: AsRef<[u8]>>(&mut self, command: &[T]) -> Result<Frame> {
        self.push(command)?;
        self.flush()?;
        self.reply()
    }

    /// The number that a command answers.
    pub(super) fn number(&mut self, command: &[&str]) -> Result<u64> {
        match self.call(command)? {
            Frame::Integer(number) => Ok(u64::try_from(number)?),
            other => bail!("{command:?} answered {other:?}"),
        }
    }

    /// A field of a section of INFO.
    pub(super) fn info(&mut self, section: &str, field: &str) -> Result<u64> {
        let Frame::Bulk(text) = self.call(&["INFO", section])? else { bail!("INFO is no string") };
        let text = String::from_utf8_lossy(&text);
        info_field(&text, field).with_context(|| format!("INFO {section} has no {field}"))
    }

    /// Pushes a command for each item, sends them `batch` at a time, and fails if one answers with an error.
    pub(super) fn send_all<T>(
        &mut self,
        batch: u64,
        items: impl Iterator<Item = T>,
        push: impl Fn(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        let mut waiting = 0;
        for item in items {
            push(self, item)?;
            waiting += 1;
            if waiting == batch {
                self.finish(std::mem::take(&mut waiting))?;
            }
        }
        self.finish(waiting)
    }

    /// Sends a command and reads `bytes` of replies without looking at them.
    pub(super) fn discard(&mut self, command: &[&str], bytes: usize) -> Result<()> {
        self.push(command)?;
        self.flush()?;
        let mut left = bytes;
        while left > 0 {
            let read = self.stream.read(&mut self.chunk).context("no reply")?;
            ensure!(read > 0, "the server closed the connection");
            left = left.checked_sub(read).with_context(|| format!("{command:?} answered more than it should"))?;
        }
        Ok(())
    }

    /// The connection by itself, without our buffers.
    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Appends a command to what is sent next.
    pub(super) fn push<T: AsRef<[u8]>>(&mut self, command: &[T]) -> Result<()> {
        Ok(self.codec.encode(command, &mut self.output)?)
    }

    fn finish(&mut self, replies: u64) -> Result<()> {
        self.flush()?;
        (0..replies).try_for_each(|_| self.reply().map(drop))
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.output).context("can't write to the server")?;
        self.output.clear();
        Ok(())
    }

    fn reply(&mut self) -> Result<Frame> {
        loop {
            if let Some(frame) = self.codec.decode(&mut self.input).context("the server broke the protocol")? {
                ensure!(!frame.is_error(), "the server answered {frame:?}");
                return Ok(frame);
            }
            let read = self.stream.read(&mut self.chunk).context("no reply")?;
            ensure!(read > 0, "the server closed the connection");
            self.input.extend_from_slice(self.chunk.get(..read).unwrap_or_default());
        }
    }
}

/// The value of a field in what INFO answers.
fn info_field(text: &str, field: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| *name == field).and_then(|(_, value)| value.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::info_field;

    #[test]
    fn fields_of_info_are_found() {
        let text = "# Stats\r\ntotal_connections_received:7\r\ntotal_commands_processed:42\r\n";
        assert_eq!(info_field(text, "total_commands_processed"), Some(42));
        assert_eq!(info_field(text, "commands_processed"), None);
    }
}
