//! What a client can switch on and off for itself: replies, eviction, and whether its reads count as uses.

use super::SUBCOMMAND;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags};
use crate::outcome::Outcome;
use crate::session::Replies;

pub(super) const REPLY: CommandSpec = CommandSpec {
    name: "reply",
    arity: Arity::Exactly(3),
    syntax: "(ON | OFF | SKIP)",
    summary: "Says whether commands are answered: all, none, or all but the next.",
    since: "3.2.0",
    run: reply,
    ..SUBCOMMAND
};

/// Only ON is answered.
fn reply(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    match ctx.arg(2).to_ascii_uppercase().as_slice() {
        b"ON" => {
            ctx.session.replies = Replies::Spoken;
            ctx.reply.ok();
        }
        b"OFF" => ctx.session.replies = Replies::Off,
        b"SKIP" if ctx.session.replies == Replies::Off => {}
        b"SKIP" => ctx.session.replies = Replies::SkipOne,
        _ => return Err(CommandError::Syntax),
    }
    Ok(Outcome::Done)
}

pub(super) const NO_EVICT: CommandSpec = CommandSpec {
    name: "no-evict",
    arity: Arity::Exactly(3),
    flags: SUBCOMMAND.flags.union(Flags::ADMIN),
    syntax: "(ON | OFF)",
    summary: "Keeps the connection when clients are ended for lack of memory, which none is yet.",
    since: "7.0.0",
    run: |ctx| {
        ctx.session.no_evict = is_on(ctx)?;
        ctx.reply.ok();
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};

pub(super) const NO_TOUCH: CommandSpec = CommandSpec {
    name: "no-touch",
    arity: Arity::Exactly(3),
    syntax: "(ON | OFF)",
    summary: "Says whether this connection's commands, but for TOUCH, leave when and how often keys were used as it is.",
    since: "7.2.0",
    run: |ctx| {
        ctx.session.no_touch = is_on(ctx)?;
        ctx.reply.ok();
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};

fn is_on(ctx: &Ctx<'_, '_>) -> Result<bool, CommandError> {
    match ctx.arg(2).to_ascii_uppercase().as_slice() {
        b"ON" => Ok(true),
        b"OFF" => Ok(false),
        _ => Err(CommandError::Syntax),
    }
}
