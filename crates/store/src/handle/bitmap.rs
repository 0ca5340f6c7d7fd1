//! Bitmaps: what [`Store::bitmap`](crate::Store::bitmap) and [`Tx::bitmap`](crate::Tx::bitmap) give.

use std::ops::Range;

use bytes::Bytes;

use super::door::calculate_into;
use super::{Door, handle};
use crate::bits::{count_bits, find_bit};
use crate::ops::{BitCalculation, BitFieldOp, BitOp};

handle! {
    /// The string of a key as bits, of which 0 is the highest of the first byte. Bits that are not there are not set, and a key that does not exist has
    /// none. Every method fails with [`StoreError::WrongType`](crate::StoreError::WrongType) where the key holds anything but a string.
    ///
    /// # Panics
    /// Every method, when called inside a view of a store on the same thread, as in [`Store::get_with`](crate::Store::get_with).
    BitmapHandle, bitmap,
    /// A handle to the string of a key as a bitmap. O(1), nothing is looked up.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// let seen = store.bitmap("seen");
    /// assert!(!seen.set(12, true)?);
    /// assert!(seen.get(12)?);
    /// assert_eq!(store.get("seen").as_deref(), Some(&b"\x00\x08"[..]));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
}

impl<D: Door, K: AsRef<[u8]>> BitmapHandle<D, K> {
    /// A bit. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn get(&self, offset: u64) -> Result<bool, D::Error> {
        self.door.read(self.key(), |view, key| view.get_bit(key, offset))
    }

    /// Sets or clears a bit, and returns what it was; a string that is too short gets zeros. The deadline stays. O(1) while nobody else holds the
    /// value's bytes and the length stays, else O(length).
    ///
    /// # Errors
    /// [`StoreError::TooLong`](crate::StoreError::TooLong) beyond 512 MB, [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn set(&self, offset: u64, bit: bool) -> Result<bool, D::Error> {
        self.door.write(self.key(), |view, key| view.set_bit(key, offset, bit))
    }

    /// How many bits are set among those of `range`. O(bytes of the range), under no lock if the string is long, but in a transaction.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("bits", "foobar");
    /// assert_eq!(store.bitmap("bits").count(0..u64::MAX)?, 26);
    /// assert_eq!(store.bitmap("bits").count(8..16)?, 6);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn count(&self, range: Range<u64>) -> Result<u64, D::Error> {
        Ok(count_bits(&self.bytes()?, range))
    }

    /// The first bit that is set, or that is not, among those of `range` that are there. O(bytes of the range), under no lock if the string is
    /// long, but in a transaction.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.set("bits", b"\xFF\xF0\x00");
    /// assert_eq!(store.bitmap("bits").position(false, 0..u64::MAX)?, Some(12));
    /// assert_eq!(store.bitmap("bits").position(true, 12..u64::MAX)?, None);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn position(&self, bit: bool, range: Range<u64>) -> Result<Option<u64>, D::Error> {
        Ok(find_bit(&self.bytes()?, range, bit))
    }

    /// Lets this key hold what a bit operation makes of several strings, all as they are at one instant, and returns its length in bytes; where all of
    /// them are empty, the key is removed. It has no deadline. O(bytes), of which 64 KB are looked at under the locks, unless the
    /// strings keep being changed; in a transaction, all.
    ///
    /// ```
    /// use pyredis_store::{BitOp, Store};
    /// let store = Store::new();
    /// store.set("a", "foobar");
    /// store.set("b", "abcdef");
    /// assert_eq!(store.bitmap("both").op(BitOp::And, ["a", "b"])?, 6);
    /// assert_eq!(store.get("both").as_deref(), Some(&b"`bc`ab"[..]));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`](crate::StoreError::WrongType), of the sources only.
    pub fn op<S: AsRef<[u8]>>(&self, op: BitOp, sources: impl AsRef<[S]>) -> Result<usize, D::Error> {
        let sources: Vec<&[u8]> = sources.as_ref().iter().map(AsRef::as_ref).collect();
        calculate_into(self.door, self.key(), &sources, |view, keys| BitCalculation::begin(view, op, keys))
    }

    /// Reads, writes and adds to integers in the bits, one after the other and all at one instant, and returns what each step answers; see
    /// [`View::bit_field`](crate::View::bit_field).
    ///
    /// ```
    /// use pyredis_store::{BitField, BitFieldOp, Overflow, Store};
    /// let store = Store::new();
    /// let counter = BitField::new(100, 8, false).unwrap();
    /// let steps = [BitFieldOp::Set(counter, 250, Overflow::Fail), BitFieldOp::Add(counter, 10, Overflow::Saturate)];
    /// assert_eq!(store.bitmap("counters").field(&steps), Ok(vec![Some(0), Some(255)]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::TooLong`](crate::StoreError::TooLong), [`StoreError::WrongType`](crate::StoreError::WrongType).
    pub fn field(&self, steps: &[BitFieldOp]) -> Result<Vec<Option<i64>>, D::Error> {
        self.door.write(self.key(), |view, key| view.bit_field(key, steps))
    }

    fn bytes(&self) -> Result<Bytes, D::Error> {
        self.door.read(self.key(), |view, key| Ok(view.get(key)?.map(|string| string.to_bytes()).unwrap_or_default()))
    }
}
