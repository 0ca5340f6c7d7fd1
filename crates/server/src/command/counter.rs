//! Counters: INCR, DECR and by how much.

use super::args::integer;
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::syntax::Kind;
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&DECR, &DECRBY, &INCR, &INCRBY, &INCRBYFLOAT];

const INCR: CommandSpec = CommandSpec {
    name: "incr",
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "update"])],
    group: Group::String,
    syntax: "key",
    summary: "Adds one to an integer; a missing key counts as 0.",
    run: |ctx| add(ctx, 1),
    ..CommandSpec::BASE
};

const DECR: CommandSpec = CommandSpec {
    name: "decr",
    summary: "Takes one from an integer; a missing key counts as 0.",
    run: |ctx| add(ctx, -1),
    ..INCR
};

const INCRBY: CommandSpec = CommandSpec {
    name: "incrby",
    arity: Arity::Exactly(3),
    syntax: "key increment",
    summary: "Adds to an integer; a missing key counts as 0.",
    run: |ctx| add(ctx, integer(ctx.arg(2))?),
    ..INCR
};

const DECRBY: CommandSpec = CommandSpec {
    name: "decrby",
    arity: Arity::Exactly(3),
    syntax: "key decrement",
    summary: "Takes from an integer; a missing key counts as 0.",
    run: |ctx| add(ctx, integer(ctx.arg(2))?.checked_neg().ok_or(CommandError::DecrementOverflow)?),
    ..INCR
};

const INCRBYFLOAT: CommandSpec = CommandSpec {
    name: "incrbyfloat",
    arity: Arity::Exactly(3),
    syntax: "key increment",
    kinds: &[("increment", Kind::Double)],
    summary: "Adds to a number, which may have a fraction; a missing key counts as 0.",
    since: "2.6.0",
    run: add_float,
    ..INCR
};

fn add_float(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let by = ctx.arg(2);
    let (key, view) = ctx.key_and_view(0)?;
    let sum = view.incr_by_float(key, by)?;
    ctx.reply.bulk(sum.as_bytes());
    Ok(Outcome::Done)
}

fn add(ctx: &mut Ctx<'_, '_>, by: i64) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let sum = view.incr_by(key, by)?;
    ctx.reply.int(sum);
    Ok(Outcome::Done)
}
