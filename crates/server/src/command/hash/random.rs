//! HRANDFIELD: fields at random.

use pyredis_store::{Hash, RandomRanks};

use super::super::args::signed_count;
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::spec::{Arity, CommandSpec, Flags};
use super::many::{Fields, Shape};
use crate::outcome::Outcome;

pub(super) const HRANDFIELD: CommandSpec = CommandSpec {
    name: "hrandfield",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    syntax: "key [count [WITHVALUES]]",
    summary: "Returns a field of a hash, or several, picked at random; with a negative count, a field may come more than once.",
    since: "6.2.0",
    complexity: "O(N log H) for N fields of a hash of H",
    tips: &["nondeterministic_output"],
    run: hrandfield,
    ..super::BASE
};

fn hrandfield(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let wanted = wanted(ctx)?;
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let hash = view.collection::<Hash>(key)?;
    let Some((wanted, shape)) = wanted else {
        if let Some(hash) = hash.filter(|hash| !hash.is_swept()) {
            let ranks = RandomRanks::repeating(hash.len(), 1);
            return Ok(Fields::random(hash.clone(), ranks, Shape::One).answer(freeing, reply));
        }
        match hash.and_then(|hash| hash.get_at(RandomRanks::repeating(hash.len(), 1).next()?)) {
            Some((field, _)) => reply.bulk(field),
            None => reply.null(),
        }
        return Ok(Outcome::Done);
    };
    let hash = hash.cloned().unwrap_or_default();
    let (len, count) = (hash.len(), usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX));
    let fields = if wanted < 0 {
        Fields::random(hash, RandomRanks::repeating(len, count), shape)
    } else if count < len {
        Fields::random(hash, RandomRanks::distinct(len, count), shape)
    } else {
        Fields::all(hash, shape)
    };
    Ok(fields.answer(freeing, reply))
}

/// How many fields, and by its sign whether they may come again; and how. `None` where no count is given.
fn wanted(ctx: &Ctx<'_, '_>) -> Result<Option<(i64, Shape)>, CommandError> {
    let Some(count) = ctx.args.get(2) else { return Ok(None) };
    let count = signed_count(count.as_slice())?;
    match ctx.args.get(3..).unwrap_or_default() {
        [] => Ok(Some((count, Shape::Fields))),
        [word] if word.as_slice().eq_ignore_ascii_case(b"WITHVALUES") => {
            if count.unsigned_abs() > i64::MAX.unsigned_abs() / 2 {
                return Err(CommandError::OutOfRange);
            }
            Ok(Some((count, Shape::Pairs)))
        }
        _ => Err(CommandError::Syntax),
    }
}
