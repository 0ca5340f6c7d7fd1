//! Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH. Queueing and running are the dispatcher's (`dispatch.rs`).

use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&DISCARD, &EXEC, &MULTI, &UNWATCH, &WATCH];

const TRANSACTION: CommandSpec = CommandSpec {
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    locks: Locks::None,
    group: Group::Transactions,
    ..CommandSpec::BASE
};

const MULTI: CommandSpec = CommandSpec {
    name: "multi",
    flags: TRANSACTION.flags.union(Flags::NOT_QUEUED),
    summary: "Begins a transaction: the commands that follow are queued until EXEC.",
    since: "1.2.0",
    run: multi,
    ..TRANSACTION
};

fn multi(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.session.transaction.is_some() {
        return Err(CommandError::NestedMulti);
    }
    ctx.session.begin();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const EXEC: CommandSpec = CommandSpec {
    name: "exec",
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::SKIP_SLOWLOG)
        .union(Flags::NOT_QUEUED)
        .union(Flags::ENDS_TRANSACTION),
    summary: "Runs the queued commands at one instant, unless a watched key was changed.",
    since: "1.2.0",
    complexity: "that of the queued commands",
    run: exec,
    ..TRANSACTION
};

fn exec(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let transaction = ctx.session.transaction.take().ok_or(CommandError::WithoutMulti("EXEC"))?;
    if transaction.is_broken {
        ctx.session.discard();
        return Err(CommandError::ExecAbort);
    }
    Ok(Outcome::Exec(transaction))
}

const DISCARD: CommandSpec = CommandSpec {
    name: "discard",
    flags: TRANSACTION.flags.union(Flags::NOT_QUEUED),
    summary: "Forgets the queued commands and the watched keys.",
    since: "2.0.0",
    complexity: "O(N) with N queued commands",
    run: discard,
    ..TRANSACTION
};

fn discard(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.session.transaction.is_none() {
        return Err(CommandError::WithoutMulti("DISCARD"));
    }
    ctx.session.discard();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const WATCH: CommandSpec = CommandSpec {
    name: "watch",
    arity: Arity::AtLeast(2),
    flags: TRANSACTION.flags.union(Flags::NOT_QUEUED),
    keys: &[KeySpec::all(&["RO"])],
    syntax: "key...",
    summary: "Watches keys: the next EXEC runs only if none of them was changed until then.",
    since: "2.2.0",
    complexity: "O(N) with N keys",
    run: watch,
    ..TRANSACTION
};

fn watch(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.session.transaction.is_some() {
        return Err(CommandError::WatchInMulti);
    }
    ctx.keys.iter().for_each(|key| ctx.session.watched.watch(key));
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const UNWATCH: CommandSpec =
    CommandSpec { name: "unwatch", summary: "Stops watching keys.", since: "2.2.0", run: unwatch, ..TRANSACTION };

/// In a transaction this has nothing left to do: EXEC ends the watch, and its view is open while this runs.
fn unwatch(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if !ctx.in_exec {
        ctx.session.watched.clear();
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}
