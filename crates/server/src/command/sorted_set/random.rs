//! ZRANDMEMBER: members picked at random.

use std::collections::HashSet;

use pyredis_protocol::ReplyWriter;
use pyredis_store::{SortedSet, View};

use super::members::{Shape, reply_members};
use crate::command::args::signed_count;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::long_reply::{LongReply, REPEATED_BYTES_MAX, too_long};
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, ELEMENTS_PER_STEP, ELEMENTS_UNDER_LOCK, Ended, Work};
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
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let set = view.collection::<SortedSet>(key)?.filter(|_| wanted > 0);
    let Some(set) = set else {
        reply.array(0);
        return Ok(Outcome::Done);
    };
    let shape = Shape::with_scores(with_scores, reply.version());
    if count > 0 && wanted >= set.len() {
        return Ok(reply_members(reply, set, 0..set.len(), false, shape));
    }
    let picks = if count > 0 { Picks::Once { at: 0, left: wanted } } else { Picks::Again { left: wanted } };
    let bytes = (set.memory() / set.len()).saturating_mul(wanted);
    if wanted > ELEMENTS_UNDER_LOCK || bytes > BYTES_UNDER_LOCK {
        let written = LongReply::new(reply.version());
        return Ok(Outcome::Work(Box::new(LongPick { set: set.clone(), picks, wanted, shape, written })));
    }
    shape.begin(reply, wanted);
    let mut write = |rank: usize| {
        if let Some((member, score)) = set.get_at(rank) {
            shape.write(reply, member, score);
        }
    };
    match picks {
        Picks::Again { .. } => (0..wanted).for_each(|_| write(fastrand::usize(..set.len()))),
        Picks::Once { .. } => distinct(wanted, set.len()).into_iter().for_each(write),
    }
    Ok(Outcome::Done)
}

/// So many different numbers below a limit, each set of them as likely as any other (Floyd's way).
fn distinct(count: usize, below: usize) -> HashSet<usize> {
    let mut picked = HashSet::with_capacity(count);
    for most in below - count..below {
        let number = fastrand::usize(..=most);
        if !picked.insert(number) {
            picked.insert(most);
        }
    }
    picked
}

/// How members are picked, and how many are still to be.
enum Picks {
    /// Each of them may be picked again.
    Again { left: usize },
    /// Each rank is looked at once, in order, and picked with the chance that is left to it.
    Once { at: usize, left: usize },
}

struct LongPick {
    set: SortedSet,
    picks: Picks,
    wanted: usize,
    shape: Shape,
    written: LongReply,
}

impl Work for LongPick {
    fn step(&mut self) -> bool {
        let Self { set, picks, shape, written, .. } = self;
        match picks {
            Picks::Again { left } => {
                let enough = written.len_bytes() + BYTES_PER_STEP;
                for _ in 0..ELEMENTS_PER_STEP.min(*left) {
                    if let Some((member, score)) = set.get_at(fastrand::usize(..set.len())) {
                        shape.write(written.writer(), member, score);
                    }
                    *left -= 1;
                    if written.len_bytes() > enough {
                        break;
                    }
                }
                *left > 0 && !self.is_too_long()
            }
            Picks::Once { at, left } => {
                for (member, score) in set.range(*at..*at + ELEMENTS_PER_STEP) {
                    if fastrand::usize(..set.len() - *at) < *left {
                        shape.write(written.writer(), member, score);
                        *left -= 1;
                    }
                    *at += 1;
                }
                *left > 0
            }
        }
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
        matches!(self.picks, Picks::Again { .. }) && self.written.len_bytes() > REPEATED_BYTES_MAX
    }
}
