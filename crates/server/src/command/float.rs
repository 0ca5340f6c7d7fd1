//! Floating-point numbers as C's `strtod` reads them, which is how Redis reads scores and weights.

use super::error::CommandError;

/// A score or weight: the whole argument must be a number, without spaces in front, and neither NaN nor too large or too small for a double.
pub(super) fn float(arg: &[u8]) -> Result<f64, CommandError> {
    let read = strtod(arg);
    let is_whole = read.length == arg.len() && !arg.is_empty() && !arg.first().is_some_and(|first| is_space(*first));
    if is_whole && !read.is_out_of_range && !read.value.is_nan() {
        Ok(read.value)
    } else {
        Err(CommandError::NotAFloat)
    }
}

/// A bound of a range of scores, as lax as Redis reads it: spaces may be in front, nothing at all is 0, and what is too large is infinite.
pub(super) fn lax_float(arg: &[u8]) -> Option<f64> {
    // Redis sees a C string.
    let text = arg.split(|byte| *byte == 0).next().unwrap_or_default();
    let read = strtod(text);
    (read.length == text.len() && !read.value.is_nan()).then_some(read.value)
}

/// What was read, and how much of the text it took: nothing, where no number is.
#[derive(Debug, Clone, Copy, Default)]
struct Read {
    value: f64,
    length: usize,
    /// A number of which only an infinity or a zero is left.
    is_out_of_range: bool,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn strtod(text: &[u8]) -> Read {
    let spaces = text.iter().take_while(|byte| is_space(**byte)).count();
    let rest = text.get(spaces..).unwrap_or_default();
    let (sign, signs, unsigned) = match rest {
        [b'-', unsigned @ ..] => (-1.0, 1, unsigned),
        [b'+', unsigned @ ..] => (1.0, 1, unsigned),
        unsigned => (1.0, 0, unsigned),
    };
    let read = word(unsigned).or_else(|| hexadecimal(unsigned)).or_else(|| decimal(unsigned));
    read.map_or_else(Read::default, |read| Read {
        value: read.value * sign,
        length: spaces + signs + read.length,
        ..read
    })
}

fn word(text: &[u8]) -> Option<Read> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()));
    let read = |value, length| Some(Read { value, length, is_out_of_range: false });
    match () {
        () if begins("infinity") => read(f64::INFINITY, 8),
        () if begins("inf") => read(f64::INFINITY, 3),
        // Whatever follows: no number is refused either way.
        () if begins("nan") => read(f64::NAN, 3),
        () => None,
    }
}

/// How many of the first bytes are digits of a base.
fn digits(text: &[u8], from: usize, base: u32) -> usize {
    text.get(from..).unwrap_or_default().iter().take_while(|byte| char::from(**byte).is_digit(base)).count()
}

/// Where a mantissa ends, if there is one from `from` on: digits, with a point among them or at their ends.
fn mantissa(text: &[u8], from: usize, base: u32) -> Option<usize> {
    let whole = digits(text, from, base);
    let point = usize::from(text.get(from + whole) == Some(&b'.'));
    let fraction = if point == 1 { digits(text, from + whole + 1, base) } else { 0 };
    (whole + fraction > 0).then_some(from + whole + point + fraction)
}

/// Where an exponent ends that begins at `from`, or `from` if none does.
fn exponent(text: &[u8], from: usize, letter: u8) -> usize {
    if !text.get(from).is_some_and(|byte| byte.eq_ignore_ascii_case(&letter)) {
        return from;
    }
    let sign = usize::from(matches!(text.get(from + 1), Some(b'+' | b'-')));
    match digits(text, from + 1 + sign, 10) {
        0 => from,
        count => from + 1 + sign + count,
    }
}

fn decimal(text: &[u8]) -> Option<Read> {
    let mantissa = mantissa(text, 0, 10)?;
    let length = exponent(text, mantissa, b'e');
    let value: f64 = std::str::from_utf8(text.get(..length)?).ok()?.parse().ok()?;
    let is_zero = text.get(..mantissa)?.iter().all(|byte| matches!(byte, b'0' | b'.'));
    Some(Read { value, length, is_out_of_range: value.is_infinite() || (value == 0.0 && !is_zero) })
}

fn hexadecimal(text: &[u8]) -> Option<Read> {
    let [b'0', b'x' | b'X', ..] = text else { return None };
    let end = mantissa(text, 2, 16)?;
    let length = exponent(text, end, b'p');
    let mut bits = 0_u64;
    let mut scale = 0_i64;
    let mut is_fraction = false;
    for byte in text.get(2..end)? {
        let Some(digit) = char::from(*byte).to_digit(16) else {
            is_fraction = true;
            continue;
        };
        // Beyond sixty bits it only matters whether anything is there.
        if bits >> 60 == 0 {
            bits = bits << 4 | u64::from(digit);
            scale -= if is_fraction { 4 } else { 0 };
        } else {
            bits |= u64::from(digit != 0);
            scale += if is_fraction { 0 } else { 4 };
        }
    }
    let written = text.get(end + 1..length).and_then(|digits| std::str::from_utf8(digits).ok());
    let written = written.map_or(0, |digits| {
        digits.trim_start_matches('+').parse().unwrap_or(if digits.starts_with('-') { i64::MIN } else { i64::MAX })
    });
    let value = scaled(bits, scale.saturating_add(written));
    Some(Read { value, length, is_out_of_range: value.is_infinite() || (value == 0.0 && bits != 0) })
}

/// `bits` times two to the `scale`, rounded once, to the nearest, and to the even one of two.
#[expect(clippy::cast_precision_loss, reason = "rounded before to what a double holds")]
fn scaled(bits: u64, scale: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let width = i64::from(u64::BITS - bits.leading_zeros());
    // A double has 53 bits, and fewer below the least normal one.
    let least = -1074_i64;
    let kept = (width.saturating_add(scale).saturating_sub(least)).clamp(0, 53);
    let Ok(dropped) = u32::try_from((width - kept).max(0)) else { return 0.0 };
    let (rounded, rest, half) = if dropped == 0 {
        (bits, 0, 1)
    } else {
        let rounded = bits.checked_shr(dropped).unwrap_or(0);
        (rounded, u128::from(bits) - (u128::from(rounded) << dropped), 1_u128 << (dropped - 1))
    };
    let up = rest > half || (rest == half && rounded & 1 == 1);
    let scale = scale.saturating_add(i64::from(dropped));
    let power = i32::try_from(scale.clamp(-1100, 1100)).unwrap_or(0);
    // In two steps, since the whole power may be none that a double holds. What is left has room in either.
    (rounded + u64::from(up)) as f64 * 2_f64.powi(power / 2) * 2_f64.powi(power - power / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, value) in [
            ("1", 1.0),
            ("+1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("-2e-3", -0.002),
            ("1E2", 100.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x10", 16.0),
            ("0X.8p1", 1.0),
            ("-0x1p-2", -0.25),
            ("0x1p-1074", 5e-324),
            ("0x1.8p-1074", 1e-323),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x20000000000001", 9_007_199_254_740_992.0),
            ("0x20000000000003", 9_007_199_254_740_996.0),
            ("0x200000000000010000000001", 2_f64.powi(93) + 2_f64.powi(41)),
            ("1e-320", 1e-320),
        ] {
            assert_eq!(float(text.as_bytes()), Ok(value), "{text}");
        }
        assert!(float(b"-0").unwrap().is_sign_negative());
        for text in [
            "",
            " ",
            " 1",
            "1 ",
            "nan",
            "-nan",
            "1e",
            "1e+",
            "e1",
            ".",
            "0x",
            "0x.",
            "0x1p",
            "1e400",
            "-1e400",
            "1e-400",
            "0x1p2000",
            "0x1p-2000",
            "0x1p-99999999999999999999",
            "infin",
            "1\0",
            "--1",
            "+-1",
            "1_0",
        ] {
            assert_eq!(float(text.as_bytes()), Err(CommandError::NotAFloat), "{text}");
        }
    }

    #[test]
    fn bounds_are_read_more_laxly() {
        for (text, value) in [("", 0.0), (" \t1", 1.0), ("1\0x", 1.0), ("1e400", f64::INFINITY), ("1e-400", 0.0)] {
            assert_eq!(lax_float(text.as_bytes()), Some(value), "{text:?}");
        }
        for text in [" ", "1 ", "nan", "x", "(1"] {
            assert_eq!(lax_float(text.as_bytes()), None, "{text:?}");
        }
    }
}
