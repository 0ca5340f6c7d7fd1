//! A cursor over a command's arguments: options become types, and what is left over is a syntax error.

use pyredis_protocol::Arg;
use pyredis_protocol::number::parse_i64;
use pyredis_store::NewValue;

use super::error::CommandError;

/// The arguments that have not been taken yet.
pub(crate) struct Args<'a> {
    rest: &'a [Arg<'a>],
}

impl<'a> Args<'a> {
    /// The arguments from `from` on; the name is argument 0.
    pub(crate) fn from(args: &'a [Arg<'a>], from: usize) -> Self {
        Self { rest: args.get(from..).unwrap_or_default() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next argument, if there is one.
    pub(crate) fn next(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first.as_slice())
    }

    /// The next argument; there must be one.
    pub(crate) fn take(&mut self) -> Result<&'a [u8], CommandError> {
        self.next().ok_or(CommandError::Syntax)
    }

    /// The next argument as an integer; there must be one.
    pub(crate) fn take_int(&mut self) -> Result<i64, CommandError> {
        integer(self.take()?)
    }

    /// Takes the next argument if it is this word, in any case.
    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let is_next = self.rest.first().is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()));
        if is_next {
            self.next();
        }
        is_next
    }

    /// All that have not been taken yet.
    pub(crate) const fn rest(&self) -> &'a [Arg<'a>] {
        self.rest
    }

    /// There must be nothing left.
    pub(crate) const fn finish(&self) -> Result<(), CommandError> {
        if self.is_empty() { Ok(()) } else { Err(CommandError::Syntax) }
    }
}

/// An argument as an integer.
pub(crate) fn integer(arg: &[u8]) -> Result<i64, CommandError> {
    parse_i64(arg).ok_or(CommandError::NotAnInteger)
}

/// An argument as a count of members to pick, whose sign says whether they may come again.
pub(crate) fn signed_count(arg: &[u8]) -> Result<i64, CommandError> {
    let count = integer(arg)?;
    if count == i64::MIN {
        let most = i64::MAX;
        return Err(CommandError::err(format_args!("value is out of range, value must between -{most} and {most}")));
    }
    Ok(count)
}

/// An argument as a count that may be zero.
pub(crate) fn count(arg: &[u8]) -> Result<usize, CommandError> {
    let count = parse_i64(arg).and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| CommandError::err("value is out of range, must be positive"))
}

/// An argument as an integer of a range; anything else is this error.
pub(crate) fn integer_in(
    arg: &[u8],
    range: std::ops::RangeInclusive<i64>,
    error: &'static str,
) -> Result<i64, CommandError> {
    parse_i64(arg).filter(|number| range.contains(number)).ok_or(CommandError::Other(error.into()))
}

/// An argument as a value for the store.
pub(crate) fn value(arg: Arg<'_>) -> NewValue<'_> {
    match arg {
        Arg::InBuffer(bytes) => NewValue::Copied(bytes),
        Arg::Owned(bytes) => NewValue::Shared(bytes),
    }
}

/// An argument as text for a message: up to a NUL, as Redis prints C strings; what is not UTF-8 is replaced.
pub(crate) fn text(arg: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(arg.split(|byte| *byte == 0).next().unwrap_or_default())
}
