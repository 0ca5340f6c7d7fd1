//! Strings: SET and its relatives, counters, APPEND.

use std::time::Duration;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::effect::event;
use crate::entry::{Entry, Form};
use crate::error::StoreError;
use crate::key::Key;
use crate::long_double::LongDouble;
use crate::notice;
use crate::shard::NewDeadline;
use crate::value::{NewValue, StringRef, VALUE_BYTES_MAX};
use crate::view::View;

/// What a write does to the key's deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// The key has no deadline afterwards.
    #[default]
    Clear,
    /// The deadline stays as it was.
    Keep,
    /// The key expires this long after the view's instant.
    After(Duration),
    /// The key expires at this instant.
    At(Timestamp),
}

impl Expiry {
    pub(crate) fn resolve(self, now: Timestamp) -> NewDeadline {
        match self {
            Self::Clear => NewDeadline::Is(None),
            Self::Keep => NewDeadline::Keep,
            Self::After(ttl) => NewDeadline::Is(Some(now.saturating_add(ttl))),
            Self::At(deadline) => NewDeadline::Is(Some(deadline)),
        }
    }
}

/// Whether a write goes ahead, by what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Condition {
    /// It does.
    #[default]
    Always,
    /// Only if the key does not exist (NX).
    IfAbsent,
    /// Only if the key exists (XX).
    IfPresent,
}

/// How to set a key. The default sets it unconditionally, without a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetOptions {
    /// The deadline afterwards.
    pub expiry: Expiry,
    /// Whether to set at all.
    pub condition: Condition,
    /// Whether to say what the key held before.
    pub returns_previous: bool,
}

impl SetOptions {
    /// The key expires `ttl` from now.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.expiry = Expiry::After(ttl);
        self
    }

    /// The key expires at `deadline`.
    #[must_use]
    pub const fn expire_at(mut self, deadline: Timestamp) -> Self {
        self.expiry = Expiry::At(deadline);
        self
    }

    /// The key keeps the deadline that it has.
    #[must_use]
    pub const fn keep_ttl(mut self) -> Self {
        self.expiry = Expiry::Keep;
        self
    }

    /// Only if the key does not exist.
    #[must_use]
    pub const fn if_absent(mut self) -> Self {
        self.condition = Condition::IfAbsent;
        self
    }

    /// Only if the key exists.
    #[must_use]
    pub const fn if_present(mut self) -> Self {
        self.condition = Condition::IfPresent;
        self
    }

    /// The outcome says what the key held before.
    #[must_use]
    pub const fn returning_previous(mut self) -> Self {
        self.returns_previous = true;
        self
    }
}

/// What a set did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOutcome {
    /// Whether the condition held and the key was set.
    pub stored: bool,
    /// The string that the key held before, set or not; only if [asked for](SetOptions::returning_previous).
    pub previous: Option<Bytes>,
}

impl View<'_> {
    /// The string that a key holds.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], as for every operation on strings: the key holds something else. [`StoreError::Undeclared`], as for every
    /// operation: the view does not hold the key (for writing).
    #[inline]
    pub fn get(&self, key: &Key<'_>) -> Result<Option<StringRef<'_>>, StoreError> {
        self.live(key)?.map(Entry::string).transpose()
    }

    /// Sets a key.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] above [`VALUE_BYTES_MAX`].
    pub fn set(&mut self, key: &Key<'_>, value: NewValue<'_>, options: SetOptions) -> Result<SetOutcome, StoreError> {
        check_length(value.string_len())?;
        let deadline = options.expiry.resolve(self.now());
        let mut shard = self.shard_mut(key)?;
        let mut previous = None;
        if options.condition != Condition::Always || options.returns_previous {
            let was_there = shard.is_live(key);
            if options.returns_previous && !was_there {
                shard.note(key.bytes, notice::KEYMISS);
            }
            let live = shard.live(key);
            previous =
                live.filter(|_| options.returns_previous).map(Entry::string).transpose()?.map(StringRef::to_bytes);
            let wanted = match options.condition {
                Condition::Always => true,
                Condition::IfAbsent => live.is_none(),
                Condition::IfPresent => live.is_some(),
            };
            if !wanted {
                return Ok(SetOutcome { stored: false, previous });
            }
        }
        shard.put(key, value, deadline, event::SET);
        if matches!(deadline, NewDeadline::Is(Some(_))) {
            shard.note(key.bytes, event::EXPIRE);
        }
        Ok(SetOutcome { stored: true, previous })
    }

    /// Sets a key if it holds a string of these very bytes, and the condition of the options holds too.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] above [`VALUE_BYTES_MAX`]. [`StoreError::WrongType`] where the key holds no string, whatever is compared.
    pub fn set_if_equal(
        &mut self,
        key: &Key<'_>,
        expected: &[u8],
        value: NewValue<'_>,
        options: SetOptions,
    ) -> Result<SetOutcome, StoreError> {
        check_length(value.string_len())?;
        let mut shard = self.shard_mut(key)?;
        let held = shard.live_string(key)?;
        if held.is_some_and(|held| held.with_bytes(|held| held == expected)) {
            return self.set(key, value, options);
        }
        let previous = held.filter(|_| options.returns_previous).map(StringRef::to_bytes);
        if options.returns_previous && previous.is_none() {
            shard.note(key.bytes, notice::KEYMISS);
        }
        Ok(SetOutcome { stored: false, previous })
    }

    /// Removes a key that holds a string if that is, or with `equal` false if that is not, of these very bytes. Returns whether it did; it does not
    /// where there is no such key.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn del_if(&mut self, key: &Key<'_>, expected: &[u8], equal: bool) -> Result<bool, StoreError> {
        let mut shard = self.shard_mut(key)?;
        let Some(held) = shard.live_string(key)? else { return Ok(false) };
        let is_wanted = held.with_bytes(|held| held == expected) == equal;
        Ok(is_wanted && shard.remove(key, event::DEL).is_some())
    }

    /// Removes a key that holds a string and returns that.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn get_del(&mut self, key: &Key<'_>) -> Result<Option<Bytes>, StoreError> {
        let mut shard = self.shard_mut(key)?;
        let held = shard.live_string(key)?.map(StringRef::to_bytes);
        if shard.remove(key, event::DEL).is_none() {
            shard.note(key.bytes, notice::KEYMISS);
        }
        Ok(held)
    }

    /// Adds to the integer that a key holds; a key that does not exist counts as 0. The deadline stays. Returns the sum.
    ///
    /// # Errors
    /// [`StoreError::NotAnInteger`], [`StoreError::Overflow`].
    pub fn incr_by(&mut self, key: &Key<'_>, by: i64) -> Result<i64, StoreError> {
        self.shard_mut(key)?.add(key, by, event::INCRBY)
    }

    /// Adds to the number that a key holds; a key that does not exist counts as 0. The deadline stays. Returns the sum as text, which is what the
    /// key holds then. Numbers are read, added and written as by Redis: with 64 significant bits, and up to 17 digits behind the point.
    ///
    /// # Errors
    /// [`StoreError::NotAFloat`] where the value or `by` is none that C's `strtold` reads; [`StoreError::NotFinite`].
    pub fn incr_by_float(&mut self, key: &Key<'_>, by: &[u8]) -> Result<String, StoreError> {
        let mut shard = self.shard_mut(key)?;
        let before = match shard.live(key) {
            Some(entry) => entry.string()?.with_bytes(LongDouble::parse).ok_or(StoreError::NotAFloat)?,
            None => LongDouble::ZERO,
        };
        let by = LongDouble::parse(by).ok_or(StoreError::NotAFloat)?;
        let sum = before.plus(by).ok_or(StoreError::NotFinite)?.to_text();
        shard.put(key, NewValue::from(&*sum), NewDeadline::Keep, event::INCRBYFLOAT);
        shard.set_form(key, Form::Text);
        Ok(sum)
    }

    /// Sets several keys if none of them exists. Returns whether it did. Of a key that comes twice, the last value counts.
    ///
    /// # Errors
    /// [`StoreError::TooLong`].
    pub fn set_all_if_absent<'v>(
        &mut self,
        pairs: impl Iterator<Item = (&'v Key<'v>, NewValue<'v>)> + Clone,
    ) -> Result<bool, StoreError> {
        for (key, value) in pairs.clone() {
            check_length(value.string_len())?;
            if self.shard_mut(key)?.is_live(key) {
                return Ok(false);
            }
        }
        for (key, value) in pairs {
            self.set(key, value, SetOptions::default())?;
        }
        Ok(true)
    }

    /// Appends to a string; a key that does not exist counts as empty. The deadline stays. Returns the new length in bytes.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if the result would be longer than [`VALUE_BYTES_MAX`].
    pub fn append(&mut self, key: &Key<'_>, tail: &[u8]) -> Result<usize, StoreError> {
        let mut shard = self.shard_mut(key)?;
        let Some(before) = shard.live_string(key)?.map(StringRef::len) else {
            check_length(tail.len())?;
            shard.put(key, NewValue::Copied(tail), NewDeadline::Keep, event::APPEND);
            return Ok(tail.len());
        };
        check_length(before.saturating_add(tail.len()))?;
        shard.append(key, tail, event::APPEND)?;
        Ok(before + tail.len())
    }
}

pub(super) const fn check_length(bytes: usize) -> Result<(), StoreError> {
    if bytes > VALUE_BYTES_MAX { Err(StoreError::TooLong) } else { Ok(()) }
}
