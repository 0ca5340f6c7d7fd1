//! The cells of a page: for each record its length and one flag.
//!
//! A cell is as wide as the longest record of its page needs: one byte up to 127, two up to 32 767, else four. The highest bit is the flag. Cells lie from the
//! end of the page's block downwards, so that both they and the records can grow into the room between them.

/// How wide the cells of a page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    One,
    Two,
    Four,
}

impl Width {
    /// The narrowest that can tell this length.
    pub(super) const fn fitting(len: usize) -> Self {
        match len {
            0..=0x7f => Self::One,
            0x80..=0x7fff => Self::Two,
            _ => Self::Four,
        }
    }

    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// The length and the flag that are in a cell.
    #[inline]
    pub(super) fn read(self, cell: &[u8]) -> (usize, bool) {
        match (self, cell) {
            (Self::One, &[byte, ..]) => (usize::from(byte & 0x7f), byte & 0x80 != 0),
            (Self::Two, &[low, high, ..]) => {
                let word = u16::from_le_bytes([low, high]);
                (usize::from(word & 0x7fff), word & 0x8000 != 0)
            }
            (Self::Four, &[a, b, c, d, ..]) => {
                let word = u32::from_le_bytes([a, b, c, d]);
                ((word & 0x7fff_ffff) as usize, word & 0x8000_0000 != 0)
            }
            _ => (0, false),
        }
    }

    /// Writes a cell. The length fits: the page has seen to it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the width was chosen for the length")]
    pub(super) fn write(self, cell: &mut [u8], len: usize, flag: bool) {
        match (self, cell) {
            (Self::One, [byte, ..]) => *byte = len as u8 | (u8::from(flag) << 7),
            (Self::Two, [low, high, ..]) => {
                [*low, *high] = (len as u16 | (u16::from(flag) << 15)).to_le_bytes();
            }
            (Self::Four, [a, b, c, d, ..]) => {
                [*a, *b, *c, *d] = (len as u32 | (u32::from(flag) << 31)).to_le_bytes();
            }
            _ => {}
        }
    }

    /// The sum of the lengths in a run of cells: one instruction does sixteen of the narrow ones.
    #[inline]
    pub(super) fn sum(self, cells: &[u8]) -> usize {
        match self {
            Self::One => cells.iter().map(|byte| u32::from(byte & 0x7f)).sum::<u32>() as usize,
            Self::Two | Self::Four => cells.chunks_exact(self.bytes()).map(|cell| self.read(cell).0).sum(),
        }
    }
}
