//! Elements of a list as a reply: at once if they are few and short, else outside the locks.

use std::ops::Range;

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{List, View};

use crate::command::error::CommandError;
use crate::command::held::Held;
use crate::command::long_reply::{LongReply, reply_list_element};
use crate::command::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, ELEMENTS_PER_STEP, Ended, Work};
use crate::garbage::Freeing;
use crate::outcome::Outcome;

/// Elements to be answered.
pub(super) struct Elements<'l> {
    pub(super) list: &'l List,
    pub(super) range: Range<usize>,
    /// The last one first.
    pub(super) from_back: bool,
    /// The key that they are of, if that is to be answered in front of them.
    pub(super) key: Option<&'l [u8]>,
}

impl Elements<'_> {
    /// Answers them, or leaves it to be done.
    pub(super) fn reply(self, freeing: &Freeing, reply: &mut ReplyWriter) -> Outcome {
        let Self { list, range, from_back, key } = self;
        if range.len() <= ELEMENTS_PER_STEP {
            let mark = reply.mark();
            header(reply, key, range.len());
            let most = reply.len_bytes() + BYTES_UNDER_LOCK;
            let is_whole = places(&range, from_back).all(|place| {
                reply_list_element(reply, list, place);
                reply.len_bytes() <= most
            });
            if is_whole {
                return Outcome::Done;
            }
            reply.truncate_to(mark);
        }
        let pieces = LongReply::new(RespVersion::default());
        let key = key.map(Bytes::copy_from_slice);
        let count = range.len();
        let list = Held::new(freeing, list.clone(), List::memory);
        Outcome::Work(Box::new(LongAnswer { key, count, list, rest: range, from_back, pieces }))
    }
}

fn header(reply: &mut ReplyWriter, key: Option<&[u8]>, elements: usize) {
    if let Some(key) = key {
        reply.array(2);
        reply.bulk(key);
    }
    reply.array(elements);
}

fn places(range: &Range<usize>, from_back: bool) -> impl Iterator<Item = usize> {
    let range = range.clone();
    range.clone().map(move |place| if from_back { range.end - 1 - (place - range.start) } else { place })
}

/// Many elements, or long ones, of a list that nobody else changes.
struct LongAnswer {
    key: Option<Bytes>,
    count: usize,
    list: Held<List>,
    rest: Range<usize>,
    from_back: bool,
    /// Strings, which are the same in every version.
    pieces: LongReply,
}

impl LongAnswer {
    fn write(&mut self, part: Range<usize>) {
        let elements = self.list.range(part.clone());
        let mut write = |place, element| self.pieces.list_element(&self.list, place, element);
        if self.from_back {
            part.rev().zip(elements.rev()).for_each(|(place, element)| write(place, element));
        } else {
            part.zip(elements).for_each(|(place, element)| write(place, element));
        }
    }

    /// How many elements of the average size make a step.
    fn elements_per_step(&self) -> usize {
        let average = self.list.memory() / self.list.len().max(1);
        (BYTES_PER_STEP / average.max(1)).clamp(1, ELEMENTS_PER_STEP)
    }
}

impl Work for LongAnswer {
    fn step(&mut self) -> bool {
        let count = self.elements_per_step().min(self.rest.len());
        if self.from_back {
            let from = self.rest.end - count;
            self.write(from..self.rest.end);
            self.rest.end = from;
        } else {
            let to = self.rest.start + count;
            self.write(self.rest.start..to);
            self.rest.start = to;
        }
        !self.rest.is_empty()
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        header(reply, self.key.as_deref(), self.count);
        self.pieces.reply(reply);
        Ok(Ended::Answered)
    }
}
