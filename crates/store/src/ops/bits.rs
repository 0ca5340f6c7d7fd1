//! Single bits of strings: GETBIT and SETBIT.

use super::string::check_length;
use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::Changed;
use crate::view::View;

impl View<'_> {
    /// Bit `offset` of a string, where 0 is the highest of the first byte. Bits that are not there are not set.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], as for every operation here.
    pub fn get_bit(&self, key: &Key<'_>, offset: u64) -> Result<bool, StoreError> {
        let (byte, mask) = place(offset);
        Ok(self.get(key)?.is_some_and(|value| value.with_bytes(|bytes| is_set(bytes, byte, mask))))
    }

    /// Sets or clears bit `offset` of a string, in place; a string that is too short gets zeros, and a key that does not exist counts as empty.
    /// The deadline stays. Returns what the bit was. O(1) while nobody else holds the value's bytes and the length stays, else O(length).
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if the result would be longer than [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX).
    pub fn set_bit(&mut self, key: &Key<'_>, offset: u64, bit: bool) -> Result<bool, StoreError> {
        let (byte, mask) = place(offset);
        check_length(byte.saturating_add(1))?;
        let mut shard = self.shard_mut(key)?;
        let stays = shard
            .live_string(key)?
            .is_some_and(|string| string.with_bytes(|bytes| byte < bytes.len() && is_set(bytes, byte, mask) == bit));
        if stays {
            shard.rewrite(key);
            return Ok(bit);
        }
        self.write_string(key, byte + 1, event::SETBIT, |bytes| {
            let (before, changed) = (is_set(bytes, byte, mask), byte..byte + 1);
            if let Some(byte) = bytes.get_mut(byte) {
                *byte = if bit { *byte | mask } else { *byte & !mask };
            }
            (before, Changed::from_iter([changed]))
        })
    }
}

/// The byte of a bit, and the bit in it.
fn place(offset: u64) -> (usize, u8) {
    (usize::try_from(offset / 8).unwrap_or(usize::MAX), 0x80 >> (offset % 8))
}

fn is_set(bytes: &[u8], byte: usize, mask: u8) -> bool {
    bytes.get(byte).is_some_and(|byte| byte & mask != 0)
}
