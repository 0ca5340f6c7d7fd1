//! Watching keys go.
//!
//! A key is reclaimed when DBSIZE no longer counts it: in every server here it counts a dead key until its memory is taken back.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::contender::Contender;
use crate::clock;

/// How often DBSIZE is asked.
const EVERY: Duration = Duration::from_millis(2);

/// Gives the number of keys to `each`, with the moment at which it was known, until `each` has seen enough, or until `end`.
pub(super) fn key_count(
    server: &mut Contender,
    end: Instant,
    mut each: impl FnMut(Instant, u64) -> bool,
) -> Result<()> {
    let mut next = clock::now();
    while next < end {
        clock::wait_until(next);
        let keys = server.control.number(&["DBSIZE"])?;
        let at = clock::now();
        if !each(at, keys) {
            break;
        }
        next = at.max(next + EVERY);
    }
    Ok(())
}
