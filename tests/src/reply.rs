//! A reply as it came over the wire: every RESP2 and RESP3 type, none of them folded into another.
//!
//! Guarantee: two replies are equal exactly when their bytes are, so that a test can tell `$-1` from `_` and a map
//! from a flat array.

use std::io::BufRead;

use anyhow::{Context, Result, bail, ensure};

/// One reply. Texts are raw bytes; doubles and big numbers keep the server's spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `+text`
    Simple(Vec<u8>),
    /// `-text`
    Error(Vec<u8>),
    /// `:5`
    Int(i64),
    /// `$4 data`
    Bulk(Vec<u8>),
    /// `$-1`, RESP2's missing value
    NullBulk,
    /// `*-1`, RESP2's missing array
    NullArray,
    /// `_`, RESP3's null
    Null,
    /// `#t` and `#f`
    Bool(bool),
    /// `,3.5`
    Double(Vec<u8>),
    /// `(12345678901234567890`
    BigNumber(Vec<u8>),
    /// `!4 data`
    BulkError(Vec<u8>),
    /// `=7 txt:data`, with the format and the colon left in
    Verbatim(Vec<u8>),
    /// `*2 ...`
    Array(Vec<Reply>),
    /// `~2 ...`
    Set(Vec<Reply>),
    /// `>2 ...`
    Push(Vec<Reply>),
    /// `%2 ...`
    Map(Vec<(Reply, Reply)>),
}

impl Reply {
    /// Reads one whole reply.
    ///
    /// # Errors
    /// When the connection ends or times out in the middle, or when the bytes are not RESP.
    pub fn read(from: &mut impl BufRead) -> Result<Self> {
        let line = read_line(from)?;
        let (kind, rest) = line.split_first().context("the server sent an empty line")?;
        Ok(match kind {
            b'+' => Self::Simple(rest.to_vec()),
            b'-' => Self::Error(rest.to_vec()),
            b':' => Self::Int(number(rest)?),
            b'_' => Self::Null,
            b'#' => Self::Bool(rest == b"t"),
            b',' => Self::Double(rest.to_vec()),
            b'(' => Self::BigNumber(rest.to_vec()),
            b'$' => match number(rest)? {
                -1 => Self::NullBulk,
                length => Self::Bulk(read_data(from, length)?),
            },
            b'!' => Self::BulkError(read_data(from, number(rest)?)?),
            b'=' => Self::Verbatim(read_data(from, number(rest)?)?),
            b'*' => match number(rest)? {
                -1 => Self::NullArray,
                length => Self::Array(read_many(from, length)?),
            },
            b'~' => Self::Set(read_many(from, number(rest)?)?),
            b'>' => Self::Push(read_many(from, number(rest)?)?),
            b'%' => {
                let pairs = number(rest)?;
                (0..pairs).map(|_| Ok((Self::read(from)?, Self::read(from)?))).collect::<Result<_>>().map(Self::Map)?
            }
            _ => bail!("the server sent a line that is no reply: {:?}", String::from_utf8_lossy(&line)),
        })
    }

    /// The bytes of any text-like reply, errors included; none for numbers, nulls and aggregates.
    #[must_use]
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Simple(text) | Self::Error(text) | Self::Bulk(text) | Self::BulkError(text) => Some(text),
            // The format is three bytes and a colon.
            Self::Verbatim(text) => text.get(4..),
            _ => None,
        }
    }

    /// The text as a string, with anything that is not UTF-8 replaced; empty where there is no text.
    #[must_use]
    pub fn string(&self) -> String {
        String::from_utf8_lossy(self.text().unwrap_or_default()).into_owned()
    }

    /// The elements of an array, set or push; none for everything else.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is an error reply.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_) | Self::BulkError(_))
    }
}

fn read_line(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).context("cannot read a reply")?;
    ensure!(line.ends_with(b"\r\n"), "the connection ended inside a reply, after {:?}", String::from_utf8_lossy(&line));
    line.truncate(line.len() - 2);
    Ok(line)
}

fn number(text: &[u8]) -> Result<i64> {
    let text = String::from_utf8_lossy(text);
    text.parse().with_context(|| format!("the server sent {text:?} where an integer belongs"))
}

fn read_data(from: &mut impl BufRead, length: i64) -> Result<Vec<u8>> {
    let length = usize::try_from(length).context("the server sent a negative length")?;
    let mut data = vec![0; length + 2];
    from.read_exact(&mut data).context("the connection ended inside a string")?;
    ensure!(data.ends_with(b"\r\n"), "a string is not followed by CR LF");
    data.truncate(length);
    Ok(data)
}

fn read_many(from: &mut impl BufRead, count: i64) -> Result<Vec<Reply>> {
    (0..count).map(|_| Reply::read(from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Reply> {
        Reply::read(&mut &*bytes)
    }

    #[test]
    fn every_type_is_told_from_the_others() {
        let cases: [(&[u8], Reply); 12] = [
            (b"+OK\r\n", Reply::Simple(b"OK".to_vec())),
            (b"-ERR x\r\n", Reply::Error(b"ERR x".to_vec())),
            (b":-7\r\n", Reply::Int(-7)),
            (b"$4\r\na\r\nb\r\n", Reply::Bulk(b"a\r\nb".to_vec())),
            (b"$-1\r\n", Reply::NullBulk),
            (b"*-1\r\n", Reply::NullArray),
            (b"_\r\n", Reply::Null),
            (b"#f\r\n", Reply::Bool(false)),
            (b"=5\r\ntxt:x\r\n", Reply::Verbatim(b"txt:x".to_vec())),
            (b"*2\r\n:1\r\n*0\r\n", Reply::Array(vec![Reply::Int(1), Reply::Array(vec![])])),
            (b"%1\r\n+a\r\n,1.5\r\n", Reply::Map(vec![(Reply::Simple(b"a".to_vec()), Reply::Double(b"1.5".to_vec()))])),
            (b"~1\r\n(12\r\n", Reply::Set(vec![Reply::BigNumber(b"12".to_vec())])),
        ];
        for (bytes, reply) in cases {
            assert_eq!(read(bytes).unwrap(), reply);
        }
    }

    #[test]
    fn what_is_cut_or_foreign_is_an_error() {
        for bytes in
            [&b""[..], b"+OK", b"$3\r\nab", b"$2\r\nabc\r\n", b"*2\r\n:1\r\n", b"hello\r\n", b":x\r\n", b"\r\n"]
        {
            assert!(read(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
