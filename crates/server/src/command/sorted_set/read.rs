//! What one asks about members: ZCARD, ZCOUNT, ZLEXCOUNT, ZSCORE, ZMSCORE, ZRANK, ZREVRANK.

use pyredis_protocol::ReplyWriter;
use pyredis_store::SortedSet;

use super::bounds::By;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::syntax::Kind;
use crate::outcome::Outcome;

pub(super) const ZCARD: CommandSpec = CommandSpec {
    name: "zcard",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    keys: &[KeySpec::first(&["RO"])],
    group: Group::SortedSet,
    syntax: "key",
    summary: "Returns how many members a sorted set has.",
    since: "1.2.0",
    run: |ctx| {
        let (key, view, reply) = ctx.key_view_reply(0)?;
        reply.count(view.collection::<SortedSet>(key)?.map_or(0, SortedSet::len));
        Ok(Outcome::Done)
    },
    ..CommandSpec::BASE
};

pub(super) const ZCOUNT: CommandSpec = CommandSpec {
    name: "zcount",
    arity: Arity::Exactly(4),
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key min max",
    kinds: &[("min", Kind::Double), ("max", Kind::Double)],
    summary: "Returns how many members of a sorted set have scores within a range.",
    since: "2.0.0",
    complexity: "O(log N) with N members in the set",
    run: |ctx| count_range(ctx, By::Score),
    ..ZCARD
};

pub(super) const ZLEXCOUNT: CommandSpec = CommandSpec {
    name: "zlexcount",
    kinds: &[],
    summary: "Returns how many members of a sorted set are within a range of members, if all have one score.",
    since: "2.8.9",
    run: |ctx| count_range(ctx, By::Member),
    ..ZCOUNT
};

fn count_range(ctx: &mut Ctx<'_, '_>, by: By) -> Result<Outcome, CommandError> {
    let range = by.range(ctx.arg(2), ctx.arg(3))?;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    reply.count(view.collection(key)?.map_or(0, |set| range.ranks(set).len()));
    Ok(Outcome::Done)
}

pub(super) const ZSCORE: CommandSpec = CommandSpec {
    name: "zscore",
    arity: Arity::Exactly(3),
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key member",
    summary: "Returns the score of a member of a sorted set.",
    run: |ctx| {
        let member = ctx.arg(2);
        let (key, view, reply) = ctx.key_view_reply(0)?;
        score(reply, view.collection::<SortedSet>(key)?.and_then(|set| set.score(member)));
        Ok(Outcome::Done)
    },
    ..ZCARD
};

pub(super) const ZMSCORE: CommandSpec = CommandSpec {
    name: "zmscore",
    arity: Arity::AtLeast(3),
    syntax: "key member...",
    summary: "Returns the scores of members of a sorted set.",
    since: "6.2.0",
    complexity: "O(N) with N members asked for",
    run: |ctx| {
        let members = ctx.args.get(2..).unwrap_or_default();
        let (key, view, reply) = ctx.key_view_reply(0)?;
        let set = view.collection::<SortedSet>(key)?;
        reply.array(members.len());
        members.iter().for_each(|member| score(reply, set.and_then(|set| set.score(member))));
        Ok(Outcome::Done)
    },
    ..ZSCORE
};

pub(super) const ZRANK: CommandSpec = CommandSpec {
    name: "zrank",
    summary: "Returns how many members of a sorted set are before one, the lowest score first.",
    since: "2.0.0",
    complexity: "O(log N) with N members in the set",
    run: |ctx| rank(ctx, false),
    ..ZSCORE
};

pub(super) const ZREVRANK: CommandSpec = CommandSpec {
    name: "zrevrank",
    summary: "Returns how many members of a sorted set are before one, the highest score first.",
    run: |ctx| rank(ctx, true),
    ..ZRANK
};

fn rank(ctx: &mut Ctx<'_, '_>, reversed: bool) -> Result<Outcome, CommandError> {
    let member = ctx.arg(2);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let set = view.collection::<SortedSet>(key)?;
    match set.and_then(|set| Some((set, set.rank(member)?.0))) {
        Some((set, rank)) => reply.count(if reversed { set.len() - 1 - rank } else { rank }),
        None => reply.null(),
    }
    Ok(Outcome::Done)
}

fn score(reply: &mut ReplyWriter, score: Option<f64>) {
    match score {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}
