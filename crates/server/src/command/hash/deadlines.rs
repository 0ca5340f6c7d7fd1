//! Times to live of fields: HEXPIRE, HTTL and their relatives, and HPERSIST. Redis has them since 7.4; the wording of what is wrong is its.

use pyredis_protocol::Arg;
use pyredis_store::{ExpireCondition, FieldExpiry, Hash, Timestamp, Ttl};

use super::super::args::{Args, integer, integer_in};
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::expiry::{Unit, epoch_millis, millis_left};
use super::super::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::outcome::Outcome;

/// The last deadline that Redis gives a field, in milliseconds.
const LAST_MILLIS: i64 = (1 << 46) - 1;

const NO_FIELDS: &str = "Mandatory argument FIELDS is missing or not at the right position";

pub(super) const HEXPIRE: CommandSpec = CommandSpec {
    name: "hexpire",
    arity: Arity::AtLeast(6),
    flags: super::WRITE,
    keys: &[KeySpec::first(&["RW", "update"])],
    syntax: "key seconds [NX | XX | GT | LT] FIELDS (numfields field...)",
    summary: "Lets fields of a hash expire after some seconds.",
    since: "7.4.0",
    complexity: "O(N log H) for N fields of a hash of H",
    run: |ctx| hexpire(ctx, Unit::SECONDS, "hexpire"),
    ..super::BASE
};

pub(super) const HPEXPIRE: CommandSpec = CommandSpec {
    name: "hpexpire",
    syntax: "key milliseconds [NX | XX | GT | LT] FIELDS (numfields field...)",
    summary: "Lets fields of a hash expire after some milliseconds.",
    run: |ctx| hexpire(ctx, Unit::MILLIS, "hpexpire"),
    ..HEXPIRE
};

pub(super) const HEXPIREAT: CommandSpec = CommandSpec {
    name: "hexpireat",
    syntax: "key unix-time-seconds [NX | XX | GT | LT] FIELDS (numfields field...)",
    summary: "Lets fields of a hash expire at a time in seconds since the epoch.",
    run: |ctx| hexpire(ctx, Unit::UNIX_SECONDS, "hexpireat"),
    ..HEXPIRE
};

pub(super) const HPEXPIREAT: CommandSpec = CommandSpec {
    name: "hpexpireat",
    syntax: "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS (numfields field...)",
    summary: "Lets fields of a hash expire at a time in milliseconds since the epoch.",
    run: |ctx| hexpire(ctx, Unit::UNIX_MILLIS, "hpexpireat"),
    ..HEXPIRE
};

fn hexpire(ctx: &mut Ctx<'_, '_>, unit: Unit, command: &'static str) -> Result<Outcome, CommandError> {
    let (at, condition, fields) = parse_hexpire(ctx, unit, command).or_else(|error| type_first(ctx, error))?;
    let (key, view, reply) = ctx.key_view_mut_reply(0)?;
    let outcome = view.hash_expire_at(key, fields.iter().copied().map(Arg::as_slice), at, condition)?;
    reply.array(outcome.len());
    for outcome in outcome {
        reply.int(match outcome {
            FieldExpiry::Missing => -2,
            FieldExpiry::Unmet => 0,
            FieldExpiry::Set => 1,
            FieldExpiry::Removed => 2,
        });
    }
    Ok(Outcome::Done)
}

/// The deadline, the condition and the fields.
fn parse_hexpire<'c>(
    ctx: &Ctx<'c, '_>,
    unit: Unit,
    command: &'static str,
) -> Result<(Timestamp, ExpireCondition, &'c [Arg<'c>]), CommandError> {
    let at = deadline((unit, ctx.arg(2)), ctx.now, command)?;
    let mut args = Args::from(ctx.args, 3);
    let conditions = [
        ("NX", ExpireCondition::IfNone),
        ("XX", ExpireCondition::IfSome),
        ("GT", ExpireCondition::IfLater),
        ("LT", ExpireCondition::IfEarlier),
    ];
    let condition = conditions.into_iter().find(|(word, _)| args.eat(word));
    let condition = condition.map_or(ExpireCondition::Always, |(_, condition)| condition);
    let fields = fields(&mut args, "Parameter `numFields` should be greater than 0")?;
    Ok((at, condition, fields))
}

/// As in Redis, a key of another type is minded before what the arguments say: only where these are wrong does that need a look.
pub(super) fn type_first<R>(ctx: &mut Ctx<'_, '_>, error: CommandError) -> Result<R, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    view.held::<Hash>(key)?;
    Err(error)
}

/// The deadline of an amount and its unit. One that is not in the future is allowed: it removes.
pub(super) fn deadline(
    (unit, amount): (Unit, &[u8]),
    now: Timestamp,
    command: &'static str,
) -> Result<Timestamp, CommandError> {
    let amount = integer(amount)?;
    if amount < 0 {
        return Err(CommandError::err("invalid expire time, must be >= 0"));
    }
    let millis = unit.millis(amount, now).filter(|millis| *millis <= LAST_MILLIS);
    let millis = millis.and_then(|millis| u64::try_from(millis).ok()).ok_or(CommandError::InvalidExpire(command))?;
    Ok(Timestamp::from_millis(millis))
}

/// `FIELDS n field...`, with which the arguments end.
pub(super) fn fields<'a>(args: &mut Args<'a>, no_count: &'static str) -> Result<&'a [Arg<'a>], CommandError> {
    if !args.eat("FIELDS") {
        return Err(CommandError::err(NO_FIELDS));
    }
    let count = args.next().unwrap_or_default();
    let count = integer_in(count, 1..=i64::MAX, "").map_err(|_| CommandError::err(no_count))?;
    let fields = args.rest();
    if usize::try_from(count) != Ok(fields.len()) {
        return Err(CommandError::err("The `numfields` parameter must match the number of arguments"));
    }
    Ok(fields)
}

pub(super) const NO_POSITIVE_COUNT: &str = "Number of fields must be a positive integer";

pub(super) const HPERSIST: CommandSpec = CommandSpec {
    name: "hpersist",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::FAST),
    syntax: "key FIELDS (numfields field...)",
    summary: "Takes the times to live of fields of a hash away.",
    run: hpersist,
    ..HEXPIRE
};

fn hpersist(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let fields = fields(&mut Args::from(ctx.args, 2), NO_POSITIVE_COUNT).or_else(|error| type_first(ctx, error))?;
    let (key, view, reply) = ctx.key_view_mut_reply(0)?;
    let had = view.hash_persist(key, fields.iter().copied().map(Arg::as_slice))?;
    reply.array(had.len());
    for had in had {
        reply.int(match had {
            Ttl::Missing => -2,
            Ttl::Persistent => -1,
            Ttl::Until(_) => 1,
        });
    }
    Ok(Outcome::Done)
}

pub(super) const HTTL: CommandSpec = CommandSpec {
    name: "httl",
    arity: Arity::AtLeast(5),
    syntax: "key FIELDS (numfields field...)",
    summary: "Returns the seconds that fields of a hash have left; -1 without a time to live, -2 without the field.",
    since: "7.4.0",
    complexity: "O(N log H) for N fields of a hash of H",
    tips: &["nondeterministic_output"],
    // Rounded up, as in Redis, where TTL is not.
    run: |ctx| httl(ctx, |deadline, now| seconds(millis_left(deadline, now))),
    ..super::BASE
};

pub(super) const HPTTL: CommandSpec = CommandSpec {
    name: "hpttl",
    summary: "Returns the milliseconds that fields of a hash have left; -1 without a time to live, -2 without the field.",
    run: |ctx| httl(ctx, millis_left),
    ..HTTL
};

pub(super) const HEXPIRETIME: CommandSpec = CommandSpec {
    name: "hexpiretime",
    summary: "Returns when fields of a hash expire, in seconds since the epoch; -1 without a time to live, -2 without the field.",
    tips: &[],
    run: |ctx| httl(ctx, |deadline, _| seconds(epoch_millis(deadline))),
    ..HTTL
};

pub(super) const HPEXPIRETIME: CommandSpec = CommandSpec {
    name: "hpexpiretime",
    summary: "Returns when fields of a hash expire, in milliseconds since the epoch; -1 without a time to live, -2 without the field.",
    run: |ctx| httl(ctx, |deadline, _| epoch_millis(deadline)),
    ..HEXPIRETIME
};

const fn seconds(millis: i64) -> i64 {
    millis / 1000 + (millis % 1000 > 0) as i64
}

fn httl(ctx: &mut Ctx<'_, '_>, shown: fn(Timestamp, Timestamp) -> i64) -> Result<Outcome, CommandError> {
    let (now, mut args) = (ctx.now, Args::from(ctx.args, 2));
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let hash = view.collection::<Hash>(key)?;
    let fields = fields(&mut args, NO_POSITIVE_COUNT)?;
    reply.array(fields.len());
    for field in fields.iter().copied().map(Arg::as_slice) {
        reply.int(match hash.map(|hash| (hash.deadline(field), hash.contains(field))) {
            Some((Some(deadline), _)) => shown(deadline, now),
            Some((None, true)) => -1,
            Some((None, false)) | None => -2,
        });
    }
    Ok(Outcome::Done)
}
