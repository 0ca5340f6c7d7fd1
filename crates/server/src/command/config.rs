//! CONFIG: the configuration at run time.

use pyredis_store::glob_match;

use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, CommandSpec, Flags, Group, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&CONFIG];

const CONFIG: CommandSpec = CommandSpec {
    name: "config",
    arity: Arity::AtLeast(2),
    locks: Locks::None,
    group: Group::Server,
    summary: "The server's configuration.",
    since: "2.0.0",
    complexity: "that of the subcommand",
    subcommands: &[&GET, &HELP, &RESETSTAT, &SET],
    run: |ctx| Err(CommandError::WrongArity(ctx.command.full_name())),
    ..CommandSpec::BASE
};

const SUBCOMMAND: CommandSpec = CommandSpec {
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::LOADING).union(Flags::STALE),
    locks: Locks::None,
    group: Group::Server,
    since: "2.0.0",
    ..CommandSpec::BASE
};

const GET: CommandSpec = CommandSpec {
    name: "get",
    arity: Arity::AtLeast(3),
    syntax: "parameter...",
    summary: "Returns the directives that match the patterns, and their values.",
    complexity: "O(N) with N patterns",
    run: get,
    ..SUBCOMMAND
};

fn get(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let patterns: Vec<&[u8]> = ctx.args.iter().skip(2).map(|pattern| &pattern[..]).collect();
    let found = ctx.server.config.get(&patterns, glob_match);
    ctx.reply.map(found.len());
    for (name, value) in found {
        ctx.reply.bulk(name.as_bytes());
        ctx.reply.bulk(value.as_bytes());
    }
    Ok(Outcome::Done)
}

const SET: CommandSpec = CommandSpec {
    name: "set",
    arity: Arity::AtLeast(4),
    syntax: "(parameter value)...",
    summary: "Changes directives, all of them or none.",
    complexity: "O(N) with N directives",
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: set,
    ..SUBCOMMAND
};

fn set(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if !ctx.args.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> =
        ctx.args.chunks_exact(2).skip(1).filter_map(|pair| Some((&pair.first()?[..], &pair.get(1)?[..]))).collect();
    let config = ctx.server.config.set(&pairs).map_err(CommandError::err)?;
    ctx.server.config_has_changed(&config);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const RESETSTAT: CommandSpec = CommandSpec {
    name: "resetstat",
    arity: Arity::Exactly(2),
    summary: "Sets the figures of INFO back to zero.",
    run: |ctx| {
        let store = &ctx.server.store;
        ctx.server.stats.reset(store.expire_lag(), store.expired_fields());
        ctx.reply.ok();
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};

const HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.union(Flags::STALE),
    summary: "Lists the subcommands.",
    since: "5.0.0",
    run: |ctx| {
        reply_help(
            ctx,
            "CONFIG",
            &[
                "GET <pattern>",
                "    Return parameters matching the glob-like <pattern> and their values.",
                "SET <directive> <value>",
                "    Set the configuration <directive> to <value>.",
                "RESETSTAT",
                "    Reset statistics reported by the INFO command.",
            ],
        )
    },
    ..SUBCOMMAND
};
