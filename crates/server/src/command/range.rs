//! Parts of strings: GETRANGE, SUBSTR, SETRANGE.

use super::args::integer;
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&GETRANGE, &SETRANGE, &SUBSTR];

const GETRANGE: CommandSpec = CommandSpec {
    name: "getrange",
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    group: Group::String,
    syntax: "key start end",
    summary: "Returns a part of a string; negative indices count from its end.",
    since: "2.4.0",
    complexity: "O(N) with N returned bytes",
    run: getrange,
    ..CommandSpec::BASE
};

const SUBSTR: CommandSpec = CommandSpec {
    name: "substr",
    summary: "Returns a part of a string: GETRANGE by the name that it had first.",
    since: "1.0.0",
    ..GETRANGE
};

fn getrange(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (start, end) = (integer(ctx.arg(2))?, integer(ctx.arg(3))?);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    reply.bulk_shared(view.get_range(key, start, end)?);
    Ok(Outcome::Done)
}

const SETRANGE: CommandSpec = CommandSpec {
    name: "setrange",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RW", "update"])],
    group: Group::String,
    syntax: "key offset value",
    summary: "Writes over a part of a string, or behind its end with zeros in between, and returns its length.",
    since: "2.2.0",
    complexity: "O(N) with N bytes of value, and M more if M zeros are needed or the M bytes of the string are in use elsewhere",
    run: setrange,
    ..CommandSpec::BASE
};

fn setrange(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let offset = usize::try_from(integer(ctx.arg(2))?).map_err(|_| CommandError::err("offset is out of range"))?;
    let (bytes, limit) = (ctx.arg(3), ctx.session.config().proto_max_bulk_len);
    let (key, view) = ctx.key_and_view(0)?;
    if !bytes.is_empty() && offset.saturating_add(bytes.len()) > limit {
        // As in Redis, what the key holds is looked at first.
        view.length(key)?;
        return Err(CommandError::TooLong);
    }
    let length = view.set_range(key, offset, bytes)?;
    ctx.reply.count(length);
    Ok(Outcome::Done)
}
