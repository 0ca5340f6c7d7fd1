//! What a command's function leaves to be done by the session that called it.

use std::pin::Pin;
use std::time::Duration;

use crate::command::spec::Walk;
use crate::command::waiting::Blocked;
use crate::command::work::Work;
use crate::lifecycle::ShutdownMode;
use crate::persistence::SaveTicket;
use crate::session::Transaction;

/// How a command ended.
pub(crate) enum Outcome {
    /// It has answered.
    Done,
    /// It goes on, in slices; the walk answers.
    More(Box<dyn Walk>),
    /// It goes on without its locks, in slices; the work answers.
    Work(Box<dyn Work>),
    /// The transaction is to be run.
    Exec(Box<Transaction>),
    /// Something has to be awaited.
    Wait(Wait),
    /// It has answered; the connection ends when that is sent.
    Close,
}

/// What a session awaits for a command, without a lock and without keeping its worker.
pub(crate) enum Wait {
    /// Time to pass; answers OK.
    Sleep(Duration),
    /// Something to be done; answers OK.
    Until(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// A key to hold something; answers with that, or that there is nothing.
    Blocked(Box<Blocked>),
    /// A snapshot to be finished; answers OK or why it failed.
    Save(SaveTicket),
    /// The server to end; answers only if it does not.
    Shutdown(ShutdownMode),
}
