//! BITOP: bits of several strings into one.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{BitCalculation, BitOp, LockSet, View};

use super::context::Ctx;
use super::error::CommandError;
use super::own_keys::OwnKeys;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::work::{ATTEMPTS, BYTES_PER_STEP, BYTES_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&BITOP];

const BITOP: CommandSpec = CommandSpec {
    name: "bitop",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[
        KeySpec { first: 2, ..KeySpec::first(&["OW", "update"]) },
        KeySpec { first: 3, ..KeySpec::all(&["RO", "access"]) },
    ],
    group: Group::Bitmap,
    syntax: "(AND | OR | XOR | NOT) destkey key...",
    summary: "Calculates with the bits of strings, sets a key to the result, and returns its length.",
    since: "2.6.0",
    complexity: "O(N) with N bytes of all strings",
    run: bitop,
    ..CommandSpec::BASE
};

fn bitop(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let words = [("AND", BitOp::And), ("OR", BitOp::Or), ("XOR", BitOp::Xor), ("NOT", BitOp::Not)];
    let named = words.into_iter().find(|(word, _)| ctx.arg(1).eq_ignore_ascii_case(word.as_bytes()));
    let (_, op) = named.ok_or(CommandError::Syntax)?;
    if op == BitOp::Not && ctx.args.len() != 4 {
        return Err(CommandError::err("BITOP NOT must be called with a single source key."));
    }
    let [target, sources @ ..] = ctx.keys else { return Err(CommandError::Syntax) };
    let calculation = BitCalculation::begin(ctx.view()?, op, sources)?;
    if calculation.bytes_left() <= BYTES_UNDER_LOCK {
        let length = calculation.store(ctx.view()?, target)?;
        ctx.reply.count(length);
        return Ok(Outcome::Done);
    }
    let keys = OwnKeys::new(ctx.server.store.clone(), target, sources);
    Ok(Outcome::Work(Box::new(LongBitOp { op, keys, calculation, attempts: 1 })))
}

/// A BITOP over long strings.
struct LongBitOp {
    op: BitOp,
    keys: OwnKeys,
    calculation: BitCalculation,
    attempts: usize,
}

impl Work for LongBitOp {
    fn step(&mut self) -> bool {
        self.calculation.step(BYTES_PER_STEP);
        self.calculation.bytes_left() > 0
    }

    fn locks(&self) -> Option<LockSet> {
        Some(self.keys.locks())
    }

    fn end(self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let Self { op, keys, mut calculation, attempts } = *self;
        let view = view.ok_or_else(|| CommandError::err("BITOP was ended without its locks"))?;
        if !calculation.is_current(view, &keys.sources())? {
            calculation = BitCalculation::begin(view, op, &keys.sources())?;
            if attempts < ATTEMPTS {
                return Ok(Ended::Again(Box::new(Self { op, keys, calculation, attempts: attempts + 1 })));
            }
        }
        let length = calculation.store(view, &keys.target())?;
        reply.count(length);
        Ok(Ended::Answered)
    }
}
