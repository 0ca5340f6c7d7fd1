//! OBJECT: how a key's value is kept, and how lately or how often it is used. Asking does not count as using.

use pyredis_store::{StoreError, Tracking, View};

use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, CommandSpec, Flags, KeySpec, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&OBJECT];

const OBJECT: CommandSpec = CommandSpec {
    name: "object",
    arity: Arity::AtLeast(2),
    locks: Locks::None,
    summary: "How values are kept and used.",
    since: "2.2.3",
    complexity: "that of the subcommand",
    subcommands: &[&ENCODING, &FREQ, &HELP, &IDLETIME, &REFCOUNT],
    run: |ctx| Err(CommandError::WrongArity(ctx.command.full_name())),
    ..CommandSpec::BASE
};

const SUBCOMMAND: CommandSpec = CommandSpec {
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::at(2, &["RO"])],
    syntax: "key",
    since: "2.2.3",
    tips: &["nondeterministic_output"],
    ..CommandSpec::BASE
};

const ENCODING: CommandSpec = CommandSpec {
    name: "encoding",
    summary: "Returns the name of the form that a key's value is kept in.",
    run: encoding,
    ..SUBCOMMAND
};

fn encoding(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    match view.encoding(key)? {
        Some(name) => ctx.reply.bulk(name.as_bytes()),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

const FREQ: CommandSpec = CommandSpec {
    name: "freq",
    summary: "Returns how often a key is used, as a logarithm from 0 to 255, under an LFU `maxmemory-policy`.",
    since: "4.0.0",
    run: |ctx| figure(ctx, Tracking::Frequency, |view, key| view.frequency(key)),
    ..SUBCOMMAND
};

const IDLETIME: CommandSpec = CommandSpec {
    name: "idletime",
    summary: "Returns for how many seconds a key was not used, unless `maxmemory-policy` is an LFU one.",
    run: |ctx| figure(ctx, Tracking::Recency, |view, key| view.idle_seconds(key)),
    ..SUBCOMMAND
};

/// Answers what is kept of a key's use, if it is `tracking` that the store keeps.
fn figure(
    ctx: &mut Ctx<'_, '_>,
    tracking: Tracking,
    of: fn(&View<'_>, &pyredis_store::Key<'_>) -> Result<Option<u32>, StoreError>,
) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    match of(view, key)? {
        None => ctx.reply.null(),
        Some(_) if ctx.server.store.tracking() != tracking => return Err(CommandError::NotTracked(tracking)),
        Some(figure) => ctx.reply.int(figure.into()),
    }
    Ok(Outcome::Done)
}

const REFCOUNT: CommandSpec = CommandSpec {
    name: "refcount",
    summary: "Returns how many references to a key's value there are in Redis: one, but of small integers very many.",
    run: refcount,
    ..SUBCOMMAND
};

fn refcount(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    match view.references(key)? {
        Some(count) => ctx.reply.int(count.into()),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

const HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.union(Flags::STALE),
    keys: &[],
    locks: Locks::None,
    syntax: "",
    summary: "Lists the subcommands.",
    since: "6.2.0",
    tips: &[],
    run: |ctx| {
        reply_help(
            ctx,
            "OBJECT",
            &[
                "ENCODING <key>",
                "    Return the kind of internal representation used in order to store the value",
                "    associated with a <key>.",
                "FREQ <key>",
                "    Return the access frequency index of the <key>. The returned integer is",
                "    proportional to the logarithm of the recent access frequency of the key.",
                "IDLETIME <key>",
                "    Return the idle time of the <key>, that is the approximated number of",
                "    seconds elapsed since the last access to the key.",
                "REFCOUNT <key>",
                "    Return the number of references of the value associated with the specified",
                "    <key>.",
            ],
        )
    },
    ..SUBCOMMAND
};
