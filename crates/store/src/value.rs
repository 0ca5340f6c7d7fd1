//! Values: as they come and go ([`Value`]), and as they lie in the store ([`ValueRef`]). Collections are in `collection/`.

use std::fmt;

use bytes::Bytes;

use crate::collection::Collection;
use crate::error::StoreError;

/// The longest string value, in bytes: 512 MB, as in Redis.
pub const VALUE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// What kinds of values a key can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueType {
    /// A string of bytes: also what counters and bitmaps are.
    String,
    /// Elements in an order.
    List,
    /// Members, each once.
    Set,
    /// Fields with values.
    Hash,
    /// Members with scores.
    SortedSet,
}

impl ValueType {
    /// The name of the type as TYPE gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::Hash => "hash",
            Self::SortedSet => "zset",
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SortedSet => "sorted set",
            other => other.name(),
        })
    }
}

/// What a key is to hold, or held. Cloning is O(1): a string is a reference-counted run of bytes, and a large collection shares its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A string of bytes.
    String(Bytes),
    /// A list, set, hash or sorted set.
    Collection(Collection),
}

impl Value {
    /// Which kind of value it is.
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::String(_) => ValueType::String,
            Self::Collection(collection) => collection.value_type(),
        }
    }

    /// The bytes of a string.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub const fn as_bytes(&self) -> Result<&Bytes, StoreError> {
        match self {
            Self::String(bytes) => Ok(bytes),
            Self::Collection(collection) => Err(no_string(collection)),
        }
    }

    /// Takes the bytes of a string.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn into_bytes(self) -> Result<Bytes, StoreError> {
        match self {
            Self::String(bytes) => Ok(bytes),
            Self::Collection(collection) => Err(no_string(&collection)),
        }
    }

    /// The string as an integer, read as strictly as Redis reads it: no spaces, no `+`, no leading zeros, no `-0`.
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`], [`StoreError::WrongType`].
    pub fn to_integer(&self) -> Result<i64, StoreError> {
        parse_integer(self.as_bytes()?).ok_or(StoreError::NotAnInteger)
    }
}

/// A value on its way into the store.
#[derive(Debug, Clone, Copy)]
pub enum NewValue<'v> {
    /// Bytes that the store copies.
    Copied(&'v [u8]),
    /// Bytes that the store may keep a reference to, if they are many.
    Shared(&'v Bytes),
    /// An integer, which reads as its decimal digits.
    Integer(i64),
    /// A collection, of which the store takes a clone.
    Collection(&'v Collection),
}

impl NewValue<'_> {
    /// How many bytes a string has when it is read; zero of a collection.
    pub fn string_len(self) -> usize {
        match self {
            Self::Copied(bytes) => bytes.len(),
            Self::Shared(bytes) => bytes.len(),
            Self::Integer(number) => StringRef::integer(number).len(),
            Self::Collection(_) => 0,
        }
    }

    /// Whether it is a hash of which fields have deadlines.
    pub(crate) const fn has_timed_fields(self) -> bool {
        matches!(self, Self::Collection(Collection::Hash(hash)) if hash.deadlines() > 0)
    }

    /// The value, to be kept: a copy of copied bytes.
    pub fn to_value(self) -> Value {
        match self {
            Self::Copied(bytes) => Value::from(bytes),
            Self::Shared(bytes) => Value::from(bytes.clone()),
            Self::Integer(number) => Value::from(number),
            Self::Collection(collection) => Value::Collection(collection.clone()),
        }
    }
}

impl<'v> From<&'v [u8]> for NewValue<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Copied(bytes)
    }
}

impl<'v> From<&'v str> for NewValue<'v> {
    fn from(text: &'v str) -> Self {
        Self::Copied(text.as_bytes())
    }
}

impl From<i64> for NewValue<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl<'v> From<&'v Value> for NewValue<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::String(bytes) => Self::Shared(bytes),
            Value::Collection(collection) => Self::Collection(collection),
        }
    }
}

/// What a key holds, as it lies in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueRef<'e> {
    /// A string.
    String(StringRef<'e>),
    /// A list, set, hash or sorted set.
    Collection(&'e Collection),
}

impl<'e> ValueRef<'e> {
    /// Which kind of value it is.
    pub const fn value_type(self) -> ValueType {
        match self {
            Self::String(_) => ValueType::String,
            Self::Collection(collection) => collection.value_type(),
        }
    }

    /// The string.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub const fn string(self) -> Result<StringRef<'e>, StoreError> {
        match self {
            Self::String(string) => Ok(string),
            Self::Collection(collection) => Err(no_string(collection)),
        }
    }

    /// The value, to be kept: a copy of a short string, else shared with the store. O(1).
    pub fn to_value(self) -> Value {
        match self {
            Self::String(string) => Value::String(string.to_bytes()),
            Self::Collection(collection) => Value::Collection(collection.clone()),
        }
    }
}

const fn no_string(collection: &Collection) -> StoreError {
    StoreError::WrongType { expected: ValueType::String, found: collection.value_type() }
}

/// A string as it lies in the store: short ones beside their key, integers as such, long ones shared. Reading copies nothing.
#[derive(Debug, Clone, Copy)]
pub struct StringRef<'e>(Held<'e>);

#[derive(Debug, Clone, Copy)]
enum Held<'e> {
    Inline(&'e [u8]),
    Integer(i64),
    Shared(&'e Bytes),
}

impl<'e> StringRef<'e> {
    pub(crate) const fn inline(bytes: &'e [u8]) -> Self {
        Self(Held::Inline(bytes))
    }

    pub(crate) const fn integer(number: i64) -> Self {
        Self(Held::Integer(number))
    }

    pub(crate) const fn shared(bytes: &'e Bytes) -> Self {
        Self(Held::Shared(bytes))
    }

    /// How many bytes the string has.
    pub fn len(self) -> usize {
        self.with_bytes(<[u8]>::len)
    }

    /// Whether the string is empty.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Calls `read` with the bytes of the string.
    pub fn with_bytes<R>(self, read: impl FnOnce(&[u8]) -> R) -> R {
        match self.0 {
            Held::Inline(bytes) => read(bytes),
            Held::Integer(number) => read(itoa::Buffer::new().format(number).as_bytes()),
            Held::Shared(bytes) => read(bytes),
        }
    }

    /// The bytes of a long string, which it shares with whoever wants to keep them.
    pub const fn as_shared(self) -> Option<&'e Bytes> {
        match self.0 {
            Held::Inline(_) | Held::Integer(_) => None,
            Held::Shared(bytes) => Some(bytes),
        }
    }

    /// The integer, if the value is kept as one.
    pub const fn as_integer(self) -> Option<i64> {
        match self.0 {
            Held::Integer(number) => Some(number),
            Held::Inline(_) | Held::Shared(_) => None,
        }
    }

    /// The bytes of a string, to be kept: a copy of a short one (up to 4 KB), else shared with the store. O(1).
    pub fn to_bytes(self) -> Bytes {
        self.as_shared().cloned().unwrap_or_else(|| self.with_bytes(Bytes::copy_from_slice))
    }

    /// The value as an integer; see [`Value::to_integer`].
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`].
    pub fn to_integer(self) -> Result<i64, StoreError> {
        // Whatever text is an integer is kept as one.
        self.as_integer().ok_or(StoreError::NotAnInteger)
    }
}

impl PartialEq for StringRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.with_bytes(|ours| other.with_bytes(|theirs| ours == theirs))
    }
}

impl Eq for StringRef<'_> {}

impl<C: Into<Collection>> From<C> for Value {
    fn from(collection: C) -> Self {
        Self::Collection(collection.into())
    }
}

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

/// Redis's rule for text that counts as an integer: what an `i64` is written as.
#[inline]
pub(crate) fn parse_integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        [b'0'] if digits.len() == text.len() => Some(0),
        // Nineteen digits fit 64 bits.
        [b'1'..=b'9', ..] if digits.len() <= 19 => {
            let magnitude = digits.iter().try_fold(0_u64, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
            })?;
            if digits.len() == text.len() {
                i64::try_from(magnitude).ok()
            } else {
                0_i64.checked_sub_unsigned(magnitude)
            }
        }
        _ => None,
    }
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
            let bytes = value.into_bytes().unwrap().try_into_mut().unwrap();
            assert_eq!((bytes.len(), bytes.capacity()), (1, 1));
        }
    }
}
