//! What goes into collections and comes out of them: Rust types as bytes, and bytes as Rust types.
//!
//! Integers are written in decimal, as Redis writes them, so that a client reads what a program has stored, and the other way round.

use std::borrow::Cow;

use bytes::Bytes;

use crate::error::StoreError;
use crate::value::parse_integer;

/// A type that can be put into the store as an element, a member, a field or a value.
///
/// Implemented for bytes, text and numbers, and to be implemented for types of your own, by whatever form you choose for them:
///
/// ```
/// use std::borrow::Cow;
/// use pyredis_store::{FromBytes, Store, StoreError, ToBytes};
///
/// #[derive(Debug, PartialEq)]
/// struct Point { x: i32, y: i32 }
///
/// impl ToBytes for Point {
///     fn to_bytes(&self) -> Cow<'_, [u8]> {
///         format!("{},{}", self.x, self.y).into_bytes().into() // or serde_json::to_vec, or any other
///     }
/// }
///
/// impl FromBytes for Point {
///     fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
///         let (x, y) = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once(',')).ok_or(StoreError::Unreadable)?;
///         let number = |text: &str| text.parse().map_err(|_| StoreError::Unreadable);
///         Ok(Self { x: number(x)?, y: number(y)? })
///     }
/// }
///
/// let store = Store::new();
/// store.list("path").push_back(Point { x: 1, y: 2 })?;
/// assert_eq!(store.list("path").pop_front()?, Some(Point { x: 1, y: 2 }));
/// # Ok::<(), StoreError>(())
/// ```
pub trait ToBytes {
    /// The bytes: borrowed where they are there, made where they are not. Called before anything is locked.
    fn to_bytes(&self) -> Cow<'_, [u8]>;
}

/// A type as which elements, members, fields and values can be read.
pub trait FromBytes: Sized {
    /// Reads bytes. Called while the key is locked where they are about to be taken out, so it should be quick, and must not call the store.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`], or one that says more, where the bytes are none of this type.
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError>;

    /// The same of bytes that are shared with the store, as those of long elements are: what keeps bytes keeps these without a copy.
    ///
    /// # Errors
    /// See [`from_bytes`](Self::from_bytes).
    fn from_shared(bytes: Bytes) -> Result<Self, StoreError> {
        Self::from_bytes(&bytes)
    }
}

impl<T: ToBytes + ?Sized> ToBytes for &T {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        (**self).to_bytes()
    }
}

/// Types that are bytes already.
macro_rules! are_bytes {
    ($($type:ty),*) => {$(
        impl ToBytes for $type {
            fn to_bytes(&self) -> Cow<'_, [u8]> {
                let bytes: &[u8] = self.as_ref();
                Cow::Borrowed(bytes)
            }
        }
    )*};
}

are_bytes!([u8], str, Vec<u8>, String, Box<[u8]>, Bytes, Cow<'_, [u8]>);

impl<const N: usize> ToBytes for [u8; N] {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self)
    }
}

impl ToBytes for Cow<'_, str> {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl ToBytes for $type {
            fn to_bytes(&self) -> Cow<'_, [u8]> {
                Cow::Owned(itoa::Buffer::new().format(*self).as_bytes().to_vec())
            }
        }

        /// Read as strictly as Redis reads integers.
        impl FromBytes for $type {
            fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
                integer(bytes)
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, isize, u8, u16, u32, usize);

/// What an integer of up to 64 bits is written as: see [`parse_integer`].
fn integer<I: TryFrom<i64>>(bytes: &[u8]) -> Result<I, StoreError> {
    parse_integer(bytes).and_then(|number| number.try_into().ok()).ok_or(StoreError::NotAnInteger)
}

impl ToBytes for u64 {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(itoa::Buffer::new().format(*self).as_bytes().to_vec())
    }
}

/// Read as strictly as Redis reads integers, up to the largest that there is.
impl FromBytes for u64 {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        if let Ok(number) = integer(bytes) {
            return Ok(number);
        }
        // Above what an `i64` can be.
        let is_plain = bytes.first().is_some_and(|digit| (b'1'..=b'9').contains(digit));
        let text = std::str::from_utf8(bytes).ok().filter(|_| is_plain);
        text.and_then(|text| text.parse().ok()).ok_or(StoreError::NotAnInteger)
    }
}

/// Written in as few digits as name the number.
impl ToBytes for f64 {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.to_string().into_bytes())
    }
}

impl FromBytes for f64 {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).ok_or(StoreError::NotAFloat)
    }
}

impl FromBytes for Bytes {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        Ok(Self::copy_from_slice(bytes))
    }

    fn from_shared(bytes: Bytes) -> Result<Self, StoreError> {
        Ok(bytes)
    }
}

impl FromBytes for Vec<u8> {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        Ok(bytes.to_vec())
    }
}

/// UTF-8 only.
impl FromBytes for String {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        std::str::from_utf8(bytes).map(Self::from).map_err(|_| StoreError::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        fn again<T: ToBytes + FromBytes + PartialEq + std::fmt::Debug>(values: impl IntoIterator<Item = T>) {
            for value in values {
                assert_eq!(T::from_bytes(&value.to_bytes()), Ok(value));
            }
        }
        again([i64::MIN, -1, 0, i64::MAX]);
        again([0, 9, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX]);
        again([i8::MIN, i8::MAX]);
        again([0_u8, u8::MAX]);
        again([0.1, -0.0, 1e300, f64::MIN_POSITIVE, f64::INFINITY]);
        again([String::new(), "gr\u{fc}n".to_owned()]);
        again([Vec::new(), vec![0, 0xFF]]);
        again([Bytes::from_static(b"\0")]);
    }

    #[test]
    fn what_is_not_of_the_type_is_refused() {
        assert_eq!(u8::from_bytes(b"256"), Err(StoreError::NotAnInteger));
        assert_eq!(u32::from_bytes(b"-1"), Err(StoreError::NotAnInteger));
        for text in ["", "+1", "01", "-1", "18446744073709551616", "1 "] {
            assert_eq!(u64::from_bytes(text.as_bytes()), Err(StoreError::NotAnInteger), "{text:?}");
        }
        assert_eq!(f64::from_bytes(b"one"), Err(StoreError::NotAFloat));
        assert_eq!(String::from_bytes(b"\xFF"), Err(StoreError::Unreadable));
    }
}
