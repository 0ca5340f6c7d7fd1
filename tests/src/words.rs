//! Splits a line into arguments with the quoting rules of inline commands.
//!
//! Double quotes know `\n \r \t \b \a`, `\xHH` and any other escaped byte as itself; single quotes know `\'` only. A
//! closing quote must be followed by white space or by the end.

use std::fmt;

/// Why a line could not be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordsError;

impl fmt::Display for WordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unbalanced quotes")
    }
}

impl std::error::Error for WordsError {}

/// Splits `line` into its words.
///
/// # Errors
/// When a quote is not closed, or is closed in the middle of a word.
pub fn split_words(line: &str) -> Result<Vec<Vec<u8>>, WordsError> {
    let mut rest = line.as_bytes();
    let mut words = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(words);
        }
        let (word, after) = next_word(rest)?;
        words.push(word);
        rest = after;
    }
}

fn next_word(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), WordsError> {
    let mut word = Vec::new();
    loop {
        match rest {
            [] => return Ok((word, rest)),
            [byte, ..] if byte.is_ascii_whitespace() => return Ok((word, rest)),
            [quote @ (b'"' | b'\''), after @ ..] => {
                rest = quoted(*quote, after, &mut word)?;
                if rest.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
                    return Err(WordsError);
                }
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

/// Reads up to the closing quote into `word` and gives back what follows it.
pub(crate) fn quoted<'a>(quote: u8, mut rest: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], WordsError> {
    loop {
        match rest {
            [] => return Err(WordsError),
            [b'\\', b'x', high, low, after @ ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            [b'\\', byte, after @ ..] if quote == b'"' => {
                word.push(escaped(*byte));
                rest = after;
            }
            [b'\\', b'\'', after @ ..] if quote == b'\'' => {
                word.push(b'\'');
                rest = after;
            }
            [byte, after @ ..] if *byte == quote => return Ok(after),
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

fn escaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.to_ascii_lowercase().wrapping_sub(b'a').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<Vec<u8>>, WordsError> {
        split_words(line)
    }

    #[test]
    fn words_quotes_and_escapes() {
        assert_eq!(split("  a  bc\t").unwrap(), [b"a".to_vec(), b"bc".to_vec()]);
        assert_eq!(split(r#""a b" '' "\x00\xFf\r\n\q""#).unwrap(), [b"a b".to_vec(), vec![], b"\0\xff\r\nq".to_vec()]);
        assert_eq!(split(r"'a\'b\n'").unwrap(), [b"a'b\\n".to_vec()]);
        assert_eq!(split(r#"x"y z""#).unwrap(), [b"xy z".to_vec()]);
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        for line in [r#""a"#, r#""a"b"#, "'a", "'a'b", r#"a "\""#] {
            assert_eq!(split(line), Err(WordsError), "{line}");
        }
    }
}
