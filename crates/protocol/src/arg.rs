//! An argument of a request, wherever its bytes lie.

use std::ops::Deref;

use bytes::Bytes;

/// An argument: bytes in the read buffer, or bytes that have an owner of their own and can be kept without a copy.
///
/// ```
/// use bytes::Bytes;
/// use pyredis_protocol::Arg;
///
/// let owned = Bytes::from("value");
/// assert_eq!(Arg::InBuffer(b"value").to_bytes(), Arg::Owned(&owned).to_bytes());
/// assert_eq!(&Arg::Owned(&owned)[1..3], b"al");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Arg<'a> {
    /// A slice of the buffer that the request was read into.
    InBuffer(&'a [u8]),
    /// Bytes that are counted by reference.
    Owned(&'a Bytes),
}

impl<'a> Arg<'a> {
    /// The bytes.
    pub fn as_slice(self) -> &'a [u8] {
        match self {
            Self::InBuffer(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }

    /// The bytes, to be kept: O(n) for those in the buffer, else O(1).
    pub fn to_bytes(self) -> Bytes {
        match self {
            Self::InBuffer(bytes) => Bytes::copy_from_slice(bytes),
            Self::Owned(bytes) => bytes.clone(),
        }
    }
}

impl Deref for Arg<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}
