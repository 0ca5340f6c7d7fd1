//! Where an element is: LPOS, LINSERT, LREM.
//!
//! So many elements are looked at under the lock as a step has, and so many bytes compared. If that is not enough, a clone of the list is looked through without
//! it; LINSERT and LREM then look whether the list is still the same before they change it.

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_store::{Key, List, ListEdit, ListSearch, View};

use super::LIST;
use crate::command::args::{Args, integer, integer_in};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::held::Held;
use crate::command::long_reply::LongReply;
use crate::command::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::command::store_result::change_key;
use crate::command::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, ELEMENTS_PER_STEP, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

const RANK_ZERO: &str = "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";

pub(super) const LPOS: CommandSpec = CommandSpec {
    name: "lpos",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    syntax: "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
    summary: "Returns the index of an element, or the indices of all that are like it.",
    since: "6.0.6",
    complexity: "O(N) with N elements",
    run: lpos,
    ..LIST
};

fn lpos(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (mut search, mut many) = (ListSearch::new(ctx.arg(2)).at_most(1), false);
    let mut args = Args::from(ctx.args, 3);
    while !args.is_empty() {
        let has_value = args.len() > 1;
        if has_value && args.eat("RANK") {
            let rank = args.take_int()?;
            if rank == 0 {
                return Err(CommandError::err(RANK_ZERO));
            }
            // The least integer has no opposite, and passes over nothing.
            let skip = rank.checked_abs().map_or(0, |rank| rank - 1);
            search = search.from_back(rank < 0).skip(usize::try_from(skip).unwrap_or(usize::MAX));
        } else if has_value && args.eat("COUNT") {
            many = true;
            search = search.at_most(limit(args.take()?, "ERR COUNT can't be negative")?);
        } else if has_value && args.eat("MAXLEN") {
            search = search.within(limit(args.take()?, "ERR MAXLEN can't be negative")?);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let Some(list) = view.collection::<List>(key)? else {
        reply_places(reply, &[], many);
        return Ok(Outcome::Done);
    };
    if search.step(list, ELEMENTS_UNDER_LOCK, BYTES_UNDER_LOCK) {
        let (list, pieces) = (Held::new(freeing, list.clone(), List::memory), LongReply::new(reply.version()));
        return Ok(Outcome::Work(Box::new(LongSearch { list, search, many, is_over: false, written: 0, pieces })));
    }
    reply_places(reply, search.places(), many);
    Ok(Outcome::Done)
}

/// A number of which 0 is no limit.
fn limit(arg: &[u8], error: &'static str) -> Result<usize, CommandError> {
    let number = integer_in(arg, 0..=i64::MAX, error)?;
    Ok(if number == 0 { usize::MAX } else { usize::try_from(number).unwrap_or(usize::MAX) })
}

fn reply_places(reply: &mut ReplyWriter, places: &[usize], many: bool) {
    if many {
        reply.array(places.len());
        places.iter().for_each(|place| reply_place(reply, *place));
    } else {
        match places.first() {
            Some(place) => reply_place(reply, *place),
            None => reply.null(),
        }
    }
}

fn reply_place(reply: &mut ReplyWriter, place: usize) {
    reply.count(place);
}

/// LPOS in a long list.
struct LongSearch {
    list: Held<List>,
    search: ListSearch,
    many: bool,
    is_over: bool,
    /// How many of many places are written.
    written: usize,
    pieces: LongReply,
}

impl Work for LongSearch {
    fn step(&mut self) -> bool {
        if !self.is_over {
            self.is_over = !self.search.step(&self.list, ELEMENTS_PER_STEP, BYTES_PER_STEP);
            return !self.is_over || self.many;
        }
        let next = self.search.places().iter().skip(self.written).take(ELEMENTS_PER_STEP);
        next.for_each(|place| reply_place(self.pieces.writer(), *place));
        self.written += ELEMENTS_PER_STEP;
        self.written < self.search.places().len()
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        if self.many {
            reply.array(self.search.places().len());
            self.pieces.reply(reply);
        } else {
            reply_places(reply, self.search.places(), false);
        }
        Ok(Ended::Answered)
    }
}

pub(super) const LINSERT: CommandSpec = CommandSpec {
    name: "linsert",
    arity: Arity::Exactly(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RW", "insert"])],
    syntax: "key (BEFORE | AFTER) pivot element",
    summary: "Puts an element before or behind the first one that is like another, and returns the list's length.",
    since: "2.2.0",
    complexity: "O(N) with N elements before that one",
    run: linsert,
    ..LIST
};

fn linsert(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 2);
    let after = args.eat("AFTER");
    if !after && !args.eat("BEFORE") {
        return Err(CommandError::Syntax);
    }
    let (pivot, element) = (args.take()?, args.take()?);
    let (key, view) = ctx.key_and_view(0)?;
    let insertion = ListEdit::insert(view, key, pivot, element, after)?;
    let again = || {
        let [pivot, element] = [pivot, element].map(Bytes::copy_from_slice);
        move |view: &View<'_>, key: &Key<'_>| Ok(ListEdit::insert(view, key, &pivot, &element, after)?)
    };
    change_key(ctx, key, insertion, again, |stored, reply| Answer::Length.give(stored, reply))
}

pub(super) const LREM: CommandSpec = CommandSpec {
    name: "lrem",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    keys: &[KeySpec::first(&["RW", "delete"])],
    syntax: "key count element",
    summary: "Removes the first elements that are like one, the last if the count is negative, or all, and returns how many.",
    complexity: "O(N + M log N) with N elements, of which M are removed",
    run: lrem,
    ..LIST
};

fn lrem(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (count, element) = (integer(ctx.arg(2))?, ctx.arg(3));
    let (key, view) = ctx.key_and_view(0)?;
    let removal = ListEdit::remove(view, key, element, count)?;
    let again = || {
        let element = Bytes::copy_from_slice(element);
        move |view: &View<'_>, key: &Key<'_>| Ok(ListEdit::remove(view, key, &element, count)?)
    };
    change_key(ctx, key, removal, again, |stored, reply| Answer::Changed.give(stored, reply))
}

/// What a change of a list answers.
#[derive(Clone, Copy)]
enum Answer {
    /// How many elements were changed.
    Changed,
    /// How many there are then, or -1 if none was changed.
    Length,
}

impl Answer {
    fn give(self, stored: Option<(usize, usize)>, reply: &mut ReplyWriter) -> Outcome {
        match (self, stored) {
            (_, None) => reply.int(0),
            (Self::Length, Some((0, _))) => reply.int(-1),
            (Self::Length, Some((_, length))) => reply.count(length),
            (Self::Changed, Some((changed, _))) => reply.count(changed),
        }
        Outcome::Done
    }
}
