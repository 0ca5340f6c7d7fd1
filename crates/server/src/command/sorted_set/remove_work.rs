//! Removals of so many members that they are taken out of a clone, outside the lock.

use std::ops::Range;

use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{Key, LockSet, SortedSet, SortedSetRemoval, View, ZremReason};

use super::members::{MemberList, Shape};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::own_keys::OwnKeys;
use crate::command::work::{ATTEMPTS, ELEMENTS_PER_STEP, Ended, Work};
use crate::outcome::Outcome;

/// Finds the range in the set as it is.
pub(super) type FindRanks = Box<dyn Fn(&SortedSet) -> Range<usize> + Send>;

/// What is said when it is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// How many there were.
    Count,
    /// Which there were, the first of them first, behind the key's name if that is wanted.
    Members { shape: Shape, reversed: bool, with_key: bool },
}

impl Answer {
    /// Says what is to be said where nothing is removed.
    pub(super) fn nothing(self, reply: &mut ReplyWriter) {
        match self {
            Self::Count => reply.int(0),
            Self::Members { with_key: false, .. } => reply.array(0),
            Self::Members { with_key: true, .. } => reply.null_array(),
        }
    }

    /// Says what is in front of the members.
    pub(super) fn begin(self, reply: &mut ReplyWriter, key: &Key<'_>, members: usize) {
        match self {
            Self::Count => reply.count(members),
            Self::Members { shape, with_key, .. } => {
                if with_key {
                    reply.array(2);
                    reply.bulk(key.bytes());
                }
                shape.begin(reply, members);
            }
        }
    }
}

/// A removal on its way.
pub(super) struct LongRemoval {
    keys: OwnKeys,
    find: FindRanks,
    reason: ZremReason,
    answer: Answer,
    version: RespVersion,
    removal: SortedSetRemoval,
    list: Option<MemberList>,
    attempts: usize,
}

impl LongRemoval {
    /// Begins to remove what `find` finds; the key holds a sorted set.
    pub(super) fn begin(
        ctx: &mut Ctx<'_, '_>,
        key: &Key<'_>,
        find: FindRanks,
        reason: ZremReason,
        answer: Answer,
    ) -> Result<Outcome, CommandError> {
        let (keys, version) = (OwnKeys::new(ctx.server.store.clone(), key, &[]), ctx.reply.version());
        let Some(removal) = Self::removal(ctx.view()?, key, &find)? else {
            answer.nothing(ctx.reply);
            return Ok(Outcome::Done);
        };
        let list = answer.list(&removal, version);
        Ok(Outcome::Work(Box::new(Self { keys, find, reason, answer, version, removal, list, attempts: 1 })))
    }

    fn removal(view: &View<'_>, key: &Key<'_>, find: &FindRanks) -> Result<Option<SortedSetRemoval>, CommandError> {
        let set = view.collection::<SortedSet>(key)?;
        let found = set.map(|set| (set, find(set))).filter(|(_, ranks)| !ranks.is_empty());
        Ok(found.map(|(set, ranks)| SortedSetRemoval::begin(view, set, ranks)))
    }
}

impl Answer {
    fn list(self, removal: &SortedSetRemoval, version: RespVersion) -> Option<MemberList> {
        match self {
            Self::Count => None,
            Self::Members { shape, reversed, .. } => Some(MemberList::new(removal.taken().1, reversed, shape, version)),
        }
    }
}

impl Work for LongRemoval {
    fn step(&mut self) -> bool {
        if self.removal.members_left() > 0 {
            self.removal.step(ELEMENTS_PER_STEP);
            return true;
        }
        self.list.as_mut().is_some_and(|list| list.step(self.removal.taken().0))
    }

    fn locks(&self) -> Option<LockSet> {
        Some(self.keys.locks())
    }

    fn end(mut self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let view = view.ok_or_else(|| CommandError::err("a removal was ended without its locks"))?;
        let key = &self.keys.target();
        let is_current = self.removal.is_current(view, key).unwrap_or(false);
        if !is_current {
            let removal = match Self::removal(view, key, &self.find) {
                Ok(Some(removal)) => removal,
                gone => {
                    // It may be the last that holds the set.
                    self.removal.abandon(view);
                    self.answer.nothing(reply);
                    return gone.map(|_| Ended::Answered);
                }
            };
            self.list = self.answer.list(&removal, self.version);
            std::mem::replace(&mut self.removal, removal).abandon(view);
            if self.attempts < ATTEMPTS {
                self.attempts += 1;
                return Ok(Ended::Again(self));
            }
        }
        self.answer.begin(reply, key, self.removal.taken().1.len());
        if let Some(mut list) = self.list {
            while list.step(self.removal.taken().0) {}
            list.reply(reply);
        }
        self.removal.store(view, key, self.reason)?;
        Ok(Ended::Answered)
    }
}
