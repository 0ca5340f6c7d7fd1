//! What can go wrong in the store. Small and `Copy`: the server words these for its clients, Rust callers match on them.

use thiserror::Error;

use crate::value::ValueType;

/// Why an operation on a key was refused. A refused operation has changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The value is not a decimal integer that fits 64 bits.
    #[error("value is not an integer or out of range")]
    NotAnInteger,
    /// The result would not fit a signed 64-bit integer.
    #[error("increment or decrement would overflow")]
    Overflow,
    /// The key holds another type of value than the operation works on.
    #[error("operation on a {expected} against a key that holds a {found}")]
    WrongType {
        /// What the operation works on.
        expected: ValueType,
        /// What the key holds.
        found: ValueType,
    },
    /// Bytes cannot be read as the type that was asked for; see [`FromBytes`](crate::FromBytes).
    #[error("bytes cannot be read as what was asked for")]
    Unreadable,
    /// The value, or what is to be added to it, is not a number.
    #[error("value is not a valid float")]
    NotAFloat,
    /// The sum is no finite number.
    #[error("increment would produce NaN or Infinity")]
    NotFinite,
    /// The field of a hash that is to be added to holds no integer.
    #[error("hash value is not an integer")]
    FieldNotAnInteger,
    /// The field of a hash that is to be added to holds no number.
    #[error("hash value is not a float")]
    FieldNotAFloat,
    /// What is to be added is infinite.
    #[error("value is NaN or Infinity")]
    InfiniteIncrement,
    /// A score is, or would become, no number.
    #[error("resulting score is not a number (NaN)")]
    NotANumber,
    /// The string would grow past [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX).
    #[error("string exceeds maximum allowed size (512 MB)")]
    TooLong,
    /// The key that an operation needs does not exist.
    #[error("no such key")]
    NoSuchKey,
    /// The view was opened without this key, or opened it for reading and was asked to write it.
    #[error("key is not part of this view or transaction, or was declared for reading only")]
    Undeclared,
    /// The store has no database of that number.
    #[error("database index is out of range")]
    NoSuchDatabase,
}
