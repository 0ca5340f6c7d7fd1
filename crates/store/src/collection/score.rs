//! Scores as they lie in records: whole numbers short, all others as the double they are. A score is followed by its member.

use std::cmp::Ordering;

/// Whole numbers from here on are kept as doubles.
const WHOLE_MAX: f64 = 140_737_488_355_328.0;

/// A score, written.
pub(super) struct Written {
    bytes: [u8; 9],
    len: usize,
}

impl Written {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// One byte that says how many follow, then these: the least that hold a whole number, or eight. Minus zero is not whole: it has to stay what it is.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small; a length is up to eight")]
pub(super) fn write(score: f64) -> Written {
    let whole = score.abs() < WHOLE_MAX && score.trunc() == score && !(score == 0.0 && score.is_sign_negative());
    let (eight, len) = if whole {
        let number = score as i64;
        (number.to_le_bytes(), if number == 0 { 0 } else { integer_len(number) })
    } else {
        (score.to_bits().to_le_bytes(), 8)
    };
    let [a, b, c, d, e, f, g, h] = eight;
    Written { bytes: [len as u8, a, b, c, d, e, f, g, h], len: 1 + len }
}

/// Bytes that an integer needs, sign included.
pub(super) const fn integer_len(number: i64) -> usize {
    let significant = if number < 0 { (!number).leading_zeros() } else { number.leading_zeros() };
    ((i64::BITS - significant) as usize + 8) / 8
}

/// The integer that these bytes are, low ones first.
#[inline]
pub(super) fn read_integer(bytes: &[u8]) -> i64 {
    let fill = if bytes.last().is_some_and(|high| high & 0x80 != 0) { 0xff } else { 0 };
    let mut eight = [fill; 8];
    eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    i64::from_le_bytes(eight)
}

/// A record's score and what follows it.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "whole numbers are short enough to be exact")]
pub(super) fn split(record: &[u8]) -> (f64, &[u8]) {
    let Some((len, rest)) = record.split_first() else { return (0.0, record) };
    let Some((number, member)) = rest.split_at_checked(usize::from(*len)) else { return (0.0, rest) };
    let score = match <[u8; 8]>::try_from(number) {
        Ok(bits) => f64::from_bits(u64::from_le_bytes(bits)),
        Err(_) => read_integer(number) as f64,
    };
    (score, member)
}

/// Compares scores: the zeros are equal, and there is no NaN.
pub(super) fn compare(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_as_they_were_written() {
        let scores = [
            (0.0, 1),
            (-0.0, 9),
            (1.0, 2),
            (-1.0, 2),
            (127.0, 2),
            (128.0, 3),
            (-129.0, 3),
            (1e6, 4),
            (140_737_488_355_327.0, 7),
            (140_737_488_355_328.0, 9),
            (0.5, 9),
            (f64::INFINITY, 9),
            (f64::NEG_INFINITY, 9),
            (f64::MIN_POSITIVE, 9),
        ];
        for (score, len) in scores {
            let mut record = write(score).bytes().to_vec();
            assert_eq!(record.len(), len, "{score}");
            record.extend_from_slice(b"member");
            let (read, member) = split(&record);
            assert_eq!((read.to_bits(), member), (score.to_bits(), &b"member"[..]), "{score}");
        }
        assert_eq!(compare(-0.0, 0.0), Ordering::Equal);
    }

    #[test]
    fn integers_take_the_bytes_they_need() {
        for (number, len) in
            [(0, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (32767, 2), (32768, 3), (i64::MAX, 8), (i64::MIN, 8)]
        {
            assert_eq!(integer_len(number), len, "{number}");
            assert_eq!(read_integer(&number.to_le_bytes()[..len]), number);
        }
    }
}
