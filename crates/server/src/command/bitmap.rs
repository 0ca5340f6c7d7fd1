//! Strings as rows of bits: GETBIT, SETBIT, BITCOUNT, BITPOS. BITOP and BITFIELD have files of their own.

use std::ops::Range;

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_protocol::number::parse_i64;
use pyredis_store::{View, count_bits, find_bit};

use super::args::integer;
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::syntax::Kind;
use super::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&BITCOUNT, &BITPOS, &GETBIT, &SETBIT];

const BITMAP: CommandSpec =
    CommandSpec { group: Group::Bitmap, keys: &[KeySpec::first(&["RO", "access"])], ..CommandSpec::BASE };
const BITS_PER_STEP: u64 = BYTES_PER_STEP as u64 * 8;

const GETBIT: CommandSpec = CommandSpec {
    name: "getbit",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.union(Flags::FAST),
    syntax: "key offset",
    summary: "Returns a bit of a string; bits behind its end are 0.",
    since: "2.2.0",
    run: getbit,
    ..BITMAP
};

fn getbit(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let offset = bit_offset(ctx, ctx.arg(2))?;
    let (key, view) = ctx.key_and_view(0)?;
    let bit = view.get_bit(key, offset)?;
    ctx.reply.int(bit.into());
    Ok(Outcome::Done)
}

const SETBIT: CommandSpec = CommandSpec {
    name: "setbit",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RW", "access", "update"])],
    syntax: "key offset value",
    kinds: &[("value", Kind::Integer)],
    summary: "Sets or clears a bit of a string, which is made long enough, and returns what the bit was.",
    since: "2.2.0",
    complexity: "O(1), and O(N) if the N bytes of the string have to be more or are in use elsewhere",
    run: setbit,
    ..BITMAP
};

fn setbit(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let offset = bit_offset(ctx, ctx.arg(2))?;
    let bit = match parse_i64(ctx.arg(3)) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(CommandError::err("bit is not an integer or out of range")),
    };
    let (key, view) = ctx.key_and_view(0)?;
    let before = view.set_bit(key, offset, bit)?;
    ctx.reply.int(before.into());
    Ok(Outcome::Done)
}

/// The number of a bit, of a string that is not too long.
pub(super) fn bit_offset(ctx: &Ctx<'_, '_>, text: &[u8]) -> Result<u64, CommandError> {
    let offset = parse_i64(text).ok_or(CommandError::BitOffset)?;
    check_offset(ctx, offset)
}

/// That the byte with this bit is within the longest string that there may be.
pub(super) fn check_offset(ctx: &Ctx<'_, '_>, offset: i64) -> Result<u64, CommandError> {
    let limit = ctx.session.config().proto_max_bulk_len as u64;
    u64::try_from(offset).ok().filter(|offset| offset / 8 < limit).ok_or(CommandError::BitOffset)
}

const BITCOUNT: CommandSpec = CommandSpec {
    name: "bitcount",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    syntax: "key [start end [BYTE | BIT]]",
    summary: "Returns how many bits of a string, or of a part of it, are 1.",
    since: "2.6.0",
    complexity: "O(N) with N bytes of the part",
    run: bitcount,
    ..BITMAP
};

fn bitcount(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let args = ctx.args;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let Some(value) = view.get(key)? else {
        // As in Redis, nobody minds the range where there is no key.
        reply.int(0);
        return Ok(Outcome::Done);
    };
    let part = match args {
        [_, _] => Part { start: 0, end: -1, unit: Unit::Byte },
        [_, _, start, end, unit @ ..] if unit.len() <= 1 => {
            let (start, end) = (integer(start)?, integer(end)?);
            if start < 0 && end < 0 && start > end {
                reply.int(0);
                return Ok(Outcome::Done);
            }
            Part { start, end, unit: unit.first().map_or(Ok(Unit::Byte), |unit| Unit::of(unit))? }
        }
        _ => return Err(CommandError::Syntax),
    };
    let range = part.bits(value.len());
    if is_short(&range) {
        let count = value.with_bytes(|bytes| count_bits(bytes, range));
        reply.int(count.try_into().unwrap_or(i64::MAX));
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Work(Box::new(Count { bytes: value.to_bytes(), left: range, count: 0 })))
}

/// Counts the bits of a long string.
struct Count {
    bytes: Bytes,
    left: Range<u64>,
    count: u64,
}

impl Work for Count {
    fn step(&mut self) -> bool {
        self.count += count_bits(&self.bytes, next_part(&mut self.left));
        !self.left.is_empty()
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.int(self.count.try_into().unwrap_or(i64::MAX));
        Ok(Ended::Answered)
    }
}

const BITPOS: CommandSpec = CommandSpec {
    name: "bitpos",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    syntax: "key bit [start [end [BYTE | BIT]]]",
    summary: "Returns where in a string, or in a part of it, the first bit is that is 1, or 0.",
    since: "2.8.7",
    complexity: "O(N) with N bytes of the part",
    run: bitpos,
    ..BITMAP
};

fn bitpos(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let bit = match integer(ctx.arg(2))? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::err("The bit argument must be 1 or 0.")),
    };
    let args = ctx.args;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let Some(value) = view.get(key)? else {
        reply.int(if bit { -1 } else { 0 });
        return Ok(Outcome::Done);
    };
    let (part, has_end) = match args {
        [_, _, _] => (Part { start: 0, end: -1, unit: Unit::Byte }, false),
        [_, _, _, start] => (Part { start: integer(start)?, end: -1, unit: Unit::Byte }, false),
        [_, _, _, start, end] => (Part { start: integer(start)?, end: integer(end)?, unit: Unit::Byte }, true),
        [_, _, _, start, end, unit] => {
            let (start, unit) = (integer(start)?, Unit::of(unit)?);
            (Part { start, end: integer(end)?, unit }, true)
        }
        _ => return Err(CommandError::Syntax),
    };
    let left = part.bits(value.len());
    // Who names no end sees the string as continued by zeros.
    let otherwise = if bit || has_end || left.is_empty() { None } else { Some(left.end) };
    let short = is_short(&left).then(|| value.with_bytes(|bytes| find_bit(bytes, left.clone(), bit)));
    if let Some(found) = short {
        reply.int(position(found.or(otherwise)));
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Work(Box::new(Find { bytes: value.to_bytes(), left, bit, otherwise, found: None })))
}

/// Looks for a bit in a long string.
struct Find {
    bytes: Bytes,
    left: Range<u64>,
    bit: bool,
    otherwise: Option<u64>,
    found: Option<u64>,
}

impl Work for Find {
    fn step(&mut self) -> bool {
        let part = next_part(&mut self.left);
        self.found = self.found.or_else(|| find_bit(&self.bytes, part, self.bit));
        self.found.is_none() && !self.left.is_empty()
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.int(position(self.found.or(self.otherwise)));
        Ok(Ended::Answered)
    }
}

/// A bit's place as a reply.
fn position(bit: Option<u64>) -> i64 {
    bit.and_then(|bit| i64::try_from(bit).ok()).unwrap_or(-1)
}

/// Whether a range of bits is looked at at once, under the lock.
fn is_short(range: &Range<u64>) -> bool {
    range.end.saturating_sub(range.start) <= BYTES_UNDER_LOCK as u64 * 8
}

/// Takes what is looked at in one step off the front of a range.
fn next_part(left: &mut Range<u64>) -> Range<u64> {
    let from = left.start;
    left.start = from.saturating_add(BITS_PER_STEP).min(left.end);
    from..left.start
}

/// What the indices of a part count.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Byte,
    Bit,
}

impl Unit {
    fn of(word: &[u8]) -> Result<Self, CommandError> {
        if word.eq_ignore_ascii_case(b"BIT") {
            Ok(Self::Bit)
        } else if word.eq_ignore_ascii_case(b"BYTE") {
            Ok(Self::Byte)
        } else {
            Err(CommandError::Syntax)
        }
    }
}

/// A part of a string as a client names it: both ends are in it, and negative ones count from the string's end.
struct Part {
    start: i64,
    end: i64,
    unit: Unit,
}

impl Part {
    /// The bits of the part in a string of so many bytes.
    fn bits(&self, bytes: usize) -> Range<u64> {
        let unit = match self.unit {
            Unit::Byte => 8,
            Unit::Bit => 1,
        };
        let total = i64::try_from(bytes).unwrap_or(i64::MAX).saturating_mul(8) / unit;
        let from_front = |index: i64| if index < 0 { total.saturating_add(index).max(0) } else { index };
        let (first, last) = (from_front(self.start), from_front(self.end).min(total - 1));
        let bits = |index: i64| u64::try_from(index.saturating_mul(unit)).unwrap_or(0);
        if first > last { 0..0 } else { bits(first)..bits(last + 1) }
    }
}
