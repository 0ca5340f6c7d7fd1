//! What keys hold in histories.

use std::fmt;

/// How long texts are: in place, in place but in another size class, kept apart and copied into the reply, kept
/// apart and sent as they are.
const TEXT_LENGTHS: [usize; 4] = [8, 900, 6_000, 70_000];

/// A value that is known for whole by its number; short or long, and no two of a history are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Value {
    /// Its decimal digits.
    Number(i64),
    /// A text, whose length follows from its number too.
    Text(u32),
}

impl Value {
    /// What is sent.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Number(number) => number.to_string().into_bytes(),
            Self::Text(number) => {
                // Long ones are rare: they cost the time of many short ones.
                let size = match number % 16 {
                    0 => 3,
                    1 | 2 => 2,
                    3..=6 => 1,
                    _ => 0,
                };
                let length = TEXT_LENGTHS.get(size).copied().unwrap_or_default();
                let mut bytes = format!("t{number}:").into_bytes();
                bytes.resize(
                    length.max(bytes.len()),
                    b'a'.saturating_add(u8::try_from(number % 26).unwrap_or_default()),
                );
                bytes
            }
        }
    }

    /// The value with exactly these bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let value = match text.strip_prefix('t') {
            Some(rest) => Self::Text(rest.split_once(':')?.0.parse().ok()?),
            None => Self::Number(text.parse().ok()?),
        };
        (value.bytes() == bytes).then_some(value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(number) => write!(f, "t{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_for_whole() {
        for value in [Value::Number(-3), Value::Number(7000)].into_iter().chain((0..32).map(Value::Text)) {
            let mut bytes = value.bytes();
            assert_eq!(Value::from_bytes(&bytes), Some(value));
            bytes.pop();
            assert_ne!(Value::from_bytes(&bytes), Some(value));
            bytes.push(b'!');
            assert_eq!(Value::from_bytes(&bytes), None, "{value}");
        }
        for foreign in ["", "t", "t1", "tx:", "+5", "007", "x"] {
            assert_eq!(Value::from_bytes(foreign.as_bytes()), None, "{foreign}");
        }
    }
}
