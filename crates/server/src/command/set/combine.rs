//! What several sets come to: SUNION, SINTER, SDIFF, SINTERCARD, and storing it.

use pyredis_protocol::ReplyWriter;
use pyredis_protocol::number::parse_i64;
use pyredis_store::{Provisional, SetCalculation, SetOp, View};

use super::super::args::Args;
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::held::Held;
use super::super::spec::{Arity, CommandSpec, Flags, KeySpec};
use super::super::store_result::store_result;
use super::super::work::{BYTES_UNDER_LOCK, Ended, Work};
use super::members::{Members, Shape};
use crate::outcome::Outcome;

const COMBINE: CommandSpec = CommandSpec {
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    keys: &[KeySpec::all(&["RO", "access"])],
    syntax: "key...",
    tips: &["nondeterministic_output_order"],
    ..super::BASE
};

pub(super) const SUNION: CommandSpec = CommandSpec {
    name: "sunion",
    summary: "Returns what is in any of some sets.",
    complexity: "O(N) with N members in all sets",
    run: |ctx| combine(ctx, SetOp::Union),
    ..COMBINE
};

pub(super) const SINTER: CommandSpec = CommandSpec {
    name: "sinter",
    summary: "Returns what is in all of some sets.",
    complexity: "O(N*M) with N members in the smallest of M sets",
    run: |ctx| combine(ctx, SetOp::Intersection),
    ..COMBINE
};

pub(super) const SDIFF: CommandSpec = CommandSpec {
    name: "sdiff",
    summary: "Returns what is in the first of some sets and in none of the others.",
    complexity: "O(N) with N members in all sets",
    run: |ctx| combine(ctx, SetOp::Difference),
    ..COMBINE
};

fn combine(ctx: &mut Ctx<'_, '_>, op: SetOp) -> Result<Outcome, CommandError> {
    let keys = ctx.keys;
    let calculation = SetCalculation::begin(ctx.view()?, op, keys)?;
    let freeing = &ctx.server.garbage;
    if calculation.bytes_left() > BYTES_UNDER_LOCK {
        let calculation = Held::new(freeing, calculation, Provisional::held_bytes);
        return Ok(Outcome::Work(Box::new(LongAnswer(calculation))));
    }
    Ok(Members::all(calculation.into_result(), Shape::Set).answer(freeing, ctx.reply))
}

/// Answers with what large sets come to.
struct LongAnswer(Held<SetCalculation>);

impl Work for LongAnswer {
    fn step(&mut self) -> bool {
        self.0.step(BYTES_UNDER_LOCK)
    }

    fn end(mut self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let result = self.0.take_result();
        Ok(match Members::all(result, Shape::Set).answer(self.0.freeing(), reply) {
            Outcome::Work(work) => Ended::Again(work),
            _ => Ended::Answered,
        })
    }
}

pub(super) const SINTERCARD: CommandSpec = CommandSpec {
    name: "sintercard",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::counted(1, &["RO", "access"])],
    syntax: "numkeys key... [LIMIT limit]",
    summary: "Returns how many members are in all of some sets; with a limit other than 0, no more than that are counted.",
    since: "7.0.0",
    complexity: "O(N*M) with N members in the smallest of M sets",
    run: sintercard,
    ..super::BASE
};

fn sintercard(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let numkeys = parse_i64(ctx.arg(1)).and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
    let numkeys = numkeys.ok_or_else(|| CommandError::err("numkeys should be greater than 0"))?;
    if numkeys > ctx.args.len() - 2 {
        return Err(CommandError::err("Number of keys can't be greater than number of args"));
    }
    let mut args = Args::from(ctx.args, 2 + numkeys);
    let mut limit = 0;
    while !args.is_empty() {
        if args.len() < 2 || !args.eat("LIMIT") {
            return Err(CommandError::Syntax);
        }
        let wanted = parse_i64(args.take()?).and_then(|limit| usize::try_from(limit).ok());
        limit = wanted.ok_or_else(|| CommandError::err("LIMIT can't be negative"))?;
    }
    let keys = ctx.keys;
    let calculation = SetCalculation::begin(ctx.view()?, SetOp::Intersection, keys)?;
    let calculation = calculation.counting_to(if limit == 0 { usize::MAX } else { limit });
    if calculation.bytes_left() > BYTES_UNDER_LOCK {
        return Ok(Outcome::Work(Box::new(LongCount(Held::new(
            &ctx.server.garbage,
            calculation,
            Provisional::held_bytes,
        )))));
    }
    Ok(ctx.answer_count(calculation.count()))
}

/// Counts what is in all of some large sets.
struct LongCount(Held<SetCalculation>);

impl Work for LongCount {
    fn step(&mut self) -> bool {
        self.0.step(BYTES_UNDER_LOCK)
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.count(self.0.found());
        Ok(Ended::Answered)
    }
}

const STORE: CommandSpec = CommandSpec {
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["OW", "update"]), KeySpec { first: 2, ..KeySpec::all(&["RO", "access"]) }],
    syntax: "destination key...",
    ..super::BASE
};

pub(super) const SUNIONSTORE: CommandSpec = CommandSpec {
    name: "sunionstore",
    summary: "Sets a key to what is in any of some sets, and returns how many members that has.",
    complexity: "O(N) with N members in all sets",
    run: |ctx| store(ctx, SetOp::Union),
    ..STORE
};

pub(super) const SINTERSTORE: CommandSpec = CommandSpec {
    name: "sinterstore",
    keys: &[KeySpec::first(&["RW", "update"]), KeySpec { first: 2, ..KeySpec::all(&["RO", "access"]) }],
    summary: "Sets a key to what is in all of some sets, and returns how many members that has.",
    complexity: "O(N*M) with N members in the smallest of M sets",
    run: |ctx| store(ctx, SetOp::Intersection),
    ..STORE
};

pub(super) const SDIFFSTORE: CommandSpec = CommandSpec {
    name: "sdiffstore",
    summary: "Sets a key to what is in the first of some sets and in none of the others, and returns how many members that has.",
    complexity: "O(N) with N members in all sets",
    run: |ctx| store(ctx, SetOp::Difference),
    ..STORE
};

fn store(ctx: &mut Ctx<'_, '_>, op: SetOp) -> Result<Outcome, CommandError> {
    let [_, sources @ ..] = ctx.keys else { return Err(CommandError::Syntax) };
    let calculation = SetCalculation::begin(ctx.view()?, op, sources)?;
    store_result(ctx, calculation, move |view, keys| Ok(SetCalculation::begin(view, op, keys)?))
}
