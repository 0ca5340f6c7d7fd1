//! Calculations with whole sets: done at once if they are small, else outside the locks.

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{Aggregate, Key, LockSet, SetOp, SortedSet, SortedSetCalculation, View};

use super::bounds::By;
use super::members::{MemberList, Shape, reply_members};
use super::range::Options;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::own_keys::OwnKeys;
use crate::command::work::{ATTEMPTS, BYTES_UNDER_LOCK, ELEMENTS_PER_STEP, ELEMENTS_UNDER_LOCK, Ended, Work};
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

fn is_small(calculation: &SortedSetCalculation) -> bool {
    calculation.members_left() <= ELEMENTS_UNDER_LOCK && calculation.memory() <= BYTES_UNDER_LOCK
}

/// Answers a calculation's result, with scores or without.
pub(super) fn answer(
    ctx: &mut Ctx<'_, '_>,
    mut calculation: SortedSetCalculation,
    with_scores: bool,
) -> Result<Outcome, CommandError> {
    let shape = Shape::with_scores(with_scores, ctx.reply.version());
    if !is_small(&calculation) {
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
    let is_small = is_small(&calculation);
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
    let target = ctx.key(0)?;
    if is_small(&calculation) {
        let members = calculation.store(ctx.view()?, target)?;
        ctx.reply.count(members);
        return Ok(Outcome::Done);
    }
    let keys = OwnKeys::new(ctx.server.store.clone(), target, ctx.keys.get(1..).unwrap_or_default());
    Ok(Outcome::Work(Box::new(LongStore { request, keys, calculation, attempts: 1 })))
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

struct LongStore {
    request: Request,
    /// The target, and the sources behind it.
    keys: OwnKeys,
    calculation: SortedSetCalculation,
    attempts: usize,
}

impl Work for LongStore {
    fn step(&mut self) -> bool {
        self.calculation.step(ELEMENTS_PER_STEP);
        self.calculation.members_left() > 0
    }

    fn locks(&self) -> Option<LockSet> {
        Some(self.keys.locks())
    }

    fn end(self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let Self { request, keys: own, mut calculation, attempts } = *self;
        let view = view.ok_or_else(|| CommandError::err("a calculation was ended without its locks"))?;
        let (target, sources) = (own.target(), own.sources());
        if !calculation.is_current(view, &sources)? {
            let anew = request.begin(view, &sources)?;
            std::mem::replace(&mut calculation, anew).abandon(view);
            if attempts < ATTEMPTS {
                drop(sources);
                return Ok(Ended::Again(Box::new(Self { request, keys: own, calculation, attempts: attempts + 1 })));
            }
        }
        let members = calculation.store(view, &target)?;
        reply.count(members);
        Ok(Ended::Answered)
    }
}
