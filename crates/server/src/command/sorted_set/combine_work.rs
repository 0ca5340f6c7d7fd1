//! Calculations with whole sets: done at once if they are small, else outside the locks.

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_store::{Aggregate, Calculation, Key, Provisional, SetOp, SortedSetCalculation, View};

use super::bounds::By;
use super::members::{Shape, reply_members};
use super::range::Options;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::held::Held;
use crate::command::store_result::store_result;
use crate::command::work::{Ended, Work};
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
    let freeing = &ctx.server.garbage;
    if !calculation.is_short() {
        let calculation = Held::new(freeing, calculation, Provisional::held_bytes);
        return Ok(Outcome::Work(Box::new(LongAnswer { calculation, shape })));
    }
    calculation.step(usize::MAX);
    let result = calculation.take_result();
    let ranks = 0..result.len();
    Ok(reply_members(freeing, ctx.reply, &result, ranks, false, shape))
}

/// Answers how many members a calculation's result has, of which so many are enough.
pub(super) fn count(
    ctx: &mut Ctx<'_, '_>,
    mut calculation: SortedSetCalculation,
    enough: usize,
) -> Result<Outcome, CommandError> {
    if !calculation.is_short() {
        let calculation = Held::new(&ctx.server.garbage, calculation, Provisional::held_bytes);
        return Ok(Outcome::Work(Box::new(Count { calculation, enough })));
    }
    while count_on(&mut calculation, enough) {}
    Ok(ctx.answer_count(calculation.found().min(enough)))
}

/// Counts some more. Whether there is more that counts.
fn count_on(calculation: &mut SortedSetCalculation, enough: usize) -> bool {
    calculation.advance() && calculation.found() < enough
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
    calculation: Held<SortedSetCalculation>,
    shape: Shape,
}

impl Work for LongAnswer {
    fn step(&mut self) -> bool {
        self.calculation.advance()
    }

    fn end(mut self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let result = self.calculation.take_result();
        let (freeing, ranks) = (self.calculation.freeing(), 0..result.len());
        Ok(match reply_members(freeing, reply, &result, ranks, false, self.shape) {
            Outcome::Work(work) => Ended::Again(work),
            _ => Ended::Answered,
        })
    }
}

struct Count {
    calculation: Held<SortedSetCalculation>,
    enough: usize,
}

impl Work for Count {
    fn step(&mut self) -> bool {
        count_on(&mut self.calculation, self.enough)
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.count(self.calculation.found().min(self.enough));
        Ok(Ended::Answered)
    }
}
