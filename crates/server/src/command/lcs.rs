//! LCS: what two strings have in common.
//!
//! The table of Redis has four bytes for each pair of places. Of this table only the last row is kept, and of each pair one bit, which says where
//! the way back goes; LEN needs no bits at all. What is refused as too large is the same as in Redis.

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_store::{StoreError, View};

use super::args::Args;
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use super::work::{Ended, Work};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&LCS];

/// How many pairs of places a step looks at.
const PAIRS_PER_STEP: usize = 128 * 1024;
/// Up to so many pairs are looked at under the lock.
const PAIRS_UNDER_LOCK: usize = 16 * 1024;
/// What Redis's table takes for a pair.
const BYTES_PER_PAIR: usize = 4;

const LCS: CommandSpec = CommandSpec {
    name: "lcs",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec { last: 1, ..KeySpec::first(&["RO", "access"]) }],
    group: Group::String,
    syntax: "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
    summary: "Returns the longest common subsequence of two strings, its length, or where it is.",
    since: "7.0.0",
    complexity: "O(N*M) with N and M bytes in the strings",
    run: lcs,
    ..CommandSpec::BASE
};

#[derive(Debug, Clone, Copy, Default)]
struct Options {
    only_length: bool,
    places: bool,
    with_lengths: bool,
    shortest: u64,
}

fn lcs(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let limit = ctx.session.config().proto_max_bulk_len;
    let (first, second) = (ctx.key(0)?, ctx.key(1)?);
    let view = ctx.view()?;
    let string = |key| match view.get(key) {
        Err(StoreError::WrongType { .. }) => Err(CommandError::err("The specified keys must contain string values")),
        held => Ok(held?.map(|value| value.to_bytes()).unwrap_or_default()),
    };
    let (first, second) = (string(first)?, string(second)?);
    // As in Redis, what the keys hold is looked at first.
    let options = options(Args::from(ctx.args, 3))?;
    let pairs = (first.len() + 1).saturating_mul(second.len() + 1);
    if pairs.saturating_mul(BYTES_PER_PAIR) > limit {
        return Err(CommandError::err("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"));
    }
    let mut common = Box::new(Common::new(first, second, options));
    if pairs > PAIRS_UNDER_LOCK {
        return Ok(Outcome::Work(common));
    }
    while common.step() {}
    common.reply(ctx.reply);
    Ok(Outcome::Done)
}

fn options(mut args: Args<'_>) -> Result<Options, CommandError> {
    let mut options = Options::default();
    while !args.is_empty() {
        if args.eat("IDX") {
            options.places = true;
        } else if args.eat("LEN") {
            options.only_length = true;
        } else if args.eat("WITHMATCHLEN") {
            options.with_lengths = true;
        } else if args.len() > 1 && args.eat("MINMATCHLEN") {
            options.shortest = u64::try_from(args.take_int()?).unwrap_or(0);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    if options.only_length && options.places {
        return Err(CommandError::err("If you want both the length and indexes, please just use IDX."));
    }
    Ok(options)
}

/// Two strings, and how far they have been compared.
struct Common {
    first: Bytes,
    second: Bytes,
    options: Options,
    /// The pair to look at next: on the way there, from the front; on the way back the places in front of it.
    at: (usize, usize),
    is_way_back: bool,
    /// For each place of the second string, how long the longest subsequence is that the first up to here has in common with the second up to there.
    row: Vec<u32>,
    /// The entry before that of `at` in the row above, which the row has no more.
    diagonal: u32,
    /// For each pair that differs, whether the way back goes to the place before in the first string.
    turns: Vec<u64>,
    length: u32,
    /// The subsequence, from its end, and the runs that it is made of.
    reversed: Vec<u8>,
    runs: Vec<Run>,
    run: Option<Run>,
}

/// A run of bytes that is in both strings: where it begins, and how long it is.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: usize,
    second: usize,
    length: usize,
}

impl Common {
    fn new(first: Bytes, second: Bytes, options: Options) -> Self {
        let pairs = first.len() * second.len();
        let turns = if options.only_length { 0 } else { pairs.div_ceil(64) };
        Self {
            options,
            at: (0, 0),
            is_way_back: false,
            row: vec![0; second.len()],
            diagonal: 0,
            turns: vec![0; turns],
            length: 0,
            reversed: Vec::new(),
            runs: Vec::new(),
            run: None,
            first,
            second,
        }
    }

    /// Looks at pairs of one place in the first string, up to so many. Returns how many.
    fn fill(&mut self, most: usize) -> usize {
        let (place, from) = self.at;
        let Some(byte) = self.first.get(place).copied() else { return 0 };
        let mut left = from.checked_sub(1).and_then(|before| self.row.get(before)).copied().unwrap_or(0);
        let pairs = place * self.second.len() + from..;
        let places =
            self.second.get(from..).unwrap_or_default().iter().zip(self.row.get_mut(from..).unwrap_or_default());
        for (pair, (other, above)) in pairs.zip(places.take(most)) {
            let longest = if *other == byte {
                self.diagonal + 1
            } else {
                if *above > left
                    && let Some(word) = self.turns.get_mut(pair / 64)
                {
                    *word |= 1 << (pair % 64);
                }
                left.max(*above)
            };
            self.diagonal = std::mem::replace(above, longest);
            left = longest;
        }
        let to = from.saturating_add(most).min(self.second.len());
        if to == self.second.len() {
            self.at = (place + 1, 0);
            self.diagonal = 0;
        } else {
            self.at = (place, to);
        }
        to - from
    }

    /// Goes one pair back. Returns whether that was possible.
    fn trace(&mut self) -> bool {
        let (first, second) = self.at;
        let (Some(before_first), Some(before_second)) = (first.checked_sub(1), second.checked_sub(1)) else {
            self.end_run();
            return false;
        };
        let bytes = self.first.get(before_first).zip(self.second.get(before_second));
        if let Some((byte, _)) = bytes.filter(|(first, second)| first == second) {
            self.reversed.push(*byte);
            let length = self.run.map_or(0, |run| run.length) + 1;
            self.run = Some(Run { first: before_first, second: before_second, length });
            self.at = (before_first, before_second);
        } else {
            self.end_run();
            let pair = before_first * self.second.len() + before_second;
            let is_turn = self.turns.get(pair / 64).is_some_and(|word| word >> (pair % 64) & 1 == 1);
            self.at = if is_turn { (before_first, second) } else { (first, before_second) };
        }
        true
    }

    fn end_run(&mut self) {
        let run = self.run.take().filter(|run| run.length as u64 >= self.options.shortest);
        self.runs.extend(run.filter(|_| self.options.places));
    }

    fn reply(mut self: Box<Self>, reply: &mut ReplyWriter) {
        if self.options.places {
            reply.map(2);
            reply.bulk(b"matches");
            reply.array(self.runs.len());
            self.runs.iter().for_each(|run| run.reply(self.options.with_lengths, reply));
            reply.bulk(b"len");
            reply.int(self.length.into());
        } else if self.options.only_length {
            reply.int(self.length.into());
        } else {
            self.reversed.reverse();
            reply.bulk_shared(self.reversed.into());
        }
    }
}

impl Run {
    fn reply(self, with_length: bool, reply: &mut ReplyWriter) {
        let number = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
        reply.array(2 + usize::from(with_length));
        for from in [self.first, self.second] {
            reply.array(2);
            reply.int(number(from));
            reply.int(number(from + self.length - 1));
        }
        if with_length {
            reply.int(number(self.length));
        }
    }
}

impl Work for Common {
    fn step(&mut self) -> bool {
        let mut left = PAIRS_PER_STEP;
        while !self.is_way_back && left > 0 {
            if self.at.0 < self.first.len() && !self.second.is_empty() {
                left -= self.fill(left);
            } else {
                self.length = self.row.last().copied().unwrap_or(0);
                self.at = (self.first.len(), self.second.len());
                self.is_way_back = true;
            }
        }
        let mut goes_on = !self.is_way_back || !self.options.only_length;
        while self.is_way_back && goes_on && left > 0 {
            goes_on = self.trace();
            left -= 1;
        }
        goes_on
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        self.reply(reply);
        Ok(Ended::Answered)
    }
}
