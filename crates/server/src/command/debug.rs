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

/// Redis's clock of accesses has 24 bits.
const LRU_CLOCK_MAX: u64 = (1 << 24) - 1;

/// In COMMAND's eyes DEBUG has no subcommands, as in Redis.
const DEBUG: CommandSpec = CommandSpec {
    name: "debug",
    arity: Arity::AtLeast(2),
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::LOADING).union(Flags::STALE),
    locks: Locks::KeyNamed(|args| args.get(1).is_some_and(|word| word.eq_ignore_ascii_case(b"object")).then_some(2)),
    group: Group::Server,
    syntax: "subcommand [arg...]",
    summary: "Things that tests need: OBJECT, SLEEP, SET-ACTIVE-EXPIRE, ADVANCE.",
    complexity: "O(1)",
    run: debug,
    ..CommandSpec::BASE
};

fn debug(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let word = ctx.arg(1).to_ascii_lowercase();
    match (&word[..], ctx.args) {
        (b"help", [_, _]) => reply_help(ctx, "DEBUG", HELP),
        (b"object", [_, _, key]) => object(ctx, key),
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

/// In Redis's form; the length is that of the value in memory.
fn object(ctx: &mut Ctx<'_, '_>, key: &[u8]) -> Result<Outcome, CommandError> {
    let (server, db, now) = (ctx.server, ctx.session.db, ctx.now);
    let key = &server.store.key_in(db, key);
    let view = ctx.view()?;
    let (Some(address), Some(encoding)) = (view.address(key)?, view.encoding(key)?) else {
        return Err(CommandError::NoSuchKey);
    };
    let (references, bytes) = (view.references(key)?.unwrap_or(1), view.memory_usage(key)?.unwrap_or_default());
    // As in Redis, a frequency reads as some time.
    let idle = view.idle_seconds(key)?.unwrap_or_default();
    let used = (now.as_millis() / 1000).wrapping_sub(u64::from(idle)) & LRU_CLOCK_MAX;
    ctx.reply.simple(&format!(
        "Value at:{address:#x} refcount:{references} encoding:{encoding} serializedlength:{bytes} lru:{used} lru_seconds_idle:{idle}"
    ));
    Ok(Outcome::Done)
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
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
    "    default.",
    "SLEEP <seconds>",
    "    Stop this connection for <seconds>. Decimals allowed.",
];
