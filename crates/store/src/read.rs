//! The short way to read one key: what `get_with` does, and nothing for what it does not need.
//!
//! Guarantee: what it returns is what a view of the key would have shown at some moment of the call. It answers only where that is certain from the
//! entry alone; a key that is dead or about to die, and a database that does not exist, are left to the view, which removes, notes and
//! waits as it should.
//!
//! Most of what a view costs is the clock, whose exact reading takes longer than the lookup of a near key. The system keeps a coarse one that is at
//! most a tick behind, and its second is enough: a deadline two seconds ahead of it has not passed; only nearer ones need the exact time.

use std::time::Duration;

use crate::access::Touch;
use crate::key::Key;
use crate::store::Store;
use crate::turn::Turn;
use crate::value::StringRef;

/// How far the coarse clock is trusted not to be behind: a second, and many ticks for a machine whose ticks are late.
const COARSE_LAG_MAX: Duration = Duration::from_secs(2);

/// What the short way found.
pub(crate) enum Found<R> {
    /// The key is alive, and this is what the reader made of it.
    Alive(R),
    /// There is no such key, or it holds no string.
    Absent,
    /// A view has to look, with the reader that was not used.
    Unsure,
}

impl Store {
    /// Looks a key that holds a string up under its shard's shared lock.
    #[inline]
    pub(crate) fn read_shortly<R>(&self, key: &Key<'_>, read: impl FnOnce(StringRef<'_>) -> R) -> Found<R> {
        let _turn = Turn::take();
        let inner = self.inner();
        let Some(shard) = inner.database(key.db).and_then(|database| database.shards().read(key.shard)) else {
            return Found::Unsure;
        };
        let Some(entry) = shard.slots().find_key(key.hash, key.bytes) else {
            return Found::Absent;
        };
        let lately = inner.clock.lately();
        if entry.deadline().is_some_and(|deadline| deadline <= lately.saturating_add(COARSE_LAG_MAX)) {
            return Found::Unsure;
        }
        entry.touch(Touch::at(lately, inner.tracking.get()));
        entry.string().map_or(Found::Absent, |string| Found::Alive(read(string)))
    }
}
