//! From list to list, and from the first of several: LMOVE, RPOPLPUSH, LMPOP.

use pyredis_store::{List, ListEnd};

use super::LIST;
use super::reply::Elements;
use crate::command::args::{Args, integer_in};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::outcome::Outcome;

pub(super) const LMOVE: CommandSpec = CommandSpec {
    name: "lmove",
    arity: Arity::Exactly(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec::at(2, &["RW", "insert"])],
    syntax: "source destination (LEFT | RIGHT) (LEFT | RIGHT)",
    summary: "Takes an element from an end of a list, puts it at an end of another or the same, and returns it.",
    since: "6.2.0",
    run: lmove,
    ..LIST
};

fn lmove(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 3);
    let (from, to) = (end(&mut args)?, end(&mut args)?);
    transfer(ctx, from, to)
}

pub(super) const RPOPLPUSH: CommandSpec = CommandSpec {
    name: "rpoplpush",
    arity: Arity::Exactly(3),
    syntax: "source destination",
    summary: "Takes the last element of a list, puts it before those of another or the same, and returns it; LMOVE does more.",
    since: "1.2.0",
    run: |ctx| transfer(ctx, ListEnd::Back, ListEnd::Front),
    ..LMOVE
};

fn transfer(ctx: &mut Ctx<'_, '_>, from: ListEnd, to: ListEnd) -> Result<Outcome, CommandError> {
    if !moved(ctx, from, to)? {
        ctx.reply.null();
    }
    Ok(Outcome::Done)
}

/// Moves an element and answers with it. Returns whether there is a list to take it from; if not, nothing is answered.
pub(super) fn moved(ctx: &mut Ctx<'_, '_>, from: ListEnd, to: ListEnd) -> Result<bool, CommandError> {
    let (source, target) = (ctx.key(0)?, ctx.key(1)?);
    let element = ctx.view()?.list_move((source, from), (target, to))?;
    let is_moved = element.is_some();
    if let Some(element) = element {
        ctx.reply.bulk_shared(element.into());
    }
    Ok(is_moved)
}

/// LEFT or RIGHT.
pub(super) fn end(args: &mut Args<'_>) -> Result<ListEnd, CommandError> {
    if args.eat("LEFT") {
        Ok(ListEnd::Front)
    } else if args.eat("RIGHT") {
        Ok(ListEnd::Back)
    } else {
        Err(CommandError::Syntax)
    }
}

pub(super) const LMPOP: CommandSpec = CommandSpec {
    name: "lmpop",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE,
    keys: &[KeySpec::counted(1, &["RW", "access", "delete"])],
    syntax: "numkeys key... (LEFT | RIGHT) [COUNT count]",
    summary: "Takes elements from an end of the first list that there is, and returns its key and them.",
    since: "7.0.0",
    complexity: "O(K + log N + M) with K keys, and N elements, of which M are returned",
    run: lmpop,
    ..LIST
};

fn lmpop(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (end, count) = mpop_args(ctx, 1)?;
    Ok(mpop(ctx, end, count)?.unwrap_or_else(|| {
        ctx.reply.null_array();
        Outcome::Done
    }))
}

/// From which end elements are to be taken, and how many. The argument at `numkeys` says how many keys are in front of that.
pub(super) fn mpop_args(ctx: &Ctx<'_, '_>, numkeys: usize) -> Result<(ListEnd, usize), CommandError> {
    let keys = integer_in(ctx.arg(numkeys), 1..=i64::MAX, "ERR numkeys should be greater than 0")?;
    let keys = usize::try_from(keys).unwrap_or(usize::MAX);
    let mut args = Args::from(ctx.args, keys.saturating_add(numkeys + 1));
    let end = end(&mut args)?;
    let mut count = None;
    while !args.is_empty() {
        if count.is_none() && args.len() > 1 && args.eat("COUNT") {
            count = Some(integer_in(args.take()?, 1..=i64::MAX, "ERR count should be greater than 0")?);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok((end, usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX)))
}

/// Takes elements from the first of the command's keys that holds a list and answers with them; if none does, nothing is answered.
pub(super) fn mpop(ctx: &mut Ctx<'_, '_>, end: ListEnd, count: usize) -> Result<Option<Outcome>, CommandError> {
    let freeing = &ctx.server.garbage;
    for at in 0..ctx.keys.len() {
        let (key, view, reply) = ctx.key_view_mut_reply(at)?;
        if view.held::<List>(key)?.is_none() {
            continue;
        }
        let Some(list) = view.list_pop(key, end, count)? else { continue };
        let (range, from_back) = (0..list.len(), end == ListEnd::Back);
        return Ok(Some(Elements { list: &list, range, from_back, key: Some(key.bytes()) }.reply(freeing, reply)));
    }
    Ok(None)
}
