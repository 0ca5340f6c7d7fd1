//! Strings: SET, GET and their relatives. Counters are in `counter.rs`, parts of strings in `range.rs`.

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_store::{Condition, ExpireCondition, Expiry, SetOptions, StoreError, StringRef, VALUE_BYTES_MAX};

use super::args::{Args, value};
use super::context::Ctx;
use super::error::CommandError;
use super::expiry::{Unit, deadline, eat_expiry};
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[
    &APPEND, &DELEX, &DELIFEQ, &GET, &GETDEL, &GETEX, &GETSET, &MGET, &MSET, &MSETNX, &PSETEX, &SET, &SETEX, &SETNX,
    &STRLEN,
];

const STRING: CommandSpec = CommandSpec { group: Group::String, ..CommandSpec::BASE };
const READ: Flags = Flags::READONLY.union(Flags::FAST);
const WRITE: Flags = Flags::WRITE.union(Flags::DENYOOM);

const APPEND: CommandSpec = CommandSpec {
    name: "append",
    arity: Arity::Exactly(3),
    flags: WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "insert"])],
    syntax: "key value",
    summary: "Adds to the end of a string; a missing key counts as empty.",
    since: "2.0.0",
    complexity: "O(1), amortized over the appended bytes",
    run: append,
    ..STRING
};

fn append(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (tail, limit) = (ctx.arg(2), ctx.session.config().proto_max_bulk_len);
    let (key, view) = ctx.key_and_view(0)?;
    if limit < VALUE_BYTES_MAX && view.length(key)?.saturating_add(tail.len()) > limit {
        return Err(CommandError::TooLong);
    }
    let length = view.append(key, tail)?;
    ctx.reply.count(length);
    Ok(Outcome::Done)
}

const DELIFEQ: CommandSpec = CommandSpec {
    name: "delifeq",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "delete"])],
    syntax: "key value",
    summary: "Deletes a key if it holds this very string.",
    since: "9.0.0",
    run: |ctx| del_if(ctx, 2, true),
    ..STRING
};

const DELEX: CommandSpec = CommandSpec {
    name: "delex",
    arity: Arity::AtLeast(2),
    syntax: "key [IFEQ comparison-value | IFNE comparison-value]",
    summary: "Deletes a key; with a condition, only if it holds this very string, or another.",
    since: "8.4.0",
    run: delex,
    ..DELIFEQ
};

fn delex(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let equal = match args.len() {
        0 => {
            let (key, view) = ctx.key_and_view(0)?;
            let is_deleted = view.del(key)?;
            return Ok(ctx.answer_count(is_deleted.into()));
        }
        2 if args.eat("IFEQ") => true,
        2 if args.eat("IFNE") => false,
        2 => return Err(CommandError::err("Invalid condition. Use IFEQ or IFNE")),
        _ => return Err(CommandError::WrongArity(ctx.command.full_name())),
    };
    del_if(ctx, 3, equal).map_err(|error| match error {
        CommandError::WrongType => CommandError::err("Key should be of string type if conditions are specified"),
        other => other,
    })
}

/// Deletes the key if it holds the string of the argument at `expected`, or if it does not.
fn del_if(ctx: &mut Ctx<'_, '_>, expected: usize, equal: bool) -> Result<Outcome, CommandError> {
    let expected = ctx.arg(expected);
    let (key, view) = ctx.key_and_view(0)?;
    let is_deleted = view.del_if(key, expected, equal)?;
    Ok(ctx.answer_count(is_deleted.into()))
}

const GET: CommandSpec = CommandSpec {
    name: "get",
    arity: Arity::Exactly(2),
    flags: READ,
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key",
    summary: "Returns the string that a key holds.",
    run: get,
    ..STRING
};

fn get(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view, reply) = ctx.key_view_reply(0)?;
    reply_held(reply, view.get(key)?);
    Ok(Outcome::Done)
}

const GETDEL: CommandSpec = CommandSpec {
    name: "getdel",
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    syntax: "key",
    summary: "Returns the string that a key holds, and deletes the key.",
    since: "6.2.0",
    run: getdel,
    ..STRING
};

fn getdel(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let value = view.get_del(key)?;
    reply_value(ctx, value);
    Ok(Outcome::Done)
}

const GETEX: CommandSpec = CommandSpec {
    name: "getex",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec {
        notes: "RW and UPDATE because it changes the TTL",
        ..KeySpec::first(&["RW", "access", "update"])
    }],
    syntax: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]",
    summary: "Returns the string that a key holds, and sets or removes the key's time to live.",
    since: "6.2.0",
    run: getex,
    ..STRING
};

fn getex(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let (mut expiry, mut persist) = (None, false);
    while !args.is_empty() {
        if expiry.is_none() && args.eat("PERSIST") {
            persist = true;
        } else if persist || !eat_expiry(&mut args, &mut expiry)? {
            return Err(CommandError::Syntax);
        }
    }
    let now = ctx.now;
    let (key, view) = ctx.key_and_view(0)?;
    let value = view.get(key)?.map(|value| value.to_bytes());
    // As in Redis, nobody minds the number where there is no key.
    if value.is_some() {
        if let Some(raw) = expiry {
            view.expire_at(key, deadline(raw, now, "getex")?, ExpireCondition::Always)?;
        } else if persist {
            view.persist(key)?;
        }
    }
    reply_value(ctx, value);
    Ok(Outcome::Done)
}

const GETSET: CommandSpec = CommandSpec {
    name: "getset",
    arity: Arity::Exactly(3),
    flags: WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "update"])],
    syntax: "key value",
    summary: "Sets a string and returns the one that it replaces.",
    run: getset,
    ..STRING
};

fn getset(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let value = ctx.value(2);
    let (key, view) = ctx.key_and_view(0)?;
    let previous = view.set(key, value, SetOptions::default().returning_previous())?.previous;
    reply_value(ctx, previous);
    Ok(Outcome::Done)
}

const MGET: CommandSpec = CommandSpec {
    name: "mget",
    arity: Arity::AtLeast(2),
    flags: READ,
    keys: &[KeySpec::all(&["RO", "access"])],
    syntax: "key...",
    summary: "Returns the strings that several keys hold, all at one instant.",
    complexity: "O(N) with N keys",
    tips: &["request_policy:multi_shard"],
    run: mget,
    ..STRING
};

fn mget(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    ctx.reply.array(ctx.keys.len());
    for index in 0..ctx.keys.len() {
        let (key, view, reply) = ctx.key_view_reply(index)?;
        match view.get(key) {
            Err(StoreError::WrongType { .. }) => reply.null(),
            held => reply_held(reply, held?),
        }
    }
    Ok(Outcome::Done)
}

const MSET: CommandSpec = CommandSpec {
    name: "mset",
    arity: Arity::AtLeast(3),
    flags: WRITE,
    keys: &[KeySpec { step: 2, ..KeySpec::all(&["OW", "update"]) }],
    syntax: "(key value)...",
    summary: "Sets several strings, all at one instant.",
    since: "1.0.1",
    complexity: "O(N) with N keys",
    tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
    run: mset,
    ..STRING
};

fn mset(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(ctx.command.full_name()));
    }
    let (keys, values) = (ctx.keys, ctx.args.iter().skip(2).step_by(2));
    let view = ctx.view()?;
    for (key, arg) in keys.iter().zip(values) {
        view.set(key, value(*arg), SetOptions::default())?;
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const MSETNX: CommandSpec = CommandSpec {
    name: "msetnx",
    keys: &[KeySpec { step: 2, ..KeySpec::all(&["OW", "insert"]) }],
    summary: "Sets several strings, all at one instant, if none of the keys exists.",
    tips: &["request_policy:multi_shard", "response_policy:agg_min"],
    run: msetnx,
    ..MSET
};

fn msetnx(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(ctx.command.full_name()));
    }
    let values = ctx.args.iter().skip(2).step_by(2).map(|arg| value(*arg));
    let pairs = ctx.keys.iter().zip(values);
    let are_set = ctx.view()?.set_all_if_absent(pairs)?;
    ctx.reply.int(are_set.into());
    Ok(Outcome::Done)
}

const SET: CommandSpec = CommandSpec {
    name: "set",
    arity: Arity::AtLeast(3),
    flags: WRITE,
    keys: &[KeySpec {
        notes: "RW and ACCESS due to the optional `GET` argument",
        ..KeySpec::first(&["RW", "access", "update", "variable_flags"])
    }],
    key_flags: Some(|args| {
        let returns_old = args.iter().skip(3).any(|arg| arg.eq_ignore_ascii_case(b"GET"));
        if returns_old { &["RW", "access", "update"] } else { &["OW", "update"] }
    }),
    syntax: "key value [NX | XX | IFEQ comparison-value] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds \
             | PXAT unix-time-milliseconds | KEEPTTL]",
    summary: "Sets a string, with conditions and a time to live if wanted.",
    run: set,
    ..STRING
};

fn set(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (options, expected) = set_options(ctx)?;
    let value = ctx.value(2);
    let (key, view) = ctx.key_and_view(0)?;
    let outcome = match expected {
        Some(expected) => view.set_if_equal(key, expected, value, options)?,
        None => view.set(key, value, options)?,
    };
    if options.returns_previous {
        reply_value(ctx, outcome.previous);
    } else if outcome.stored {
        ctx.reply.ok();
    } else {
        ctx.reply.null();
    }
    Ok(Outcome::Done)
}

/// The options behind key and value, and what IFEQ compares with.
fn set_options<'c>(ctx: &Ctx<'c, '_>) -> Result<(SetOptions, Option<&'c [u8]>), CommandError> {
    let mut args = Args::from(ctx.args, 3);
    let (mut condition, mut returns_old, mut expiry, mut keeps) = (Condition::Always, false, None, false);
    let mut expected = None;
    while !args.is_empty() {
        if expected.is_none() && condition != Condition::IfPresent && args.eat("NX") {
            condition = Condition::IfAbsent;
        } else if expected.is_none() && condition != Condition::IfAbsent && args.eat("XX") {
            condition = Condition::IfPresent;
        } else if expected.is_none() && condition == Condition::Always && args.eat("IFEQ") {
            expected = Some(args.take()?);
        } else if args.eat("GET") {
            returns_old = true;
        } else if expiry.is_none() && args.eat("KEEPTTL") {
            keeps = true;
        } else if keeps || !eat_expiry(&mut args, &mut expiry)? {
            return Err(CommandError::Syntax);
        }
    }
    let expiry = match expiry {
        Some(raw) => Expiry::At(deadline(raw, ctx.now, "set")?),
        None if keeps => Expiry::Keep,
        None => Expiry::Clear,
    };
    Ok((SetOptions { expiry, condition, returns_previous: returns_old }, expected))
}

const SETEX: CommandSpec = CommandSpec {
    name: "setex",
    arity: Arity::Exactly(4),
    flags: WRITE,
    keys: &[KeySpec::first(&["OW", "update"])],
    syntax: "key seconds value",
    summary: "Sets a string that expires after some seconds.",
    since: "2.0.0",
    run: |ctx| set_expiring(ctx, Unit::SECONDS, "setex"),
    ..STRING
};

const PSETEX: CommandSpec = CommandSpec {
    name: "psetex",
    syntax: "key milliseconds value",
    summary: "Sets a string that expires after some milliseconds.",
    since: "2.6.0",
    run: |ctx| set_expiring(ctx, Unit::MILLIS, "psetex"),
    ..SETEX
};

fn set_expiring(ctx: &mut Ctx<'_, '_>, unit: Unit, command: &'static str) -> Result<Outcome, CommandError> {
    let expiry = Expiry::At(deadline((unit, ctx.arg(2)), ctx.now, command)?);
    let value = ctx.value(3);
    let (key, view) = ctx.key_and_view(0)?;
    view.set(key, value, SetOptions { expiry, ..SetOptions::default() })?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const SETNX: CommandSpec = CommandSpec {
    name: "setnx",
    arity: Arity::Exactly(3),
    flags: WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["OW", "insert"])],
    syntax: "key value",
    summary: "Sets a string if the key does not exist.",
    run: setnx,
    ..STRING
};

fn setnx(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let value = ctx.value(2);
    let (key, view) = ctx.key_and_view(0)?;
    let stored = view.set(key, value, SetOptions::default().if_absent())?.stored;
    ctx.reply.int(stored.into());
    Ok(Outcome::Done)
}

const STRLEN: CommandSpec = CommandSpec {
    name: "strlen",
    arity: Arity::Exactly(2),
    flags: READ,
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key",
    summary: "Returns the length of a string in bytes.",
    since: "2.2.0",
    run: strlen,
    ..STRING
};

fn strlen(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let length = view.get(key)?.map_or(0, |value| value.len());
    ctx.reply.count(length);
    Ok(Outcome::Done)
}

/// Answers with what a key holds: a short value is copied, a long one shared.
fn reply_held(reply: &mut ReplyWriter, value: Option<StringRef<'_>>) {
    let Some(value) = value else { return reply.null() };
    match (value.as_shared(), value.as_integer()) {
        (Some(shared), _) => reply.bulk_shared(shared.clone()),
        (None, Some(number)) => reply.bulk_int(number),
        (None, None) => value.with_bytes(|bytes| reply.bulk(bytes)),
    }
}

fn reply_value(ctx: &mut Ctx<'_, '_>, value: Option<Bytes>) {
    match value {
        Some(bytes) => ctx.reply.bulk_shared(bytes),
        None => ctx.reply.null(),
    }
}
