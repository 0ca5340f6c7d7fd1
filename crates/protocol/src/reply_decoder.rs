//! Replies out of bytes: every type of RESP2 and RESP3.
//!
//! Guarantee: the same bytes give the same frames and the same error however they are split, and nothing is read
//! twice. Aggregates are built on a stack of their own, not by recursion, and grow with what arrives.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

use crate::error::{DecodeError, ProtocolError};
use crate::frame::Frame;
use crate::limits::{REPLY_ITEMS_MAX, ReplyLimits};
use crate::line::{Line, LineSearch};
use crate::number::parse_i64;
use crate::payload::{NEWLINE_BYTES, Payload};

/// Bytes of the format before a verbatim string, with its colon.
const FORMAT_BYTES: usize = 4;

/// Decodes what servers send, in either version; it needs no telling which. An error is final.
///
/// Strings are slices of the buffer, except large ones (32 KiB), which own their memory; read as [`RequestDecoder`]
/// says.
///
/// [`RequestDecoder`]: crate::RequestDecoder
///
/// ```
/// use bytes::BytesMut;
/// use pyredis_protocol::{Frame, ReplyDecoder};
/// use tokio_util::codec::Decoder;
///
/// let mut buffer = BytesMut::from("*2\r\n:1\r\n$2\r\nhi\r\n");
/// let reply = ReplyDecoder::default().decode(&mut buffer)?;
/// assert_eq!(reply, Some(Frame::Array(vec![Frame::Integer(1), Frame::Bulk("hi".into())])));
/// # Ok::<(), pyredis_protocol::DecodeError>(())
/// ```
#[derive(Debug, Default)]
pub struct ReplyDecoder {
    limits: ReplyLimits,
    line: LineSearch,
    /// The string that is arriving.
    text: Option<(Text, Payload)>,
    /// The aggregates that are open, outermost first.
    open: Vec<Open>,
}

/// What a string of known length becomes.
#[derive(Debug, Clone, Copy)]
enum Text {
    Bulk,
    Error,
    Verbatim,
}

/// An aggregate some of whose items are yet to come.
#[derive(Debug)]
struct Open {
    kind: Aggregate,
    missing: usize,
    items: Vec<Frame>,
}

#[derive(Debug, Clone, Copy)]
enum Aggregate {
    Array,
    Set,
    Push,
    Map,
    /// The last item is the reply that the others are about.
    Attribute,
}

/// What a header line stands for.
enum Header {
    Whole(Frame),
    Text(Text, usize),
    Aggregate(Aggregate, usize),
}

impl ReplyDecoder {
    /// A decoder for one connection.
    pub fn new(limits: ReplyLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Reads the next frame that is no aggregate, or an empty one; opens the aggregates on the way.
    fn read_leaf(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, ProtocolError> {
        loop {
            if let Some((text, mut payload)) = self.text.take() {
                match payload.end(src) {
                    Some(b"\r\n") => {}
                    Some(_) => return Err(ProtocolError::ExpectedNewline),
                    None => {}
                }
                return match payload.take(src) {
                    Some(bytes) => text.into_frame(bytes).map(Some),
                    None => {
                        self.text = Some((text, payload));
                        Ok(None)
                    }
                };
            }
            match self.read_header(src)? {
                None => return Ok(None),
                Some(Header::Whole(frame)) => return Ok(Some(frame)),
                Some(Header::Text(text, len)) => self.text = Some((text, Payload::new(len))),
                Some(Header::Aggregate(kind, 0)) => return Ok(Some(kind.into_frame(Vec::new()))),
                Some(Header::Aggregate(kind, missing)) => {
                    if self.open.len() >= self.limits.nesting {
                        return Err(ProtocolError::NestedTooDeeply);
                    }
                    self.open.push(Open { kind, missing, items: Vec::new() });
                }
            }
        }
    }

    /// Reads one line.
    fn read_header(&mut self, src: &mut BytesMut) -> Result<Option<Header>, ProtocolError> {
        let end = match self.line.find(b'\n', src, self.limits.line_bytes) {
            Line::Ends(end) => end,
            Line::Incomplete => return Ok(None),
            Line::TooLong => return Err(ProtocolError::ReplyLineTooLong),
        };
        let mut line = src.split_to(end + 1).freeze();
        if !line.ends_with(b"\r\n") {
            return Err(ProtocolError::ExpectedNewline);
        }
        line.truncate(line.len() - NEWLINE_BYTES);
        match line.try_get_u8() {
            Ok(kind) => self.parse_header(kind, line).map(Some),
            Err(_) => Err(ProtocolError::UnknownReplyType(b'\r')),
        }
    }

    fn parse_header(&self, kind: u8, line: Bytes) -> Result<Header, ProtocolError> {
        let aggregate = |kind_of| self.parse_count(kind, &line).map(|count| Header::Aggregate(kind_of, count));
        let pairs =
            |kind_of, more| self.parse_count(kind, &line).map(|count| Header::Aggregate(kind_of, 2 * count + more));
        let text = |text| self.parse_length(kind, &line).map(|len| Header::Text(text, len));
        match kind {
            b'$' if line == "-1" => Ok(Header::Whole(Frame::Null)),
            b'*' if line == "-1" => Ok(Header::Whole(Frame::NullArray)),
            b'$' => text(Text::Bulk),
            b'!' => text(Text::Error),
            b'=' => text(Text::Verbatim),
            b'*' => aggregate(Aggregate::Array),
            b'~' => aggregate(Aggregate::Set),
            b'>' => aggregate(Aggregate::Push),
            b'%' => pairs(Aggregate::Map, 0),
            b'|' => pairs(Aggregate::Attribute, 1),
            b'.' => Err(ProtocolError::StreamedReply),
            _ => parse_scalar(kind, line).map(Header::Whole),
        }
    }

    fn parse_length(&self, kind: u8, digits: &[u8]) -> Result<usize, ProtocolError> {
        parse_up_to(self.limits.bulk_bytes, kind, digits)
    }

    fn parse_count(&self, kind: u8, digits: &[u8]) -> Result<usize, ProtocolError> {
        // The second limit lets a count be doubled.
        parse_up_to(self.limits.items.min(REPLY_ITEMS_MAX), kind, digits)
    }

    /// Puts a finished frame into the innermost open aggregate. Gives back the outermost frame once it is finished.
    fn close(&mut self, mut frame: Frame) -> Option<Frame> {
        while let Some(innermost) = self.open.last_mut() {
            innermost.items.push(frame);
            innermost.missing -= 1;
            if innermost.missing > 0 {
                return None;
            }
            let Open { kind, items, .. } = self.open.pop()?;
            frame = kind.into_frame(items);
        }
        Some(frame)
    }
}

impl Text {
    fn into_frame(self, mut bytes: Bytes) -> Result<Frame, ProtocolError> {
        match self {
            Self::Bulk => Ok(Frame::Bulk(bytes)),
            Self::Error => Ok(Frame::BulkError(bytes)),
            Self::Verbatim => {
                let [a, b, c, b':', ..] = *bytes else { return Err(ProtocolError::InvalidReply(b'=')) };
                bytes.advance(FORMAT_BYTES);
                Ok(Frame::Verbatim { format: [a, b, c], text: bytes })
            }
        }
    }
}

impl Aggregate {
    fn into_frame(self, mut items: Vec<Frame>) -> Frame {
        match self {
            Self::Array => Frame::Array(items),
            Self::Set => Frame::Set(items),
            Self::Push => Frame::Push(items),
            Self::Map => Frame::Map(into_pairs(items)),
            Self::Attribute => {
                let frame = items.pop().unwrap_or(Frame::Null);
                Frame::Attribute { attributes: into_pairs(items), frame: Box::new(frame) }
            }
        }
    }
}

fn into_pairs(items: Vec<Frame>) -> Vec<(Frame, Frame)> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}

/// A frame that is one line.
fn parse_scalar(kind: u8, line: Bytes) -> Result<Frame, ProtocolError> {
    let invalid = ProtocolError::InvalidReply(kind);
    match kind {
        b'+' => Ok(Frame::Simple(line)),
        b'-' => Ok(Frame::Error(line)),
        b':' => parse_i64(&line).map(Frame::Integer).ok_or(invalid),
        b',' => str::from_utf8(&line).ok().and_then(|text| text.parse().ok()).map(Frame::Double).ok_or(invalid),
        b'(' => is_big_number(&line).then_some(Frame::BigNumber(line)).ok_or(invalid),
        b'#' if line == "t" => Ok(Frame::Boolean(true)),
        b'#' if line == "f" => Ok(Frame::Boolean(false)),
        b'_' if line.is_empty() => Ok(Frame::Null),
        b'#' | b'_' => Err(invalid),
        _ => Err(ProtocolError::UnknownReplyType(kind)),
    }
}

fn is_big_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn parse_up_to(most: usize, kind: u8, digits: &[u8]) -> Result<usize, ProtocolError> {
    if digits == b"?" {
        return Err(ProtocolError::StreamedReply);
    }
    let value = parse_i64(digits).and_then(|value| usize::try_from(value).ok());
    value.filter(|value| *value <= most).ok_or(ProtocolError::InvalidReply(kind))
}

impl Decoder for ReplyDecoder {
    type Item = Frame;
    type Error = DecodeError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        while let Some(leaf) = self.read_leaf(src)? {
            if let Some(frame) = self.close(leaf) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        match self.decode(src)? {
            None if self.text.is_some() || !self.open.is_empty() || !src.is_empty() => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "connection closed in the middle of a reply").into())
            }
            decoded => Ok(decoded),
        }
    }
}
