//! MONITOR: shows a client what all clients do, until RESET or the end of its connection.

use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&MONITOR];

const MONITOR: CommandSpec = CommandSpec {
    name: "monitor",
    arity: Arity::Exactly(1),
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::LOADING).union(Flags::STALE),
    locks: Locks::None,
    group: Group::Server,
    summary: "Shows the commands of all clients as they are run, passwords and administration left out.",
    run: monitor,
    ..CommandSpec::BASE
};

fn monitor(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.in_exec {
        return Err(CommandError::err("MONITOR isn't allowed for DENY BLOCKING client"));
    }
    // Said twice, it is answered once, as in Redis.
    if !ctx.session.is_monitor {
        ctx.session.is_monitor = true;
        ctx.show();
        ctx.server.pubsub.watch_all(&ctx.session.client);
        ctx.reply.ok();
    }
    Ok(Outcome::Done)
}
