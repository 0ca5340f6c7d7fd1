//! Numbers: the strict integer, and the text of a double.

use proptest::prelude::*;
use pyredis_protocol::number::{DoubleText, parse_i64};

proptest! {
    #[test]
    fn every_integer_is_read_back(value: i64) {
        prop_assert_eq!(parse_i64(value.to_string().as_bytes()), Some(value));
    }

    /// Only what an integer prints as is an integer.
    #[test]
    fn nothing_else_is_an_integer(text in "[-+ 0-9a]{0,22}") {
        let canonical = text.parse::<i64>().ok().filter(|value| value.to_string() == text);
        prop_assert_eq!(parse_i64(text.as_bytes()), canonical);
    }

    #[test]
    fn every_double_is_read_back(bits: u64) {
        let value = f64::from_bits(bits);
        let back: f64 = DoubleText::new(value).as_str().parse()?;
        prop_assert!(back.to_bits() == bits || value.is_nan() && back.is_nan(), "{value:e} {back:e}");
    }

    #[test]
    fn decimals_are_read_back(value in -1e6_f64..1e6) {
        prop_assert_eq!(DoubleText::new(value).as_str().parse::<f64>()?, value);
    }
}

#[test]
fn the_ends_of_the_range() {
    assert_eq!(parse_i64(b"9223372036854775807"), Some(i64::MAX));
    assert_eq!(parse_i64(b"-9223372036854775808"), Some(i64::MIN));
    assert_eq!(parse_i64(b"9223372036854775808"), None);
    assert_eq!(parse_i64(b"-9223372036854775809"), None);
    assert_eq!(parse_i64(b"-"), None);
}

/// What C prints with `%.17g`.
#[test]
fn doubles_as_c_prints_them() {
    for (value, text) in [
        (-999_999_999_999_999.0, "-999999999999999"),
        (1e15, "1000000000000000"),
        (-2_251_799_813_685_248.5, "-2251799813685248.5"),
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (100.0, "100"),
        (0.1, "0.10000000000000001"),
        (3.3, "3.2999999999999998"),
        (0.0001, "0.0001"),
        (0.00001, "1.0000000000000001e-05"),
        (123_456.789, "123456.789"),
        (1e16, "10000000000000000"),
        (1e17, "1e+17"),
        (12_345_678_901_234_568.0, "12345678901234568"),
        (1.5e100, "1.4999999999999999e+100"),
        (2e20, "2e+20"),
        (f64::MAX, "1.7976931348623157e+308"),
        (-f64::MIN_POSITIVE, "-2.2250738585072014e-308"),
        (5e-324, "4.9406564584124654e-324"),
    ] {
        assert_eq!(DoubleText::new(value).as_str(), text);
    }
}
