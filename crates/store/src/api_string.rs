//! The typed API of strings beside GET and SET: numbers, parts and bits. See `api.rs`.

use std::ops::Range;

use bytes::Bytes;

use crate::bits::{count_bits, find_bit};
use crate::error::StoreError;
use crate::key::Key;
use crate::ops::{BitCalculation, BitFieldOp, BitOp};
use crate::store::Store;

impl Store {
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

    /// Bit `offset` of a string, where 0 is the highest of the first byte. Bits that are not there are not set.
    pub fn get_bit(&self, key: impl AsRef<[u8]>, offset: u64) -> bool {
        self.read(key.as_ref(), |view, key| view.get_bit(key, offset)).unwrap_or_default()
    }

    /// Sets or clears bit `offset` of a string, and returns what it was; a string that is too short gets zeros, and a key that does not exist
    /// counts as empty. The deadline stays. O(1) while nobody else holds the value's bytes and the length stays, else O(length).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// assert_eq!(store.set_bit("seen", 12, true), Ok(false));
    /// assert!(store.get_bit("seen", 12));
    /// assert_eq!(store.get("seen").as_deref(), Some(&b"\x00\x08"[..]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set_bit(&self, key: impl AsRef<[u8]>, offset: u64, bit: bool) -> Result<bool, StoreError> {
        self.write(key.as_ref(), |view, key| view.set_bit(key, offset, bit))
    }

    /// How many bits of a string are set among those of `range`. O(bytes of the range), under no lock if the string is long.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("bits", "foobar");
    /// assert_eq!(store.count_bits("bits", 0..u64::MAX), 26);
    /// assert_eq!(store.count_bits("bits", 8..16), 6);
    /// ```
    pub fn count_bits(&self, key: impl AsRef<[u8]>, range: Range<u64>) -> u64 {
        self.get(key).map_or(0, |bytes| count_bits(&bytes, range))
    }

    /// The first bit of a string that is set, or that is not, among those of `range` that are there. O(bytes of the range), under no lock if the
    /// string is long.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("bits", b"\xFF\xF0\x00");
    /// assert_eq!(store.find_bit("bits", 0..u64::MAX, false), Some(12));
    /// assert_eq!(store.find_bit("bits", 12..u64::MAX, true), None);
    /// ```
    pub fn find_bit(&self, key: impl AsRef<[u8]>, range: Range<u64>, bit: bool) -> Option<u64> {
        self.get(key).and_then(|bytes| find_bit(&bytes, range, bit))
    }

    /// Reads, writes and adds to integers in the bits of a string, one after the other, and returns what each step answers; see
    /// [`View::bit_field`](crate::View::bit_field).
    ///
    /// ```
    /// use pyredis_store::{BitField, BitFieldOp, Overflow, Store};
    /// let store = Store::new();
    /// let counter = BitField::new(100, 8, false).unwrap();
    /// let steps = [BitFieldOp::Set(counter, 250, Overflow::Fail), BitFieldOp::Add(counter, 10, Overflow::Saturate)];
    /// assert_eq!(store.bit_field("counters", &steps), Ok(vec![Some(0), Some(255)]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn bit_field(&self, key: impl AsRef<[u8]>, steps: &[BitFieldOp]) -> Result<Vec<Option<i64>>, StoreError> {
        self.write(key.as_ref(), |view, key| view.bit_field(key, steps))
    }

    /// Lets a key hold what a bit operation makes of the strings of others, all as they are at one instant, and returns its length; where all of
    /// them are empty, the key is removed. It has no deadline. O(bytes), of which 64 KB are looked at under the locks, unless the
    /// strings keep being changed.
    ///
    /// ```
    /// use pyredis_store::{BitOp, Store};
    /// let store = Store::new();
    /// store.set("a", "foobar");
    /// store.set("b", "abcdef");
    /// assert_eq!(store.bit_op(BitOp::And, "both", ["a", "b"]), Ok(6));
    /// assert_eq!(store.get("both").as_deref(), Some(&b"`bc`ab"[..]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn bit_op<K: AsRef<[u8]>>(
        &self,
        op: BitOp,
        target: impl AsRef<[u8]>,
        sources: impl AsRef<[K]>,
    ) -> Result<usize, StoreError> {
        let target = self.key(target.as_ref());
        let sources: Vec<Key<'_>> = sources.as_ref().iter().map(|key| self.key(key.as_ref())).collect();
        self.calculate_into(&target, &sources, |view, keys| BitCalculation::begin(view, op, keys))
    }
}
