//! Unions, intersections and differences: ZUNION, ZINTER, ZDIFF, those that store their result, and ZINTERCARD.

use pyredis_store::{Aggregate, SetOp, SortedSetCalculation};

use super::combine_work::{Request, answer, count, store};
use crate::command::args::{Args, integer};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::float::float;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;

pub(super) const ZUNION: CommandSpec = CommandSpec {
    name: "zunion",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::counted(1, &["RO", "access"])],
    group: Group::SortedSet,
    syntax: "numkeys key... [WEIGHTS weight...] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]",
    summary: "Returns the members of all of the sorted sets.",
    since: "6.2.0",
    complexity: "O(N + M * log M) with N members in all sets and M in the result",
    run: |ctx| read(ctx, SetOp::Union),
    ..CommandSpec::BASE
};

pub(super) const ZUNIONSTORE: CommandSpec = CommandSpec {
    name: "zunionstore",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["OW", "update"]), KeySpec::counted(2, &["RO", "access"])],
    syntax: "destination numkeys key... [WEIGHTS weight...] [AGGREGATE (SUM | MIN | MAX)]",
    summary: "Sets a key to the members of all of the sorted sets, and returns how many there are.",
    since: "2.0.0",
    run: |ctx| write(ctx, SetOp::Union),
    ..ZUNION
};

pub(super) const ZINTER: CommandSpec = CommandSpec {
    name: "zinter",
    summary: "Returns the members that are in each of the sorted sets.",
    complexity: "O(N * K + M * log M) with K sets, N members in the smallest of them and M in the result",
    run: |ctx| read(ctx, SetOp::Intersection),
    ..ZUNION
};

pub(super) const ZINTERSTORE: CommandSpec = CommandSpec {
    name: "zinterstore",
    summary: "Sets a key to the members that are in each of the sorted sets, and returns how many there are.",
    complexity: ZINTER.complexity,
    run: |ctx| write(ctx, SetOp::Intersection),
    ..ZUNIONSTORE
};

pub(super) const ZINTERCARD: CommandSpec = CommandSpec {
    name: "zintercard",
    syntax: "numkeys key... [LIMIT limit]",
    summary: "Returns how many members are in each of the sorted sets.",
    since: "7.0.0",
    complexity: "O(N * K) with K sets and N members in the smallest of them",
    run: |ctx| {
        let calculation = begin(ctx, SetOp::Intersection, 1)?;
        let options = Options::read(ctx, 1, Takes { limit: true, ..Takes::default() })?;
        count(ctx, calculation, options.limit)
    },
    ..ZINTER
};

pub(super) const ZDIFF: CommandSpec = CommandSpec {
    name: "zdiff",
    syntax: "numkeys key... [WITHSCORES]",
    summary: "Returns the members of the first sorted set that are in none of the others.",
    complexity: "O(N * K + M * log M) with K sets, N members in the first of them and M in the result",
    run: |ctx| read(ctx, SetOp::Difference),
    ..ZUNION
};

pub(super) const ZDIFFSTORE: CommandSpec = CommandSpec {
    name: "zdiffstore",
    syntax: "destination numkeys key...",
    summary: "Sets a key to the members of the first sorted set that are in none of the others, and returns how many there are.",
    since: "6.2.0",
    complexity: ZDIFF.complexity,
    run: |ctx| write(ctx, SetOp::Difference),
    ..ZUNIONSTORE
};

fn read(ctx: &mut Ctx<'_, '_>, operation: SetOp) -> Result<Outcome, CommandError> {
    let calculation = begin(ctx, operation, 1)?;
    let joins = operation != SetOp::Difference;
    let options = Options::read(ctx, 1, Takes { joins, scores: true, limit: false })?;
    answer(ctx, calculation.with(&options.weights, options.aggregate), options.with_scores)
}

fn write(ctx: &mut Ctx<'_, '_>, operation: SetOp) -> Result<Outcome, CommandError> {
    let calculation = begin(ctx, operation, 2)?;
    let joins = operation != SetOp::Difference;
    let Options { weights, aggregate, .. } = Options::read(ctx, 2, Takes { joins, ..Takes::default() })?;
    let calculation = calculation.with(&weights, aggregate);
    store(ctx, Request::Combine { operation, weights, aggregate }, calculation)
}

/// Takes the sets behind the argument that says how many they are. Redis looks at them before it looks at what follows.
fn begin(ctx: &mut Ctx<'_, '_>, operation: SetOp, numkeys_at: usize) -> Result<SortedSetCalculation, CommandError> {
    let numkeys = integer(ctx.arg(numkeys_at))?;
    if numkeys < 1 {
        let name = ctx.command.full_name();
        return Err(CommandError::err(format_args!("at least 1 input key is needed for '{name}' command")));
    }
    let rest = ctx.args.len() - (numkeys_at + 1);
    if usize::try_from(numkeys).is_ok_and(|numkeys| numkeys > rest) {
        return Err(CommandError::Syntax);
    }
    let sources = ctx.keys.get(numkeys_at - 1..).unwrap_or_default();
    Ok(SortedSetCalculation::begin(ctx.view()?, operation, sources)?)
}

/// Which options a command takes.
#[derive(Debug, Clone, Copy, Default)]
struct Takes {
    /// WEIGHTS and AGGREGATE.
    joins: bool,
    /// WITHSCORES.
    scores: bool,
    limit: bool,
}

struct Options {
    /// One for each set, or none at all.
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    limit: usize,
}

impl Options {
    fn read(ctx: &Ctx<'_, '_>, numkeys_at: usize, takes: Takes) -> Result<Self, CommandError> {
        let numkeys = ctx.keys.len() + 1 - numkeys_at;
        let mut args = Args::from(ctx.args, numkeys_at + 1 + numkeys);
        let mut options =
            Self { weights: Vec::new(), aggregate: Aggregate::default(), with_scores: false, limit: usize::MAX };
        while !args.is_empty() {
            if takes.joins && args.len() > numkeys && args.eat("WEIGHTS") {
                let weight = |arg| float(arg).map_err(|_| CommandError::err("weight value is not a float"));
                options.weights.clear();
                for _ in 0..numkeys {
                    options.weights.push(weight(args.take()?)?);
                }
            } else if takes.joins && args.len() > 1 && args.eat("AGGREGATE") {
                options.aggregate = aggregate(&mut args)?;
            } else if takes.scores && args.eat("WITHSCORES") {
                options.with_scores = true;
            } else if takes.limit && args.len() > 1 && args.eat("LIMIT") {
                let limit = integer(args.take()?).ok().and_then(|limit| usize::try_from(limit).ok());
                let limit = limit.ok_or_else(|| CommandError::err("LIMIT can't be negative"))?;
                options.limit = if limit == 0 { usize::MAX } else { limit };
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

fn aggregate(args: &mut Args<'_>) -> Result<Aggregate, CommandError> {
    let words = [("SUM", Aggregate::Sum), ("MIN", Aggregate::Min), ("MAX", Aggregate::Max)];
    let named = words.into_iter().find(|(word, _)| args.eat(word));
    named.map(|(_, aggregate)| aggregate).ok_or(CommandError::Syntax)
}
