//! Sets: members one by one. What answers with many of them, at random, from several sets or in a scan, is in `set/`.

mod combine;
mod members;
mod random;
mod scan;

use pyredis_store::Set;

use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[
    &SADD,
    &SCARD,
    &combine::SDIFF,
    &combine::SDIFFSTORE,
    &combine::SINTER,
    &combine::SINTERCARD,
    &combine::SINTERSTORE,
    &SISMEMBER,
    &members::SMEMBERS,
    &SMISMEMBER,
    &SMOVE,
    &random::SPOP,
    &random::SRANDMEMBER,
    &SREM,
    &scan::SSCAN,
    &combine::SUNION,
    &combine::SUNIONSTORE,
];

/// What all commands on one set share.
const BASE: CommandSpec =
    CommandSpec { group: Group::Set, keys: &[KeySpec::first(&["RO", "access"])], ..CommandSpec::BASE };

const SADD: CommandSpec = CommandSpec {
    name: "sadd",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "insert"])],
    syntax: "key member...",
    summary: "Puts members into a set, which is made if there is none, and returns how many were not there.",
    complexity: "O(N) for N members",
    run: sadd,
    ..BASE
};

fn sadd(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let members = words(ctx, 2);
    let (key, view) = ctx.key_and_view(0)?;
    let added = view.set_add(key, members)?;
    Ok(ctx.answer_count(added))
}

const SREM: CommandSpec = CommandSpec {
    name: "srem",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "delete"])],
    syntax: "key member...",
    summary: "Takes members out of a set and returns how many were there.",
    complexity: "O(N) for N members",
    run: srem,
    ..BASE
};

fn srem(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let members = words(ctx, 2);
    let (key, view) = ctx.key_and_view(0)?;
    let removed = view.set_remove(key, members)?;
    Ok(ctx.answer_count(removed))
}

const SMOVE: CommandSpec = CommandSpec {
    name: "smove",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::at(1, &["RW", "access", "delete"]), KeySpec::at(2, &["RW", "insert"])],
    syntax: "source destination member",
    summary: "Moves a member from one set to another.",
    run: smove,
    ..BASE
};

fn smove(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (from, to, member) = (ctx.key(0)?, ctx.key(1)?, ctx.arg(3));
    let moved = ctx.view()?.set_move(from, to, member)?;
    Ok(ctx.answer_count(usize::from(moved)))
}

const SISMEMBER: CommandSpec = CommandSpec {
    name: "sismember",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key member",
    summary: "Returns whether a set has a member.",
    run: sismember,
    ..BASE
};

fn sismember(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let member = ctx.arg(2);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let is_there = view.collection::<Set>(key)?.is_some_and(|set| set.contains(member));
    reply.int(is_there.into());
    Ok(Outcome::Done)
}

const SMISMEMBER: CommandSpec = CommandSpec {
    name: "smismember",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.union(Flags::FAST),
    syntax: "key member...",
    summary: "Returns for each of some members whether a set has it.",
    since: "6.2.0",
    complexity: "O(N) for N members",
    run: smismember,
    ..BASE
};

fn smismember(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let members = words(ctx, 2);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let set = view.collection::<Set>(key)?;
    reply.array(members.len());
    members.for_each(|member| reply.int(set.is_some_and(|set| set.contains(member)).into()));
    Ok(Outcome::Done)
}

const SCARD: CommandSpec = CommandSpec {
    name: "scard",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key",
    summary: "Returns how many members a set has.",
    run: scard,
    ..BASE
};

fn scard(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let len = view.collection::<Set>(key)?.map_or(0, Set::len);
    Ok(ctx.answer_count(len))
}

/// The arguments from one on.
fn words<'c>(ctx: &Ctx<'c, '_>, from: usize) -> impl ExactSizeIterator<Item = &'c [u8]> + use<'c> {
    ctx.args.get(from..).unwrap_or_default().iter().map(|arg| arg.as_slice())
}
