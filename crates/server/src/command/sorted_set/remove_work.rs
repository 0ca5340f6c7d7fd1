//! Removals of so many members that they are taken out of a clone, outside the lock.

use std::ops::Range;

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;
use pyredis_store::{Key, Removed, SortedSet, SortedSetRemoval, View, ZremReason};

use super::members::{Shape, reply_rest};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::store_result::change_key;
use crate::garbage::Freeing;
use crate::outcome::Outcome;

/// What is said when it is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// How many there were.
    Count,
    /// Which there were, the first of them first.
    Members { shape: Shape, reversed: bool, head: Head },
}

/// What stands in front of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    Nothing,
    /// The key's name, and they in an array of their own.
    Key,
    /// The key's name, in the array of the members and their scores.
    KeyAmong,
}

impl Answer {
    /// Says what is to be said where nothing is removed.
    pub(super) fn nothing(self, reply: &mut ReplyWriter) {
        match self {
            Self::Count => reply.int(0),
            Self::Members { head: Head::Nothing, .. } => reply.array(0),
            Self::Members { head: Head::Key | Head::KeyAmong, .. } => reply.null_array(),
        }
    }

    /// Says what is in front of the members.
    pub(super) fn begin(self, reply: &mut ReplyWriter, key: &[u8], members: usize) {
        match self {
            Self::Count => reply.count(members),
            Self::Members { shape, head: Head::Nothing, .. } => shape.begin(reply, members),
            Self::Members { shape, head: Head::Key, .. } => {
                reply.array(2);
                reply.bulk(key);
                shape.begin(reply, members);
            }
            Self::Members { head: Head::KeyAmong, .. } => {
                reply.array(1 + members.saturating_mul(2));
                reply.bulk(key);
            }
        }
    }

    fn give(self, removed: Option<Removed>, key: &[u8], freeing: &Freeing, reply: &mut ReplyWriter) -> Outcome {
        let Some(Removed { from, ranks }) = removed else {
            self.nothing(reply);
            return Outcome::Done;
        };
        self.begin(reply, key, ranks.len());
        match self {
            Self::Count => Outcome::Done,
            Self::Members { shape, reversed, .. } => reply_rest(freeing, reply, &from, ranks, reversed, shape),
        }
    }
}

/// Takes out what `find` finds, of which there is much, and answers.
pub(super) fn remove(
    ctx: &mut Ctx<'_, '_>,
    key: &Key<'_>,
    find: impl Fn(&SortedSet) -> Range<usize> + Send + 'static,
    reason: ZremReason,
    answer: Answer,
) -> Result<Outcome, CommandError> {
    let removal = SortedSetRemoval::begin(ctx.view()?, key, &find, reason)?;
    let again = || move |view: &View<'_>, key: &Key<'_>| Ok(SortedSetRemoval::begin(view, key, &find, reason)?);
    let (freeing, name) = (ctx.server.garbage.clone(), Bytes::copy_from_slice(key.bytes()));
    change_key(ctx, key, removal, again, move |removed, reply| answer.give(removed, &name, &freeing, reply))
}
