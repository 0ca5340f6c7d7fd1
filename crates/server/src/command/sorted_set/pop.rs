//! Taking the members of the lowest or highest scores: ZPOPMIN, ZPOPMAX, ZMPOP. What waits for them is in `blocking.rs`.

use std::ops::Range;

use pyredis_protocol::RespVersion;
use pyredis_store::{SortedSet, ZremReason};

use super::members::{Shape, is_short, write_all};
use super::remove_work::{Answer, Head, remove};
use crate::command::args::{Args, integer};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::outcome::Outcome;

pub(super) const ZPOPMIN: CommandSpec = CommandSpec {
    name: "zpopmin",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    group: Group::SortedSet,
    syntax: "key [count]",
    summary: "Removes the members of the lowest scores from a sorted set and returns them.",
    since: "5.0.0",
    complexity: "O(M * log N) with N members in the set and M removed",
    run: |ctx| zpop(ctx, End::Min),
    ..CommandSpec::BASE
};

pub(super) const ZPOPMAX: CommandSpec = CommandSpec {
    name: "zpopmax",
    summary: "Removes the members of the highest scores from a sorted set and returns them.",
    run: |ctx| zpop(ctx, End::Max),
    ..ZPOPMIN
};

pub(super) const ZMPOP: CommandSpec = CommandSpec {
    name: "zmpop",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE,
    keys: &[KeySpec::counted(1, &["RW", "access", "delete"])],
    syntax: "numkeys key... (MIN | MAX) [COUNT count]",
    summary: "Removes the members of the lowest or highest scores from the first sorted set that exists, and returns its key and them.",
    since: "7.0.0",
    complexity: "O(K + M * log N) with K keys, N members in the set and M removed",
    run: zmpop,
    ..ZPOPMIN
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Min,
    Max,
}

impl End {
    const fn reason(self) -> ZremReason {
        match self {
            Self::Min => ZremReason::PopMin,
            Self::Max => ZremReason::PopMax,
        }
    }

    /// Which members are taken, the one nearest to this end first.
    pub(super) const fn answer(self, shape: Shape, head: Head) -> Answer {
        Answer::Members { shape, reversed: matches!(self, Self::Max), head }
    }

    fn ranks(self, set: &SortedSet, count: usize) -> Range<usize> {
        let count = count.min(set.len());
        match self {
            Self::Min => 0..count,
            Self::Max => set.len() - count..set.len(),
        }
    }
}

fn zpop(ctx: &mut Ctx<'_, '_>, end: End) -> Result<Outcome, CommandError> {
    if ctx.args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let count = match ctx.args.get(2) {
        Some(count) => {
            let count = integer(count).ok().and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or_else(|| CommandError::err("value is out of range, must be positive"))?)
        }
        None => None,
    };
    let is_nested = count.is_some() && ctx.reply.version() == RespVersion::Resp3;
    let shape = if is_nested { Shape::Pair } else { Shape::Flat };
    pop_or_nothing(ctx, end, count.unwrap_or(1), end.answer(shape, Head::Nothing))
}

fn zmpop(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (end, count) = zmpop_args(ctx, 1)?;
    pop_or_nothing(ctx, end, count, end.answer(Shape::Pair, Head::Key))
}

fn pop_or_nothing(ctx: &mut Ctx<'_, '_>, end: End, count: usize, answer: Answer) -> Result<Outcome, CommandError> {
    Ok(pop(ctx, end, count, answer)?.unwrap_or_else(|| {
        answer.nothing(ctx.reply);
        Outcome::Done
    }))
}

/// From which end members are to be taken, and how many. The argument at `numkeys` says how many keys are in front of that.
pub(super) fn zmpop_args(ctx: &Ctx<'_, '_>, numkeys: usize) -> Result<(End, usize), CommandError> {
    let keys = positive(ctx.arg(numkeys), "numkeys should be greater than 0")?;
    let mut args = Args::from(ctx.args, keys.saturating_add(numkeys + 1));
    let end = if args.eat("MIN") {
        End::Min
    } else if args.eat("MAX") {
        End::Max
    } else {
        return Err(CommandError::Syntax);
    };
    let mut count = None;
    while !args.is_empty() {
        if count.is_none() && args.len() > 1 && args.eat("COUNT") {
            count = Some(positive(args.take()?, "count should be greater than 0")?);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok((end, count.unwrap_or(1)))
}

fn positive(arg: &[u8], otherwise: &'static str) -> Result<usize, CommandError> {
    let number = integer(arg).ok().and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0);
    number.ok_or_else(|| CommandError::err(otherwise))
}

/// Takes members out of the first of the command's keys that exists and answers with them; if none does, nothing is answered.
pub(super) fn pop(
    ctx: &mut Ctx<'_, '_>,
    end: End,
    count: usize,
    answer: Answer,
) -> Result<Option<Outcome>, CommandError> {
    let Answer::Members { shape, reversed, .. } = answer else { return Ok(None) };
    for (at, key) in ctx.keys.iter().enumerate() {
        let (_, view, reply) = ctx.key_view_reply(at)?;
        let Some(set) = view.held::<SortedSet>(key)? else { continue };
        let ranks = end.ranks(set, count);
        if !is_short(set, ranks.clone()) {
            let find = move |set: &SortedSet| end.ranks(set, count);
            return remove(ctx, key, find, end.reason(), answer).map(Some);
        }
        answer.begin(reply, key.bytes(), ranks.len());
        write_all(reply, set, ranks.clone(), reversed, shape);
        ctx.view()?.zrem_ranks(key, ranks, end.reason())?;
        return Ok(Some(Outcome::Done));
    }
    Ok(None)
}
