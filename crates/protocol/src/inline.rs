//! Inline commands: a line of words, typed by a person.

use bytes::Bytes;

/// A quote is not closed, or a closing quote is followed by something else than a blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unbalanced quotes")]
pub struct UnbalancedQuotes;

/// Splits a line into words at blanks, as Redis does.
///
/// `"..."` keeps blanks and knows `\n \r \t \b \a \xHH`, and a backslash before anything else stands for that;
/// `'...'` knows only `\'`. A quote may begin inside a word, a closing quote ends it.
///
/// # Errors
/// [`UnbalancedQuotes`] if a quote is not closed, or is closed in the middle of a word.
///
/// ```
/// use pyredis_protocol::split_words;
/// assert_eq!(split_words(br#"SET "a key" 'it\'s' \x41 "\x41""#)?, ["SET", "a key", "it's", "\\x41", "A"]);
/// assert!(split_words(b"GET \"a key").is_err());
/// # Ok::<(), pyredis_protocol::UnbalancedQuotes>(())
/// ```
pub fn split_words(line: &[u8]) -> Result<Vec<Bytes>, UnbalancedQuotes> {
    let mut words = Vec::new();
    let mut rest = without_blanks(line);
    while !rest.is_empty() {
        let (word, after) = next_word(rest)?;
        words.push(Bytes::from(word));
        rest = without_blanks(after);
    }
    Ok(words)
}

/// Puts a string in quotes behind `out`, with what does not print escaped: as Redis shows bytes to people, and as [`split_words`] reads them. O(n).
///
/// ```
/// use pyredis_protocol::{split_words, write_quoted};
/// let mut out = Vec::new();
/// write_quoted(b"a \"key\"\n\xff", &mut out);
/// assert_eq!(out, br#""a \"key\"\n\xff""#);
/// assert_eq!(split_words(&out)?, [&b"a \"key\"\n\xff"[..]]);
/// # Ok::<(), pyredis_protocol::UnbalancedQuotes>(())
/// ```
pub fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(*byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.push(b'"');
}

/// One word and what follows it; `rest` must not begin with a blank.
fn next_word(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), UnbalancedQuotes> {
    let mut word = Vec::new();
    loop {
        match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t', ..] => return Ok((word, rest)),
            [quote @ (b'"' | b'\''), inside @ ..] => {
                let after =
                    if *quote == b'"' { double_quoted(inside, &mut word) } else { single_quoted(inside, &mut word) };
                return match after {
                    Some(after) if after.first().is_none_or(|&byte| is_blank(byte)) => Ok((word, after)),
                    _ => Err(UnbalancedQuotes),
                };
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

/// Adds what stands before the closing quote to `word`; what follows the quote, or `None` without one.
fn double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [] => return None,
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (hex_value(*high) << 4 | hex_value(*low), after)
            }
            [b'\\', escaped, after @ ..] => (unescape(*escaped), after),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

/// Adds what stands before the closing quote to `word`; what follows the quote, or `None` without one.
fn single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [] => return None,
            [b'\'', after @ ..] => return Some(after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

/// The value of a hexadecimal digit; 0 for anything else.
fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

/// What C's `isspace` says: vertical tab and form feed are blanks between words, though they do not end one.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// `text` from its first byte that is no blank on.
fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|&&byte| is_blank(byte)).count();
    text.get(blanks..).unwrap_or_default()
}
