//! How far loading is, and what was loaded: for INFO.

use std::sync::{Arc, Mutex, PoisonError};

use pyredis_persist::{LoadReport, Progress};

/// The load at the start.
#[derive(Default)]
pub(crate) struct Loading {
    progress: Arc<Progress>,
    report: Mutex<Option<LoadReport>>,
}

impl Loading {
    pub(crate) fn begin(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    pub(crate) fn end(&self, report: &LoadReport) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(*report);
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What was loaded, once that is over.
    pub(crate) fn report(&self) -> Option<LoadReport> {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
