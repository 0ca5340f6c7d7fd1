//! Hashes: fields set, removed and added to. They are read as [`Hash`]es: see [`View::collection`].

use bytes::Bytes;
use smallvec::SmallVec;

use super::string::check_length;
use crate::collection::{Element, Hash};
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::long_double::LongDouble;
use crate::shard::ShardMut;
use crate::view::View;

impl View<'_> {
    /// Gives fields of a hash values, and no deadlines; the hash is made where there is no such key. Of a field that comes twice, the last value counts. Returns how
    /// many fields were not there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], as for every operation on hashes: the key holds something else. [`StoreError::Undeclared`], as for every operation:
    /// the view does not hold the key for writing. [`StoreError::TooLong`] for a field or value above [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX).
    pub fn hash_set<'p>(
        &mut self,
        key: &Key<'_>,
        pairs: impl Iterator<Item = (&'p [u8], &'p [u8])> + Clone,
    ) -> Result<usize, StoreError> {
        pairs.clone().try_for_each(|(field, value)| check_length(field.len().max(value.len())))?;
        self.shard_mut(key)?.change_or_make(key, |hash: &mut Hash, report| {
            let mut added = 0;
            let mut written = false;
            for (field, value) in pairs.clone() {
                added += usize::from(hash.insert(field, value));
                written = true;
            }
            if written {
                report.tell(event::HSET, || Delta::HashPut(pairs.map(copy).collect()));
            }
            added
        })
    }

    /// Gives a field of a hash a value unless it has one; the hash is made where there is no such key. Returns whether it did.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_set_if_absent(&mut self, key: &Key<'_>, field: &[u8], value: &[u8]) -> Result<bool, StoreError> {
        let has_it = self.shard_mut(key)?.live_field(key, field)?.is_some();
        if !has_it {
            self.hash_set(key, std::iter::once((field, value)))?;
        }
        Ok(!has_it)
    }

    /// Takes fields out of a hash. Returns how many were there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn hash_remove<'f>(
        &mut self,
        key: &Key<'_>,
        fields: impl Iterator<Item = &'f [u8]>,
    ) -> Result<usize, StoreError> {
        let removed = self.shard_mut(key)?.change(key, |hash: &mut Hash, report| {
            let gone: SmallVec<[&[u8]; 8]> = fields.filter(|field| hash.remove(field)).collect();
            if !gone.is_empty() {
                let copies = || gone.iter().map(|field| Bytes::copy_from_slice(field)).collect();
                report.tell(event::HDEL, || Delta::HashRemove(copies()));
            }
            gone.len()
        })?;
        Ok(removed.unwrap_or(0))
    }

    /// Adds to the integer that a field holds; what is not there counts as 0. Its deadline stays. Returns the sum.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set); [`StoreError::FieldNotAnInteger`], [`StoreError::Overflow`].
    pub fn hash_incr_by(&mut self, key: &Key<'_>, field: &[u8], by: i64) -> Result<i64, StoreError> {
        check_length(field.len())?;
        let mut shard = self.shard_mut(key)?;
        let before = match shard.live_field(key, field)? {
            Some(value) => value.as_integer().ok_or(StoreError::FieldNotAnInteger)?,
            None => 0,
        };
        let sum = before.checked_add(by).ok_or(StoreError::Overflow)?;
        shard.put_field(key, field, itoa::Buffer::new().format(sum).as_bytes(), event::HINCRBY)?;
        Ok(sum)
    }

    /// Adds to the number that a field holds; what is not there counts as 0. Its deadline stays. Returns the sum as text, which is what the field holds then. Numbers are
    /// read, added and written as by [`incr_by_float`](Self::incr_by_float).
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set). [`StoreError::NotAFloat`] and [`StoreError::InfiniteIncrement`] about `by`; [`StoreError::FieldNotAFloat`],
    /// [`StoreError::NotFinite`].
    pub fn hash_incr_by_float(&mut self, key: &Key<'_>, field: &[u8], by: &[u8]) -> Result<String, StoreError> {
        let by = LongDouble::parse(by).ok_or(StoreError::NotAFloat)?;
        let by_itself = by.plus(LongDouble::ZERO).ok_or(StoreError::InfiniteIncrement)?;
        check_length(field.len())?;
        let mut shard = self.shard_mut(key)?;
        let before = match shard.live_field(key, field)? {
            Some(value) => value.with_bytes(LongDouble::parse).ok_or(StoreError::FieldNotAFloat)?,
            None => LongDouble::ZERO,
        };
        let sum = before.plus(by_itself).ok_or(StoreError::NotFinite)?.to_text();
        shard.put_field(key, field, sum.as_bytes(), event::HINCRBYFLOAT)?;
        Ok(sum)
    }
}

impl ShardMut<'_, '_> {
    /// The value of a field of the hash that a live key holds. One that is past is none, if it is still there.
    pub(super) fn live_field(&mut self, key: &Key<'_>, field: &[u8]) -> Result<Option<Element<'_>>, StoreError> {
        let now = self.now;
        let hash = self.live(key).map(|entry| entry.collection::<Hash>()).transpose()?;
        Ok(hash.filter(|hash| !hash.is_past(field, now)).and_then(|hash| hash.get(field)))
    }

    fn put_field(&mut self, key: &Key<'_>, field: &[u8], value: &[u8], event: &'static str) -> Result<(), StoreError> {
        self.change_or_make(key, |hash: &mut Hash, report| {
            hash.replace(field, value);
            let has_deadline = hash.deadline(field).is_some();
            let put = if has_deadline { Delta::HashReplace } else { Delta::HashPut };
            report.tell(event, || put(vec![copy((field, value))]));
        })
    }
}

pub(super) fn copy((field, value): (&[u8], &[u8])) -> (Bytes, Bytes) {
    (Bytes::copy_from_slice(field), Bytes::copy_from_slice(value))
}
