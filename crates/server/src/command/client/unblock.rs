//! CLIENT UNBLOCK: ends another client's wait for keys.

use super::SUBCOMMAND;
use crate::command::args::integer;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags};
use crate::outcome::Outcome;

pub(super) const UNBLOCK: CommandSpec = CommandSpec {
    name: "unblock",
    arity: Arity::AtLeast(3),
    flags: SUBCOMMAND.flags.union(Flags::ADMIN),
    syntax: "client-id [TIMEOUT | ERROR]",
    summary: "Ends the wait of a client in a blocking command, as if its time were over or with an error.",
    since: "5.0.0",
    complexity: "O(log N) with N clients",
    run: unblock,
    ..SUBCOMMAND
};

fn unblock(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let with_error = match ctx.args {
        [_, _, _] => false,
        [_, _, _, how] if how.eq_ignore_ascii_case(b"TIMEOUT") => false,
        [_, _, _, how] if how.eq_ignore_ascii_case(b"ERROR") => true,
        [_, _, _, _] => return Err(CommandError::err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
        _ => return Err(CommandError::unknown_form(ctx.arg(1), "CLIENT")),
    };
    let id = integer(ctx.arg(2))?;
    let client = u64::try_from(id).ok().and_then(|id| ctx.server.clients.get(id));
    ctx.reply.int(client.is_some_and(|client| client.unblock(with_error)).into());
    Ok(Outcome::Done)
}
