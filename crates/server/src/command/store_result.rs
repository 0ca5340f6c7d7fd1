//! Commands that let a key hold what is calculated from others: at once if that is little work, else without the locks, and stored under them if the
//! others hold what they held at the beginning.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Calculation, Key, LockSet, View, renew};

use super::context::Ctx;
use super::error::CommandError;
use super::own_keys::OwnKeys;
use super::work::{ATTEMPTS, Ended, Work};
use crate::outcome::Outcome;

/// Lets the first of a command's keys hold the result of a calculation with the others, and answers with its length. `begin` begins it anew.
pub(super) fn store_result<C, B>(ctx: &mut Ctx<'_, '_>, calculation: C, begin: B) -> Result<Outcome, CommandError>
where
    C: Calculation + Send + 'static,
    B: Fn(&View<'_>, &[Key<'_>]) -> Result<C, CommandError> + Send + 'static,
{
    let [target, sources @ ..] = ctx.keys else { return Err(CommandError::Syntax) };
    if calculation.is_short() {
        let length = calculation.store(ctx.view()?, target)?;
        return Ok(ctx.answer_count(length));
    }
    let keys = OwnKeys::new(ctx.server.store.clone(), target, sources);
    Ok(Outcome::Work(Box::new(LongStore { begin, keys, calculation, attempts: 1 })))
}

/// A calculation that takes long.
struct LongStore<C, B> {
    begin: B,
    keys: OwnKeys,
    calculation: C,
    attempts: usize,
}

impl<C, B> Work for LongStore<C, B>
where
    C: Calculation + Send + 'static,
    B: Fn(&View<'_>, &[Key<'_>]) -> Result<C, CommandError> + Send + 'static,
{
    fn step(&mut self) -> bool {
        self.calculation.advance()
    }

    fn locks(&self) -> Option<LockSet> {
        Some(self.keys.locks())
    }

    fn end(self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let Self { begin, keys, calculation, attempts } = *self;
        let view = view.ok_or_else(|| CommandError::err("a result was to be stored without its locks"))?;
        let (calculation, is_current) = renew(calculation, view, &keys.sources(), &begin)?;
        if !is_current && attempts < ATTEMPTS {
            return Ok(Ended::Again(Box::new(Self { begin, keys, calculation, attempts: attempts + 1 })));
        }
        reply.count(calculation.store(view, &keys.target())?);
        Ok(Ended::Answered)
    }
}
