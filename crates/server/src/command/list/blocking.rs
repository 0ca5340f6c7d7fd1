//! Lists that are waited for: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP.

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_store::{Given, List, ListEnd, Served, Wish};

use super::LIST;
use super::reply::Elements;
use super::transfer::{end, moved, mpop, mpop_args};
use crate::command::args::Args;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::long_reply::reply_list_element;
use crate::command::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::command::waiting::{Answer, timeout, wait};
use crate::garbage::Freeing;
use crate::outcome::Outcome;

pub(super) const BLPOP: CommandSpec = CommandSpec {
    name: "blpop",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::NOSCRIPT).union(Flags::BLOCKING),
    keys: &[KeySpec { last: -2, ..KeySpec::all(&["RW", "access", "delete"]) }],
    syntax: "key... timeout",
    summary: "Takes the first element of the first list that there is, and returns its key and it; waits for one so many seconds, or for ever.",
    since: "2.0.0",
    complexity: "O(K) with K keys",
    run: |ctx| pop(ctx, ListEnd::Front),
    ..LIST
};

pub(super) const BRPOP: CommandSpec = CommandSpec {
    name: "brpop",
    summary: "Takes the last element of the first list that there is, and returns its key and it; waits for one so many seconds, or for ever.",
    run: |ctx| pop(ctx, ListEnd::Back),
    ..BLPOP
};

fn pop(ctx: &mut Ctx<'_, '_>, end: ListEnd) -> Result<Outcome, CommandError> {
    let timeout = timeout(ctx.arg(ctx.args.len() - 1))?;
    for at in 0..ctx.keys.len() {
        let (key, view, reply) = ctx.key_view_mut_reply(at)?;
        if view.held::<List>(key)?.is_some() {
            reply.array(2);
            reply.bulk(key.bytes());
            view.list_pop_with(key, end, |list, place| reply_list_element(reply, list, place))?;
            return Ok(Outcome::Done);
        }
    }
    let wish = Wish::Elements { end, count: 1 };
    wait(ctx, ctx.keys.len(), wish, timeout, answer_popped, ReplyWriter::null_array)
}

fn answer_popped(Served { key, given }: Served, _: &Freeing, reply: &mut ReplyWriter) -> Result<Outcome, CommandError> {
    if let Given::Elements(list) = given? {
        reply.array(2);
        reply.bulk(&key);
        reply_list_element(reply, &list, 0);
    }
    Ok(Outcome::Done)
}

pub(super) const BLMOVE: CommandSpec = CommandSpec {
    name: "blmove",
    arity: Arity::Exactly(6),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::NOSCRIPT).union(Flags::BLOCKING),
    keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec::at(2, &["RW", "insert"])],
    syntax: "source destination (LEFT | RIGHT) (LEFT | RIGHT) timeout",
    summary: "Takes an element from an end of a list, puts it at an end of another or the same, and returns it; waits for one so many seconds, or for ever.",
    since: "6.2.0",
    run: blmove,
    ..LIST
};

fn blmove(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 3);
    let (from, to) = (end(&mut args)?, end(&mut args)?);
    transfer(ctx, from, to)
}

pub(super) const BRPOPLPUSH: CommandSpec = CommandSpec {
    name: "brpoplpush",
    arity: Arity::Exactly(4),
    syntax: "source destination timeout",
    summary: "Takes the last element of a list, puts it before those of another or the same, and returns it; waits for one so many seconds, or for ever. BLMOVE does more.",
    since: "2.2.0",
    run: |ctx| transfer(ctx, ListEnd::Back, ListEnd::Front),
    ..BLMOVE
};

fn transfer(ctx: &mut Ctx<'_, '_>, from: ListEnd, to: ListEnd) -> Result<Outcome, CommandError> {
    let timeout = timeout(ctx.arg(ctx.args.len() - 1))?;
    if moved(ctx, from, to)? {
        return Ok(Outcome::Done);
    }
    let target = Bytes::copy_from_slice(ctx.key(1)?.bytes());
    wait(ctx, 1, Wish::Move { from, to, target }, timeout, answer_moved, ReplyWriter::null)
}

fn answer_moved(served: Served, _: &Freeing, reply: &mut ReplyWriter) -> Result<Outcome, CommandError> {
    if let Given::Moved(element) = served.given? {
        reply.bulk_shared(element.into());
    }
    Ok(Outcome::Done)
}

pub(super) const BLMPOP: CommandSpec = CommandSpec {
    name: "blmpop",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::BLOCKING),
    keys: &[KeySpec::counted(2, &["RW", "access", "delete"])],
    syntax: "timeout numkeys key... (LEFT | RIGHT) [COUNT count]",
    summary: "Takes elements from an end of the first list that there is, and returns its key and them; waits for one so many seconds, or for ever.",
    since: "7.0.0",
    complexity: "O(K + log N + M) with K keys, and N elements, of which M are returned",
    run: blmpop,
    ..LIST
};

fn blmpop(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (end, count) = mpop_args(ctx, 2)?;
    // Redis reads it last, too.
    let timeout = timeout(ctx.arg(1))?;
    if let Some(outcome) = mpop(ctx, end, count)? {
        return Ok(outcome);
    }
    let answer: Answer = match end {
        ListEnd::Front => |served, freeing, reply| answer_elements(served, false, freeing, reply),
        ListEnd::Back => |served, freeing, reply| answer_elements(served, true, freeing, reply),
    };
    wait(ctx, ctx.keys.len(), Wish::Elements { end, count }, timeout, answer, ReplyWriter::null_array)
}

fn answer_elements(
    Served { key, given }: Served,
    from_back: bool,
    freeing: &Freeing,
    reply: &mut ReplyWriter,
) -> Result<Outcome, CommandError> {
    let Given::Elements(list) = given? else { return Ok(Outcome::Done) };
    Ok(Elements { list: &list, range: 0..list.len(), from_back, key: Some(&key) }.reply(freeing, reply))
}
