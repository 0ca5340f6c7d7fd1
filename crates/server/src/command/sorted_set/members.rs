//! Replies of members: how they are written, and how many at a time.

use std::ops::Range;

use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{SortedSet, View};

use crate::command::error::CommandError;
use crate::command::held::Held;
use crate::command::long_reply::LongReply;
use crate::command::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, ELEMENTS_PER_STEP, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::garbage::Freeing;
use crate::outcome::Outcome;

/// What is written of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The member alone.
    Member,
    /// The member, and its score behind it.
    Flat,
    /// Both in an array of their own.
    Pair,
}

impl Shape {
    /// With scores as most commands have them: pairs are what RESP3 brought.
    pub(super) const fn with_scores(is_with: bool, version: RespVersion) -> Self {
        match (is_with, version) {
            (false, _) => Self::Member,
            (true, RespVersion::Resp2) => Self::Flat,
            (true, RespVersion::Resp3) => Self::Pair,
        }
    }

    /// Begins the array of so many members.
    pub(super) fn begin(self, reply: &mut ReplyWriter, members: usize) {
        reply.array(if self == Self::Flat { members.saturating_mul(2) } else { members });
    }

    pub(super) fn write(self, reply: &mut ReplyWriter, member: &[u8], score: f64) {
        if self == Self::Pair {
            reply.array(2);
        }
        reply.bulk(member);
        if self != Self::Member {
            reply.double(score);
        }
    }
}

/// Whether so few members, and so short ones, are in a range that it can be written under a lock.
pub(super) fn is_short(set: &SortedSet, ranks: Range<usize>) -> bool {
    let bytes = || set.range(ranks.clone()).map(|(member, _)| member.len()).sum::<usize>();
    ranks.len() <= ELEMENTS_UNDER_LOCK && (set.memory() <= BYTES_UNDER_LOCK || bytes() <= BYTES_UNDER_LOCK)
}

/// Answers a range of ranks, from its end if `reversed`: at once if it is short, else outside the lock.
pub(super) fn reply_members(
    freeing: &Freeing,
    reply: &mut ReplyWriter,
    set: &SortedSet,
    ranks: Range<usize>,
    reversed: bool,
    shape: Shape,
) -> Outcome {
    shape.begin(reply, ranks.len());
    reply_rest(freeing, reply, set, ranks, reversed, shape)
}

/// The same behind the beginning of the array.
pub(super) fn reply_rest(
    freeing: &Freeing,
    reply: &mut ReplyWriter,
    set: &SortedSet,
    ranks: Range<usize>,
    reversed: bool,
    shape: Shape,
) -> Outcome {
    if is_short(set, ranks.clone()) {
        write_all(reply, set, ranks, reversed, shape);
        return Outcome::Done;
    }
    let list = MemberList::new(ranks, reversed, shape, reply.version());
    Outcome::Work(Box::new(Members { set: Held::new(freeing, set.clone(), SortedSet::memory), list }))
}

/// Writes a range at once.
pub(super) fn write_all(reply: &mut ReplyWriter, set: &SortedSet, ranks: Range<usize>, reversed: bool, shape: Shape) {
    let members = set.range(ranks);
    if reversed {
        members.rev().for_each(|(member, score)| shape.write(reply, member, score));
    } else {
        members.for_each(|(member, score)| shape.write(reply, member, score));
    }
}

/// Members of a set that are written step by step.
pub(super) struct MemberList {
    left: Range<usize>,
    reversed: bool,
    shape: Shape,
    written: LongReply,
}

impl MemberList {
    pub(super) fn new(ranks: Range<usize>, reversed: bool, shape: Shape, version: RespVersion) -> Self {
        Self { left: ranks, reversed, shape, written: LongReply::new(version) }
    }

    /// Writes some more. Whether there is more.
    pub(super) fn step(&mut self, set: &SortedSet) -> bool {
        let Self { left, reversed, shape, written } = self;
        let mut members = set.range(left.clone());
        let mut bytes = 0;
        for _ in 0..ELEMENTS_PER_STEP {
            let next = if *reversed { members.next_back() } else { members.next() };
            let Some((member, score)) = next.filter(|_| bytes < BYTES_PER_STEP) else { break };
            shape.write(written.writer(), member, score);
            bytes += member.len();
            if *reversed {
                left.end -= 1;
            } else {
                left.start += 1;
            }
        }
        left.start < left.end
    }

    pub(super) fn reply(self, reply: &mut ReplyWriter) {
        self.written.reply(reply);
    }
}

/// A long range of a set as it was, of which the beginning of the array is written.
struct Members {
    set: Held<SortedSet>,
    list: MemberList,
}

impl Work for Members {
    fn step(&mut self) -> bool {
        self.list.step(&self.set)
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        self.list.reply(reply);
        Ok(Ended::Answered)
    }
}
