//! Bit operations over whole strings: BITOP. They take time, so they work on values that they hold by reference, without a lock.

use bytes::Bytes;

use super::calculation::{BYTES_PER_STEP, BYTES_UNDER_LOCK, Calculation, Provisional};
use super::string::check_length;
use crate::effect::event;
use crate::entry::Form;
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::NewDeadline;
use crate::value::NewValue;
use crate::view::View;

/// How bits of several strings become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitOp {
    /// Set where all have it set.
    And,
    /// Set where any has.
    Or,
    /// Set where an odd number have.
    Xor,
    /// Set where it was not; of one string.
    Not,
}

/// A bit operation over strings as they were when it began. The result is as long as the longest of them, of which the others count as
/// continued by zeros.
#[derive(Debug)]
pub struct BitCalculation {
    op: BitOp,
    sources: Vec<Bytes>,
    result: Vec<u8>,
    length: usize,
}

impl BitCalculation {
    /// Takes the strings that keys hold, by reference if they are long; keys that do not exist count as empty. O(keys).
    ///
    /// # Errors
    /// [`StoreError::Undeclared`].
    pub fn begin(view: &View<'_>, op: BitOp, keys: &[Key<'_>]) -> Result<Self, StoreError> {
        let held = keys.iter().map(|key| Ok(view.get(key)?.map(|value| value.to_bytes()).unwrap_or_default()));
        let sources = held.collect::<Result<Vec<Bytes>, StoreError>>()?;
        let length = sources.iter().map(Bytes::len).max().unwrap_or(0);
        Ok(Self { op, sources, result: Vec::with_capacity(length), length })
    }

    /// How many bytes are still to be looked at.
    pub const fn bytes_left(&self) -> usize {
        (self.length - self.result.len()).saturating_mul(self.sources.len())
    }

    /// Looks at about so many bytes more.
    pub fn step(&mut self, bytes: usize) {
        let from = self.result.len();
        let to = from.saturating_add((bytes / self.sources.len().max(1)).max(1)).min(self.length);
        let mut sources = self.sources.iter();
        let part = |source: &'_ Bytes| from.min(source.len())..to.min(source.len());
        if let Some(first) = sources.next() {
            self.result.extend_from_slice(first.get(part(first)).unwrap_or_default());
        }
        self.result.resize(to, 0);
        let slice = self.result.get_mut(from..).unwrap_or_default();
        for source in sources {
            let source = source.get(part(source)).unwrap_or_default();
            let pairs = slice.iter_mut().zip(source);
            match self.op {
                BitOp::And => {
                    pairs.for_each(|(to, from)| *to &= from);
                    slice.iter_mut().skip(source.len()).for_each(|byte| *byte = 0);
                }
                BitOp::Or => pairs.for_each(|(to, from)| *to |= from),
                BitOp::Xor | BitOp::Not => pairs.for_each(|(to, from)| *to ^= from),
            }
        }
        if self.op == BitOp::Not {
            slice.iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
}

impl Provisional for BitCalculation {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        for (key, source) in keys.iter().zip(&self.sources) {
            let is_same = view.find(key)?.map_or(Ok(source.is_empty()), |entry| {
                let value = entry.string()?;
                // Who holds bytes keeps them from being changed, so the same place means the same bytes.
                Ok(value.as_shared().map_or_else(
                    || value.with_bytes(|bytes| bytes == source),
                    |shared| (shared.as_ptr(), shared.len()) == (source.as_ptr(), source.len()),
                ))
            });
            if !is_same? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn abandon(self, view: &mut View<'_>) {
        self.sources.into_iter().for_each(|source| view.discard(source));
    }

    fn held_bytes(&self) -> usize {
        self.sources.iter().map(Bytes::len).sum::<usize>() + self.result.capacity()
    }
}

impl Calculation for BitCalculation {
    /// How many elements or bytes the key holds then.
    type Stored = usize;

    fn is_short(&self) -> bool {
        self.bytes_left() <= BYTES_UNDER_LOCK
    }

    fn advance(&mut self) -> bool {
        self.step(BYTES_PER_STEP);
        self.bytes_left() > 0
    }

    fn store(mut self, view: &mut View<'_>, target: &Key<'_>) -> Result<usize, StoreError> {
        check_length(self.length)?;
        let mut shard = view.shard_mut(target)?;
        self.step(usize::MAX);
        if self.length == 0 {
            shard.remove(target, event::DEL);
        } else {
            shard.put(target, NewValue::Shared(&self.result.into()), NewDeadline::Is(None), event::SET);
            shard.set_form(target, Form::Raw);
        }
        Ok(self.length)
    }
}
