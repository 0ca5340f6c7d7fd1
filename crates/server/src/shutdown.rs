//! The end: a last snapshot that has everything that was acknowledged, or a server that goes on.

use thiserror::Error;

use crate::lifecycle::{Phase, ShutdownMode};
use crate::persistence::CannotStart;
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
}

/// Ends the server. While the last snapshot is written no write is taken: sessions hold theirs until the end, or until it fails.
/// Where somebody else is ending it already, this waits, and tries again should that one fail.
pub(crate) async fn shutdown(shared: &Shared, mode: ShutdownMode) -> Result<(), ShutdownError> {
    while let Err(phase) = shared.lifecycle.step(Phase::Ready, Phase::Saving) {
        match phase {
            // Nothing was changed since the file was written.
            Phase::Loading if shared.lifecycle.step(Phase::Loading, Phase::Stopped).is_ok() => return Ok(()),
            Phase::Stopped => return Ok(()),
            // The phase has just changed, or will.
            Phase::Loading | Phase::Ready => {}
            Phase::Saving => drop(shared.lifecycle.wait_until(|phase| phase != Phase::Saving).await),
        }
    }
    // Should the caller be dropped while it waits, the server must not stay without writes.
    let mut resume = Resume { shared, is_over: false };
    let saves = mode.save.unwrap_or_else(|| shared.saver.has_file() && !shared.config.current().save.is_empty());
    if saves {
        tracing::info!("saving before shutting down");
        if let Err(error) = save(shared).await {
            if !mode.force {
                return Err(ShutdownError::SaveFailed(error));
            }
            shared.lifecycle.note_unsaved();
            tracing::error!("saving failed: {error}");
        }
    } else {
        shared.saver.cancelled().await;
    }
    resume.is_over = true;
    tracing::info!("shutting down");
    shared.lifecycle.enter(Phase::Stopped);
    Ok(())
}

async fn save(shared: &Shared) -> Result<(), String> {
    loop {
        // One that began earlier may lack the last writes.
        shared.saver.cancelled().await;
        match shared.saver.start() {
            Ok(ticket) => return ticket.done().await,
            Err(CannotStart::Running) => {}
            Err(error @ CannotStart::Nowhere) => return Err(error.to_string()),
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
            // If not, the server was dropped meanwhile, and has stopped.
            self.shared.lifecycle.step(Phase::Saving, Phase::Ready).ok();
        }
    }
}
