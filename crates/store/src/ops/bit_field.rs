//! Integers in the bits of a string: BITFIELD.

use std::ops::{Range, RangeInclusive};

use crate::effect::event;
use crate::error::StoreError;
use crate::key::Key;
use crate::shard::Changed;
use crate::view::View;

/// Where an integer lies in a string, and how it is read. Bit 0 is the highest of byte 0, and the first of an integer its highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitField {
    offset: u64,
    bits: u32,
    is_signed: bool,
}

/// What becomes of a number that its field is too small for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// Its lowest bits are kept.
    #[default]
    Wrap,
    /// The nearest number that fits is taken.
    Saturate,
    /// Nothing is written.
    Fail,
}

/// One step of a BITFIELD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitFieldOp {
    /// Reads the integer.
    Get(BitField),
    /// Writes an integer, and says what was there.
    Set(BitField, i64, Overflow),
    /// Adds to the integer, and says what it is then.
    Add(BitField, i64, Overflow),
}

impl BitField {
    /// A field of so many bits, from bit `offset` on: up to 64 of a signed integer, up to 63 of an unsigned one. `None` for others, and where the
    /// end has no number.
    pub fn new(offset: u64, bits: u32, is_signed: bool) -> Option<Self> {
        let is_wide = bits > if is_signed { 64 } else { 63 };
        offset.checked_add(64).filter(|_| bits > 0 && !is_wide).map(|_| Self { offset, bits, is_signed })
    }

    /// The smallest and the largest number that it can hold.
    pub fn range(self) -> RangeInclusive<i64> {
        let limit = |limit: i128| i64::try_from(limit).unwrap_or(i64::MAX);
        limit(self.limits().0)..=limit(self.limits().1)
    }

    /// The bytes that have bits of it.
    fn bytes(self) -> Range<usize> {
        let index = |bit: u64| usize::try_from(bit / 8).unwrap_or(usize::MAX);
        index(self.offset)..index(self.offset + u64::from(self.bits) - 1).saturating_add(1)
    }

    /// How far its lowest bit is from the lowest of its last byte.
    fn shift(self) -> u32 {
        let end = (self.offset % 8) + u64::from(self.bits);
        u32::try_from(end.next_multiple_of(8) - end).unwrap_or(0)
    }

    const fn mask(self) -> u128 {
        (1 << self.bits) - 1
    }

    /// The smallest and the largest number that fit.
    const fn limits(self) -> (i128, i128) {
        if self.is_signed { (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1) } else { (0, (1 << self.bits) - 1) }
    }

    /// The field's bytes as one number; those that are not there are zeros.
    fn window(self, string: &[u8]) -> u128 {
        self.bytes().fold(0, |window, at| window << 8 | u128::from(string.get(at).copied().unwrap_or(0)))
    }

    fn read(self, string: &[u8]) -> i128 {
        self.wrapped(i128::try_from(self.window(string) >> self.shift() & self.mask()).unwrap_or(0))
    }

    fn write(self, string: &mut [u8], number: i128) {
        let kept = self.window(string) & !(self.mask() << self.shift());
        let window = (kept | (number.cast_unsigned() & self.mask()) << self.shift()).to_be_bytes();
        let range = self.bytes();
        if let Some((to, from)) = string.get_mut(range.clone()).zip(window.get(window.len() - range.len()..)) {
            to.copy_from_slice(from);
        }
    }

    /// The lowest bits of a number, as the field would show them.
    fn wrapped(self, number: i128) -> i128 {
        let lowest = i128::try_from(number.cast_unsigned() & self.mask()).unwrap_or(0);
        if lowest > self.limits().1 { lowest - (1 << self.bits) } else { lowest }
    }

    /// What is written for a number, if anything is.
    fn fitting(self, number: i128, overflow: Overflow) -> Option<i128> {
        let (least, most) = self.limits();
        match overflow {
            Overflow::Saturate => Some(number.clamp(least, most)),
            Overflow::Wrap => Some(self.wrapped(number)),
            Overflow::Fail => (least..=most).contains(&number).then_some(number),
        }
    }
}

impl BitFieldOp {
    const fn field(self) -> BitField {
        match self {
            Self::Get(field) | Self::Set(field, ..) | Self::Add(field, ..) => field,
        }
    }

    /// How many bytes a string must have for this to be written.
    fn length(self) -> Option<usize> {
        (!matches!(self, Self::Get(_))).then(|| self.field().bytes().end)
    }

    /// What it answers, and what it writes.
    fn run(self, string: &[u8]) -> (Option<i64>, Option<i128>) {
        let field = self.field();
        let before = field.read(string);
        let (answer, written) = match self {
            Self::Get(_) => (Some(before), None),
            Self::Set(_, number, overflow) => {
                // Redis takes what is negative for a large number, if the field is unsigned.
                let number = if field.is_signed { number.into() } else { number.cast_unsigned().into() };
                let written = field.fitting(number, overflow);
                (written.map(|_| before), written)
            }
            Self::Add(_, by, overflow) => {
                let sum = field.fitting(before + i128::from(by), overflow);
                (sum, sum)
            }
        };
        (answer.and_then(|answer| i64::try_from(answer).ok()), written.filter(|written| *written != before))
    }
}

impl View<'_> {
    /// Reads, writes and adds to integers in the bits of a string, one after the other. A string that is too short for what is to be written gets
    /// zeros, and a key that does not exist counts as empty; its deadline stays. Returns what each step answers: `None` where the number did not
    /// fit and nothing was written. O(steps) while nobody else holds the value's bytes and the length stays, else O(length) beside that.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if the result would be longer than [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX).
    pub fn bit_field(&mut self, key: &Key<'_>, steps: &[BitFieldOp]) -> Result<Vec<Option<i64>>, StoreError> {
        let Some(length) = steps.iter().filter_map(|step| step.length()).max() else {
            return self.read_bit_field(key, steps);
        };
        super::string::check_length(length)?;
        let mut shard = self.shard_mut(key)?;
        // What changes nothing copies nothing, and nobody hears of it.
        let unchanged = shard.live_string(key)?.filter(|value| value.len() >= length).and_then(|value| {
            value.with_bytes(|string| {
                steps
                    .iter()
                    .map(|step| match step.run(string) {
                        (answer, None) => Some(answer),
                        (_, Some(_)) => None,
                    })
                    .collect()
            })
        });
        if let Some(answers) = unchanged {
            shard.rewrite(key);
            return Ok(answers);
        }
        self.write_string(key, length, event::SETBIT, |string| {
            let mut changed = Changed::new();
            let answers = steps.iter().map(|step| {
                let (answer, written) = step.run(string);
                if let Some(number) = written {
                    step.field().write(string, number);
                    changed.push(step.field().bytes());
                }
                answer
            });
            (answers.collect(), changed)
        })
    }

    /// The same for steps that only read, for which the key may be locked for reading.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`].
    pub fn read_bit_field(&self, key: &Key<'_>, steps: &[BitFieldOp]) -> Result<Vec<Option<i64>>, StoreError> {
        let read = |string: &[u8]| steps.iter().map(|step| step.run(string).0).collect();
        Ok(self.get(key)?.map_or_else(|| read(b""), |value| value.with_bytes(read)))
    }
}
