//! BITFIELD and BITFIELD_RO: integers in the bits of a string.

use pyredis_protocol::Arg;
use pyredis_protocol::number::parse_i64;
use pyredis_store::{BitField, BitFieldOp, Overflow};

use super::args::Args;
use super::bitmap::{bit_offset, check_offset};
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::syntax::Kind;
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&BITFIELD, &BITFIELD_RO];

const BITFIELD: CommandSpec = CommandSpec {
    name: "bitfield",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec {
        notes: "This command allows both access and modification of the key",
        ..KeySpec::first(&["RW", "access", "update", "variable_flags"])
    }],
    key_flags: Some(key_flags),
    group: Group::Bitmap,
    syntax: "key [(GET (encoding offset) | [OVERFLOW (WRAP | SAT | FAIL)] \
             (SET (encoding offset value) | INCRBY (encoding offset increment)))...]",
    kinds: &[("value", Kind::Integer)],
    summary: "Reads, writes and adds to integers of any width in a string.",
    since: "3.2.0",
    complexity: "O(N) with N steps",
    run: bitfield,
    ..CommandSpec::BASE
};

fn bitfield(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let steps = steps(ctx)?;
    let (key, view) = ctx.key_and_view(0)?;
    let answers = view.bit_field(key, &steps)?;
    reply_answers(ctx, &answers);
    Ok(Outcome::Done)
}

const BITFIELD_RO: CommandSpec = CommandSpec {
    name: "bitfield_ro",
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO", "access"])],
    key_flags: None,
    kinds: &[],
    syntax: "key [(GET (encoding offset))...]",
    summary: "Reads integers of any width in a string.",
    since: "6.0.0",
    run: bitfield_ro,
    ..BITFIELD
};

fn bitfield_ro(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let steps = steps(ctx)?;
    if !steps.iter().all(|step| matches!(step, BitFieldOp::Get(_))) {
        return Err(CommandError::err("BITFIELD_RO only supports the GET subcommand"));
    }
    let (key, view) = ctx.key_and_view(0)?;
    let answers = view.read_bit_field(key, &steps)?;
    reply_answers(ctx, &answers);
    Ok(Outcome::Done)
}

fn reply_answers(ctx: &mut Ctx<'_, '_>, answers: &[Option<i64>]) {
    ctx.reply.array(answers.len());
    for answer in answers {
        match answer {
            Some(number) => ctx.reply.int(*number),
            None => ctx.reply.null(),
        }
    }
}

/// The steps behind the key.
fn steps(ctx: &Ctx<'_, '_>) -> Result<Vec<BitFieldOp>, CommandError> {
    let (mut args, mut steps, mut overflow) = (Args::from(ctx.args, 2), Vec::new(), Overflow::Wrap);
    while !args.is_empty() {
        let behind = args.len() - 1;
        if behind >= 1 && args.eat("OVERFLOW") {
            overflow = read_overflow(&mut args)?;
        } else if behind >= 2 && args.eat("GET") {
            steps.push(BitFieldOp::Get(field(ctx, &mut args)?));
        } else if behind >= 3 && args.eat("SET") {
            let field = field(ctx, &mut args)?;
            steps.push(BitFieldOp::Set(field, saturable(field, args.take_int()?, overflow), overflow));
        } else if behind >= 3 && args.eat("INCRBY") {
            steps.push(BitFieldOp::Add(field(ctx, &mut args)?, args.take_int()?, overflow));
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok(steps)
}

/// What Redis takes the number of a SET for. Its check subtracts it from the largest that fits, in 64 bits, so one that is small enough
/// counts as too large.
fn saturable(field: BitField, number: i64, overflow: Overflow) -> i64 {
    let (least, most) = field.range().into_inner();
    let wraps = overflow == Overflow::Saturate && least != i64::MIN && most.checked_sub(number).is_none();
    if wraps { i64::MAX } else { number }
}

fn read_overflow(args: &mut Args<'_>) -> Result<Overflow, CommandError> {
    for (word, overflow) in [("WRAP", Overflow::Wrap), ("SAT", Overflow::Saturate), ("FAIL", Overflow::Fail)] {
        if args.eat(word) {
            return Ok(overflow);
        }
    }
    Err(CommandError::err("Invalid OVERFLOW type specified"))
}

/// A type and an offset: `i8 100`, or `u16 #2` for the third of such integers.
fn field(ctx: &Ctx<'_, '_>, args: &mut Args<'_>) -> Result<BitField, CommandError> {
    const BAD_TYPE: &str =
        "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
    let bad_type = || CommandError::err(BAD_TYPE);
    let (is_signed, width) = match args.take()? {
        [b'i', width @ ..] => (true, width),
        [b'u', width @ ..] => (false, width),
        _ => return Err(bad_type()),
    };
    // Redis reads the type up to a NUL.
    let width = width.split(|byte| *byte == 0).next().and_then(parse_i64);
    let width = width.and_then(|width| u32::try_from(width).ok()).ok_or_else(bad_type)?;
    // Whether the type is one is looked at before the offset.
    BitField::new(0, width, is_signed).ok_or_else(bad_type)?;
    let offset = match args.take()? {
        [b'#', number @ ..] => {
            let number = parse_i64(number).ok_or(CommandError::BitOffset)?;
            // As in C: what is out of 64 bits begins anew.
            check_offset(ctx, number.wrapping_mul(width.into()))?
        }
        offset => bit_offset(ctx, offset)?,
    };
    BitField::new(offset, width, is_signed).ok_or(CommandError::BitOffset)
}

/// What is done to the key, for COMMAND GETKEYSANDFLAGS: it is only read if there are only GETs.
fn key_flags(args: &[Arg<'_>]) -> &'static [&'static str] {
    let mut args = Args::from(args, 2);
    while !args.is_empty() {
        let behind = args.len() - 1;
        let skipped = if behind >= 2 && args.eat("GET") {
            2
        } else if behind >= 1 && args.eat("OVERFLOW") {
            1
        } else {
            return &["RW", "access", "update"];
        };
        (0..skipped).for_each(|_| _ = args.next());
    }
    &["RO", "access"]
}
