//! Fields together with their times to live: HGETEX, HSETEX, HGETDEL. Redis has them since 8.0; the wording of what is wrong is its.

use pyredis_protocol::{Arg, ReplyWriter};
use pyredis_store::{Condition, ExpireCondition, Expiry, Hash, Timestamp};

use super::super::args::{Args, integer_in, text};
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::expiry::{RawExpiry, Unit};
use super::super::spec::{Arity, CommandSpec, Flags, KeySpec};
use super::super::work::BYTES_UNDER_LOCK;
use super::deadlines::{NO_POSITIVE_COUNT, deadline, fields, type_first};
use super::reply_value;
use crate::outcome::Outcome;

const UNITS: [(&str, Unit); 4] =
    [("EX", Unit::SECONDS), ("PX", Unit::MILLIS), ("EXAT", Unit::UNIX_SECONDS), ("PXAT", Unit::UNIX_MILLIS)];

pub(super) const HGETDEL: CommandSpec = CommandSpec {
    name: "hgetdel",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    syntax: "key FIELDS (numfields field...)",
    summary: "Returns the values of fields of a hash, and takes them out.",
    since: "8.0.0",
    complexity: "O(N log H) for N fields of a hash of H",
    run: hgetdel,
    ..super::BASE
};

fn hgetdel(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let fields = fields(&mut Args::from(ctx.args, 2), NO_POSITIVE_COUNT).or_else(|error| type_first(ctx, error))?;
    let (key, view, reply) = ctx.key_view_mut_reply(0)?;
    let values = view.hash_take(key, fields.iter().copied().map(Arg::as_slice))?;
    reply.array(values.len());
    for value in values {
        match value {
            None => reply.null(),
            Some(value) if value.len() >= BYTES_UNDER_LOCK => reply.bulk_shared(value),
            Some(value) => reply.bulk(&value),
        }
    }
    Ok(Outcome::Done)
}

pub(super) const HGETEX: CommandSpec = CommandSpec {
    name: "hgetex",
    keys: &[KeySpec {
        notes: "RW and UPDATE because it changes the TTL",
        ..KeySpec::first(&["RW", "access", "update"])
    }],
    syntax: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] \
             FIELDS (numfields field...)",
    summary: "Returns the values of fields of a hash, and sets or removes their times to live.",
    run: hgetex,
    ..HGETDEL
};

fn hgetex(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (persists, at, fields) = parse_hgetex(ctx).or_else(|error| type_first(ctx, error))?;
    let (key, view, reply) = ctx.key_view_mut_reply(0)?;
    reply_values(reply, view.collection(key)?, fields);
    let names = fields.iter().copied().map(Arg::as_slice);
    if let Some(at) = at {
        view.hash_expire_at(key, names, at, ExpireCondition::Always)?;
    } else if persists {
        view.hash_persist(key, names)?;
    }
    Ok(Outcome::Done)
}

/// Whether times to live are removed, or the one that is set; and the fields.
fn parse_hgetex<'c>(ctx: &Ctx<'c, '_>) -> Result<(bool, Option<Timestamp>, &'c [Arg<'c>]), CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let persists = args.eat("PERSIST");
    let expiry = if persists { None } else { eat_expiry(&mut args)? };
    let fields = fields(&mut args, NO_POSITIVE_COUNT)?;
    let at = expiry.map(|raw| deadline(raw, ctx.now, "hgetex")).transpose()?;
    Ok((persists, at, fields))
}

fn reply_values(reply: &mut ReplyWriter, hash: Option<&Hash>, fields: &[Arg<'_>]) {
    reply.array(fields.len());
    fields.iter().for_each(|field| reply_value(reply, hash, field.as_slice()));
}

/// Takes `EX n` and so on, if it comes next.
fn eat_expiry<'a>(args: &mut Args<'a>) -> Result<Option<RawExpiry<'a>>, CommandError> {
    let Some((_, unit)) = UNITS.into_iter().find(|(word, _)| args.eat(word)) else { return Ok(None) };
    let amount = args.next().ok_or_else(|| CommandError::err("missing expire time"))?;
    Ok(Some((unit, amount)))
}

pub(super) const HSETEX: CommandSpec = CommandSpec {
    name: "hsetex",
    arity: Arity::AtLeast(6),
    flags: super::WRITE,
    keys: &[KeySpec::first(&["RW", "update"])],
    syntax: "key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds \
             | KEEPTTL] FIELDS (numfields (field value)...)",
    summary: "Gives fields of a hash values and a time to live; if wanted, only where none of them is there, or all are.",
    run: hsetex,
    ..HGETDEL
};

fn hsetex(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let options = options(ctx)?;
    let expiry = match options.expiry {
        Some(raw) => Expiry::At(deadline(raw, ctx.now, "hsetex")?),
        None if options.keeps => Expiry::Keep,
        None => Expiry::Clear,
    };
    let pairs = options.pairs.chunks_exact(2);
    let pairs = pairs.filter_map(|pair| Some((pair.first()?.as_slice(), pair.last()?.as_slice())));
    let (key, view) = ctx.key_and_view(0)?;
    let is_set = view.hash_set_until(key, pairs, expiry, options.condition)?;
    Ok(ctx.answer_count(is_set.into()))
}

/// What HSETEX is asked for.
struct SetOptions<'a> {
    condition: Condition,
    expiry: Option<RawExpiry<'a>>,
    keeps: bool,
    pairs: &'a [Arg<'a>],
}

fn options<'c>(ctx: &Ctx<'c, '_>) -> Result<SetOptions<'c>, CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let mut options = SetOptions { condition: Condition::Always, expiry: None, keeps: false, pairs: &[] };
    while !args.eat("FIELDS") {
        let has_time = options.expiry.is_some() || options.keeps;
        let condition = [("FNX", Condition::IfAbsent), ("FXX", Condition::IfPresent)];
        if let Some((_, condition)) = condition.into_iter().find(|(word, _)| args.eat(word)) {
            if options.condition != Condition::Always {
                return Err(CommandError::err("Only one of FXX or FNX arguments can be specified"));
            }
            options.condition = condition;
            continue;
        }
        if args.eat("KEEPTTL") {
            options.keeps = true;
        } else if let Some(expiry) = eat_expiry(&mut args)? {
            options.expiry = Some(expiry);
        } else {
            let Some(word) = args.next() else {
                return Err(CommandError::err("Mandatory argument FIELDS is missing or not at the right position"));
            };
            return Err(CommandError::err(format_args!("unknown argument: {}", text(word))));
        }
        if has_time {
            let names = "EX, PX, EXAT, PXAT or KEEPTTL";
            return Err(CommandError::err(format_args!("Only one of {names} arguments can be specified")));
        }
    }
    let count = args.next().unwrap_or_default();
    let count = integer_in(count, 1..=i64::from(i32::MAX), "ERR invalid number of fields")?;
    options.pairs = args.rest();
    if usize::try_from(count).map(|count| count * 2) != Ok(options.pairs.len()) {
        return Err(CommandError::WrongArity(ctx.command.full_name()));
    }
    Ok(options)
}
