//! Requests out of bytes: inline commands and arrays of bulk strings, as Redis 7.0 reads them.
//!
//! Guarantee: the same bytes give the same requests and the same error however they are split. What has been looked
//! at is not looked at again: a decoder keeps the arguments it has, and where in the buffer it stopped.
//!
//! Empty requests (`*0`, `*-1`, a blank line) are passed over in silence. The two bytes after an argument are not
//! looked at, as Redis does not. Nothing is allocated for arguments that have only been announced.

use std::io;
use std::mem;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

use crate::error::{DecodeError, ProtocolError};
use crate::inline::split_words;
use crate::limits::{LARGE_BYTES_MIN, Limits, UNAUTHENTICATED_ARGUMENTS_MAX, UNAUTHENTICATED_BULK_BYTES_MAX};
use crate::line::{Line, LineSearch};
use crate::number::parse_i64;
use crate::payload::{NEWLINE_BYTES, Payload};
use crate::request::Request;

/// Room for arguments made at once; more is made as they arrive.
const ARGUMENTS_AT_ONCE: usize = 16;

/// Decodes what clients send. An error is final: answer it and close the connection.
///
/// Arguments are slices of the buffer that [`Decoder::decode`] is given, except large ones (32 KiB), which own their
/// memory. Decode until `None`, then read more into the buffer's spare room; reserve some only when there is none
/// left, for while a large argument arrives the buffer is made to end exactly with it.
///
/// ```
/// use bytes::BytesMut;
/// use pyredis_protocol::{Limits, RequestDecoder};
/// use tokio_util::codec::Decoder;
///
/// let mut decoder = RequestDecoder::new(Limits::default());
/// let mut buffer = BytesMut::from("PING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nh");
/// assert_eq!(decoder.decode(&mut buffer)?.expect("a whole line").args(), ["PING"]);
/// assert!(decoder.decode(&mut buffer)?.is_none());
/// buffer.extend_from_slice(b"i\r\n");
/// assert_eq!(decoder.decode(&mut buffer)?.expect("the rest came").args(), ["ECHO", "hi"]);
/// # Ok::<(), pyredis_protocol::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct RequestDecoder {
    limits: Limits,
    authenticated: bool,
    line: LineSearch,
    /// Arguments still to come; 0 between requests.
    missing: usize,
    /// Those that have come.
    args: Vec<Bytes>,
    /// How many of them own their memory.
    detached: usize,
    /// Their bytes, and those of `payload`.
    bytes: usize,
    /// The argument that is arriving.
    payload: Option<Payload>,
}

impl Default for RequestDecoder {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl RequestDecoder {
    /// A decoder for one connection, whose client counts as authenticated until told otherwise.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            authenticated: true,
            line: LineSearch::default(),
            missing: 0,
            args: Vec::new(),
            detached: 0,
            bytes: 0,
            payload: None,
        }
    }

    /// Whether the client may send more than what AUTH and HELLO need: 10 arguments of 16 KiB each.
    pub fn set_authenticated(&mut self, authenticated: bool) {
        self.authenticated = authenticated;
    }

    /// What is accepted from a client that has authenticated.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether a request has begun whose end has not come, beside what may lie in the buffer.
    pub fn is_mid_request(&self) -> bool {
        self.missing > 0
    }

    /// Copies the short arguments of a request that has begun out of the read buffer, so that they do not keep it alive while the rest is awaited.
    /// O(arguments since the last call).
    pub fn detach(&mut self) {
        for arg in self.args.iter_mut().skip(self.detached).filter(|arg| arg.len() < LARGE_BYTES_MIN) {
            *arg = Bytes::copy_from_slice(arg);
        }
        self.detached = self.args.len();
    }

    /// Whether a large argument is arriving, for which the read buffer was made to measure.
    pub fn is_in_large_argument(&self) -> bool {
        self.payload.as_ref().is_some_and(Payload::is_large)
    }

    /// Reads `*count`. `None` when its end has not come.
    fn read_count(&mut self, src: &mut BytesMut) -> Result<Option<()>, ProtocolError> {
        let Some(end) = self.find_header_end(src, ProtocolError::CountLineTooLong)? else { return Ok(None) };
        let count = src.get(1..end).and_then(parse_i64).ok_or(ProtocolError::InvalidMultibulkLength)?;
        // What is negative counts as an empty request.
        let count = usize::try_from(count).unwrap_or(0);
        if count > self.limits.arguments {
            return Err(ProtocolError::InvalidMultibulkLength);
        }
        if count > UNAUTHENTICATED_ARGUMENTS_MAX && !self.authenticated {
            return Err(ProtocolError::UnauthenticatedMultibulkLength);
        }
        src.advance(end + NEWLINE_BYTES);
        self.missing = count;
        self.bytes = 0;
        self.args = Vec::with_capacity(count.min(ARGUMENTS_AT_ONCE));
        Ok(Some(()))
    }

    /// Reads arguments until there are as many as announced. `None` when bytes are missing.
    fn read_arguments(&mut self, src: &mut BytesMut) -> Result<Option<Vec<Bytes>>, ProtocolError> {
        while self.missing > 0 {
            let mut payload = match self.payload.take() {
                Some(payload) => payload,
                None => match self.read_bulk_length(src)? {
                    Some(len) => Payload::new(len),
                    None => return Ok(None),
                },
            };
            match payload.take(src) {
                Some(arg) => self.args.push(arg),
                None => {
                    self.payload = Some(payload);
                    return Ok(None);
                }
            }
            self.missing -= 1;
        }
        self.detached = 0;
        Ok(Some(mem::take(&mut self.args)))
    }

    /// Reads `$length`. `None` when its end has not come.
    fn read_bulk_length(&mut self, src: &mut BytesMut) -> Result<Option<usize>, ProtocolError> {
        let Some(end) = self.find_header_end(src, ProtocolError::BulkLineTooLong)? else { return Ok(None) };
        let (kind, digits) = src.get(..=end).and_then(<[u8]>::split_first).unwrap_or((&b'\r', b""));
        if *kind != b'$' {
            return Err(ProtocolError::ExpectedBulk(*kind));
        }
        let len = digits.split_last().and_then(|(_, digits)| parse_i64(digits));
        let len = len.and_then(|len| usize::try_from(len).ok()).filter(|len| *len <= self.limits.bulk_bytes);
        let len = len.ok_or(ProtocolError::InvalidBulkLength)?;
        if len > UNAUTHENTICATED_BULK_BYTES_MAX && !self.authenticated {
            return Err(ProtocolError::UnauthenticatedBulkLength);
        }
        self.bytes = self.bytes.saturating_add(len);
        if self.bytes > self.limits.request_bytes {
            return Err(ProtocolError::RequestTooBig);
        }
        src.advance(end + NEWLINE_BYTES);
        Ok(Some(len))
    }

    /// Where CR stands, once the byte after it (any byte: Redis does not look) is there too.
    fn find_header_end(&mut self, src: &[u8], too_long: ProtocolError) -> Result<Option<usize>, ProtocolError> {
        match self.line.find(b'\r', src, self.limits.inline_bytes) {
            Line::Ends(end) if end + NEWLINE_BYTES <= src.len() => Ok(Some(end)),
            Line::Ends(end) => {
                self.line.resume_at(end);
                Ok(None)
            }
            Line::Incomplete => Ok(None),
            Line::TooLong => Err(too_long),
        }
    }

    /// Reads a line of words, maybe none. `None` when its end has not come.
    fn read_inline(&mut self, src: &mut BytesMut) -> Result<Option<Vec<Bytes>>, ProtocolError> {
        let end = match self.line.find(b'\n', src, self.limits.inline_bytes) {
            Line::Ends(end) => end,
            Line::Incomplete => return Ok(None),
            Line::TooLong => return Err(ProtocolError::InlineTooLong),
        };
        let line = src.get(..end).unwrap_or_default();
        let words = split_words(line).map_err(|_| ProtocolError::UnbalancedQuotes)?;
        src.advance(end + 1);
        Ok(Some(words))
    }
}

impl Decoder for RequestDecoder {
    type Item = Request;
    type Error = DecodeError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Request>, DecodeError> {
        loop {
            let args = match src.first() {
                _ if self.missing > 0 => self.read_arguments(src)?,
                None => None,
                Some(b'*') => match self.read_count(src)? {
                    Some(()) => continue,
                    None => None,
                },
                Some(_) => self.read_inline(src)?,
            };
            match args.map(Request::new) {
                None => return Ok(None),
                Some(Some(request)) => return Ok(Some(request)),
                Some(None) => {}
            }
        }
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Request>, DecodeError> {
        match self.decode(src)? {
            None if self.is_mid_request() || !src.is_empty() => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "connection closed in the middle of a request").into())
            }
            decoded => Ok(decoded),
        }
    }
}
