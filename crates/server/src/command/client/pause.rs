//! CLIENT PAUSE and UNPAUSE.

use std::time::Duration;

use super::SUBCOMMAND;
use crate::command::args::integer;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags};
use crate::outcome::Outcome;

pub(super) const PAUSE: CommandSpec = CommandSpec {
    name: "pause",
    arity: Arity::AtLeast(3),
    flags: SUBCOMMAND.flags.union(Flags::ADMIN),
    syntax: "timeout [WRITE | ALL]",
    summary: "Lets all commands, or those that write, wait for so many milliseconds.",
    since: "2.9.50",
    run: pause,
    ..SUBCOMMAND
};

fn pause(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let writes_only = match ctx.args {
        [_, _, _] => false,
        [_, _, _, mode] if mode.eq_ignore_ascii_case(b"WRITE") => true,
        [_, _, _, mode] if mode.eq_ignore_ascii_case(b"ALL") => false,
        [_, _, _, _] => return Err(CommandError::err("CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(CommandError::unknown_form(ctx.arg(1), "CLIENT")),
    };
    let timeout = integer(ctx.arg(2)).map_err(|_| CommandError::err("timeout is not an integer or out of range"))?;
    let timeout = u64::try_from(timeout).map_err(|_| CommandError::err("timeout is negative"))?;
    ctx.server.pause.begin(Duration::from_millis(timeout), writes_only);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) const UNPAUSE: CommandSpec = CommandSpec {
    name: "unpause",
    flags: SUBCOMMAND.flags.union(Flags::ADMIN),
    summary: "Ends a pause. While all commands wait, so does this one.",
    since: "6.2.0",
    complexity: "O(N) with N clients that wait",
    run: |ctx| {
        ctx.server.pause.end();
        ctx.reply.ok();
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};
