//! Commands that change a key by what is calculated from it or from others: at once if that is little work, else without the locks, and stored under them if
//! the keys hold what they held at the beginning. The third time it is done under the locks.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{ATTEMPTS, Calculation, Key, LockSet, Provisional, View, renew};

use super::context::Ctx;
use super::error::CommandError;
use super::held::Held;
use super::own_keys::OwnKeys;
use super::work::{Ended, Work};
use crate::outcome::Outcome;

/// Lets the first of a command's keys hold the result of a calculation with the others, and answers with its length. `begin` begins it anew.
pub(super) fn store_result<C, B>(ctx: &mut Ctx<'_, '_>, calculation: C, begin: B) -> Result<Outcome, CommandError>
where
    C: Calculation<Stored = usize>,
    B: Fn(&View<'_>, &[Key<'_>]) -> Result<C, CommandError> + Send + 'static,
{
    let [target, sources @ ..] = ctx.keys else { return Err(CommandError::Syntax) };
    let answer = |length, reply: &mut ReplyWriter| {
        reply.count(length);
        Outcome::Done
    };
    calculate(ctx, (target, sources), calculation, || begin, answer)
}

/// The same with one key, which is changed by what it holds, and any answer, which may be more work. `begin` gives what begins the calculation anew.
pub(super) fn change_key<C, B, A>(
    ctx: &mut Ctx<'_, '_>,
    key: &Key<'_>,
    calculation: C,
    begin: impl FnOnce() -> B,
    answer: A,
) -> Result<Outcome, CommandError>
where
    C: Calculation,
    B: Fn(&View<'_>, &Key<'_>) -> Result<C, CommandError> + Send + 'static,
    A: FnOnce(C::Stored, &mut ReplyWriter) -> Outcome + Send + 'static,
{
    let begin = || {
        let begin = begin();
        move |view: &View<'_>, keys: &[Key<'_>]| begin(view, keys.first().ok_or(CommandError::Syntax)?)
    };
    calculate(ctx, (key, std::slice::from_ref(key)), calculation, begin, answer)
}

fn calculate<C, B, A>(
    ctx: &mut Ctx<'_, '_>,
    (target, sources): (&Key<'_>, &[Key<'_>]),
    calculation: C,
    begin: impl FnOnce() -> B,
    answer: A,
) -> Result<Outcome, CommandError>
where
    C: Calculation,
    B: Fn(&View<'_>, &[Key<'_>]) -> Result<C, CommandError> + Send + 'static,
    A: FnOnce(C::Stored, &mut ReplyWriter) -> Outcome + Send + 'static,
{
    if calculation.is_short() {
        let stored = calculation.store(ctx.view()?, target)?;
        return Ok(answer(stored, ctx.reply));
    }
    let keys = OwnKeys::new(ctx.server.store.clone(), target, sources);
    let calculation = Held::new(&ctx.server.garbage, calculation, Provisional::held_bytes);
    Ok(Outcome::Work(Box::new(LongStore { begin: begin(), answer, keys, calculation, attempts: 1 })))
}

/// A calculation that takes long.
struct LongStore<C: Calculation, B, A> {
    begin: B,
    answer: A,
    keys: OwnKeys,
    calculation: Held<C>,
    attempts: usize,
}

impl<C, B, A> Work for LongStore<C, B, A>
where
    C: Calculation,
    B: Fn(&View<'_>, &[Key<'_>]) -> Result<C, CommandError> + Send + 'static,
    A: FnOnce(C::Stored, &mut ReplyWriter) -> Outcome + Send + 'static,
{
    fn step(&mut self) -> bool {
        self.calculation.advance()
    }

    fn locks(&self) -> Option<LockSet> {
        Some(self.keys.locks())
    }

    fn end(self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let Self { begin, answer, keys, calculation, attempts } = *self;
        let view = view.ok_or_else(|| CommandError::err("a result was to be stored without its locks"))?;
        let (freeing, begun) = calculation.take_apart();
        let (calculation, is_current) = renew(begun, view, &keys.sources(), &begin)?;
        if !is_current && attempts < ATTEMPTS && !calculation.is_short() {
            let calculation = Held::new(&freeing, calculation, Provisional::held_bytes);
            return Ok(Ended::Again(Box::new(Self { begin, answer, keys, calculation, attempts: attempts + 1 })));
        }
        let stored = calculation.store(view, &keys.target())?;
        Ok(match answer(stored, reply) {
            Outcome::Work(work) => Ended::Again(work),
            _ => Ended::Answered,
        })
    }
}
