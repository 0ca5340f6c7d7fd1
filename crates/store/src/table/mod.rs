//! The shards of a database, each a lock ([`lock`]), a table of entries ([`slots`]) made of cache lines ([`group`]), and what else
//! the lock guards ([`shards`]). Why it is our own: `docs/decisions/008-table.md`.

mod group;
mod lock;
mod shards;
mod slots;
mod sync;

#[cfg(test)]
pub(crate) use group::GROUP_SLOTS;
pub(crate) use shards::{ExclusiveShard, ShardChoice, Shards, SharedShard};
pub(crate) use slots::{Position, SLOT_BYTES, Slots};
