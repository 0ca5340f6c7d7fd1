//! Elements, as they are read ([`Element`]) and as they are kept ([`Kept`]): text that is an integer takes the bytes that the integer needs.

use std::fmt;

use super::page::Rec;
use super::score::{integer_len, read_integer};
use crate::value::parse_integer;

/// A member, value or element as it lies in a collection. Reading one copies nothing.
#[derive(Clone, Copy)]
pub enum Element<'c> {
    /// Bytes.
    Bytes(&'c [u8]),
    /// Text that is an integer as Redis writes integers: kept as one, and read as its decimal digits.
    Integer(i64),
}

impl<'c> Element<'c> {
    pub(super) fn new(record: Rec<'c>) -> Self {
        if record.flag { Self::Integer(read_integer(record.bytes)) } else { Self::Bytes(record.bytes) }
    }

    /// Calls `read` with the bytes, or the decimal digits.
    pub fn with_bytes<R>(self, read: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Self::Bytes(bytes) => read(bytes),
            Self::Integer(number) => read(itoa::Buffer::new().format(number).as_bytes()),
        }
    }

    /// How many bytes it is read as.
    pub fn len(self) -> usize {
        self.with_bytes(<[u8]>::len)
    }

    /// Whether it is the empty string.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A copy of the bytes, or the decimal digits.
    pub fn to_vec(self) -> Vec<u8> {
        self.with_bytes(<[u8]>::to_vec)
    }

    /// The integer that it is, read as strictly as Redis reads integers.
    pub const fn as_integer(self) -> Option<i64> {
        match self {
            // Whatever text is an integer is kept as one.
            Self::Bytes(_) => None,
            Self::Integer(number) => Some(number),
        }
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.with_bytes(|ours| other.with_bytes(|theirs| ours == theirs))
    }
}

impl Eq for Element<'_> {}

impl PartialEq<[u8]> for Element<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.with_bytes(|bytes| bytes == other)
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_bytes(|bytes| write!(out, "\"{}\"", bytes.escape_ascii()))
    }
}

/// The bytes that are kept for an element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept<'b> {
    Text(&'b [u8]),
    Integer([u8; 8], usize),
}

impl<'b> Kept<'b> {
    /// Whatever text is an integer is kept as one, so bytes are the same text if and only if they are kept the same.
    pub(super) fn new(text: &'b [u8]) -> Self {
        parse_integer(text).map_or(Self::Text(text), Self::integer)
    }

    pub(super) const fn integer(number: i64) -> Self {
        Self::Integer(number.to_le_bytes(), integer_len(number))
    }

    pub(super) fn of(element: Element<'b>) -> Self {
        match element {
            Element::Bytes(bytes) => Self::new(bytes),
            Element::Integer(number) => Self::integer(number),
        }
    }

    pub(super) fn as_rec(&self) -> Rec<'_> {
        match self {
            Self::Text(bytes) => Rec { bytes, flag: false },
            Self::Integer(bytes, len) => Rec { bytes: bytes.get(..*len).unwrap_or_default(), flag: true },
        }
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Text(_) => None,
            Self::Integer(bytes, _) => Some(i64::from_le_bytes(*bytes)),
        }
    }
}
