//! The typed API of strings beside GET and SET: numbers and parts. Bits are a bitmap's. See `api.rs`.

use bytes::Bytes;

use crate::error::StoreError;
use crate::ops::SetOptions;
use crate::store::Store;
use crate::value::NewValue;

impl Store {
    /// Sets a key if it holds this very string, and returns whether it did. The deadline stays: it is the same lock, counter or document, a version on.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("lock", "mine");
    /// assert_eq!(store.set_if_equal("lock", "theirs", "free"), Ok(false));
    /// assert_eq!(store.set_if_equal("lock", "mine", "free"), Ok(true));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`] where the key holds no string; [`StoreError::TooLong`].
    pub fn set_if_equal(
        &self,
        key: impl AsRef<[u8]>,
        expected: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<bool, StoreError> {
        let (value, options) = (NewValue::Copied(value.as_ref()), SetOptions::default().keep_ttl());
        let outcome = self.write(key.as_ref(), |view, key| view.set_if_equal(key, expected.as_ref(), value, options));
        outcome.map(|outcome| outcome.stored)
    }

    /// Removes a key if it holds this very string. Returns whether it did.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn del_if_equal(&self, key: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        self.write(key.as_ref(), |view, key| view.del_if(key, expected.as_ref(), true))
    }

    /// Adds to the number that a key holds, 0 if it does not exist, and returns the sum. The deadline stays. `by` counts as its shortest decimal
    /// text; numbers are added with 64 significant bits, and the key holds up to 17 digits behind the point, as with Redis's INCRBYFLOAT.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("price", "10.50");
    /// assert_eq!(store.incr_by_float("price", 0.1), Ok(10.6));
    /// assert_eq!(store.get("price").as_deref(), Some(&b"10.6"[..]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NotAFloat`] where the key holds no number, or `by` is not one; [`StoreError::NotFinite`].
    pub fn incr_by_float(&self, key: impl AsRef<[u8]>, by: f64) -> Result<f64, StoreError> {
        let by = by.to_string();
        let sum = self.write(key.as_ref(), |view, key| view.incr_by_float(key, by.as_bytes()))?;
        sum.parse().map_err(|_| StoreError::NotAFloat)
    }

    /// The bytes of a string from `start` to `end`, both included; negative numbers count from its end, -1 is the last byte. Empty where
    /// there is nothing. A part of a long string shares its bytes. O(1).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("text", "This is a string");
    /// assert_eq!(store.get_range("text", 0, 3), "This");
    /// assert_eq!(store.get_range("text", -6, -1), "string");
    /// ```
    pub fn get_range(&self, key: impl AsRef<[u8]>, start: i64, end: i64) -> Bytes {
        self.read(key.as_ref(), |view, key| view.get_range(key, start, end)).unwrap_or_default()
    }

    /// Writes bytes into a string from byte `offset` on; a string that is too short gets zeros, and a key that does not exist counts as empty.
    /// The deadline stays. Returns the length. O(bytes) while nobody else holds the value's bytes, else O(length).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("text", "Hello World");
    /// assert_eq!(store.set_range("text", 6, "Redis"), Ok(11));
    /// assert_eq!(store.get("text").as_deref(), Some(&b"Hello Redis"[..]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set_range(
        &self,
        key: impl AsRef<[u8]>,
        offset: usize,
        bytes: impl AsRef<[u8]>,
    ) -> Result<usize, StoreError> {
        self.write(key.as_ref(), |view, key| view.set_range(key, offset, bytes.as_ref()))
    }
}
