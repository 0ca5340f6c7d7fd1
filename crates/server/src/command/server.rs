//! The server itself: INFO, TIME, snapshots, and its end.

use super::args::{Args, text};
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, Categories, CommandSpec, Flags, Group, Locks};
use crate::info;
use crate::lifecycle::{Phase, ShutdownMode};
use crate::outcome::{Outcome, Wait};
use crate::persistence::CannotStart;

pub(super) const COMMANDS: &[&CommandSpec] = &[&BGSAVE, &INFO, &LASTSAVE, &SAVE, &SHUTDOWN, &TIME];

const SERVER: CommandSpec = CommandSpec { locks: Locks::None, group: Group::Server, ..CommandSpec::BASE };

const BGSAVE: CommandSpec = CommandSpec {
    name: "bgsave",
    arity: Arity::AtLeast(1),
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_ASYNC_LOADING),
    syntax: "[SCHEDULE]",
    summary: "Starts to write a snapshot and answers at once.",
    run: bgsave,
    ..SERVER
};

fn bgsave(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 1);
    let may_wait = args.eat("SCHEDULE");
    args.finish()?;
    // In a transaction the snapshot begins when the transaction's locks are free.
    let saver = &ctx.server.saver;
    let started = if ctx.in_exec { Err(CannotStart::Running) } else { saver.start().map(drop) };
    match started {
        Err(CannotStart::Running) if may_wait || ctx.in_exec => {
            saver.schedule()?;
            ctx.reply.simple("Background saving scheduled");
        }
        started => {
            started?;
            ctx.reply.simple("Background saving started");
        }
    }
    Ok(Outcome::Done)
}

const SAVE: CommandSpec = CommandSpec {
    name: "save",
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_ASYNC_LOADING).union(Flags::NO_MULTI),
    summary: "Writes a snapshot and answers when it is on disk; other connections go on meanwhile.",
    complexity: "O(N) with N keys in all databases",
    run: |ctx| {
        let ticket = ctx.server.saver.start()?;
        Ok(Outcome::Wait(Wait::Save(ticket)))
    },
    ..SERVER
};

const LASTSAVE: CommandSpec = CommandSpec {
    name: "lastsave",
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    categories: Categories::ADMIN.union(Categories::DANGEROUS),
    summary: "Returns when the last snapshot was written, in seconds since the epoch.",
    tips: &["nondeterministic_output"],
    run: |ctx| {
        let seconds = ctx.server.saver.status().last_save.as_millis() / 1000;
        ctx.reply.int(i64::try_from(seconds).unwrap_or(i64::MAX));
        Ok(Outcome::Done)
    },
    ..SERVER
};

const INFO: CommandSpec = CommandSpec {
    name: "info",
    arity: Arity::AtLeast(1),
    flags: Flags::LOADING.union(Flags::STALE),
    categories: Categories::DANGEROUS,
    syntax: "[section...]",
    summary: "Returns figures about the server, by sections.",
    complexity: "O(S) with S shards",
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    run: |ctx| {
        let wanted: Vec<_> = ctx.args.iter().skip(1).map(|section| text(section).to_lowercase()).collect();
        if !ctx.in_exec {
            ctx.server.system.ask();
        }
        let report = info::report(ctx.server, &wanted, ctx.now);
        ctx.reply.verbatim("txt", report);
        Ok(Outcome::Done)
    },
    ..SERVER
};

const TIME: CommandSpec = CommandSpec {
    name: "time",
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    summary: "Returns the server's time: seconds since the epoch, and microseconds.",
    since: "2.6.0",
    tips: &["nondeterministic_output"],
    run: time,
    ..SERVER
};

fn time(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let millis = ctx.now.as_millis();
    ctx.reply.array(2);
    ctx.reply.bulk((millis / 1000).to_string().as_bytes());
    ctx.reply.bulk((millis % 1000 * 1000).to_string().as_bytes());
    Ok(Outcome::Done)
}

const SHUTDOWN: CommandSpec = CommandSpec {
    name: "shutdown",
    arity: Arity::AtLeast(1),
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::NO_MULTI)
        .union(Flags::ALLOW_BUSY),
    syntax: "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
    summary: "Writes a snapshot, if that is configured or asked for, and ends the server.",
    complexity: "O(N) with N keys in all databases when a snapshot is written, else O(1)",
    run: shutdown,
    ..SERVER
};

fn shutdown(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 1);
    let (mut mode, mut aborts, mut says_more) = (ShutdownMode::default(), false, false);
    while !args.is_empty() {
        if args.eat("ABORT") {
            aborts = true;
            continue;
        }
        says_more = true;
        if mode.save != Some(true) && args.eat("NOSAVE") {
            mode.save = Some(false);
        } else if mode.save != Some(false) && args.eat("SAVE") {
            mode.save = Some(true);
        } else if args.eat("FORCE") {
            mode.force = true;
        } else if !args.eat("NOW") {
            // NOW skips waiting for replicas, of which there are none.
            return Err(CommandError::Syntax);
        }
    }
    match (aborts, says_more) {
        (true, true) => Err(CommandError::Syntax),
        // Redis waits for replicas here, and can stop waiting; with the last snapshot begun there is no way back but its failure.
        (true, false) if ctx.server.lifecycle.phase() == Phase::Saving => {
            Err(CommandError::err("The last snapshot is being written, the shutdown can no longer be aborted."))
        }
        (true, false) => Err(CommandError::err("No shutdown in progress.")),
        (false, _) => Ok(Outcome::Wait(Wait::Shutdown(mode))),
    }
}
