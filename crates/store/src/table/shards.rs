//! The shards of a database: one lock each, and behind it a table of entries and whatever else belongs to the shard.

use crossbeam_utils::CachePadded;

use super::lock::{ReadGuard, ShardLock, WriteGuard};
use super::slots::Slots;
use crate::footprint::block;

/// What one lock guards. The table comes first, so that it lies in one cache line with the lock.
#[derive(Default)]
#[repr(C)]
struct Shard<S> {
    slots: Slots,
    side: S,
}

/// The shards of one database: tables and the state beside them, each pair behind one lock. Readers wait behind a waiting writer.
pub(crate) struct Shards<S>(Box<[CachePadded<ShardLock<Shard<S>>>]>);

/// A shard locked for readers, who look at the table only.
pub(crate) struct SharedShard<'a, S>(ReadGuard<'a, Shard<S>>);

impl<S> SharedShard<'_, S> {
    #[inline]
    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }
}

/// A shard locked for one writer.
pub(crate) struct ExclusiveShard<'a, S>(WriteGuard<'a, Shard<S>>);

impl<S> ExclusiveShard<'_, S> {
    pub(crate) fn side(&self) -> &S {
        &self.0.side
    }

    pub(crate) fn side_mut(&mut self) -> &mut S {
        &mut self.0.side
    }

    #[inline]
    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    /// The state and the table, to be changed together.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&mut S, &mut Slots) {
        let Shard { slots, side } = &mut *self.0;
        (side, slots)
    }
}

impl<S: Default> Shards<S> {
    /// `count` empty shards, at least one.
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count).map(|_| CachePadded::default()).collect())
    }
}

impl<S> Shards<S> {
    /// Bytes that the shards take beside their tables.
    pub(crate) fn memory(&self) -> usize {
        block(size_of_val(&*self.0))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Locks a shard for reading.
    #[inline]
    pub(crate) fn read(&self, shard: usize) -> Option<SharedShard<'_, S>> {
        Some(SharedShard(self.0.get(shard)?.read()))
    }

    /// Locks a shard for reading if nobody writes it or waits to.
    #[inline]
    pub(crate) fn try_read(&self, shard: usize) -> Option<SharedShard<'_, S>> {
        self.0.get(shard)?.try_read().map(SharedShard)
    }

    /// Locks a shard for writing.
    #[inline]
    pub(crate) fn write(&self, shard: usize) -> Option<ExclusiveShard<'_, S>> {
        Some(ExclusiveShard(self.0.get(shard)?.write()))
    }
}

/// Which shard a hash belongs to, of up to 65 536.
///
/// Shards get unequal shares of the keys, the last twice as many as the first: tables that fill at one speed grow at one time, and whoever comes
/// then waits for many of them. With `x` the hash as a number from 0 to 1, the shard is `(4 x - x^2) / 3` of them all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShardChoice {
    /// A third of the number of shards, in parts of `2^THIRD_BITS`.
    third: u64,
}

/// Bits of a hash that choose the shard: the highest.
const SHARD_BITS: u32 = 18;
const THIRD_BITS: u32 = 8;

impl ShardChoice {
    pub(crate) const fn among(shards: usize) -> Self {
        Self { third: ((shards as u64) << THIRD_BITS) / 3 }
    }

    #[inline]
    pub(crate) const fn of(self, hash: u64) -> usize {
        let x = hash >> (u64::BITS - SHARD_BITS);
        let thirds = x * ((4 << SHARD_BITS) - x);
        ((thirds * self.third) >> (2 * SHARD_BITS + THIRD_BITS)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::ShardChoice;

    #[test]
    fn every_shard_has_a_share_and_the_last_the_largest() {
        for shards in [2, 16, 256, 65_536] {
            let mut shares = vec![0_u32; shards];
            for x in 0..1_u64 << 18 {
                shares[ShardChoice::among(shards).of(x << 46 | 0x3FFF_FFFF_FFFF)] += 1;
            }
            let (first, last) = (shares[0], shares[shards - 1]);
            assert!(shares.iter().all(|share| (first - 1..=last + 1).contains(share)), "{shards} shards");
            assert!(last >= first * 4 / 3 && last <= first * 2 + 1, "{shards} shards: {first} and {last}");
        }
    }
}
