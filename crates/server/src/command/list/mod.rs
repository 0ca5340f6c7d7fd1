//! Lists: LPUSH, LPOP, LRANGE and their relatives. What has to look for elements is in `search.rs`, what moves them in `transfer.rs`,
//! what waits for them in `blocking.rs`.

mod blocking;
mod reply;
mod search;
mod transfer;

use pyredis_store::{List, ListEnd, index_place, index_range};

use super::args::{Args, integer, integer_in};
use super::context::Ctx;
use super::error::CommandError;
use super::long_reply::reply_list_element;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;
use blocking::{BLMOVE, BLMPOP, BLPOP, BRPOP, BRPOPLPUSH};
use reply::Elements;
use search::{LINSERT, LPOS, LREM};
use transfer::{LMOVE, LMPOP, RPOPLPUSH};

pub(super) const COMMANDS: &[&CommandSpec] = &[
    &BLMOVE,
    &BLMPOP,
    &BLPOP,
    &BRPOP,
    &BRPOPLPUSH,
    &LINDEX,
    &LINSERT,
    &LLEN,
    &LMOVE,
    &LMPOP,
    &LPOP,
    &LPOS,
    &LPUSH,
    &LPUSHX,
    &LRANGE,
    &LREM,
    &LSET,
    &LTRIM,
    &RPOP,
    &RPOPLPUSH,
    &RPUSH,
    &RPUSHX,
];

const POSITIVE: &str = "ERR value is out of range, must be positive";

/// What the commands of this group share.
const LIST: CommandSpec = CommandSpec { group: Group::List, ..CommandSpec::BASE };

const LPUSH: CommandSpec = CommandSpec {
    name: "lpush",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "insert"])],
    syntax: "key element...",
    summary: "Puts elements before those of a list, one after the other, and returns its length.",
    complexity: "O(N) with N elements",
    run: |ctx| push(ctx, ListEnd::Front, false),
    ..LIST
};

const RPUSH: CommandSpec = CommandSpec {
    name: "rpush",
    summary: "Puts elements behind those of a list and returns its length.",
    run: |ctx| push(ctx, ListEnd::Back, false),
    ..LPUSH
};

const LPUSHX: CommandSpec = CommandSpec {
    name: "lpushx",
    summary: "Puts elements before those of a list, if there is one, and returns its length.",
    since: "2.2.0",
    run: |ctx| push(ctx, ListEnd::Front, true),
    ..LPUSH
};

const RPUSHX: CommandSpec = CommandSpec {
    name: "rpushx",
    summary: "Puts elements behind those of a list, if there is one, and returns its length.",
    since: "2.2.0",
    run: |ctx| push(ctx, ListEnd::Back, true),
    ..LPUSH
};

fn push(ctx: &mut Ctx<'_, '_>, end: ListEnd, has_to_exist: bool) -> Result<Outcome, CommandError> {
    let elements = ctx.args.iter().skip(2).map(|element| element.as_slice());
    let (key, view) = ctx.key_and_view(0)?;
    let length = view.list_push(key, end, elements, has_to_exist)?;
    Ok(ctx.answer_count(length))
}

const LPOP: CommandSpec = CommandSpec {
    name: "lpop",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    syntax: "key [count]",
    summary: "Takes elements from the front of a list and returns them; without a count, one.",
    complexity: "O(log N + M) with N elements, of which M are returned",
    run: |ctx| pop(ctx, ListEnd::Front),
    ..LIST
};

const RPOP: CommandSpec = CommandSpec {
    name: "rpop",
    summary: "Takes elements from the back of a list and returns them, the last one first; without a count, one.",
    run: |ctx| pop(ctx, ListEnd::Back),
    ..LPOP
};

fn pop(ctx: &mut Ctx<'_, '_>, end: ListEnd) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let count = args.next().map(|count| integer_in(count, 0..=i64::MAX, POSITIVE));
    if !args.is_empty() {
        return Err(CommandError::WrongArity(ctx.command.full_name()));
    }
    let (count, freeing) = (count.transpose()?, &ctx.server.garbage);
    let (key, view, reply) = ctx.key_view_mut_reply(0)?;
    let Some(count) = count else {
        let popped = view.list_pop_with(key, end, |list, place| reply_list_element(reply, list, place))?;
        if popped.is_none() {
            reply.null();
        }
        return Ok(Outcome::Done);
    };
    match view.list_pop(key, end, usize::try_from(count).unwrap_or(usize::MAX))? {
        Some(list) => {
            let (range, from_back) = (0..list.len(), end == ListEnd::Back);
            Ok(Elements { list: &list, range, from_back, key: None }.reply(freeing, reply))
        }
        None => {
            reply.null_array();
            Ok(Outcome::Done)
        }
    }
}

const LLEN: CommandSpec = CommandSpec {
    name: "llen",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key",
    summary: "Returns how many elements a list has.",
    run: llen,
    ..LIST
};

fn llen(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let length = view.collection::<List>(key)?.map_or(0, List::len);
    Ok(ctx.answer_count(length))
}

const LINDEX: CommandSpec = CommandSpec {
    name: "lindex",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key index",
    summary: "Returns the element at an index; negative ones count from behind.",
    complexity: "O(log N) with N elements",
    run: lindex,
    ..LIST
};

fn lindex(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let index = integer(ctx.arg(2));
    let (key, view, reply) = ctx.key_view_reply(0)?;
    match view.collection::<List>(key)? {
        Some(list) => {
            let place = index_place(index?, list.len()).unwrap_or(usize::MAX);
            reply_list_element(reply, list, place);
        }
        None => reply.null(),
    }
    Ok(Outcome::Done)
}

const LSET: CommandSpec = CommandSpec {
    name: "lset",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RW", "update"])],
    syntax: "key index element",
    summary: "Puts another element in the place of that at an index; negative ones count from behind.",
    complexity: "O(log N) with N elements",
    run: lset,
    ..LIST
};

fn lset(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (index, element) = (integer(ctx.arg(2)), ctx.arg(3));
    let (key, view) = ctx.key_and_view(0)?;
    if view.held::<List>(key)?.is_none() {
        return Err(CommandError::NoSuchKey);
    }
    if !view.list_set(key, index?, element)? {
        return Err(CommandError::err("index out of range"));
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const LRANGE: CommandSpec = CommandSpec {
    name: "lrange",
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key start stop",
    summary: "Returns the elements from an index to another, both included; negative ones count from behind.",
    complexity: "O(log N + M) with N elements, of which M are returned",
    run: lrange,
    ..LIST
};

fn lrange(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (start, stop) = (integer(ctx.arg(2))?, integer(ctx.arg(3))?);
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    match view.collection::<List>(key)? {
        Some(list) => {
            let range = index_range(start, stop, list.len());
            Ok(Elements { list, range, from_back: false, key: None }.reply(freeing, reply))
        }
        None => {
            reply.array(0);
            Ok(Outcome::Done)
        }
    }
}

const LTRIM: CommandSpec = CommandSpec {
    name: "ltrim",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    keys: &[KeySpec::first(&["RW", "delete"])],
    syntax: "key start stop",
    summary: "Removes all elements but those from an index to another, both included; negative ones count from behind.",
    complexity: "O(log N) with N elements; what is removed is freed in the background",
    run: ltrim,
    ..LIST
};

fn ltrim(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (start, stop) = (integer(ctx.arg(2))?, integer(ctx.arg(3))?);
    let (key, view) = ctx.key_and_view(0)?;
    view.list_trim(key, start, stop)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}
