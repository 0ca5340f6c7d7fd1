//! Where an element is: LPOS, LINSERT, LREM.
//!
//! So many elements are looked at under the lock as a step has. If that is not enough, a clone of the list is looked through without it; LINSERT and LREM then
//! look whether the list is still the same before they change it.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{List, ListEdit, ListSearch, LockSet, View};

use super::LIST;
use crate::command::args::{Args, integer, integer_in};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::long_reply::LongReply;
use crate::command::own_keys::OwnKey;
use crate::command::spec::{Arity, CommandSpec, Flags, KeySpec};
use crate::command::work::{ATTEMPTS, ELEMENTS_PER_STEP, Ended, Work};
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
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let Some(list) = view.collection::<List>(key)? else {
        reply_places(reply, &[], many);
        return Ok(Outcome::Done);
    };
    if search.step(list, ELEMENTS_PER_STEP) {
        let (list, pieces) = (list.clone(), LongReply::new(reply.version()));
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
    list: List,
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
            self.is_over = !self.search.step(&self.list, ELEMENTS_PER_STEP);
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
    edit(ctx, Answer::Length, |list| ListEdit::insert(list, pivot, element, after))
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
    edit(ctx, Answer::Changed, |list| ListEdit::remove(list, element, count))
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
    fn of(self, (changed, length): (usize, usize)) -> i64 {
        match self {
            Self::Length if changed == 0 => -1,
            Self::Length => i64::try_from(length).unwrap_or(i64::MAX),
            Self::Changed => i64::try_from(changed).unwrap_or(i64::MAX),
        }
    }
}

fn edit(ctx: &mut Ctx<'_, '_>, answer: Answer, begin: impl FnOnce(List) -> ListEdit) -> Result<Outcome, CommandError> {
    let (key, view) = ctx.key_and_view(0)?;
    let Some(list) = view.collection::<List>(key)?.cloned() else { return Ok(ctx.answer_count(0)) };
    let mut edit = begin(list);
    if edit.step(ELEMENTS_PER_STEP) {
        let key = OwnKey::new(&ctx.server.store, key);
        return Ok(Outcome::Work(Box::new(LongEdit { key, edit, answer, attempts: 1 })));
    }
    let result = edit.store(view, key)?;
    ctx.reply.int(answer.of(result));
    Ok(Outcome::Done)
}

/// A change of a long list.
struct LongEdit {
    key: OwnKey,
    edit: ListEdit,
    answer: Answer,
    attempts: usize,
}

impl Work for LongEdit {
    fn step(&mut self) -> bool {
        self.edit.step(ELEMENTS_PER_STEP)
    }

    fn locks(&self) -> Option<LockSet> {
        let mut locks = LockSet::new();
        locks.write(&self.key.key());
        Some(locks)
    }

    fn end(self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let Self { key, mut edit, answer, attempts } = *self;
        let view = view.ok_or_else(|| CommandError::err("the list was to be changed without its lock"))?;
        let list = view.collection::<List>(&key.key())?.cloned();
        let Some(list) = list else {
            view.discard(edit.restart(List::new()));
            reply.int(0);
            return Ok(Ended::Answered);
        };
        if edit.is_current(&list) {
            // What is shared would be copied before it is changed.
            drop(list);
        } else {
            view.discard(edit.restart(list));
            if attempts < ATTEMPTS {
                return Ok(Ended::Again(Box::new(Self { key, edit, answer, attempts: attempts + 1 })));
            }
        }
        let result = edit.store(view, &key.key())?;
        reply.int(answer.of(result));
        Ok(Ended::Answered)
    }
}
