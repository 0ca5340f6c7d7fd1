//! Members at random: SPOP, SRANDMEMBER.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Key, RandomRanks, Set, SetPop, View};

use super::super::args::{count, signed_count};
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::spec::{Arity, CommandSpec, Flags, KeySpec};
use super::super::store_result::change_key;
use super::members::{Members, Shape};
use crate::outcome::Outcome;

pub(super) const SPOP: CommandSpec = CommandSpec {
    name: "spop",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    syntax: "key [count]",
    summary: "Takes a member out of a set, or several, picked at random, and returns them.",
    complexity: "O(N log S) for N of S members; O(1) for all of them, and O(N) to answer",
    tips: &["nondeterministic_output"],
    run: spop,
    ..super::BASE
};

fn spop(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    match ctx.args.len() {
        2 => {
            let (key, view) = ctx.key_and_view(0)?;
            match view.set_pop(key, |member| Ok(member.to_vec()))? {
                Some(member) => ctx.reply.bulk(&member),
                None => ctx.reply.null(),
            }
            Ok(Outcome::Done)
        }
        3 => {
            let wanted = count(ctx.arg(2))?;
            let (key, view) = ctx.key_and_view(0)?;
            let pop = SetPop::begin(view, key, wanted)?;
            let again = || move |view: &View<'_>, key: &Key<'_>| Ok(SetPop::begin(view, key, wanted)?);
            let freeing = ctx.server.garbage.clone();
            let answer =
                move |popped, reply: &mut ReplyWriter| Members::all(popped, Shape::Set).answer(&freeing, reply);
            change_key(ctx, key, pop, again, answer)
        }
        _ => Err(CommandError::Syntax),
    }
}

pub(super) const SRANDMEMBER: CommandSpec = CommandSpec {
    name: "srandmember",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    syntax: "key [count]",
    summary: "Returns a member of a set, or several, picked at random; with a negative count, a member may come more than once.",
    complexity: "O(N log S) for N of S members",
    tips: &["nondeterministic_output"],
    run: srandmember,
    ..super::BASE
};

fn srandmember(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let args = ctx.args;
    let wanted = match args {
        [_, _] => None,
        [_, _, count] => Some(signed_count(count)?),
        _ => return Err(CommandError::Syntax),
    };
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let set = view.collection::<Set>(key)?;
    let Some(wanted) = wanted else {
        match set.and_then(|set| set.get(RandomRanks::repeating(set.len(), 1).next()?)) {
            Some(member) => member.with_bytes(|member| reply.bulk(member)),
            None => reply.null(),
        }
        return Ok(Outcome::Done);
    };
    let set = set.cloned().unwrap_or_default();
    let (len, count) = (set.len(), usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX));
    let members = if wanted < 0 {
        Members::random(set, RandomRanks::repeating(len, count))
    } else if count < len {
        Members::random(set, RandomRanks::distinct(len, count))
    } else {
        Members::all(set, Shape::Array)
    };
    Ok(members.answer(freeing, reply))
}
