//! DEBUG: for tests. SLEEP holds its own connection only; ADVANCE moves a manual clock.

use std::time::Duration;

use pyredis_store::Clock;

use super::args::{integer, text};
use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, CommandSpec, Flags, Group, Locks};
use crate::outcome::{Outcome, Wait};

pub(super) const COMMANDS: &[&CommandSpec] = &[&DEBUG];

/// In COMMAND's eyes DEBUG has no subcommands, as in Redis.
const DEBUG: CommandSpec = CommandSpec {
    name: "debug",
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::LOADING).union(Flags::STALE),
    locks: Locks::None,
    group: Group::Server,
    syntax: "subcommand [arg...]",
    summary: "Things that tests need: SLEEP, SET-ACTIVE-EXPIRE, ADVANCE.",
    complexity: "O(1)",
    run: debug,
    ..CommandSpec::BASE
};

fn debug(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let word = ctx.arg(1).to_ascii_lowercase();
    match (&word[..], ctx.args) {
        (b"help", [_, _]) => reply_help(ctx, "DEBUG", HELP),
        (b"sleep", [_, _, seconds]) => {
            let seconds =
                text(seconds).parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            Ok(Outcome::Wait(Wait::Sleep(seconds.unwrap_or_default())))
        }
        (b"set-active-expire", [_, _, on]) => {
            ctx.server.store.set_active_expiry(integer(on).unwrap_or_default() != 0);
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        (b"advance", [_, _, millis]) => advance(ctx, millis),
        _ => Err(CommandError::unknown_form(ctx.arg(1), "DEBUG")),
    }
}

fn advance(ctx: &mut Ctx<'_, '_>, millis: &[u8]) -> Result<Outcome, CommandError> {
    let Clock::Manual(clock) = &ctx.server.clock else {
        return Err(CommandError::err("DEBUG ADVANCE needs a server that was started with manual-clock yes"));
    };
    let millis = u64::try_from(integer(millis)?).map_err(|_| CommandError::OutOfRange)?;
    clock.advance(Duration::from_millis(millis));
    ctx.server.time_has_moved();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "ADVANCE <milliseconds>",
    "    Move the clock of a server that was started with manual-clock yes.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
    "    default.",
    "SLEEP <seconds>",
    "    Stop this connection for <seconds>. Decimals allowed.",
];
