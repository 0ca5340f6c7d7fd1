//! Ranges of members: ZRANGE, those that came before it, and ZRANGESTORE.

use std::ops::Range;

use bytes::Bytes;
use pyredis_store::{SortedSet, SortedSetRange};

use super::bounds::By;
use super::combine_work::{Request, store};
use super::members::{Shape, reply_members};
use crate::command::args::Args;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::syntax::Kind;
use crate::outcome::Outcome;

pub(super) const ZRANGE: CommandSpec = CommandSpec {
    name: "zrange",
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    group: Group::SortedSet,
    kinds: &[("start", Kind::String), ("stop", Kind::String)],
    syntax: "key start stop [BYSCORE | BYLEX] [REV] [LIMIT (offset count)] [WITHSCORES]",
    summary: "Returns the members of a sorted set within a range of ranks, scores or members.",
    since: "1.2.0",
    complexity: "O(log N + M) with N members in the set and M returned",
    run: |ctx| zrange(ctx, Form::default()),
    ..CommandSpec::BASE
};

pub(super) const ZREVRANGE: CommandSpec = CommandSpec {
    name: "zrevrange",
    syntax: "key start stop [WITHSCORES]",
    kinds: &[],
    summary: "Returns the members of a sorted set within a range of ranks, the highest score first.",
    run: |ctx| zrange(ctx, Form { by: Some(By::Rank), reversed: Some(true), stores: false }),
    ..ZRANGE
};

pub(super) const ZRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zrangebyscore",
    syntax: "key min max [WITHSCORES] [LIMIT (offset count)]",
    kinds: &[("min", Kind::Double), ("max", Kind::Double)],
    summary: "Returns the members of a sorted set within a range of scores.",
    since: "1.0.5",
    run: |ctx| zrange(ctx, Form { by: Some(By::Score), reversed: Some(false), stores: false }),
    ..ZRANGE
};

pub(super) const ZREVRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zrevrangebyscore",
    syntax: "key max min [WITHSCORES] [LIMIT (offset count)]",
    kinds: &[("min", Kind::Double), ("max", Kind::Double)],
    summary: "Returns the members of a sorted set within a range of scores, the highest first.",
    since: "2.2.0",
    run: |ctx| zrange(ctx, Form { by: Some(By::Score), reversed: Some(true), stores: false }),
    ..ZRANGE
};

pub(super) const ZRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zrangebylex",
    syntax: "key min max [LIMIT (offset count)]",
    summary: "Returns the members of a sorted set within a range of members, if all have one score.",
    since: "2.8.9",
    run: |ctx| zrange(ctx, Form { by: Some(By::Member), reversed: Some(false), stores: false }),
    ..ZRANGE
};

pub(super) const ZREVRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zrevrangebylex",
    syntax: "key max min [LIMIT (offset count)]",
    summary: "Returns the members of a sorted set within a range of members, the last first, if all have one score.",
    run: |ctx| zrange(ctx, Form { by: Some(By::Member), reversed: Some(true), stores: false }),
    ..ZRANGEBYLEX
};

pub(super) const ZRANGESTORE: CommandSpec = CommandSpec {
    name: "zrangestore",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["OW", "update"]), KeySpec::at(2, &["RO", "access"])],
    syntax: "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT (offset count)]",
    summary: "Sets a key to the members of a sorted set within a range, and returns how many there are.",
    since: "6.2.0",
    run: |ctx| {
        let options = Options::read(Args::from(ctx.args, 5), Form { stores: true, ..Form::default() })?;
        let (first, second) = (ctx.arg(3), ctx.arg(4));
        let own = Bytes::copy_from_slice;
        let request = Request::Range { options, first: own(first), second: own(second) };
        let sources = ctx.keys.get(1..).unwrap_or_default();
        let calculation = request.begin(ctx.view()?, sources)?;
        store(ctx, request, calculation)
    },
    ..ZRANGE
};

/// What a command's name says already.
#[derive(Debug, Clone, Copy, Default)]
struct Form {
    by: Option<By>,
    reversed: Option<bool>,
    stores: bool,
}

/// What is asked for beside the two ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) by: By,
    pub(super) reversed: bool,
    with_scores: bool,
    offset: i64,
    /// How many at most; all if negative.
    limit: i64,
}

impl Options {
    fn read(mut args: Args<'_>, form: Form) -> Result<Self, CommandError> {
        let Form { mut by, mut reversed, stores } = form;
        let (mut with_scores, mut offset, mut limit) = (false, 0, -1);
        while !args.is_empty() {
            if !stores && args.eat("WITHSCORES") {
                with_scores = true;
            } else if args.len() > 2 && args.eat("LIMIT") {
                (offset, limit) = (args.take_int()?, args.take_int()?);
            } else if reversed.is_none() && args.eat("REV") {
                reversed = Some(true);
            } else if by.is_none() && args.eat("BYLEX") {
                by = Some(By::Member);
            } else if by.is_none() && args.eat("BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        let by = by.unwrap_or(By::Rank);
        if limit != -1 && by == By::Rank {
            return Err(CommandError::err(
                "syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && by == By::Member {
            return Err(CommandError::err("syntax error, WITHSCORES not supported in combination with BYLEX"));
        }
        Ok(Self { by, reversed: reversed.unwrap_or(false), with_scores, offset, limit })
    }

    /// The range between two ends. From the highest score on, scores and members are named the other way round; ranks count from there.
    pub(super) fn range<'a>(&self, first: &'a [u8], second: &'a [u8]) -> Result<SortedSetRange<'a>, CommandError> {
        if self.reversed && self.by != By::Rank { self.by.range(second, first) } else { self.by.range(first, second) }
    }

    /// The ranks of what is asked for.
    pub(super) fn ranks(&self, range: &SortedSetRange<'_>, set: &SortedSet) -> Range<usize> {
        let ranks = range.ranks(set);
        if self.by == By::Rank {
            return if self.reversed { set.len() - ranks.end..set.len() - ranks.start } else { ranks };
        }
        // A negative offset passes over everything.
        let skipped = usize::try_from(self.offset).unwrap_or(usize::MAX).min(ranks.len());
        let taken = usize::try_from(self.limit).unwrap_or(usize::MAX).min(ranks.len() - skipped);
        if self.reversed {
            let end = ranks.end - skipped;
            end - taken..end
        } else {
            let start = ranks.start + skipped;
            start..start + taken
        }
    }
}

fn zrange(ctx: &mut Ctx<'_, '_>, form: Form) -> Result<Outcome, CommandError> {
    let options = Options::read(Args::from(ctx.args, 4), form)?;
    let range = options.range(ctx.arg(2), ctx.arg(3))?;
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let Some(set) = view.collection::<SortedSet>(key)? else {
        reply.array(0);
        return Ok(Outcome::Done);
    };
    let shape = Shape::with_scores(options.with_scores, reply.version());
    Ok(reply_members(freeing, reply, set, options.ranks(&range, set), options.reversed, shape))
}
