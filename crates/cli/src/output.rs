//! Where replies are printed, and in which of the two forms.

use std::io::{self, IsTerminal, Write};

use bytes::Bytes;
use pyredis_protocol::Frame;

use crate::render;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// With types, quotes and numbers.
    ForPeople,
    /// The bare bytes.
    Raw,
}

pub(crate) struct Output {
    format: Format,
    /// Where error replies go in place of standard output, bare.
    pub(crate) errors_to_stderr: bool,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, errors_to_stderr: false }
    }

    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::ForPeople
    }

    /// Whether to print messages that no command asked for.
    pub(crate) fn shows_pushes(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Prints a line of our own.
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stdout(), "{text}")
    }

    /// Prints the reply to the command `args`.
    pub(crate) fn print(&self, args: &[Bytes], reply: &Frame) -> io::Result<()> {
        if self.errors_to_stderr
            && let Frame::Error(text) | Frame::BulkError(text) = reply
        {
            let mut stderr = io::stderr().lock();
            stderr.write_all(text)?;
            return stderr.write_all(b"\n");
        }
        let mut text = match self.format {
            _ if is_text_for_people(args) => render::raw(reply),
            Format::ForPeople => render::for_people(reply),
            Format::Raw => {
                let mut text = render::raw(reply);
                text.push(b'\n');
                text
            }
        };
        // The reply of a command whose text ends without one.
        if self.is_for_people() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&text)?;
        stdout.flush()
    }
}

/// Whether a command answers with text that is laid out already.
fn is_text_for_people(args: &[Bytes]) -> bool {
    let word = |index: usize| args.get(index).map(|arg| arg.to_ascii_lowercase()).unwrap_or_default();
    matches!(
        (word(0).as_slice(), word(1).as_slice()),
        (b"info" | b"lolwut", _)
            | (b"debug", b"htstats" | b"htstats-key" | b"client-eviction")
            | (b"memory", b"malloc-stats" | b"doctor")
            | (b"cluster", b"nodes" | b"info")
            | (b"client", b"list" | b"info")
            | (b"latency", b"graph" | b"doctor")
    )
}
