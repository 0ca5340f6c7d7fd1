//! Numbers as text, by Redis's rules.

use std::fmt::{self, Write as _};

/// The integer that `text` spells in its only canonical form, else `None`.
///
/// A sign is `-` only; no blanks, no leading zeros, no `-0`; the range is that of `i64`. This is the rule for counts
/// and lengths in the protocol, for integer arguments, and for strings that INCR can work on.
///
/// ```
/// use pyredis_protocol::number::parse_i64;
/// assert_eq!(parse_i64(b"-12"), Some(-12));
/// for not_canonical in ["", "+1", " 1", "01", "-0", "1.0", "9223372036854775808"] {
///     assert_eq!(parse_i64(not_canonical.as_bytes()), None);
/// }
/// ```
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    match text {
        [b'0'] => Some(0),
        [b'-', digits @ ..] => digits_value(digits).and_then(|value| 0_i64.checked_sub_unsigned(value)),
        digits => digits_value(digits).and_then(|value| i64::try_from(value).ok()),
    }
}

/// The value of 1 to 19 digits, the first of them not 0. (19 digits always fit in 64 bits.)
fn digits_value(digits: &[u8]) -> Option<u64> {
    let (b'1'..=b'9', 1..=19) = (digits.first()?, digits.len()) else { return None };
    digits.iter().try_fold(0_u64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}

/// The text of a double, on the stack.
///
/// It is what C's `%.17g` prints, and so Redis 7.0: 17 significant digits, without trailing zeros, with an exponent
/// below -4 and from 17 on; `inf`, `-inf` and `nan`. It reads back as the same number.
///
/// ```
/// use pyredis_protocol::number::DoubleText;
/// assert_eq!(DoubleText::new(3.0).as_str(), "3");
/// assert_eq!(DoubleText::new(0.1).as_str(), "0.10000000000000001");
/// assert_eq!(DoubleText::new(1e300).as_str(), "1.0000000000000001e+300");
/// assert_eq!(DoubleText::new(f64::NEG_INFINITY).as_str(), "-inf");
/// ```
#[derive(Clone, Copy)]
pub struct DoubleText {
    bytes: [u8; Self::BYTES_MAX],
    len: usize,
}

impl DoubleText {
    /// Sign, 17 digits, point, and either `e-308` or `0.000` in front.
    const BYTES_MAX: usize = 24;
    /// Whole numbers below this are written as integers are.
    const WHOLE_BELOW: f64 = 1e15;
    /// Digits after the first that `%.17g` shows.
    const FRACTION_DIGITS: usize = 16;

    /// The text of `value`.
    pub fn new(value: f64) -> Self {
        let mut text = Self { bytes: [0; Self::BYTES_MAX], len: 0 };
        // Writing can't fail: the longest text fits.
        let _ = text.write(value);
        text
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text, as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn write(&mut self, value: f64) -> fmt::Result {
        if value.is_nan() {
            return self.write_str("nan");
        }
        if value.is_infinite() {
            return self.write_str(if value > 0.0 { "inf" } else { "-inf" });
        }
        // Most scores are whole and small, and a double is much slower to write than an integer.
        if value.abs() < Self::WHOLE_BELOW && value.trunc() == value && (value != 0.0 || value.is_sign_positive()) {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and far below what an i64 holds")]
            let whole = value as i64;
            return write!(self, "{whole}");
        }
        let mut scientific = Self { bytes: [0; Self::BYTES_MAX], len: 0 };
        write!(scientific, "{:.*e}", Self::FRACTION_DIGITS, value.abs())?;
        let (mantissa, exponent) = scientific.as_str().split_once('e').ok_or(fmt::Error)?;
        let exponent: i32 = exponent.parse().map_err(|_| fmt::Error)?;
        let (first, fraction) = mantissa.split_once('.').ok_or(fmt::Error)?;
        let fraction = fraction.trim_end_matches('0');
        if value.is_sign_negative() {
            self.write_char('-')?;
        }
        match usize::try_from(exponent) {
            Ok(whole) if whole <= Self::FRACTION_DIGITS => self.write_fixed(first, fraction, whole),
            Err(_) if exponent >= -4 => {
                self.write_str(
                    ["0.", "0.0", "0.00", "0.000"].get(exponent.unsigned_abs() as usize - 1).ok_or(fmt::Error)?,
                )?;
                self.write_str(first)?;
                self.write_str(fraction)
            }
            _ => {
                self.write_fixed(first, fraction, 0)?;
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(self, "e{sign}{:02}", exponent.unsigned_abs())
            }
        }
    }

    /// The digits with the point after `whole` digits of `fraction`.
    fn write_fixed(&mut self, first: &str, fraction: &str, whole: usize) -> fmt::Result {
        self.write_str(first)?;
        match fraction.split_at_checked(whole) {
            Some((left, "")) => self.write_str(left),
            Some((left, right)) => write!(self, "{left}.{right}"),
            None => write!(self, "{fraction:0<whole$}"),
        }
    }
}

impl fmt::Write for DoubleText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl fmt::Debug for DoubleText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
