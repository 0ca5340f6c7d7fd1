//! A cache line of the table: eight slots, and which of them may be meant.
//!
//! # Unsafe
//! A slot is an entry's pointer or null, and the entry's mark is in the pointer's upper 16 bits. Marks of eight slots are compared at once, which reads
//! the pointers as numbers; nothing is made of those numbers but a mask.
#![expect(unsafe_code, reason = "reads the marks of eight pointers in a few instructions")]

use crate::entry::Entry;
use crate::prefetch::LINE_BYTES;

/// Slots of a group.
pub(crate) const GROUP_SLOTS: usize = LINE_BYTES / size_of::<Option<Entry>>();

/// A cache line of slots.
#[derive(Default)]
#[repr(C, align(64))]
pub(crate) struct Group([Option<Entry>; GROUP_SLOTS]);

const _: () = assert!(size_of::<Group>() == LINE_BYTES, "a group is a cache line");

/// The bit of a mark that says that its entry is not at home. What is left of a mark is the entry's tag.
pub(crate) const AWAY: u16 = 1 << 15;

impl Group {
    /// The slots whose entries have this tag. No tag is zero, so they are none of the empty ones.
    ///
    /// Without branches on what is there: the processor need not guess which slot it is.
    #[inline]
    pub(crate) fn with_tag(&self, tag: u16) -> SlotMask {
        debug_assert!(tag != 0 && tag & AWAY == 0, "a tag is the lower part of a mark");
        self.tags_equal(tag)
    }

    /// Whether no slot is empty.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.tags_equal(0).0 == 0
    }

    #[cfg(all(target_arch = "x86_64", not(miri)))]
    #[inline]
    #[expect(clippy::cast_possible_wrap, reason = "bits are compared")]
    #[expect(clippy::cast_sign_loss, reason = "a mask of eight bits")]
    fn tags_equal(&self, tag: u16) -> SlotMask {
        use std::arch::x86_64::{
            __m128i, _mm_add_epi16, _mm_castps_si128, _mm_castsi128_ps, _mm_cmpeq_epi16, _mm_load_si128,
            _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32, _mm_set1_epi16, _mm_setzero_si128, _mm_shuffle_ps,
            _mm_srai_epi32,
        };
        let line = std::ptr::from_ref(self).cast::<__m128i>();
        // SAFETY: a group is 64 bytes with that alignment: four times what a load reads.
        let [first, second, third, fourth] = unsafe { [0, 1, 2, 3].map(|part| _mm_load_si128(line.add(part))) };
        // SAFETY: the instructions are part of every x86-64 processor.
        unsafe {
            // The upper halves of four slots' pointers, then all eight marks.
            let upper = |two: __m128i, two_more: __m128i| {
                _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(_mm_castsi128_ps(two), _mm_castsi128_ps(two_more)))
            };
            let marks =
                _mm_packs_epi32(_mm_srai_epi32::<16>(upper(first, second)), _mm_srai_epi32::<16>(upper(third, fourth)));
            // Doubled, a mark is its tag doubled: the highest bit is gone.
            let equal = _mm_cmpeq_epi16(_mm_add_epi16(marks, marks), _mm_set1_epi16((tag << 1) as i16));
            SlotMask(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())) as u32)
        }
    }

    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    #[inline]
    fn tags_equal(&self, tag: u16) -> SlotMask {
        let tag_of = |slot: &Option<Entry>| slot.as_ref().map_or(0, |entry| entry.mark() & !AWAY);
        SlotMask(self.0.iter().rev().fold(0, |mask, slot| mask << 1 | u32::from(tag_of(slot) == tag)))
    }

    #[inline]
    pub(crate) fn entry(&self, slot: usize) -> Option<&Entry> {
        self.0.get(slot)?.as_ref()
    }

    #[inline]
    pub(crate) fn slots_mut(&mut self) -> &mut [Option<Entry>; GROUP_SLOTS] {
        &mut self.0
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().flatten()
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.0.into_iter().flatten()
    }
}

/// Some slots of a group, one bit each; as an iterator, their places, the lowest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotMask(u32);

impl Iterator for SlotMask {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let slot = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (slot < GROUP_SLOTS).then_some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Touch, Tracking};
    use crate::clock::Timestamp;

    #[test]
    fn slots_are_found_by_their_tags() {
        let mut group = Group::default();
        let touch = Touch::at(Timestamp::from_millis(0), Tracking::Recency);
        for slot in 0..GROUP_SLOTS {
            let is_even = slot % 2 == 0;
            let mut entry = Entry::new(b"key", "value".into(), false, touch);
            entry.set_mark(if is_even { 0x7FFF } else { 0x4001 } | if slot < 4 { AWAY } else { 0 });
            assert!(!group.is_full());
            group.slots_mut()[slot] = Some(entry);
        }
        assert!(group.is_full());
        assert_eq!(group.with_tag(0x7FFF).collect::<Vec<_>>(), [0, 2, 4, 6]);
        group.slots_mut()[7] = None;
        assert_eq!(group.with_tag(0x4001).collect::<Vec<_>>(), [1, 3, 5]);
        assert!(!group.is_full() && group.with_tag(0x4000).next().is_none());
    }
}
