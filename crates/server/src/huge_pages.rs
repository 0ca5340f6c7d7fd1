//! Transparent huge pages. The system finds and clears 2 MB while whoever writes into one first waits, and all of it counts as used however little is.

/// Has this process do without them, as Redis's `disable-thp` does. For programs, before they start a server; a library leaves its process alone. Does nothing
/// where there are none.
pub fn disable() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        tracing::warn!("cannot do without transparent huge pages: {error}");
    }
}
