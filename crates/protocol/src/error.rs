//! Why a byte stream could not be decoded, in the words that Redis uses.

use std::fmt;
use std::io;

/// Decoding failed; the stream can't be used any longer.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The transport failed, or ended inside a frame.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The other side broke the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
}

/// What the other side did wrong. Displayed, it is the text that a server sends after `-ERR ` before it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The count of arguments is no number, or above the limit.
    #[error("Protocol error: invalid multibulk length")]
    InvalidMultibulkLength,
    /// The length of an argument is no number, negative, or above the limit.
    #[error("Protocol error: invalid bulk length")]
    InvalidBulkLength,
    /// An argument's header does not begin with `$`.
    #[error("Protocol error: expected '$', got '{}'", Shown(*.0))]
    ExpectedBulk(u8),
    /// A quote is not closed, or is followed by something else than a blank.
    #[error("Protocol error: unbalanced quotes in request")]
    UnbalancedQuotes,
    /// The line with the count of arguments does not end within the limit.
    #[error("Protocol error: too big mbulk count string")]
    CountLineTooLong,
    /// The line with the length of an argument does not end within the limit.
    #[error("Protocol error: too big bulk count string")]
    BulkLineTooLong,
    /// An inline command does not end within the limit.
    #[error("Protocol error: too big inline request")]
    InlineTooLong,
    /// More arguments than a client may send before it has authenticated.
    #[error("Protocol error: unauthenticated multibulk length")]
    UnauthenticatedMultibulkLength,
    /// A longer argument than a client may send before it has authenticated.
    #[error("Protocol error: unauthenticated bulk length")]
    UnauthenticatedBulkLength,
    /// The arguments of one request are longer together than the limit.
    #[error("Protocol error: too big request")]
    RequestTooBig,
    /// A reply begins with a byte that stands for no type.
    #[error("Protocol error: unknown reply type '{}'", Shown(*.0))]
    UnknownReplyType(u8),
    /// A line of a reply does not end within the limit.
    #[error("Protocol error: too big reply line")]
    ReplyLineTooLong,
    /// A line or a bulk of a reply does not end with CR LF.
    #[error("Protocol error: expected CRLF in reply")]
    ExpectedNewline,
    /// A reply of the type that this byte announces is malformed, or its length is negative or above the limit.
    #[error("Protocol error: invalid reply of type '{}'", Shown(*.0))]
    InvalidReply(u8),
    /// A reply whose length is not known at its start (`?`); no server sends those.
    #[error("Protocol error: streamed replies are not supported")]
    StreamedReply,
    /// Replies inside replies, deeper than the limit.
    #[error("Protocol error: reply nested too deeply")]
    NestedTooDeeply,
}

/// A byte from outside in a message of one line: newlines as a space, what can't be printed escaped.
struct Shown(u8);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\r' | b'\n' => f.write_str(" "),
            byte @ b' '..=b'~' => write!(f, "{}", char::from(byte)),
            byte => write!(f, "\\x{byte:02x}"),
        }
    }
}
