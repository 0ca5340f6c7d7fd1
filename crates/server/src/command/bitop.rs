//! BITOP: bits of several strings into one.

use pyredis_store::{BitCalculation, BitOp};

use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::store_result::store_result;
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
    let [_, sources @ ..] = ctx.keys else { return Err(CommandError::Syntax) };
    let calculation = BitCalculation::begin(ctx.view()?, op, sources)?;
    store_result(ctx, calculation, move |view, keys| Ok(BitCalculation::begin(view, op, keys)?))
}
