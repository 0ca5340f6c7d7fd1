//! The numbers that SORT sorts by: what C's `strtod` makes of a text, if it takes the whole of it.

/// Reads a number up to a NUL, with white space in front; nothing at all is 0. `None` where anything else follows, and for what is not a number or too large
/// or too small for one.
pub(super) fn read(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let text = str::from_utf8(text).ok()?;
    let text = text.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return Some(sign * f64::INFINITY);
    }
    let (number, is_zero) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits)?,
        None => decimal(text)?,
    };
    // What C's library calls out of range.
    (number.is_normal() || is_zero).then_some(sign * number)
}

/// The number, and whether it was written as zero.
fn decimal(text: &str) -> Option<(f64, bool)> {
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let number = text.parse().ok().filter(|_| is_number)?;
    let mut digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.');
    Some((number, digits.all(|digit| matches!(digit, b'0' | b'.'))))
}

fn hexadecimal(text: &str) -> Option<(f64, bool)> {
    let (digits, exponent) = text.split_once(['p', 'P']).map_or((text, None), |(digits, rest)| (digits, Some(rest)));
    let mut exponent = match exponent {
        Some(text) => power(text)?,
        None => 0,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut significant = 0_u64;
    for (digit, is_fraction) in
        whole.chars().map(|digit| (digit, false)).chain(fraction.chars().map(|digit| (digit, true)))
    {
        let digit = u64::from(digit.to_digit(16)?);
        if significant >> 59 == 0 {
            significant = significant * 16 + digit;
            exponent -= if is_fraction { 4 } else { 0 };
        } else {
            // Only whether there is something more counts, for rounding.
            significant |= u64::from(digit != 0);
            exponent += if is_fraction { 0 } else { 4 };
        }
    }
    let exponent = i32::try_from(exponent.clamp(-4000, 4000)).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "it is rounded to the nearest, as it has to be")]
    let number = significant as f64 * 2_f64.powi(exponent / 4);
    let quarter = 2_f64.powi(exponent / 4);
    let number = number * quarter * quarter * 2_f64.powi(exponent - exponent / 4 * 3);
    Some((number, significant == 0))
}

/// An exponent; one that is beyond all numbers is cut.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000_000);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strtod_reads_them() {
        for (text, expected) in [
            ("", 0.0),
            ("\0x", 0.0),
            ("12\0x", 12.0),
            (" \t-1.5", -1.5),
            ("+.5", 0.5),
            ("1.", 1.0),
            ("1e3", 1000.0),
            ("0x10", 16.0),
            ("-0X.8p1", -1.0),
            ("0x1p-1022", f64::MIN_POSITIVE),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080001p0", 1.000_000_000_000_000_2),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0e99999", 0.0),
        ] {
            assert_eq!(read(text.as_bytes()), Some(expected), "{text:?}");
        }
        for text in [
            " ", "x", "1x", "1 ", "1e", "1e+", ".", "0x", "0x1p", "nan", "--1", "+-1", "1e400", "1e-400", "1e-310",
            "0x1p5000", "\u{661}",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text:?}");
        }
    }
}
