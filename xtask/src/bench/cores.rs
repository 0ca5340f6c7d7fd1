//! Which cores the servers run on, and which the load.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The core that servers are pinned to; the load has the other.
const SERVER_CORE: usize = 0;
/// The core that the load is pinned to.
pub(super) const LOAD_CORE: usize = 1;

/// What a server may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cores {
    /// One core of its own, away from the load, and one worker.
    One,
    /// All cores, beside the load, with the workers that it starts by default.
    All,
}

impl Cores {
    /// As taskset reads it.
    pub(super) fn list(self) -> String {
        match self {
            Self::One => SERVER_CORE.to_string(),
            Self::All => {
                format!("0-{}", std::thread::available_parallelism().map_or(LOAD_CORE, |cores| cores.get() - 1))
            }
        }
    }
}

/// Keeps the present thread, and all that it starts, on the load's core. Dropping it frees them again.
pub(super) struct OnLoadCore(CpuSet);

impl OnLoadCore {
    pub(super) fn enter() -> Result<Self> {
        let before = sched_getaffinity(None).context("can't tell which cores there are")?;
        let mut load = CpuSet::new();
        load.set(LOAD_CORE);
        sched_setaffinity(None, &load).context("the bench needs two cores")?;
        Ok(Self(before))
    }
}

impl Drop for OnLoadCore {
    fn drop(&mut self) {
        // It was allowed before.
        let _ = sched_setaffinity(None, &self.0);
    }
}
