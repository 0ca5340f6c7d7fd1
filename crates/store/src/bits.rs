//! Bits of byte strings, counted as Redis does: bit 0 is the highest of byte 0.

use std::ops::Range;

/// How many bits are set among those of `range`; bits that are not there are not set. O(bytes of the range).
///
/// ```
/// assert_eq!(pyredis_store::count_bits(b"\xF0\x01", 2..16), 3);
/// ```
pub fn count_bits(bytes: &[u8], range: Range<u64>) -> u64 {
    let Parts { first, whole, last } = Parts::of(bytes, &range);
    let edges = [first, last].into_iter().flatten().map(|(byte, mask)| u64::from((byte & mask).count_ones()));
    let (words, rest) = whole.as_chunks();
    let in_words: u64 = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    let in_rest: u64 = rest.iter().map(|byte| u64::from(byte.count_ones())).sum();
    edges.sum::<u64>() + in_words + in_rest
}

/// The first bit of `range` that is set, or that is not, among those that are there. O(bytes of the range).
///
/// ```
/// assert_eq!(pyredis_store::find_bit(b"\xF0\x01", 0..16, false), Some(4));
/// assert_eq!(pyredis_store::find_bit(b"\xF0\x01", 4..16, true), Some(15));
/// assert_eq!(pyredis_store::find_bit(b"\xF0\x01", 4..12, true), None);
/// ```
pub fn find_bit(bytes: &[u8], range: Range<u64>, bit: bool) -> Option<u64> {
    let Parts { first, whole, last } = Parts::of(bytes, &range);
    let first_byte = range.start / 8;
    // What is looked for is made ones, then the place is the number of zeros in front.
    let wanted = |byte: u8| if bit { byte } else { !byte };
    let place_in = |byte: u8, number: u64| (byte != 0).then(|| number * 8 + u64::from(byte.leading_zeros()));
    let whole_from = first_byte + u64::from(first.is_some());
    let in_whole = || {
        let dull = if bit { 0 } else { u64::MAX };
        let skipped = whole.as_chunks().0.iter().take_while(|word| u64::from_ne_bytes(**word) == dull).count() * 8;
        let mut rest = whole.iter().enumerate().skip(skipped);
        rest.find_map(|(at, byte)| place_in(wanted(*byte), whole_from + at as u64))
    };
    let in_first = first.and_then(|(byte, mask)| place_in(wanted(byte) & mask, first_byte));
    let in_last = || last.and_then(|(byte, mask)| place_in(wanted(byte) & mask, whole_from + whole.len() as u64));
    in_first.or_else(in_whole).or_else(in_last)
}

/// The bytes of a range of bits: those that are in it as a whole, and one on each side with a mask of the bits that are.
struct Parts<'b> {
    first: Option<(u8, u8)>,
    whole: &'b [u8],
    last: Option<(u8, u8)>,
}

impl<'b> Parts<'b> {
    fn of(bytes: &'b [u8], range: &Range<u64>) -> Self {
        let nothing = Self { first: None, whole: &[], last: None };
        let end = range.end.min(bytes.len() as u64 * 8);
        if range.start >= end {
            return nothing;
        }
        // Both are within the bytes, whose number fits.
        let (Ok(from), Ok(to)) = (usize::try_from(range.start / 8), usize::try_from(end / 8)) else { return nothing };
        let from_mask = 0xFF >> (range.start % 8);
        let to_mask = !(0xFF_u8 >> (end % 8));
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        if from == to {
            return Self { first: Some((byte(from), from_mask & to_mask)), ..nothing };
        }
        let first = (from_mask != 0xFF).then(|| (byte(from), from_mask));
        Self {
            first,
            whole: bytes.get(from + usize::from(first.is_some())..to).unwrap_or_default(),
            last: (to_mask != 0).then(|| (byte(to), to_mask)),
        }
    }
}
