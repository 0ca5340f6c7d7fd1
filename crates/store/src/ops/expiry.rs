//! Deadlines: EXPIRE and its relatives.

use crate::clock::Timestamp;
use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// How long a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// There is no such key.
    Missing,
    /// The key has no deadline.
    Persistent,
    /// The key expires at this instant.
    Until(Timestamp),
}

/// Whether a new deadline is set, by the one that is there. A key without a deadline counts as living for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpireCondition {
    /// It is.
    #[default]
    Always,
    /// Only if the key has none (NX).
    IfNone,
    /// Only if the key has one (XX).
    IfSome,
    /// Only if the new one is later (GT, also with XX).
    IfLater,
    /// Only if the new one is earlier (LT).
    IfEarlier,
    /// Only if the key has one and the new one is earlier (LT with XX).
    IfSomeAndEarlier,
}

impl ExpireCondition {
    pub(super) fn allows(self, old: Option<Timestamp>, new: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::IfNone => old.is_none(),
            Self::IfSome => old.is_some(),
            Self::IfLater => old.is_some_and(|old| new > old),
            Self::IfEarlier => old.is_none_or(|old| new < old),
            Self::IfSomeAndEarlier => old.is_some_and(|old| new < old),
        }
    }
}

impl View<'_> {
    /// How long a key has.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], as for every operation here.
    pub fn ttl(&self, key: &Key<'_>) -> Result<Ttl, StoreError> {
        Ok(match self.peek(key)? {
            None => Ttl::Missing,
            Some(entry) => entry.deadline().map_or(Ttl::Persistent, Ttl::Until),
        })
    }

    /// Gives a key a deadline. One that is not in the future removes the key at once, and counts as set.
    /// Returns whether the key exists and the condition held.
    ///
    /// # Errors
    /// See [`ttl`](Self::ttl).
    pub fn expire_at(&mut self, key: &Key<'_>, at: Timestamp, condition: ExpireCondition) -> Result<bool, StoreError> {
        let now = self.now();
        let mut shard = self.shard_mut(key)?;
        let Some(old) = shard.live(key).map(|entry| entry.deadline()) else { return Ok(false) };
        if !condition.allows(old, at) {
            return Ok(false);
        }
        if at <= now {
            shard.remove(key, event::DEL);
        } else {
            shard.set_deadline(key, Some(at), event::EXPIRE);
        }
        Ok(true)
    }

    /// Takes a key's deadline away. Returns whether it had one.
    ///
    /// # Errors
    /// See [`ttl`](Self::ttl).
    pub fn persist(&mut self, key: &Key<'_>) -> Result<bool, StoreError> {
        let mut shard = self.shard_mut(key)?;
        let had_deadline = shard.live(key).is_some_and(|entry| entry.deadline().is_some());
        if had_deadline {
            shard.set_deadline(key, None, event::PERSIST);
        }
        Ok(had_deadline)
    }
}
