//! Giving members scores: ZADD, ZINCRBY.

use pyredis_store::ZaddOptions;

use crate::command::args::Args;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::float::float;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;

pub(super) const ZADD: CommandSpec = CommandSpec {
    name: "zadd",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "update"])],
    group: Group::SortedSet,
    syntax: "key [NX | XX] [GT | LT] [CH] [INCR] (score member)...",
    summary: "Gives members of a sorted set scores, and returns how many of them are new.",
    since: "1.2.0",
    complexity: "O(log N) for each of the members, with N of them in the set",
    run: |ctx| zadd(ctx, false),
    ..CommandSpec::BASE
};

pub(super) const ZINCRBY: CommandSpec = CommandSpec {
    name: "zincrby",
    arity: Arity::Exactly(4),
    keys: &[KeySpec::first(&["RW", "access", "update"])],
    syntax: "key increment member",
    summary: "Adds to the score of a member of a sorted set, 0 if it is not there, and returns the sum.",
    complexity: "O(log N) with N members in the set",
    run: |ctx| zadd(ctx, true),
    ..ZADD
};

/// The words in front of the scores.
#[derive(Debug, Clone, Copy, Default)]
struct Words {
    absent: bool,
    present: bool,
    greater: bool,
    less: bool,
    counts_changes: bool,
    increments: bool,
}

impl Words {
    fn take(args: &mut Args<'_>) -> Self {
        let mut words = Self::default();
        loop {
            let word = if args.eat("NX") {
                &mut words.absent
            } else if args.eat("XX") {
                &mut words.present
            } else if args.eat("GT") {
                &mut words.greater
            } else if args.eat("LT") {
                &mut words.less
            } else if args.eat("CH") {
                &mut words.counts_changes
            } else if args.eat("INCR") {
                &mut words.increments
            } else {
                return words;
            };
            *word = true;
        }
    }

    fn options(self) -> Result<ZaddOptions, CommandError> {
        if self.absent && self.present {
            return Err(CommandError::err("XX and NX options at the same time are not compatible"));
        }
        if (self.absent && (self.greater || self.less)) || (self.greater && self.less) {
            return Err(CommandError::err("GT, LT, and/or NX options at the same time are not compatible"));
        }
        let mut options = ZaddOptions::default();
        for (is_said, with) in [
            (self.absent, ZaddOptions::if_absent as fn(ZaddOptions) -> ZaddOptions),
            (self.present, ZaddOptions::if_present),
            (self.greater, ZaddOptions::if_greater),
            (self.less, ZaddOptions::if_less),
        ] {
            options = if is_said { with(options) } else { options };
        }
        Ok(options)
    }
}

fn zadd(ctx: &mut Ctx<'_, '_>, increments: bool) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let words = Words::take(&mut args);
    let increments = increments || words.increments;
    let pairs = ctx.args.get(ctx.args.len() - args.len()..).unwrap_or_default();
    let (pairs, []) = pairs.as_chunks::<2>() else { return Err(CommandError::Syntax) };
    let [first, others @ ..] = pairs else { return Err(CommandError::Syntax) };
    let options = words.options()?;
    if increments && !others.is_empty() {
        return Err(CommandError::err("INCR option supports a single increment-element pair"));
    }
    let scores = pairs.iter().map(|[score, _]| float(score)).collect::<Result<smallvec::SmallVec<[f64; 4]>, _>>()?;
    let (key, view) = ctx.key_and_view(0)?;
    if let (true, [by]) = (increments, &scores[..]) {
        let [_, member] = first;
        match view.zincr_by(key, member, *by, options)? {
            Some(sum) => ctx.reply.double(sum),
            None => ctx.reply.null(),
        }
        return Ok(Outcome::Done);
    }
    let members = pairs.iter().map(|[_, member]| member.as_slice());
    let outcome = view.zadd(key, members.zip(scores.iter().copied()), options)?;
    let counted = outcome.added + if words.counts_changes { outcome.updated } else { 0 };
    ctx.reply.count(counted);
    Ok(Outcome::Done)
}
