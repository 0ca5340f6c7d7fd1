//! Work that takes time: on values that a command has taken by reference, in slices, without a lock. See [`Outcome::Work`].
//!
//! [`Outcome::Work`]: crate::outcome::Outcome::Work

use pyredis_protocol::ReplyWriter;
use pyredis_store::{LockSet, View};

use super::error::CommandError;

/// Up to so many bytes a command looks at while its keys are locked.
pub(super) const BYTES_UNDER_LOCK: usize = 64 * 1024;
/// Up to so many elements of a collection a command looks at while its keys are locked.
pub(super) const ELEMENTS_UNDER_LOCK: usize = 1024;
/// How many bytes a step of a longer work looks at.
pub(super) const BYTES_PER_STEP: usize = 256 * 1024;

/// How many elements a step of a longer work looks at.
pub(super) const ELEMENTS_PER_STEP: usize = 1024;

/// What is left of a command's work once its locks are released. In EXEC they are not, and it is done at once.
pub(crate) trait Work: Send {
    /// Does a slice of it. Returns whether there is more.
    fn step(&mut self) -> bool;

    /// The locks that the end needs, if any.
    fn locks(&self) -> Option<LockSet> {
        None
    }

    /// Answers, and stores what is to be stored, under the locks that were asked for.
    fn end(self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError>;
}

/// How work ended.
pub(crate) enum Ended {
    /// It has answered.
    Answered,
    /// The values are others by now: it begins anew with these.
    Again(Box<dyn Work>),
}

/// Does work at once, for who holds its locks.
pub(crate) fn finish(
    mut work: Box<dyn Work>,
    view: &mut View<'_>,
    reply: &mut ReplyWriter,
) -> Result<(), CommandError> {
    loop {
        while work.step() {}
        match work.end(Some(view), reply)? {
            Ended::Answered => return Ok(()),
            Ended::Again(anew) => work = anew,
        }
    }
}
