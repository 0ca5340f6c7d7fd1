//! Client-side caching: there is none yet, and this says so.

use super::SUBCOMMAND;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec};
use crate::outcome::Outcome;

pub(super) const TRACKING: CommandSpec = CommandSpec {
    name: "tracking",
    arity: Arity::AtLeast(3),
    syntax: "(ON | OFF) [REDIRECT client-id] [PREFIX prefix...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
    summary: "Refuses to be switched on, as keys that a client has read are not tracked yet.",
    since: "6.0.0",
    run: tracking,
    ..SUBCOMMAND
};

fn tracking(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut options = ctx.args.iter().skip(3);
    while let Some(option) = options.next() {
        match option.to_ascii_uppercase().as_slice() {
            b"BCAST" | b"OPTIN" | b"OPTOUT" | b"NOLOOP" => {}
            b"REDIRECT" | b"PREFIX" if options.next().is_some() => {}
            _ => return Err(CommandError::Syntax),
        }
    }
    match ctx.arg(2).to_ascii_uppercase().as_slice() {
        b"OFF" => {
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        b"ON" => Err(CommandError::err(
            "client tracking is not supported yet: this server does not track what clients cache",
        )),
        _ => Err(CommandError::Syntax),
    }
}

pub(super) const CACHING: CommandSpec = CommandSpec {
    name: "caching",
    arity: Arity::Exactly(3),
    syntax: "(YES | NO)",
    summary: "Refuses, as it does without tracking.",
    since: "6.0.0",
    run: |_| {
        Err(CommandError::err(
            "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
        ))
    },
    ..SUBCOMMAND
};

pub(super) const GETREDIR: CommandSpec = CommandSpec {
    name: "getredir",
    summary: "Returns -1: what this client has read is not tracked.",
    since: "6.0.0",
    run: |ctx| {
        ctx.reply.int(-1);
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};

pub(super) const TRACKINGINFO: CommandSpec = CommandSpec {
    name: "trackinginfo",
    summary: "Returns how this client is tracked: it is not.",
    since: "6.2.0",
    run: |ctx| {
        ctx.reply.map(3);
        ctx.reply.bulk(b"flags");
        ctx.reply.set(1);
        ctx.reply.bulk(b"off");
        ctx.reply.bulk(b"redirect");
        ctx.reply.int(-1);
        ctx.reply.bulk(b"prefixes");
        ctx.reply.array(0);
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};
