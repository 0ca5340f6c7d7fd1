//! What blocks of memory take: an allocator rounds their sizes up, and memory that is counted without that is counted a tenth short.

/// Sizes from here on are multiples of what the operating system is asked for.
const LARGE: usize = 512 * 1024;

/// Bytes that an allocator spends on a block of so many: eight, then steps of sixteen up to 128, then four steps to a doubling, and for large blocks multiples
/// of a thirty-second to an eighth. mimalloc's classes, and jemalloc's.
pub(crate) const fn block(bytes: usize) -> usize {
    let step = if bytes <= 8 {
        8
    } else if bytes <= 128 {
        16
    } else if bytes <= LARGE {
        1 << ((bytes - 1).ilog2() - 2)
    } else if bytes < 4 * LARGE {
        LARGE / 8
    } else if bytes < 16 * LARGE {
        LARGE / 2
    } else if bytes < 64 * LARGE {
        LARGE * 2
    } else {
        LARGE * 8
    };
    bytes.next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn blocks_are_as_large_as_the_next_class() {
        for (bytes, class) in [
            (0, 0),
            (1, 8),
            (9, 16),
            (17, 32),
            (57, 64),
            (64, 64),
            (65, 80),
            (128, 128),
            (129, 160),
            (1000, 1024),
            (1025, 1280),
            (300_000, 327_680),
            (512 << 10, 512 << 10),
            ((512 << 10) + 1, 576 << 10),
            (3 << 20, 3 << 20),
            (100 << 20, 100 << 20),
        ] {
            assert_eq!(block(bytes), class, "{bytes} bytes");
        }
    }
}
