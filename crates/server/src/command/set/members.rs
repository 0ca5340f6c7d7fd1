//! Answers of many members: SMEMBERS, and the end of what else answers so.

use std::ops::Range;

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Element, RandomRanks, Set, View};

use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::held::Held;
use super::super::long_reply::{REPEATED_BYTES_MAX, too_long};
use super::super::pieces::Pieces;
use super::super::spec::{Arity, CommandSpec, Flags};
use super::super::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::garbage::Freeing;
use crate::outcome::Outcome;

/// What a member costs, in bytes, if it has no more.
const MEMBER_BYTES_MIN: usize = 64;
pub(super) const SMEMBERS: CommandSpec = CommandSpec {
    name: "smembers",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    syntax: "key",
    summary: "Returns all members of a set.",
    complexity: "O(N) with N members in the set",
    tips: &["nondeterministic_output_order"],
    run: smembers,
    ..super::BASE
};

fn smembers(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let set = view.collection::<Set>(key)?.cloned().unwrap_or_default();
    Ok(Members::all(set, Shape::Set).answer(freeing, reply))
}

/// What a reply says that it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Set,
    Array,
}

/// The members that are wanted.
enum Wanted {
    All(Range<usize>),
    Random(RandomRanks),
}

/// Members of a set, which is held by reference, on their way into a reply.
pub(super) struct Members {
    set: Set,
    wanted: Wanted,
    shape: Shape,
    found: Pieces,
}

impl Members {
    /// All members of a set.
    pub(super) fn all(set: Set, shape: Shape) -> Self {
        Self { wanted: Wanted::All(0..set.len()), set, shape, found: Pieces::default() }
    }

    /// Members of random ranks, in an array.
    pub(super) fn random(set: Set, ranks: RandomRanks) -> Self {
        Self { wanted: Wanted::Random(ranks), set, shape: Shape::Array, found: Pieces::default() }
    }

    fn left(&self) -> usize {
        match &self.wanted {
            Wanted::All(range) => range.len(),
            Wanted::Random(ranks) => ranks.left(),
        }
    }

    /// Answers at once if that is little work, else leaves it to be done without the locks.
    pub(super) fn answer(mut self, freeing: &Freeing, reply: &mut ReplyWriter) -> Outcome {
        let members = self.left();
        let bytes_each = self.set.memory() / self.set.len().max(1);
        if members > ELEMENTS_UNDER_LOCK || bytes_each.saturating_mul(members) > BYTES_UNDER_LOCK {
            return Outcome::Work(Box::new(LongAnswer(Held::new(freeing, self, |members| members.set.memory()))));
        }
        match self.shape {
            Shape::Set => reply.set(members),
            Shape::Array => reply.array(members),
        }
        self.show(usize::MAX, |member| reply.bulk(member));
        Outcome::Done
    }

    /// Whether so long an answer is refused: of members that come again and again. Others are as long as the set is, and may be gone from it.
    fn is_too_long(&self) -> bool {
        matches!(self.wanted, Wanted::Random(_)) && self.found.len_bytes() > REPEATED_BYTES_MAX
    }

    /// Shows members of about so many bytes.
    fn show(&mut self, bytes: usize, mut show: impl FnMut(&[u8])) {
        let mut left = bytes;
        let mut shows = |member: Element<'_>| {
            member.with_bytes(&mut show);
            left = left.saturating_sub(member.len().max(MEMBER_BYTES_MIN));
            left > 0
        };
        match &mut self.wanted {
            Wanted::All(ranks) => {
                let shown = self.set.range(ranks.clone()).take_while(|member| shows(*member)).count();
                ranks.start = ranks.end.min(ranks.start + shown + 1);
            }
            Wanted::Random(ranks) => {
                let set = &self.set;
                while ranks.next().and_then(|rank| set.get(rank)).is_some_and(&mut shows) {}
            }
        }
    }
}

/// Many members, or long ones.
struct LongAnswer(Held<Members>);

impl Work for LongAnswer {
    fn step(&mut self) -> bool {
        let members = &mut *self.0;
        let mut found = std::mem::take(&mut members.found);
        members.show(BYTES_UNDER_LOCK, |member| found.add(member));
        members.found = found;
        members.left() > 0 && !members.is_too_long()
    }

    fn end(mut self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        if self.0.is_too_long() {
            return Err(too_long());
        }
        let found = std::mem::take(&mut self.0.found);
        match self.0.shape {
            Shape::Set => found.reply_set(reply),
            Shape::Array => found.reply_array(reply),
        }
        Ok(Ended::Answered)
    }
}
