//! Hashes: fields one by one. What answers with all of them, at random or in a scan, and what is about their times to live is in `hash/`.

mod deadlines;
mod many;
mod random;
mod scan;
mod with_deadline;

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Element, Hash};

use super::args::integer;
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::syntax::Kind;
use super::work::BYTES_UNDER_LOCK;
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[
    &HDEL,
    &HEXISTS,
    &deadlines::HEXPIRE,
    &deadlines::HEXPIREAT,
    &deadlines::HEXPIRETIME,
    &HGET,
    &many::HGETALL,
    &with_deadline::HGETDEL,
    &with_deadline::HGETEX,
    &HINCRBY,
    &HINCRBYFLOAT,
    &many::HKEYS,
    &HLEN,
    &HMGET,
    &HMSET,
    &deadlines::HPERSIST,
    &deadlines::HPEXPIRE,
    &deadlines::HPEXPIREAT,
    &deadlines::HPEXPIRETIME,
    &deadlines::HPTTL,
    &random::HRANDFIELD,
    &scan::HSCAN,
    &HSET,
    &with_deadline::HSETEX,
    &HSETNX,
    &HSTRLEN,
    &deadlines::HTTL,
    &many::HVALS,
];

/// What most commands on hashes share.
const BASE: CommandSpec = CommandSpec {
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO", "access"])],
    group: Group::Hash,
    since: "2.0.0",
    ..CommandSpec::BASE
};
const WRITE: Flags = Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST);

const HSET: CommandSpec = CommandSpec {
    name: "hset",
    arity: Arity::AtLeast(4),
    flags: WRITE,
    keys: &[KeySpec::first(&["RW", "update"])],
    syntax: "key (field value)...",
    summary: "Gives fields of a hash values and returns how many fields are new; the hash is made if there is none.",
    complexity: "O(N log H) for N fields of a hash of H",
    run: |ctx| {
        let added = set_pairs(ctx)?;
        Ok(ctx.answer_count(added))
    },
    ..BASE
};

const HMSET: CommandSpec = CommandSpec {
    name: "hmset",
    summary: "Gives fields of a hash values: HSET, with another answer.",
    run: |ctx| {
        set_pairs(ctx)?;
        ctx.reply.ok();
        Ok(Outcome::Done)
    },
    ..HSET
};

/// Sets the pairs behind the key. Returns how many fields are new.
fn set_pairs(ctx: &mut Ctx<'_, '_>) -> Result<usize, CommandError> {
    if !ctx.args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(ctx.command.full_name()));
    }
    let pairs = ctx.args.get(2..).unwrap_or_default().chunks_exact(2);
    let pairs = pairs.filter_map(|pair| Some((pair.first()?.as_slice(), pair.last()?.as_slice())));
    let (key, view) = ctx.key_and_view(0)?;
    Ok(view.hash_set(key, pairs)?)
}

const HSETNX: CommandSpec = CommandSpec {
    name: "hsetnx",
    arity: Arity::Exactly(4),
    flags: WRITE,
    keys: &[KeySpec::first(&["RW", "insert"])],
    syntax: "key field value",
    summary: "Gives a field of a hash a value unless it has one.",
    run: hsetnx,
    ..BASE
};

fn hsetnx(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (field, value) = (ctx.arg(2), ctx.arg(3));
    let (key, view) = ctx.key_and_view(0)?;
    let is_set = view.hash_set_if_absent(key, field, value)?;
    Ok(ctx.answer_count(usize::from(is_set)))
}

const HDEL: CommandSpec = CommandSpec {
    name: "hdel",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "delete"])],
    syntax: "key field...",
    summary: "Takes fields out of a hash and returns how many were there.",
    complexity: "O(N log H) for N fields of a hash of H",
    run: hdel,
    ..BASE
};

fn hdel(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let fields = ctx.args.get(2..).unwrap_or_default().iter().map(|field| field.as_slice());
    let (key, view) = ctx.key_and_view(0)?;
    let removed = view.hash_remove(key, fields)?;
    Ok(ctx.answer_count(removed))
}

const HINCRBY: CommandSpec = CommandSpec {
    name: "hincrby",
    arity: Arity::Exactly(4),
    flags: WRITE,
    keys: &[KeySpec::first(&["RW", "access", "update"])],
    syntax: "key field increment",
    summary: "Adds to the integer that a field of a hash holds; what is not there counts as 0.",
    run: hincrby,
    ..BASE
};

fn hincrby(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (field, by) = (ctx.arg(2), integer(ctx.arg(3))?);
    let (key, view) = ctx.key_and_view(0)?;
    let sum = view.hash_incr_by(key, field, by)?;
    ctx.reply.int(sum);
    Ok(Outcome::Done)
}

const HINCRBYFLOAT: CommandSpec = CommandSpec {
    name: "hincrbyfloat",
    kinds: &[("increment", Kind::Double)],
    summary: "Adds to the number that a field of a hash holds; what is not there counts as 0.",
    since: "2.6.0",
    run: hincrbyfloat,
    ..HINCRBY
};

fn hincrbyfloat(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (field, by) = (ctx.arg(2), ctx.arg(3));
    let (key, view) = ctx.key_and_view(0)?;
    let sum = view.hash_incr_by_float(key, field, by)?;
    ctx.reply.bulk(sum.as_bytes());
    Ok(Outcome::Done)
}

const HGET: CommandSpec = CommandSpec {
    name: "hget",
    arity: Arity::Exactly(3),
    syntax: "key field",
    summary: "Returns the value of a field of a hash.",
    run: hget,
    ..BASE
};

fn hget(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let field = ctx.arg(2);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    reply_value(reply, view.collection(key)?, field);
    Ok(Outcome::Done)
}

const HMGET: CommandSpec = CommandSpec {
    name: "hmget",
    arity: Arity::AtLeast(3),
    syntax: "key field...",
    summary: "Returns the values of several fields of a hash.",
    complexity: "O(N) for N fields",
    run: hmget,
    ..BASE
};

fn hmget(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let fields = ctx.args.get(2..).unwrap_or_default();
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let hash = view.collection(key)?;
    reply.array(fields.len());
    fields.iter().for_each(|field| reply_value(reply, hash, field.as_slice()));
    Ok(Outcome::Done)
}

const HEXISTS: CommandSpec = CommandSpec {
    name: "hexists",
    arity: Arity::Exactly(3),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key field",
    summary: "Returns whether a hash has a field.",
    run: hexists,
    ..BASE
};

fn hexists(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let field = ctx.arg(2);
    let (key, view) = ctx.key_and_view(0)?;
    let is_there = view.collection::<Hash>(key)?.is_some_and(|hash| hash.contains(field));
    Ok(ctx.answer_count(usize::from(is_there)))
}

const HLEN: CommandSpec = CommandSpec {
    name: "hlen",
    arity: Arity::Exactly(2),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key",
    summary: "Returns how many fields a hash has.",
    run: hlen,
    ..BASE
};

fn hlen(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let len = view.collection::<Hash>(key)?.map_or(0, Hash::len);
    Ok(ctx.answer_count(len))
}

const HSTRLEN: CommandSpec = CommandSpec {
    name: "hstrlen",
    arity: Arity::Exactly(3),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key field",
    summary: "Returns the length of the value of a field of a hash, in bytes.",
    since: "3.2.0",
    run: hstrlen,
    ..BASE
};

fn hstrlen(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let field = ctx.arg(2);
    let (key, view) = ctx.key_and_view(0)?;
    let len = view.collection::<Hash>(key)?.and_then(|hash| hash.get(field)).map_or(0, Element::len);
    Ok(ctx.answer_count(len))
}

/// Answers with the value of a field; a long one is shared with the hash until it is sent.
fn reply_value(reply: &mut ReplyWriter, hash: Option<&Hash>, field: &[u8]) {
    match hash.and_then(|hash| hash.get(field)) {
        None => reply.null(),
        Some(Element::Integer(number)) => reply.bulk_int(number),
        Some(Element::Bytes(value)) => {
            match hash.filter(|_| value.len() >= BYTES_UNDER_LOCK).and_then(|hash| hash.share(field)) {
                Some(shared) => reply.bulk_shared(shared),
                None => reply.bulk(value),
            }
        }
    }
}
