//! Numbered places of one size, in chunks: a slab grows without moving what it holds, and has little room to spare.
#![expect(clippy::indexing_slicing, reason = "an index that was never given out is a mistake of the one who uses it")]

use std::ops::{Index, IndexMut};

use crate::footprint::block;

/// Places in a chunk. The room to spare is less than a chunk; a chunk of timers is a kilobyte.
const CHUNK: usize = 64;

/// Values by a number that stays theirs. Numbers begin at 0 and fit 31 bits.
pub(crate) struct Slab<T> {
    /// Every chunk but the last is full.
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Slab<T> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// How many values there is memory for.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Bytes of memory that the slab takes.
    pub(crate) const fn memory(&self) -> usize {
        block(self.chunks.capacity() * size_of::<Vec<T>>()) + self.chunks.len() * block(CHUNK * size_of::<T>())
    }

    /// Adds a value and returns its number. O(1).
    ///
    /// # Panics
    /// At the 2^31st: more than the table of a shard can hold.
    pub(crate) fn push(&mut self, value: T) -> u32 {
        #[expect(clippy::expect_used, reason = "documented; nothing comes near it")]
        let index = u32::try_from(self.len).ok().filter(|index| index >> 31 == 0).expect("a slab is full");
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(value);
        }
        self.len += 1;
        index
    }

    /// Drops all but the first `len` values and gives their memory back.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.chunks.truncate(self.len.div_ceil(CHUNK));
        self.chunks.shrink_to_fit();
        if let Some(last) = self.chunks.last_mut() {
            last.truncate((self.len - 1) % CHUNK + 1);
        }
    }

    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        self.chunks.get(index as usize / CHUNK)?.get(index as usize % CHUNK)
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        &self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_memory_goes_back() {
        let mut slab = Slab::default();
        for number in 0..1000 {
            assert_eq!(slab.push(number), number);
        }
        slab[999] = 5;
        assert_eq!((slab[0], slab[640], slab[999], slab.get(1000)), (0, 640, 5, None));
        for len in [640, 639, 1, 0] {
            slab.truncate(len);
            assert_eq!((slab.len(), slab.room()), (len, len.next_multiple_of(CHUNK)));
            assert!(slab.get(u32::try_from(len).unwrap()).is_none());
        }
        assert_eq!(slab.push(7), 0);
    }
}
