//! Parts of strings: GETRANGE, SETRANGE, and how a string is changed where it is.

use bytes::Bytes;

use super::string::check_length;
use crate::effect::event;
use crate::entry::{Entry, Form};
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::{Changed, NewDeadline};
use crate::value::{NewValue, StringRef};
use crate::view::View;

impl View<'_> {
    /// The bytes of a string from `start` to `end`, both included; negative numbers count from its end, -1 is the last byte. Empty where
    /// there is nothing. A part of a long string shares its bytes: O(1).
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], as for every operation here.
    pub fn get_range(&self, key: &Key<'_>, start: i64, end: i64) -> Result<Bytes, StoreError> {
        Ok(self.get(key)?.map_or_else(Bytes::new, |value| part(value, start, end)))
    }

    /// The length of a string in bytes, 0 of a key that does not exist. This counts as no use of it.
    ///
    /// # Errors
    /// See [`get_range`](Self::get_range).
    pub fn length(&self, key: &Key<'_>) -> Result<usize, StoreError> {
        Ok(self.find(key)?.map(Entry::string).transpose()?.map_or(0, StringRef::len))
    }

    /// Writes bytes into a string from byte `offset` on, in place; a string that is too short gets zeros, and a key that does not exist counts as
    /// empty. Without bytes nothing is done. The deadline stays. Returns the length in bytes. O(bytes) while nobody else holds the
    /// value's bytes, else O(length).
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if the result would be longer than [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX).
    pub fn set_range(&mut self, key: &Key<'_>, offset: usize, bytes: &[u8]) -> Result<usize, StoreError> {
        let before = self.shard_mut(key)?.live_string(key)?.map_or(0, StringRef::len);
        if bytes.is_empty() {
            return Ok(before);
        }
        let range = offset..offset.saturating_add(bytes.len());
        self.write_string(key, range.end, event::SETRANGE, |string| {
            if let Some(part) = string.get_mut(range.clone()) {
                part.copy_from_slice(bytes);
            }
            (string.len(), Changed::from_iter([range]))
        })
    }

    /// Lets `write` change a string, in place, which has at least `length` bytes then: zeros where it had none. `write` says which bytes are
    /// different now.
    pub(super) fn write_string<R>(
        &mut self,
        key: &Key<'_>,
        length: usize,
        event: &'static str,
        write: impl FnOnce(&mut [u8]) -> (R, Changed),
    ) -> Result<R, StoreError> {
        check_length(length)?;
        let mut shard = self.shard_mut(key)?;
        if shard.is_live(key) {
            return shard.write(key, length, event, write);
        }
        let mut bytes = vec![0; length];
        let (result, _) = write(&mut bytes);
        shard.put(key, NewValue::Shared(&bytes.into()), NewDeadline::Keep, event);
        shard.set_form(key, Form::Raw);
        Ok(result)
    }
}

/// A part of a string by Redis's rule for indices.
fn part(value: StringRef<'_>, start: i64, end: i64) -> Bytes {
    let length = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let from_front = |index: i64| if index < 0 { length.saturating_add(index).max(0) } else { index };
    // Both before the beginning would be the first byte otherwise.
    let is_backwards = start < 0 && end < 0 && start > end;
    let (first, last) = (from_front(start), from_front(end).min(length - 1));
    if is_backwards || first > last {
        return Bytes::new();
    }
    let index = |number| usize::try_from(number).unwrap_or(0);
    let range = index(first)..index(last) + 1;
    match value.as_shared() {
        Some(shared) => shared.slice(range),
        None => value.with_bytes(|bytes| Bytes::copy_from_slice(bytes.get(range).unwrap_or_default())),
    }
}
