//! One reply as a value, for those who need it whole: clients, tests, and tools.

use bytes::Bytes;

/// A reply of either version.
///
/// Encoding for RESP2 turns what only RESP3 has into what Redis answers there: maps into arrays of keys and values
/// in turn, sets and pushes into arrays, doubles, big numbers and verbatim strings into bulk strings, booleans into 1
/// and 0; attributes are left out. Comparing follows floating point: a NaN differs from itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// `+`: a status such as OK. Must not contain CR or LF; those are written as spaces.
    Simple(Bytes),
    /// `-`: an error, its code as the first word. Must not contain CR or LF; those are written as spaces.
    Error(Bytes),
    /// `:`: an integer.
    Integer(i64),
    /// `$`: a binary-safe string.
    Bulk(Bytes),
    /// `_` in RESP3, `$-1` in RESP2: no value.
    Null,
    /// `*-1` in RESP2: no array. RESP3 has no such thing, there it is written (and read) as [`Frame::Null`].
    NullArray,
    /// `*`: a sequence.
    Array(Vec<Frame>),
    /// `,`: a floating point number, infinities and NaN included.
    Double(f64),
    /// `#`: true or false.
    Boolean(bool),
    /// `(`: an integer of any size, as decimal text.
    BigNumber(Bytes),
    /// `!`: an error that may contain any byte.
    BulkError(Bytes),
    /// `=`: text with a format of three letters, such as `txt` or `mkd`.
    Verbatim {
        /// The format, three letters.
        format: [u8; 3],
        /// The text, without its format.
        text: Bytes,
    },
    /// `%`: keys and values, in the order sent.
    Map(Vec<(Frame, Frame)>),
    /// `~`: distinct members, in the order sent.
    Set(Vec<Frame>),
    /// `>`: a message that no request asked for.
    Push(Vec<Frame>),
    /// `|`: a reply with facts about it that a client may ignore.
    Attribute {
        /// The facts.
        attributes: Vec<(Frame, Frame)>,
        /// The reply itself.
        frame: Box<Frame>,
    },
}

impl Frame {
    /// Whether this is an error, of either kind, attributes set aside.
    ///
    /// ```
    /// use pyredis_protocol::Frame;
    /// assert!(Frame::Error("ERR syntax error".into()).is_error());
    /// assert!(!Frame::Null.is_error());
    /// ```
    pub fn is_error(&self) -> bool {
        match self {
            Self::Error(_) | Self::BulkError(_) => true,
            Self::Attribute { frame, .. } => frame.is_error(),
            _ => false,
        }
    }
}
