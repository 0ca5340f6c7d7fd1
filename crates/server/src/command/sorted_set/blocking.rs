//! Sorted sets that are waited for: BZPOPMIN, BZPOPMAX, BZMPOP.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Given, Served, Wish};

use super::members::Shape;
use super::pop::{End, pop, zmpop_args};
use super::remove_work::{Answer, Head};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::waiting::{timeout, wait};
use crate::garbage::Freeing;
use crate::outcome::Outcome;

pub(super) const BZPOPMIN: CommandSpec = CommandSpec {
    name: "bzpopmin",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::NOSCRIPT).union(Flags::BLOCKING).union(Flags::FAST),
    keys: &[KeySpec { last: -2, ..KeySpec::all(&["RW", "access", "delete"]) }],
    group: Group::SortedSet,
    syntax: "key... timeout",
    summary: "Removes the member of the lowest score from the first sorted set that exists, and returns its key and it; waits for one so many seconds, or for ever.",
    since: "5.0.0",
    complexity: "O(K + log N) with K keys and N members in the set",
    run: |ctx| bzpop(ctx, End::Min),
    ..CommandSpec::BASE
};

pub(super) const BZPOPMAX: CommandSpec = CommandSpec {
    name: "bzpopmax",
    summary: "Removes the member of the highest score from the first sorted set that exists, and returns its key and it; waits for one so many seconds, or for ever.",
    run: |ctx| bzpop(ctx, End::Max),
    ..BZPOPMIN
};

pub(super) const BZMPOP: CommandSpec = CommandSpec {
    name: "bzmpop",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::BLOCKING),
    keys: &[KeySpec::counted(2, &["RW", "access", "delete"])],
    syntax: "timeout numkeys key... (MIN | MAX) [COUNT count]",
    summary: "Removes the members of the lowest or highest scores from the first sorted set that exists, and returns its key and them; waits for one so many seconds, or for ever.",
    since: "7.0.0",
    complexity: "O(K + M * log N) with K keys, N members in the set and M removed",
    run: bzmpop,
    ..BZPOPMIN
};

/// The key, and behind it the member and its score.
const ONE: (Shape, Head) = (Shape::Flat, Head::KeyAmong);
/// The key, and pairs in an array.
const MANY: (Shape, Head) = (Shape::Pair, Head::Key);

fn bzpop(ctx: &mut Ctx<'_, '_>, end: End) -> Result<Outcome, CommandError> {
    pop_or_wait(ctx, end, 1, ctx.args.len() - 1, ONE)
}

fn bzmpop(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (end, count) = zmpop_args(ctx, 2)?;
    pop_or_wait(ctx, end, count, 1, MANY)
}

fn pop_or_wait(
    ctx: &mut Ctx<'_, '_>,
    end: End,
    count: usize,
    timeout_at: usize,
    (shape, head): (Shape, Head),
) -> Result<Outcome, CommandError> {
    let timeout = timeout(ctx.arg(timeout_at))?;
    let at_once = end.answer(shape, head);
    if let Some(outcome) = pop(ctx, end, count, at_once)? {
        return Ok(outcome);
    }
    let wish = Wish::Members { highest: end == End::Max, count };
    let answer = if head == Head::Key { answer_many } else { answer_one };
    wait(ctx, ctx.keys.len(), wish, timeout, answer, |reply| at_once.nothing(reply))
}

fn answer_one(served: Served, _: &Freeing, reply: &mut ReplyWriter) -> Result<Outcome, CommandError> {
    answer(served, ONE, reply)
}

fn answer_many(served: Served, _: &Freeing, reply: &mut ReplyWriter) -> Result<Outcome, CommandError> {
    answer(served, MANY, reply)
}

/// Members are served in the order in which they are answered.
fn answer(
    Served { key, given }: Served,
    (shape, head): (Shape, Head),
    reply: &mut ReplyWriter,
) -> Result<Outcome, CommandError> {
    if let Given::Members(members) = given? {
        Answer::Members { shape, reversed: false, head }.begin(reply, &key, members.len());
        members.iter().for_each(|(member, score)| shape.write(reply, member, *score));
    }
    Ok(Outcome::Done)
}
