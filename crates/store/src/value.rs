//! Values. A string is a reference-counted run of bytes: cloning it is O(1) and shares the bytes.

use bytes::{Bytes, BytesMut};

use crate::error::StoreError;

/// The longest string value, in bytes: 512 MB, as in Redis.
pub const VALUE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Strings up to this many bytes are copied into an allocation of their own, so that a small value cut out of a large read buffer does not
/// keep that buffer alive. Longer ones keep the caller's bytes: they are not copied under a lock.
const COPIED_BYTES_MAX: usize = 64 * 1024;

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A string of bytes.
    String(Bytes),
}

impl Value {
    /// A string value with bytes of its own. O(n) up to 64 KB, O(1) above (the bytes are shared).
    pub fn string(bytes: Bytes) -> Self {
        Self::String(if bytes.len() <= COPIED_BYTES_MAX { Bytes::copy_from_slice(&bytes) } else { bytes })
    }

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

    /// Bytes that the value occupies beside its entry.
    pub(crate) const fn heap_bytes(&self) -> usize {
        self.as_bytes().len()
    }

    /// Puts `tail` behind the string. Amortised O(tail) while nobody else holds the bytes, else one copy of the whole.
    pub(crate) fn append(&mut self, tail: &[u8]) {
        let Self::String(bytes) = self;
        let mut grown = std::mem::take(bytes).try_into_mut().unwrap_or_else(|shared| {
            let mut copy = BytesMut::with_capacity(shared.len() + tail.len());
            copy.extend_from_slice(&shared);
            copy
        });
        grown.extend_from_slice(tail);
        *bytes = grown.freeze();
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::string(bytes)
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

    #[test]
    fn appending_to_a_shared_string_leaves_the_other_holder_alone() {
        let mut value = Value::from("abc");
        let before = value.clone();
        value.append(b"def");
        assert_eq!((before.as_bytes().as_ref(), value.as_bytes().as_ref()), (&b"abc"[..], &b"abcdef"[..]));
    }
}
