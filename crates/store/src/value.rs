//! Values: as they come and go ([`Value`]), and as they lie in the store ([`ValueRef`]).

use bytes::Bytes;

use crate::error::StoreError;

/// The longest string value, in bytes: 512 MB, as in Redis.
pub const VALUE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// What a key is to hold, or held. A string is a reference-counted run of bytes: cloning it is O(1) and shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A string of bytes.
    String(Bytes),
}

impl Value {
    /// The name of the type as TYPE gives it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
        }
    }

    /// The bytes of a string.
    pub const fn as_bytes(&self) -> &Bytes {
        match self {
            Self::String(bytes) => bytes,
        }
    }

    /// Takes the bytes of a string.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::String(bytes) => bytes,
        }
    }

    /// The value as an integer, read as strictly as Redis reads it: no spaces, no `+`, no leading zeros, no `-0`.
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`].
    pub fn to_integer(&self) -> Result<i64, StoreError> {
        parse_integer(self.as_bytes()).ok_or(StoreError::NotAnInteger)
    }
}

/// What a key holds, as it lies in the store: short values beside their key, long ones shared. Reading copies nothing.
#[derive(Debug, Clone, Copy)]
pub struct ValueRef<'e>(Held<'e>);

#[derive(Debug, Clone, Copy)]
enum Held<'e> {
    Inline(&'e [u8]),
    Shared(&'e Bytes),
}

impl<'e> ValueRef<'e> {
    pub(crate) const fn inline(bytes: &'e [u8]) -> Self {
        Self(Held::Inline(bytes))
    }

    pub(crate) const fn shared(bytes: &'e Bytes) -> Self {
        Self(Held::Shared(bytes))
    }

    /// The name of the type as TYPE gives it.
    pub const fn type_name(self) -> &'static str {
        "string"
    }

    /// The bytes of a string.
    pub fn as_slice(self) -> &'e [u8] {
        match self.0 {
            Held::Inline(bytes) => bytes,
            Held::Shared(bytes) => bytes,
        }
    }

    /// The bytes of a long string, which it shares with whoever wants to keep them.
    pub const fn as_shared(self) -> Option<&'e Bytes> {
        match self.0 {
            Held::Inline(_) => None,
            Held::Shared(bytes) => Some(bytes),
        }
    }

    /// The bytes of a string, to be kept: a copy of a short one (up to 4 KB), else shared with the store. O(1).
    pub fn to_bytes(self) -> Bytes {
        match self.0 {
            Held::Inline(bytes) => Bytes::copy_from_slice(bytes),
            Held::Shared(bytes) => bytes.clone(),
        }
    }

    /// The value, to be kept. Costs what [`to_bytes`](Self::to_bytes) does.
    pub fn to_value(self) -> Value {
        Value::String(self.to_bytes())
    }

    /// The value as an integer; see [`Value::to_integer`].
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`].
    pub fn to_integer(self) -> Result<i64, StoreError> {
        parse_integer(self.as_slice()).ok_or(StoreError::NotAnInteger)
    }
}

impl PartialEq for ValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for ValueRef<'_> {}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::String(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::String(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

/// Room that the vector has to spare is given back.
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::String(bytes.into_boxed_slice().into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::from(number.to_string())
    }
}

/// Redis's rule for text that counts as an integer.
fn parse_integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let canonical = match digits {
        [] => false,
        [b'0'] => digits.len() == text.len(),
        [first, rest @ ..] => first.is_ascii_digit() && *first != b'0' && rest.iter().all(u8::is_ascii_digit),
    };
    if !canonical {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_redis_reads_them() {
        for (text, number) in
            [("0", 0), ("-1", -1), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)]
        {
            assert_eq!(Value::from(text).to_integer(), Ok(number), "{text}");
        }
        for text in [
            "",
            "-",
            "-0",
            "00",
            "01",
            "+1",
            " 1",
            "1 ",
            "1.0",
            "9223372036854775808",
            "-9223372036854775809",
            "\u{661}",
        ] {
            assert_eq!(Value::from(text).to_integer(), Err(StoreError::NotAnInteger), "{text}");
        }
    }

    #[test]
    fn a_value_keeps_no_room_to_spare() {
        let mut roomy = String::with_capacity(1000);
        roomy.push('x');
        for value in [Value::from(roomy.clone()), Value::from(roomy.into_bytes()), Value::from(7)] {
            let bytes = value.into_bytes().try_into_mut().unwrap();
            assert_eq!((bytes.len(), bytes.capacity()), (1, 1));
        }
    }
}
