//! File descriptors: each client takes one, and the operating system gives a process only so many.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the server needs for itself: files, listeners, standard streams; as many as Redis sets aside.
const OWN: u64 = 32;
/// What a worker's event loop needs.
const PER_WORKER: u64 = 4;

/// Lets this process open as many files as it may ever: raises the soft limit to the hard one. For programs, before they start a
/// server; a library leaves its process's limits alone.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!("cannot raise the limit of open files: {error}");
    }
}

/// How many clients there are descriptors for; at least one.
pub(crate) fn clients_max(io_threads: usize) -> u32 {
    let own = OWN + PER_WORKER * io_threads as u64;
    let clients = getrlimit(Resource::Nofile).current.map_or(u64::MAX, |limit| limit.saturating_sub(own));
    u32::try_from(clients).unwrap_or(u32::MAX).max(1)
}
