//! Calculations with whole sets: done at once if they are small, else outside the locks.

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{Aggregate, Calculation, Key, SetOp, SortedSet, SortedSetCalculation, View};

use super::bounds::By;
use super::members::{MemberList, Shape, reply_members};
use super::range::Options;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::store_result::store_result;
use crate::command::work::{ELEMENTS_PER_STEP, Ended, Work};
use crate::outcome::Outcome;

/// What is to be calculated.
pub(super) enum Request {
    Combine {
        operation: SetOp,
        weights: Vec<f64>,
        aggregate: Aggregate,
    },
    /// The part between two ends of the one set.
    Range {
        options: Options,
        first: Bytes,
        second: Bytes,
    },
}

impl Request {
    pub(super) fn begin(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<SortedSetCalculation, CommandError> {
        match self {
            Self::Combine { operation, weights, aggregate } => {
                Ok(SortedSetCalculation::begin(view, *operation, keys)?.with(weights, *aggregate))
            }
            Self::Range { options, first, second } => {
                let [key] = keys else { return Err(CommandError::Syntax) };
                let range = options.range(first, second)?;
                Ok(SortedSetCalculation::begin_part(
                    view,
                    key,
                    |set| options.ranks(&range, set),
                    options.reversed,
                    options.by == By::Rank,
                )?)
            }
        }
    }
}

/// Answers a calculation's result, with scores or without.
pub(super) fn answer(
    ctx: &mut Ctx<'_, '_>,
    mut calculation: SortedSetCalculation,
    with_scores: bool,
) -> Result<Outcome, CommandError> {
    let shape = Shape::with_scores(with_scores, ctx.reply.version());
    if !calculation.is_short() {
        return Ok(Outcome::Work(Box::new(LongAnswer {
            calculation,
            shape,
            version: ctx.reply.version(),
            list: None,
        })));
    }
    calculation.step(usize::MAX);
    let result = calculation.take_result();
    let ranks = 0..result.len();
    Ok(reply_members(ctx.reply, &result, ranks, false, shape))
}

/// Answers how many members a calculation's result has, of which so many are enough.
pub(super) fn count(
    ctx: &mut Ctx<'_, '_>,
    calculation: SortedSetCalculation,
    enough: usize,
) -> Result<Outcome, CommandError> {
    let is_small = calculation.is_short();
    let mut count = Box::new(Count { calculation, enough });
    if !is_small {
        return Ok(Outcome::Work(count));
    }
    while count.step() {}
    count.end(None, ctx.reply)?;
    Ok(Outcome::Done)
}

/// Lets the first of a command's keys hold what is calculated from the others.
pub(super) fn store(
    ctx: &mut Ctx<'_, '_>,
    request: Request,
    calculation: SortedSetCalculation,
) -> Result<Outcome, CommandError> {
    store_result(ctx, calculation, move |view, keys| request.begin(view, keys))
}

struct LongAnswer {
    calculation: SortedSetCalculation,
    shape: Shape,
    version: RespVersion,
    /// The result and what is written of it, once it is there.
    list: Option<(SortedSet, MemberList)>,
}

impl Work for LongAnswer {
    fn step(&mut self) -> bool {
        if let Some((result, list)) = &mut self.list {
            return list.step(result);
        }
        self.calculation.step(ELEMENTS_PER_STEP);
        if self.calculation.members_left() == 0 {
            let result = self.calculation.take_result();
            let list = MemberList::new(0..result.len(), false, self.shape, self.version);
            self.list = Some((result, list));
        }
        true
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let (result, list) = self.list.ok_or_else(|| CommandError::err("a calculation was ended too early"))?;
        self.shape.begin(reply, result.len());
        list.reply(reply);
        Ok(Ended::Answered)
    }
}

struct Count {
    calculation: SortedSetCalculation,
    enough: usize,
}

impl Work for Count {
    fn step(&mut self) -> bool {
        self.calculation.step(ELEMENTS_PER_STEP);
        self.calculation.members_left() > 0 && self.calculation.found() < self.enough
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.count(self.calculation.found().min(self.enough));
        Ok(Ended::Answered)
    }
}
