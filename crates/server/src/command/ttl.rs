//! Times to live: EXPIRE, TTL and their relatives.

use pyredis_store::{ExpireCondition, Timestamp, Ttl};

use super::args::{Args, integer, text};
use super::context::Ctx;
use super::error::CommandError;
use super::expiry::{Unit, epoch_millis, millis_left, rounded_seconds};
use super::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] =
    &[&EXPIRE, &EXPIREAT, &EXPIRETIME, &PERSIST, &PEXPIRE, &PEXPIREAT, &PEXPIRETIME, &PTTL, &TTL];

const EXPIRE: CommandSpec = CommandSpec {
    name: "expire",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "update"])],
    syntax: "key seconds [NX | XX | GT | LT]",
    summary: "Lets a key expire after some seconds.",
    run: |ctx| expire(ctx, Unit::SECONDS, "expire"),
    ..CommandSpec::BASE
};

const PEXPIRE: CommandSpec = CommandSpec {
    name: "pexpire",
    syntax: "key milliseconds [NX | XX | GT | LT]",
    summary: "Lets a key expire after some milliseconds.",
    since: "2.6.0",
    run: |ctx| expire(ctx, Unit::MILLIS, "pexpire"),
    ..EXPIRE
};

const EXPIREAT: CommandSpec = CommandSpec {
    name: "expireat",
    syntax: "key unix-time-seconds [NX | XX | GT | LT]",
    summary: "Lets a key expire at a time in seconds since the epoch.",
    since: "1.2.0",
    run: |ctx| expire(ctx, Unit::UNIX_SECONDS, "expireat"),
    ..EXPIRE
};

const PEXPIREAT: CommandSpec = CommandSpec {
    name: "pexpireat",
    syntax: "key unix-time-milliseconds [NX | XX | GT | LT]",
    summary: "Lets a key expire at a time in milliseconds since the epoch.",
    since: "2.6.0",
    run: |ctx| expire(ctx, Unit::UNIX_MILLIS, "pexpireat"),
    ..EXPIRE
};

fn expire(ctx: &mut Ctx<'_, '_>, unit: Unit, command: &'static str) -> Result<Outcome, CommandError> {
    let condition = condition(Args::from(ctx.args, 3))?;
    let millis = unit.millis(integer(ctx.arg(2))?, ctx.now).ok_or(CommandError::InvalidExpire(command))?;
    // A time before the epoch is past like any other: the key goes.
    let deadline = Timestamp::from_millis(u64::try_from(millis).unwrap_or(0));
    let (key, view) = ctx.key_and_view(0)?;
    let is_set = view.expire_at(key, deadline, condition)?;
    ctx.reply.int(is_set.into());
    Ok(Outcome::Done)
}

fn condition(mut args: Args<'_>) -> Result<ExpireCondition, CommandError> {
    let (mut nx, mut xx, mut gt, mut lt) = (false, false, false, false);
    while !args.is_empty() {
        let known = [("NX", &mut nx), ("XX", &mut xx), ("GT", &mut gt), ("LT", &mut lt)]
            .into_iter()
            .any(|(word, seen)| args.eat(word) && std::mem::replace(seen, true) | true);
        if !known {
            return Err(CommandError::err(format_args!("Unsupported option {}", text(args.take()?))));
        }
    }
    match (nx, xx, gt, lt) {
        (true, true, ..) | (true, _, true, _) | (true, _, _, true) => {
            Err(CommandError::err("NX and XX, GT or LT options at the same time are not compatible"))
        }
        (_, _, true, true) => Err(CommandError::err("GT and LT options at the same time are not compatible")),
        (true, ..) => Ok(ExpireCondition::IfNone),
        (_, _, true, _) => Ok(ExpireCondition::IfLater),
        (_, true, _, true) => Ok(ExpireCondition::IfSomeAndEarlier),
        (_, _, _, true) => Ok(ExpireCondition::IfEarlier),
        (_, true, ..) => Ok(ExpireCondition::IfSome),
        _ => Ok(ExpireCondition::Always),
    }
}

const PERSIST: CommandSpec = CommandSpec {
    name: "persist",
    arity: Arity::Exactly(2),
    syntax: "key",
    summary: "Takes a key's time to live away.",
    since: "2.2.0",
    run: persist,
    ..EXPIRE
};

fn persist(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let had_deadline = view.persist(key)?;
    ctx.reply.int(had_deadline.into());
    Ok(Outcome::Done)
}

const TTL: CommandSpec = CommandSpec {
    name: "ttl",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key",
    summary: "Returns the seconds that a key has left; -1 without a time to live, -2 without the key.",
    tips: &["nondeterministic_output"],
    // Rounded to the nearest second, as in Redis.
    run: |ctx| ttl(ctx, |deadline, now| rounded_seconds(millis_left(deadline, now))),
    ..CommandSpec::BASE
};

const PTTL: CommandSpec = CommandSpec {
    name: "pttl",
    summary: "Returns the milliseconds that a key has left; -1 without a time to live, -2 without the key.",
    since: "2.6.0",
    run: |ctx| ttl(ctx, millis_left),
    ..TTL
};

const EXPIRETIME: CommandSpec = CommandSpec {
    name: "expiretime",
    summary: "Returns when a key expires, in seconds since the epoch; -1 without a time to live, -2 without the key.",
    since: "7.0.0",
    tips: &[],
    run: |ctx| ttl(ctx, |deadline, _| rounded_seconds(epoch_millis(deadline))),
    ..TTL
};

const PEXPIRETIME: CommandSpec = CommandSpec {
    name: "pexpiretime",
    summary: "Returns when a key expires, in milliseconds since the epoch; -1 without a time to live, -2 without the key.",
    run: |ctx| ttl(ctx, |deadline, _| epoch_millis(deadline)),
    ..EXPIRETIME
};

fn ttl(ctx: &mut Ctx<'_, '_>, shown: fn(Timestamp, Timestamp) -> i64) -> Result<Outcome, CommandError> {
    let now = ctx.now;
    let (key, view) = ctx.key_and_view(0)?;
    let answer = match view.ttl(key)? {
        Ttl::Missing => -2,
        Ttl::Persistent => -1,
        Ttl::Until(deadline) => shown(deadline, now),
    };
    ctx.reply.int(answer);
    Ok(Outcome::Done)
}
