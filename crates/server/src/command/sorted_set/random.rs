//! ZRANDMEMBER: members picked at random.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{RandomRanks, SortedSet, View};

use super::members::{Shape, reply_members};
use crate::command::args::signed_count;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::held::Held;
use crate::command::long_reply::{LongReply, REPEATED_BYTES_MAX, too_long};
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

pub(super) const ZRANDMEMBER: CommandSpec = CommandSpec {
    name: "zrandmember",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    group: Group::SortedSet,
    syntax: "key [count [WITHSCORES]]",
    summary: "Returns members of a sorted set picked at random: each once, or if the count is negative, as often as they are picked.",
    since: "6.2.0",
    complexity: "O(M * log N) with N members in the set and M returned",
    tips: &["nondeterministic_output"],
    run: zrandmember,
    ..CommandSpec::BASE
};

fn zrandmember(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.args.len() > 2 {
        return several(ctx);
    }
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let set = view.collection::<SortedSet>(key)?;
    match set.and_then(|set| set.get_at(fastrand::usize(..set.len().max(1)))) {
        Some((member, _)) => reply.bulk(member),
        None => reply.null(),
    }
    Ok(Outcome::Done)
}

fn several(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let count = signed_count(ctx.arg(2))?;
    let with_scores = match ctx.args.get(3..).unwrap_or_default() {
        [] => false,
        [word] if word.eq_ignore_ascii_case(b"WITHSCORES") => true,
        _ => return Err(CommandError::Syntax),
    };
    if with_scores && count.unsigned_abs() > i64::MAX.unsigned_abs() / 2 {
        return Err(CommandError::OutOfRange);
    }
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let set = view.collection::<SortedSet>(key)?.filter(|_| wanted > 0);
    let Some(set) = set else {
        reply.array(0);
        return Ok(Outcome::Done);
    };
    let shape = Shape::with_scores(with_scores, reply.version());
    if count > 0 && wanted >= set.len() {
        return Ok(reply_members(freeing, reply, set, 0..set.len(), false, shape));
    }
    let ranks =
        if count > 0 { RandomRanks::distinct(set.len(), wanted) } else { RandomRanks::repeating(set.len(), wanted) };
    let bytes = (set.memory() / set.len()).saturating_mul(wanted);
    if wanted > ELEMENTS_UNDER_LOCK || bytes > BYTES_UNDER_LOCK {
        let written = LongReply::new(reply.version());
        return Ok(Outcome::Work(Box::new(LongPick {
            set: Held::new(freeing, set.clone(), SortedSet::memory),
            ranks,
            repeats: count < 0,
            wanted,
            shape,
            written,
        })));
    }
    shape.begin(reply, wanted);
    for (member, score) in ranks.filter_map(|rank| set.get_at(rank)) {
        shape.write(reply, member, score);
    }
    Ok(Outcome::Done)
}

/// How many members a step picks: each is a way down the tree.
const PICKS_PER_STEP: usize = 256;

/// Members of random ranks on their way into a reply.
struct LongPick {
    set: Held<SortedSet>,
    ranks: RandomRanks,
    /// Members may come again.
    repeats: bool,
    wanted: usize,
    shape: Shape,
    written: LongReply,
}

impl Work for LongPick {
    fn step(&mut self) -> bool {
        let Self { set, ranks, shape, written, .. } = self;
        let enough = written.len_bytes() + BYTES_PER_STEP;
        for (member, score) in ranks.by_ref().take(PICKS_PER_STEP).filter_map(|rank| set.get_at(rank)) {
            shape.write(written.writer(), member, score);
            if written.len_bytes() > enough {
                break;
            }
        }
        ranks.left() > 0 && !self.is_too_long()
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        if self.is_too_long() {
            return Err(too_long());
        }
        self.shape.begin(reply, self.wanted);
        self.written.reply(reply);
        Ok(Ended::Answered)
    }
}

impl LongPick {
    /// Whether so long an answer is refused: of members that come again and again.
    fn is_too_long(&self) -> bool {
        self.repeats && self.written.len_bytes() > REPEATED_BYTES_MAX
    }
}
