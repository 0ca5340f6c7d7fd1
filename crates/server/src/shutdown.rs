//! The end: a last snapshot that has everything that was acknowledged, or a server that goes on.

use thiserror::Error;

use crate::lifecycle::{Phase, ShutdownMode};
use crate::shared::Shared;

/// Why the server goes on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The snapshot could not be written.
    #[error(
        "not shutting down, because saving failed: {0}; the data is still in memory (SHUTDOWN FORCE ends the server anyway)"
    )]
    SaveFailed(String),
    /// Somebody else is ending the server, or it is still loading or has ended.
    #[error("not shutting down, because the server is {0}")]
    NotReady(&'static str),
}

/// Ends the server. While the last snapshot is written no write is taken: sessions hold theirs until the end, or until it fails.
pub(crate) async fn shutdown(shared: &Shared, mode: ShutdownMode) -> Result<(), ShutdownError> {
    let saves = mode.save.unwrap_or_else(|| !shared.config.current().save.is_empty());
    if !shared.lifecycle.step(Phase::Ready, Phase::Saving) {
        return match shared.lifecycle.phase() {
            Phase::Saving => Err(ShutdownError::NotReady("already saving for its shutdown")),
            // Nothing was changed since the file was written, and a stopped server is what was asked for.
            Phase::Loading | Phase::Stopped | Phase::Ready => {
                shared.lifecycle.enter(Phase::Stopped);
                Ok(())
            }
        };
    }
    // Should the caller be dropped while it waits, the server must not stay without writes.
    let mut resume = Resume { shared, is_over: false };
    if saves {
        tracing::info!("saving before shutting down");
        if let Err(error) = save(shared).await
            && !mode.force
        {
            return Err(ShutdownError::SaveFailed(error));
        }
    } else {
        shared.saver.wait_idle(true).await;
    }
    resume.is_over = true;
    tracing::info!("shutting down");
    shared.lifecycle.enter(Phase::Stopped);
    Ok(())
}

async fn save(shared: &Shared) -> Result<(), String> {
    loop {
        // One that began earlier may lack the last writes.
        shared.saver.wait_idle(true).await;
        if let Ok(ticket) = shared.saver.start() {
            return ticket.done().await;
        }
    }
}

struct Resume<'a> {
    shared: &'a Shared,
    is_over: bool,
}

impl Drop for Resume<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.lifecycle.step(Phase::Saving, Phase::Ready);
        }
    }
}
