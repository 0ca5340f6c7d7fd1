//! The one place that words an error for a client. Clients match on the first word, so the texts are part of the interface.

use std::borrow::Cow;

use pyredis_store::{StoreError, Tracking};
use thiserror::Error;

use super::args::text;
use crate::persistence::CannotStart;

/// Why a command was refused. Displayed, it is the line that the client sees, without the leading `-` and the line end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum CommandError {
    #[error("ERR syntax error")]
    Syntax,
    /// The name and the first of the arguments.
    #[error("ERR unknown command '{}', with args beginning with: {}", .0.0, .0.1)]
    UnknownCommand(Box<(String, String)>),
    /// The subcommand and its container.
    #[error("ERR unknown subcommand '{}'. Try {} HELP.", .0.0, .0.1)]
    UnknownSubcommand(Box<(String, String)>),
    /// The subcommand and its container.
    #[error("ERR unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.", .0.0, .0.1)]
    UnknownForm(Box<(String, String)>),
    #[error("ERR wrong number of arguments for '{0}' command")]
    WrongArity(String),
    #[error("ERR value is not an integer or out of range")]
    NotAnInteger,
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    #[error("ERR value is not a valid float")]
    NotAFloat,
    #[error("ERR increment would produce NaN or Infinity")]
    NotFinite,
    #[error("ERR bit offset is not an integer or out of range")]
    BitOffset,
    #[error("ERR source and destination objects are the same")]
    SameObject,
    #[error("ERR increment or decrement would overflow")]
    Overflow,
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    TooLong,
    #[error("ERR no such key")]
    NoSuchKey,
    #[error("ERR invalid expire time in '{0}' command")]
    InvalidExpire(&'static str),
    #[error("ERR DB index is out of range")]
    DatabaseRange,
    #[error("ERR value is out of range")]
    OutOfRange,
    #[error("ERR value is out of range, value must between -2147483648 and 2147483647")]
    IntRange,
    #[error("ERR invalid cursor")]
    InvalidCursor,
    #[error("ERR MULTI calls can not be nested")]
    NestedMulti,
    #[error("ERR {0} without MULTI")]
    WithoutMulti(&'static str),
    #[error("ERR WATCH inside MULTI is not allowed")]
    WatchInMulti,
    #[error(
        "ERR Can't execute '{0}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
    )]
    OnlyListens(String),
    /// To a client that watches the others.
    #[error("ERR Replica can't interact with the keyspace")]
    OnlyWatches,
    #[error("ERR Command not allowed inside a transaction")]
    NotInTransaction,
    #[error("EXECABORT Transaction discarded because of previous errors.")]
    ExecAbort,
    /// Holds why, without the general code.
    #[error("EXECABORT Transaction discarded because of: {0}")]
    ExecRefused(String),
    #[error("NOAUTH Authentication required.")]
    NoAuth,
    #[error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
    )]
    HelloNoAuth,
    #[error("WRONGPASS invalid username-password pair or user is disabled.")]
    WrongPass,
    #[error(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"
    )]
    NoPasswordSet,
    #[error("NOPROTO unsupported protocol version")]
    NoProto,
    #[error("ERR Protocol version is not an integer or out of range")]
    ProtocolVersion,
    #[error("LOADING Redis is loading the dataset in memory")]
    Loading,
    #[error(
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."
    )]
    MisConf,
    #[error("UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    Unblocked,
    #[error("ERR Errors trying to SHUTDOWN. Check logs.")]
    ShutdownFailed,
    #[error(
        "ERR An LFU maxmemory policy is {}, {} not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
        if *.0 == Tracking::Frequency { "not selected" } else { "selected" },
        if *.0 == Tracking::Frequency { "access frequency" } else { "idle time" }
    )]
    NotTracked(Tracking),
    /// The first line or a header of an HTTP request; the client is not answered at all.
    #[error("ERR HTTP is not spoken here")]
    Http,
    /// A text made by the command itself, with its code.
    #[error("{0}")]
    Other(Cow<'static, str>),
}

impl CommandError {
    /// A text with the general code ERR.
    pub(crate) fn err(text: impl std::fmt::Display) -> Self {
        Self::Other(format!("ERR {text}").into())
    }

    /// A subcommand that does not exist, or not with so many arguments, of a container that looks at its subcommands itself.
    pub(crate) fn unknown_form(word: &[u8], container: &str) -> Self {
        Self::UnknownForm(Box::new((text(word).into_owned(), container.to_owned())))
    }

    /// The code that INFO errorstats counts by.
    pub(crate) fn code(text: &str) -> &str {
        text.split(' ').next().unwrap_or_default()
    }
}

impl From<CannotStart> for CommandError {
    fn from(error: CannotStart) -> Self {
        Self::err(error)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotAnInteger => Self::NotAnInteger,
            StoreError::NotAFloat => Self::NotAFloat,
            StoreError::NotFinite => Self::NotFinite,
            StoreError::Overflow => Self::Overflow,
            StoreError::WrongType { .. } => Self::WrongType,
            StoreError::TooLong => Self::TooLong,
            StoreError::NoSuchKey => Self::NoSuchKey,
            StoreError::NoSuchDatabase => Self::DatabaseRange,
            other => Self::err(other),
        }
    }
}
