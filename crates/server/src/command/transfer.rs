//! Keys to other places: RENAME, RENAMENX, COPY, MOVE.

use pyredis_protocol::Arg;
use pyredis_protocol::number::parse_i64;

use super::args::{Args, integer};
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, KeySpec, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&COPY, &MOVE, &RENAME, &RENAMENX];

const RENAME: CommandSpec = CommandSpec {
    name: "rename",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE,
    keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec { first: 2, ..KeySpec::first(&["OW", "update"]) }],
    syntax: "key newkey",
    summary: "Gives a key another name, replacing the key that had it.",
    run: rename,
    ..CommandSpec::BASE
};

fn rename(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (from, to) = (ctx.key(0)?, ctx.key(1)?);
    ctx.view()?.rename(from, to)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const RENAMENX: CommandSpec = CommandSpec {
    name: "renamenx",
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec { first: 2, ..KeySpec::first(&["OW", "insert"]) }],
    summary: "Gives a key another name, if no key has it.",
    run: renamenx,
    ..RENAME
};

fn renamenx(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (from, to) = (ctx.key(0)?, ctx.key(1)?);
    let is_renamed = ctx.view()?.rename_if_absent(from, to)?;
    ctx.reply.int(is_renamed.into());
    Ok(Outcome::Done)
}

const COPY: CommandSpec = CommandSpec {
    name: "copy",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RO", "access"]), KeySpec { first: 2, ..KeySpec::first(&["OW", "update"]) }],
    locks: Locks::KeysAndTarget(target_of_copy),
    syntax: "source destination [DB destination-db] [REPLACE]",
    summary: "Gives another key, perhaps of another database, the value and the time to live of a key.",
    since: "6.2.0",
    run: copy,
    ..CommandSpec::BASE
};

fn copy(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (from, to) = (ctx.key(0)?, ctx.key(1)?);
    let (mut args, mut db, mut replaces) = (Args::from(ctx.args, 3), from.db(), false);
    while !args.is_empty() {
        if args.eat("REPLACE") {
            replaces = true;
        } else if args.len() > 1 && args.eat("DB") {
            db = database(ctx, args.take()?)?;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    if db == from.db() && from.bytes() == to.bytes() {
        return Err(CommandError::SameObject);
    }
    let to = ctx.server.store.key_in(db, to.bytes());
    let is_copied = ctx.view()?.copy(from, &to, replaces)?;
    ctx.reply.int(is_copied.into());
    Ok(Outcome::Done)
}

/// The database that the copy goes to, if that is said: what stands behind the last `DB`.
fn target_of_copy(args: &[Arg<'_>]) -> Option<i64> {
    let (mut args, mut db) = (Args::from(args, 3), None);
    while !args.is_empty() {
        if args.len() > 1 && args.eat("DB") {
            db = args.next();
        } else {
            args.next();
        }
    }
    db.and_then(parse_i64)
}

const MOVE: CommandSpec = CommandSpec {
    name: "move",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "update"])],
    locks: Locks::KeysAndTarget(|args| args.get(2).and_then(|db| parse_i64(db))),
    syntax: "key db",
    summary: "Moves a key to another database, if that has none of its name.",
    run: move_key,
    ..CommandSpec::BASE
};

fn move_key(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (from, db) = (ctx.key(0)?, database(ctx, ctx.arg(2))?);
    if db == from.db() {
        return Err(CommandError::SameObject);
    }
    let to = ctx.server.store.key_in(db, from.bytes());
    let is_moved = ctx.view()?.move_key(from, &to)?;
    ctx.reply.int(is_moved.into());
    Ok(Outcome::Done)
}

/// A database by its number.
fn database(ctx: &Ctx<'_, '_>, number: &[u8]) -> Result<u32, CommandError> {
    let number = i32::try_from(integer(number)?).map_err(|_| CommandError::IntRange)?;
    let db = u32::try_from(number).ok().filter(|db| *db < ctx.server.store.databases());
    db.ok_or(CommandError::DatabaseRange)
}
