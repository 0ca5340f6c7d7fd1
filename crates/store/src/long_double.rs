//! The numbers of INCRBYFLOAT: C's `long double` of x86-64 (80 bits, 64 of them significant), read, added and written as Redis does it
//! with the C library, on any processor.

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float, Round, Status};

/// Redis reads texts that are shorter than this.
const TEXT_BYTES_MAX: usize = 5 * 1024 - 1;
/// Exponents beyond this make a number of [`TEXT_BYTES_MAX`] digits infinite or zero.
const EXPONENT_MAX: i64 = 100_000;
/// Digits behind the point in what is written.
const FRACTION_DIGITS: u32 = 17;
const FRACTION_UNIT: u128 = 10_u128.pow(FRACTION_DIGITS);

/// A number, which may be infinite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LongDouble(X87DoubleExtended);

/// The milliseconds that so many seconds are, rounded up, if the text is a number: as Redis reads the timeouts of commands that wait. What is beyond 64 bits is
/// [`i64::MIN`].
pub fn millis_of_seconds(text: &[u8]) -> Option<i64> {
    LongDouble::parse(text).map(|seconds| seconds.times_up(1000))
}

impl LongDouble {
    pub(crate) const ZERO: Self = Self(X87DoubleExtended::ZERO);

    /// Reads what `strtold` reads in the C locale, from end to end: decimal or hexadecimal digits with a point and an exponent, or infinity.
    /// No space in front, nothing that is not a number, nothing whose nearest number is infinite, or zero though it is not. O(length * length).
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let text = str::from_utf8(text).ok()?;
        let (is_negative, unsigned) = match text.strip_prefix(['-', '+']) {
            Some(unsigned) => (text.starts_with('-'), unsigned),
            None => (false, text),
        };
        let is_word = |word: &str| unsigned.eq_ignore_ascii_case(word);
        let magnitude = if is_word("inf") || is_word("infinity") {
            X87DoubleExtended::INFINITY
        } else if let Some(hexadecimal) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
            read(hexadecimal, 16, ['p', 'P'], |digits, exponent| format!("0x{digits}p{exponent}"))?
        } else {
            read(unsigned, 10, ['e', 'E'], |digits, exponent| format!("{digits}e{exponent}"))?
        };
        Some(Self(if is_negative { -magnitude } else { magnitude }))
    }

    /// The next integer from here up of so many times the number, as C converts it: what does not fit is the least integer there is.
    fn times_up(self, by: u16) -> i64 {
        let product = (self.0 * X87DoubleExtended::from_u128(by.into()).value).value;
        let integer = product.round_to_integral(Round::TowardPositive).value.to_i128(64);
        if integer.status.contains(Status::INVALID_OP) {
            return i64::MIN;
        }
        i64::try_from(integer.value).unwrap_or(i64::MIN)
    }

    /// The nearest number to the sum, if that is finite.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let sum = (self.0 + other.0).value;
        sum.is_finite().then_some(Self(sum))
    }

    /// What `printf("%.17Lf")` makes of a finite number, without zeros at the end.
    pub(crate) fn to_text(self) -> String {
        let bits = self.0.to_bits();
        let [significand, exponent] = [bits & u128::from(u64::MAX), (bits >> 64) & 0x7FFF];
        // The number is the significand times two to the power of this; subnormal numbers have the least exponent of the others.
        let power = i64::try_from(exponent).unwrap_or(0).max(1) - 0x3FFF - 63;
        let (whole, fraction) = match u32::try_from(-power) {
            Ok(halvings) => {
                let scaled = halved(significand * FRACTION_UNIT, halvings);
                ((scaled / FRACTION_UNIT).to_string(), scaled % FRACTION_UNIT)
            }
            Err(_) => (doubled(significand, power), 0),
        };
        let digits = format!("{whole}.{fraction:017}");
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        if self.0.is_negative() && digits != "0" { format!("-{digits}") } else { digits.to_owned() }
    }
}

/// Reads digits to a base, with a point and an exponent, and has the number made of them as `written` writes them for the library.
fn read(text: &str, base: u32, marks: [char; 2], written: fn(&str, i64) -> String) -> Option<X87DoubleExtended> {
    let (digits, exponent) = match text.split_once(marks) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let exponent = exponent.map_or(Some(0), read_exponent)?;
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Some(X87DoubleExtended::ZERO);
    }
    let places = i64::try_from(fraction.len()).ok()? * if base == 16 { 4 } else { 1 };
    let number =
        X87DoubleExtended::from_str_r(&written(significant, exponent - places), Round::NearestTiesToEven).ok()?;
    let is_in_range = !number.status.contains(Status::OVERFLOW) && !number.value.is_zero();
    is_in_range.then_some(number.value)
}

/// An exponent; one that is out of all range as one that is just as much so.
fn read_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse().map_or(EXPONENT_MAX, |exponent: i64| exponent.min(EXPONENT_MAX));
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// A number divided by two so many times, to the nearest integer, of two the even one.
fn halved(number: u128, times: u32) -> u128 {
    // What is left of fewer than 122 bits is less than a half.
    if times == 0 || times >= u128::BITS {
        return if times == 0 { number } else { 0 };
    }
    let (quotient, rest, half) = (number >> times, number & ((1 << times) - 1), 1 << (times - 1));
    quotient + u128::from(rest > half || rest == half && quotient % 2 == 1)
}

/// The digits of a number of 64 bits multiplied by two so many times.
fn doubled(number: u128, times: i64) -> String {
    const LIMB: u64 = 1_000_000_000;
    const STEP: i64 = 32;
    let mut limbs: Vec<u64> = Vec::new();
    let mut rest = number;
    while rest > 0 {
        limbs.extend(u64::try_from(rest % u128::from(LIMB)));
        rest /= u128::from(LIMB);
    }
    let mut left = times;
    while left > 0 {
        let step = left.min(STEP);
        let mut carry = 0;
        for limb in &mut limbs {
            let shifted = (*limb << step) + carry;
            (*limb, carry) = (shifted % LIMB, shifted / LIMB);
        }
        while carry > 0 {
            limbs.push(carry % LIMB);
            carry /= LIMB;
        }
        left -= step;
    }
    let mut digits = limbs.pop().unwrap_or(0).to_string();
    limbs.iter().rev().for_each(|limb| digits.push_str(&format!("{limb:09}")));
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(left: &str, right: &str) -> Option<String> {
        let [left, right] = [left, right].map(|text| LongDouble::parse(text.as_bytes()).unwrap());
        left.plus(right).map(LongDouble::to_text)
    }

    /// All of these are what redis-server 7.0.15 answers.
    #[test]
    fn sums_are_written_as_redis_writes_them() {
        for (left, right, expected) in [
            ("0.1", "0.2", "0.3"),
            ("10.50", "0.1", "10.6"),
            ("5.0e3", "2.0e2", "5200"),
            ("1e18", "0.05", "1000000000000000000.0625"),
            ("1e19", "1", "10000000000000000001"),
            ("3", "1.000000000000000005", "4.00000000000000001"),
            ("0x1p-3", "0X.8", "0.625"),
            ("-0", "0", "0"),
            ("1e-18", "-2e-18", "0"),
            ("0", "0.000003814697265625", "0.00000381469726562"),
            ("0", "-0.000011444091796875", "-0.00001144409179688"),
            ("1e30", "1", "1000000000000000000024696061952"),
        ] {
            assert_eq!(sum(left, right).as_deref(), Some(expected), "{left} + {right}");
        }
        assert_eq!(sum("inf", "1"), None);
        assert_eq!(sum("inf", "-Infinity"), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", " 1", "1 ", "1e", "1e+", ".", "e1", "0x", "0x.p1", "1_0", "nan", "NAN(1)", "1e5000", "-1e-5000", "--1",
            "0x1p", "\u{661}",
        ] {
            assert!(LongDouble::parse(text.as_bytes()).is_none(), "{text}");
        }
        let [long, longer] = [5119, 5120].map(|digits| "0".repeat(digits));
        assert!(LongDouble::parse(long.as_bytes()).is_some());
        assert!(LongDouble::parse(longer.as_bytes()).is_none());
    }

    #[test]
    fn the_largest_and_the_smallest_are_written_out() {
        let largest = LongDouble::parse(b"0xf.fffffffffffffffp16380").unwrap().to_text();
        assert_eq!((largest.len(), &largest[..20]), (4933, "11897314953572317650"));
        assert_eq!(LongDouble::parse(b"-0x1p-16445").unwrap().to_text(), "0");
    }
}
