//! Commands that wait until a key holds something: their timeouts, and what is left to the connection.
//!
//! A command's function looks first, and begins to wait under the same locks. In EXEC nobody waits: a command that finds nothing there answers as if its
//! time were over. What a client is served with is answered by the command, see [`Answer`]; who serves is the store's.

use std::time::Duration;

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Served, Waiting, Wish, millis_of_seconds};

use super::context::Ctx;
use super::error::CommandError;
use crate::garbage::Freeing;
use crate::outcome::{Outcome, Wait};

/// Answers with what a client was served; what is long is freed as what is removed is.
pub(crate) type Answer = fn(Served, &Freeing, &mut ReplyWriter) -> Result<Outcome, CommandError>;

/// A client that waits.
pub(crate) struct Blocked {
    pub(crate) waiting: Waiting,
    /// Without one it waits for ever.
    pub(crate) timeout: Option<Duration>,
    pub(crate) answer: Answer,
}

/// A timeout in seconds; 0 is none.
pub(super) fn timeout(seconds: &[u8]) -> Result<Option<Duration>, CommandError> {
    let millis = millis_of_seconds(seconds).ok_or(CommandError::err("timeout is not a float or out of range"))?;
    let millis = u64::try_from(millis).map_err(|_| CommandError::err("timeout is negative"))?;
    Ok((millis > 0).then(|| Duration::from_millis(millis)))
}

/// Leaves it to the connection to wait for one of the command's keys to hold what is wished for, which none of the first `keys` of them does. In EXEC it
/// answers `nothing`.
pub(super) fn wait(
    ctx: &mut Ctx<'_, '_>,
    keys: usize,
    wish: Wish,
    timeout: Option<Duration>,
    answer: Answer,
    nothing: impl FnOnce(&mut ReplyWriter),
) -> Result<Outcome, CommandError> {
    if ctx.in_exec {
        nothing(ctx.reply);
        return Ok(Outcome::Done);
    }
    let (store, keys) = (&ctx.server.store, ctx.keys.get(..keys).unwrap_or(ctx.keys));
    let waiting = Waiting::begin(store, ctx.view()?, keys, wish)?;
    ctx.session.client.begin_wait(waiting.handle());
    Ok(Outcome::Wait(Wait::Blocked(Box::new(Blocked { waiting, timeout, answer }))))
}
