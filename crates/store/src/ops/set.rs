//! Sets: members put in, taken out, moved and popped. What takes long is in `set_calculation.rs` and `set_pop.rs`.

use bytes::Bytes;
use smallvec::SmallVec;

use crate::collection::{Element, Set};
use crate::effect::{Delta, event};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

impl View<'_> {
    /// Puts members into a set, which is made where there is no such key. Returns how many were not there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], as for every operation on sets: the key holds something else. [`StoreError::Undeclared`], as for every operation:
    /// the view does not hold the key for writing.
    pub fn set_add<'m>(&mut self, key: &Key<'_>, members: impl Iterator<Item = &'m [u8]>) -> Result<usize, StoreError> {
        self.shard_mut(key)?.change_or_make(key, |set: &mut Set, report| {
            let new: SmallVec<[&[u8]; 8]> = members.filter(|member| set.insert(member)).collect();
            if !new.is_empty() {
                report.tell(event::SADD, || Delta::SetAdd(copies(&new)));
            }
            new.len()
        })
    }

    /// Takes members out of a set. Returns how many were there.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add).
    pub fn set_remove<'m>(
        &mut self,
        key: &Key<'_>,
        members: impl Iterator<Item = &'m [u8]>,
    ) -> Result<usize, StoreError> {
        let removed = self.shard_mut(key)?.change(key, |set: &mut Set, report| {
            let gone: SmallVec<[&[u8]; 8]> = members.filter(|member| set.remove(member)).collect();
            if !gone.is_empty() {
                report.tell(event::SREM, || Delta::SetRemove(copies(&gone)));
            }
            gone.len()
        })?;
        Ok(removed.unwrap_or(0))
    }

    /// Moves a member from one set to another, which is made where there is no such key. Returns whether it was there.
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add). What `to` holds matters only if `from` exists, as in Redis.
    pub fn set_move(&mut self, from: &Key<'_>, to: &Key<'_>, member: &[u8]) -> Result<bool, StoreError> {
        self.shard_mut(to)?;
        let mut source = self.shard_mut(from)?;
        let Some(is_there) = source.live(from).map(|entry| Ok(entry.collection::<Set>()?.contains(member))) else {
            return Ok(false);
        };
        let is_there = is_there?;
        self.shard_mut(to)?.live(to).map(Entry::collection::<Set>).transpose()?;
        if is_there && (from.db, from.bytes) != (to.db, to.bytes) {
            self.set_remove(from, std::iter::once(member))?;
            self.set_add(to, std::iter::once(member))?;
        }
        Ok(is_there)
    }

    /// Takes a member out that is picked at random, if `read` makes something of it; `None` where there is no such key. O(log n).
    ///
    /// # Errors
    /// See [`set_add`](Self::set_add); what `read` returns, and then the member stays.
    pub fn set_pop<R>(
        &mut self,
        key: &Key<'_>,
        read: impl FnOnce(&[u8]) -> Result<R, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        let popped = self.shard_mut(key)?.change(key, |set: &mut Set, report| {
            let rank = fastrand::usize(..set.len().max(1));
            let Some(member) = set.get(rank).map(Element::to_vec) else { return Ok(None) };
            let result = read(&member)?;
            set.take(rank);
            report.tell(event::SPOP, || Delta::SetRemove(vec![member.into()]));
            Ok(Some(result))
        })?;
        popped.transpose().map(Option::flatten)
    }
}

fn copies(members: &[&[u8]]) -> Vec<Bytes> {
    members.iter().map(|member| Bytes::copy_from_slice(member)).collect()
}
