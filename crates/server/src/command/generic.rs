//! Keys of any type: DEL, UNLINK, EXISTS, TOUCH, TYPE. What moves them is in `transfer.rs`. Walks over all keys are in `keyspace.rs`.

use pyredis_store::ValueType;

use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&DEL, &EXISTS, &TOUCH, &TYPE, &UNLINK];

const DEL: CommandSpec = CommandSpec {
    name: "del",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE,
    keys: &[KeySpec::all(&["RM", "delete"])],
    syntax: "key...",
    summary: "Deletes keys and returns how many there were.",
    complexity: "O(N) with N keys",
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    run: del,
    ..CommandSpec::BASE
};

fn del(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut deleted = 0;
    for key in ctx.keys {
        deleted += i64::from(ctx.view()?.del(key)?);
    }
    ctx.reply.int(deleted);
    Ok(Outcome::Done)
}

const UNLINK: CommandSpec = CommandSpec {
    name: "unlink",
    flags: Flags::WRITE.union(Flags::FAST),
    summary: "Deletes keys and returns how many there were; DEL does the same, as memory is always freed in the background.",
    since: "4.0.0",
    ..DEL
};

const EXISTS: CommandSpec = CommandSpec {
    name: "exists",
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::all(&["RO"])],
    summary: "Returns how many of the keys exist; one that is named twice counts twice.",
    run: exists,
    ..DEL
};

fn exists(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut existing = 0;
    for key in ctx.keys {
        existing += i64::from(ctx.view()?.exists(key)?);
    }
    ctx.reply.int(existing);
    Ok(Outcome::Done)
}

const TOUCH: CommandSpec = CommandSpec {
    name: "touch",
    flags: EXISTS.flags.union(Flags::TOUCHES),
    summary: "Counts keys as used, and returns how many of them exist.",
    since: "3.2.1",
    run: touch,
    ..EXISTS
};

fn touch(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut existing = 0;
    for key in ctx.keys {
        existing += i64::from(ctx.view()?.use_key(key)?);
    }
    ctx.reply.int(existing);
    Ok(Outcome::Done)
}

const TYPE: CommandSpec = CommandSpec {
    name: "type",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO"])],
    syntax: "key",
    summary: "Returns the type of what a key holds, or none.",
    run: type_of,
    ..CommandSpec::BASE
};

fn type_of(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let name = view.value_type(key)?.map_or("none", ValueType::name);
    ctx.reply.simple(name);
    Ok(Outcome::Done)
}
