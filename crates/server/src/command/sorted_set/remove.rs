//! Taking members out: ZREM, ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX. What returns them is in `pop.rs`.

use bytes::Bytes;
use pyredis_store::{SortedSet, ZremReason};

use super::bounds::By;
use super::remove_work::{Answer, remove};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::syntax::Kind;
use crate::command::work::ELEMENTS_UNDER_LOCK;
use crate::outcome::Outcome;

pub(super) const ZREM: CommandSpec = CommandSpec {
    name: "zrem",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "delete"])],
    group: Group::SortedSet,
    syntax: "key member...",
    summary: "Removes members of a sorted set, and returns how many were there.",
    since: "1.2.0",
    complexity: "O(log N) for each of the members, with N of them in the set",
    run: |ctx| {
        let members = ctx.args.get(2..).unwrap_or_default();
        let (key, view) = ctx.key_and_view(0)?;
        let removed = view.zrem(key, members.iter().map(|member| member.as_slice()))?;
        ctx.reply.count(removed);
        Ok(Outcome::Done)
    },
    ..CommandSpec::BASE
};

pub(super) const ZREMRANGEBYRANK: CommandSpec = CommandSpec {
    name: "zremrangebyrank",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    syntax: "key start stop",
    summary: "Removes the members of a sorted set within a range of ranks, and returns how many there were.",
    since: "2.0.0",
    complexity: "O(M * log N) with N members in the set and M removed",
    run: |ctx| remove_range(ctx, By::Rank, ZremReason::Ranks),
    ..ZREM
};

pub(super) const ZREMRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zremrangebyscore",
    syntax: "key min max",
    kinds: &[("min", Kind::Double), ("max", Kind::Double)],
    summary: "Removes the members of a sorted set within a range of scores, and returns how many there were.",
    since: "1.2.0",
    run: |ctx| remove_range(ctx, By::Score, ZremReason::Scores),
    ..ZREMRANGEBYRANK
};

pub(super) const ZREMRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zremrangebylex",
    kinds: &[],
    summary: "Removes the members of a sorted set within a range of members, if all have one score, and returns how many there were.",
    since: "2.8.9",
    run: |ctx| remove_range(ctx, By::Member, ZremReason::Members),
    ..ZREMRANGEBYSCORE
};

fn remove_range(ctx: &mut Ctx<'_, '_>, by: By, reason: ZremReason) -> Result<Outcome, CommandError> {
    let range = by.range(ctx.arg(2), ctx.arg(3))?;
    let (key, view) = ctx.key_and_view(0)?;
    let Some(set) = view.held::<SortedSet>(key)? else {
        ctx.reply.int(0);
        return Ok(Outcome::Done);
    };
    let ranks = range.ranks(set);
    if ranks.len() > ELEMENTS_UNDER_LOCK {
        let (min, max) = (Bytes::copy_from_slice(ctx.arg(2)), Bytes::copy_from_slice(ctx.arg(3)));
        let again = move |set: &SortedSet| by.range(&min, &max).map_or(0..0, |range| range.ranks(set));
        return remove(ctx, key, again, reason, Answer::Count);
    }
    let removed = view.zrem_ranks(key, ranks, reason)?;
    ctx.reply.count(removed);
    Ok(Outcome::Done)
}
