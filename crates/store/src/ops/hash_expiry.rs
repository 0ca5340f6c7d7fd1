//! Deadlines of fields: HEXPIRE and its relatives, and what sets or takes fields along with them.

use bytes::Bytes;
use smallvec::SmallVec;

use super::expiry::{ExpireCondition, Ttl};
use super::hash::copy;
use super::string::{Condition, Expiry, check_length};
use crate::change::Report;
use crate::clock::Timestamp;
use crate::collection::Hash;
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::NewDeadline;
use crate::view::View;

/// What came of giving a field a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldExpiry {
    /// There is no such field, or no such key.
    Missing,
    /// The condition did not hold.
    Unmet,
    /// The field has the deadline.
    Set,
    /// The deadline is not in the future: the field is gone.
    Removed,
}

/// Fields on their way into an effect.
type Fields<'f> = SmallVec<[&'f [u8]; 8]>;

impl View<'_> {
    /// How long a field of a hash has. One that is not there is [`Ttl::Missing`].
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn hash_ttl(&self, key: &Key<'_>, field: &[u8]) -> Result<Ttl, StoreError> {
        Ok(self.collection::<Hash>(key)?.map_or(Ttl::Missing, |hash| ttl(hash, field)))
    }

    /// Gives fields of a hash a deadline. One that is not in the future removes them at once. Says what came of each.
    ///
    /// # Errors
    /// See [`hash_ttl`](Self::hash_ttl).
    pub fn hash_expire_at<'f>(
        &mut self,
        key: &Key<'_>,
        fields: impl Iterator<Item = &'f [u8]> + Clone,
        at: Timestamp,
        condition: ExpireCondition,
    ) -> Result<Vec<FieldExpiry>, StoreError> {
        let now = self.now();
        let outcome = self.shard_mut(key)?.change(key, |hash: &mut Hash, report| {
            let (mut set, mut removed) = (Fields::new(), Fields::new());
            let outcome = fields.clone().map(|field| {
                if !hash.contains(field) {
                    FieldExpiry::Missing
                } else if !condition.allows(hash.deadline(field), at) {
                    FieldExpiry::Unmet
                } else if at <= now {
                    hash.remove(field);
                    removed.push(field);
                    FieldExpiry::Removed
                } else {
                    hash.set_deadline(field, Some(at));
                    set.push(field);
                    FieldExpiry::Set
                }
            });
            let outcome = outcome.collect();
            tell_deadline(report, &set, Some(at), event::HEXPIRE);
            tell_removed(report, &removed, event::HDEL);
            outcome
        })?;
        Ok(outcome.unwrap_or_else(|| fields.map(|_| FieldExpiry::Missing).collect()))
    }

    /// Takes the deadlines of fields of a hash away. Says how long each had.
    ///
    /// # Errors
    /// See [`hash_ttl`](Self::hash_ttl).
    pub fn hash_persist<'f>(
        &mut self,
        key: &Key<'_>,
        fields: impl Iterator<Item = &'f [u8]> + Clone,
    ) -> Result<Vec<Ttl>, StoreError> {
        let had = self.shard_mut(key)?.change(key, |hash: &mut Hash, report| {
            let mut lasting = Fields::new();
            let had = fields.clone().map(|field| {
                let had = ttl(hash, field);
                if matches!(had, Ttl::Until(_)) {
                    hash.set_deadline(field, None);
                    lasting.push(field);
                }
                had
            });
            let had = had.collect();
            tell_deadline(report, &lasting, None, event::HPERSIST);
            had
        })?;
        Ok(had.unwrap_or_else(|| fields.map(|_| Ttl::Missing).collect()))
    }

    /// Takes fields out of a hash and returns their values; long ones are shared, not copied.
    ///
    /// # Errors
    /// See [`hash_ttl`](Self::hash_ttl).
    pub fn hash_take<'f>(
        &mut self,
        key: &Key<'_>,
        fields: impl Iterator<Item = &'f [u8]> + Clone,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let values = self.shard_mut(key)?.change(key, |hash: &mut Hash, report| {
            let mut removed = Fields::new();
            let values = fields.clone().map(|field| {
                let value = hash.share(field).or_else(|| Some(hash.get(field)?.to_vec().into()))?;
                hash.remove(field);
                removed.push(field);
                Some(value)
            });
            let values = values.collect();
            tell_removed(report, &removed, event::HDEL);
            values
        })?;
        Ok(values.unwrap_or_else(|| fields.map(|_| None).collect()))
    }

    /// Gives fields of a hash values and a deadline, as [`hash_set`](Self::hash_set) does: all of them or none. With [`Condition::IfAbsent`] only if none of
    /// them is there, with [`Condition::IfPresent`] only if all are. Returns whether it did. A deadline that is not in the future removes the fields.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_set_until<'p>(
        &mut self,
        key: &Key<'_>,
        pairs: impl Iterator<Item = (&'p [u8], &'p [u8])> + Clone,
        expiry: Expiry,
        condition: Condition,
    ) -> Result<bool, StoreError> {
        pairs.clone().try_for_each(|(field, value)| check_length(field.len().max(value.len())))?;
        let (now, deadline) = (self.now(), expiry.resolve(self.now()));
        let mut shard = self.shard_mut(key)?;
        for (field, _) in pairs.clone() {
            let is_there = shard.live_field(key, field)?.is_some();
            if (is_there && condition == Condition::IfAbsent) || (!is_there && condition == Condition::IfPresent) {
                return Ok(false);
            }
        }
        shard.change_or_make(key, |hash: &mut Hash, report| {
            let fields: Fields<'_> = pairs.clone().map(|(field, _)| field).collect();
            if fields.is_empty() {
                return;
            }
            if deadline == NewDeadline::Keep {
                // A deadline that is past is none to be kept.
                let past: Fields<'_> = fields.iter().copied().filter(|field| hash.take_hidden(field)).collect();
                tell_removed(report, &past, event::HEXPIRED);
            }
            for (field, value) in pairs.clone() {
                match deadline {
                    NewDeadline::Keep => hash.replace(field, value),
                    NewDeadline::Is(_) => hash.insert(field, value),
                };
            }
            let put = if deadline == NewDeadline::Keep { Delta::HashReplace } else { Delta::HashPut };
            report.tell(event::HSET, || put(pairs.map(copy).collect()));
            match deadline {
                NewDeadline::Is(Some(at)) if at <= now => {
                    let removed = fields.into_iter().filter(|field| hash.remove(field)).collect();
                    tell_removed(report, &removed, event::HDEL);
                }
                NewDeadline::Is(Some(at)) => {
                    fields.iter().for_each(|field| _ = hash.set_deadline(field, Some(at)));
                    tell_deadline(report, &fields, Some(at), event::HEXPIRE);
                }
                NewDeadline::Is(None) | NewDeadline::Keep => {}
            }
        })?;
        Ok(true)
    }
}

fn ttl(hash: &Hash, field: &[u8]) -> Ttl {
    match hash.deadline(field) {
        Some(deadline) => Ttl::Until(deadline),
        None if hash.contains(field) => Ttl::Persistent,
        None => Ttl::Missing,
    }
}

fn tell_deadline(report: &mut Report<'_>, fields: &Fields<'_>, deadline: Option<Timestamp>, event: &'static str) {
    if !fields.is_empty() {
        report.tell(event, || Delta::HashDeadline { fields: copies(fields), deadline });
    }
}

fn tell_removed(report: &mut Report<'_>, fields: &Fields<'_>, event: &'static str) {
    if !fields.is_empty() {
        report.tell(event, || Delta::HashRemove(copies(fields)));
    }
}

fn copies(fields: &Fields<'_>) -> Vec<Bytes> {
    fields.iter().map(|field| Bytes::copy_from_slice(field)).collect()
}
