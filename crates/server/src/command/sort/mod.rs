//! SORT and SORT_RO: elements of a list, set or sorted set in an order, by themselves or by what other keys hold.
//!
//! What keys have to be looked up follows from the elements, so the command finds only its own keys locked, and goes on as [`Sorting`] (`work.rs`), which asks
//! for the locks that it needs; in EXEC every shard is locked.

mod number;
mod order;
mod pattern;
mod work;

use std::sync::Arc;

use bytes::Bytes;
use pyredis_protocol::Arg;
use pyredis_store::Provisional;

use self::pattern::Pattern;
use self::work::{LongSort, Request, Sorting};
use super::args::Args;
use super::context::Ctx;
use super::error::CommandError;
use super::held::Held;
use super::own_keys::OwnKey;
use super::spec::{Arity, Categories, CommandSpec, Flags, Hidden, KeySpec, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&SORT, &SORT_RO];

const KEY: KeySpec = KeySpec::first(&["RO", "access"]);
const NAMED: KeySpec = KeySpec::hidden(
    Hidden::InValues,
    &["RO", "access"],
    "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
);
const TARGET: KeySpec = KeySpec::hidden(
    Hidden::Argument(target),
    &["OW", "update"],
    "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
);

const SORT: CommandSpec = CommandSpec {
    name: "sort",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KEY, NAMED, TARGET],
    locks: Locks::KeysAndNamed(names_keys),
    categories: Categories::SET.union(Categories::SORTEDSET).union(Categories::LIST).union(Categories::DANGEROUS),
    syntax: "key [BY pattern] [LIMIT (offset count)] [(GET pattern)...] [ASC | DESC] [ALPHA] [STORE destination]",
    summary: "Sorts a list, set or sorted set, by itself or by what other keys hold; returns the result or stores it as a list.",
    complexity: "O(N log N) with N elements; O(N) if they are not to be sorted",
    run: |ctx| sort(ctx, true),
    ..CommandSpec::BASE
};

const SORT_RO: CommandSpec = CommandSpec {
    name: "sort_ro",
    flags: Flags::READONLY,
    keys: &[KEY, NAMED],
    syntax: "key [BY pattern] [LIMIT (offset count)] [(GET pattern)...] [ASC | DESC] [ALPHA]",
    summary: "Sorts a list, set or sorted set, by itself or by what other keys hold.",
    since: "7.0.0",
    run: |ctx| sort(ctx, false),
    ..SORT
};

/// What is asked for.
#[derive(Debug, Clone, Default)]
struct Options {
    /// What to sort by, if not by the elements themselves.
    by: Option<Pattern>,
    /// Elements stay in the order that they have.
    keeps_order: bool,
    gets: Vec<Pattern>,
    /// As texts, not as numbers.
    alpha: bool,
    descending: bool,
    limit: Option<(i64, i64)>,
    target: Option<Bytes>,
}

impl Options {
    fn parse(args: &[Arg<'_>], can_store: bool) -> Result<Self, CommandError> {
        let (mut args, mut options) = (Args::from(args, 2), Self::default());
        while !args.is_empty() {
            let behind = args.len() - 1;
            if args.eat("ASC") {
                options.descending = false;
            } else if args.eat("DESC") {
                options.descending = true;
            } else if args.eat("ALPHA") {
                options.alpha = true;
            } else if behind >= 2 && args.eat("LIMIT") {
                options.limit = Some((args.take_int()?, args.take_int()?));
            } else if can_store && behind >= 1 && args.eat("STORE") {
                options.target = Some(Bytes::copy_from_slice(args.take()?));
            } else if behind >= 1 && args.eat("BY") {
                let by = Pattern::parse(args.take()?);
                options.keeps_order |= !by.names_keys();
                options.by = Some(by);
            } else if behind >= 1 && args.eat("GET") {
                options.gets.push(Pattern::parse(args.take()?));
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// What other keys hold to sort by it.
    fn weights(&self) -> Option<&Pattern> {
        self.by.as_ref().filter(|_| !self.keeps_order)
    }

    /// Patterns of keys that have to be looked up.
    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.weights().into_iter().chain(&self.gets).filter(|pattern| pattern.names_keys())
    }
}

/// Whether other keys are to be looked up.
fn names_keys(args: &[Arg<'_>]) -> bool {
    Options::parse(args, true).is_ok_and(|options| options.patterns().next().is_some())
}

/// Where the key is that the result goes to: behind the last STORE.
fn target(args: &[Arg<'_>]) -> Option<usize> {
    let (mut at, mut found) = (2, None);
    while let Some(word) = args.get(at) {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if is("STORE") && at + 1 < args.len() {
            found = Some(at + 1);
        }
        at += if is("LIMIT") { 3 } else { 1 + usize::from(["GET", "BY", "STORE"].into_iter().any(is)) };
    }
    found
}

fn sort(ctx: &mut Ctx<'_, '_>, can_store: bool) -> Result<Outcome, CommandError> {
    let options = Options::parse(ctx.args, can_store)?;
    let (store, freeing) = (&ctx.server.store, &ctx.server.garbage);
    let (key, view, reply) = ctx.key_view_mut_reply(0)?;
    let request = Request { options, key: OwnKey::new(store, key), version: reply.version() };
    let sorting = Sorting::begin(Arc::new(request), view, 1)?;
    let is_small = sorting.is_small();
    let work = Box::new(LongSort(Held::new(freeing, sorting, Provisional::held_bytes)));
    if is_small {
        super::work::finish(work, view, reply)?;
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Work(work))
}
