//! The bytes of every type of reply. The only place that knows them, for [`Frame`]s and for the reply writer alike.

use bytes::BufMut;

use crate::frame::Frame;
use crate::number::DoubleText;
use crate::version::RespVersion;

/// `kind`, a number, CR LF. Put together on the stack first: a place to write to is asked for once.
#[inline]
pub(crate) fn number(out: &mut impl BufMut, kind: u8, value: impl itoa::Integer) {
    let mut line = [0; NUMBER_BYTES_MAX];
    let mut rest = line.as_mut_slice();
    rest.put_u8(kind);
    rest.put_slice(itoa::Buffer::new().format(value).as_bytes());
    rest.put_slice(b"\r\n");
    let len = NUMBER_BYTES_MAX - rest.len();
    out.put_slice(line.get(..len).unwrap_or_default());
}

/// A kind, the digits and the sign of an integer of 128 bits, CR LF.
const NUMBER_BYTES_MAX: usize = 43;

/// `kind`, text of one line, CR LF. Newlines at the end of the text are left out, others become spaces, as in Redis.
pub(crate) fn line(out: &mut impl BufMut, kind: u8, text: &[u8]) {
    let is_newline = |byte: &u8| matches!(byte, b'\r' | b'\n');
    out.put_u8(kind);
    let end = text.iter().rposition(|byte| !is_newline(byte)).map_or(0, |last| last + 1);
    for (index, part) in text.get(..end).unwrap_or_default().split(is_newline).enumerate() {
        if index > 0 {
            out.put_u8(b' ');
        }
        out.put_slice(part);
    }
    out.put_slice(b"\r\n");
}

/// `kind`, the length, CR LF, the text, CR LF.
pub(crate) fn text(out: &mut impl BufMut, kind: u8, text: &[u8]) {
    number(out, kind, text.len());
    out.put_slice(text);
    out.put_slice(b"\r\n");
}

/// An integer as a bulk string.
pub(crate) fn bulk_int(out: &mut impl BufMut, value: i64) {
    text(out, b'$', itoa::Buffer::new().format(value).as_bytes());
}

pub(crate) fn null(out: &mut impl BufMut, version: RespVersion) {
    out.put_slice(match version {
        RespVersion::Resp2 => b"$-1\r\n".as_slice(),
        RespVersion::Resp3 => b"_\r\n",
    });
}

pub(crate) fn null_array(out: &mut impl BufMut, version: RespVersion) {
    out.put_slice(match version {
        RespVersion::Resp2 => b"*-1\r\n".as_slice(),
        RespVersion::Resp3 => b"_\r\n",
    });
}

/// The header of a map.
pub(crate) fn map(out: &mut impl BufMut, version: RespVersion, pairs: usize) {
    match version {
        RespVersion::Resp2 => number(out, b'*', pairs.saturating_mul(2)),
        RespVersion::Resp3 => number(out, b'%', pairs),
    }
}

/// The header of an aggregate that is an array in RESP2 and of type `kind` in RESP3.
pub(crate) fn sequence(out: &mut impl BufMut, version: RespVersion, kind: u8, items: usize) {
    match version {
        RespVersion::Resp2 => number(out, b'*', items),
        RespVersion::Resp3 => number(out, kind, items),
    }
}

pub(crate) fn double(out: &mut impl BufMut, version: RespVersion, value: f64) {
    let digits = DoubleText::new(value);
    match version {
        RespVersion::Resp2 => text(out, b'$', digits.as_bytes()),
        RespVersion::Resp3 => line(out, b',', digits.as_bytes()),
    }
}

pub(crate) fn boolean(out: &mut impl BufMut, version: RespVersion, value: bool) {
    out.put_slice(match (version, value) {
        (RespVersion::Resp2, true) => b":1\r\n",
        (RespVersion::Resp2, false) => b":0\r\n",
        (RespVersion::Resp3, true) => b"#t\r\n",
        (RespVersion::Resp3, false) => b"#f\r\n",
    });
}

pub(crate) fn verbatim(out: &mut impl BufMut, version: RespVersion, format: [u8; 3], content: &[u8]) {
    match version {
        RespVersion::Resp2 => text(out, b'$', content),
        RespVersion::Resp3 => {
            number(out, b'=', content.len() + format.len() + 1);
            out.put_slice(&format);
            out.put_u8(b':');
            out.put_slice(content);
            out.put_slice(b"\r\n");
        }
    }
}

pub(crate) fn big_number(out: &mut impl BufMut, version: RespVersion, digits: &[u8]) {
    match version {
        RespVersion::Resp2 => text(out, b'$', digits),
        RespVersion::Resp3 => line(out, b'(', digits),
    }
}

/// A whole frame. Recurses as deep as the frame is nested.
pub(crate) fn frame(out: &mut impl BufMut, version: RespVersion, value: &Frame) {
    match value {
        Frame::Simple(text) => line(out, b'+', text),
        Frame::Error(text) => line(out, b'-', text),
        Frame::Integer(value) => number(out, b':', *value),
        Frame::Bulk(bytes) => text(out, b'$', bytes),
        Frame::Null => null(out, version),
        Frame::NullArray => null_array(out, version),
        Frame::Double(value) => double(out, version, *value),
        Frame::Boolean(value) => boolean(out, version, *value),
        Frame::BigNumber(digits) => big_number(out, version, digits),
        Frame::BulkError(bytes) if version == RespVersion::Resp2 => line(out, b'-', bytes),
        Frame::BulkError(bytes) => text(out, b'!', bytes),
        Frame::Verbatim { format, text } => verbatim(out, version, *format, text),
        Frame::Array(items) => sequence_of(out, version, b'*', items),
        Frame::Set(items) => sequence_of(out, version, b'~', items),
        Frame::Push(items) => sequence_of(out, version, b'>', items),
        Frame::Map(pairs) => {
            map(out, version, pairs.len());
            pairs_of(out, version, pairs);
        }
        Frame::Attribute { attributes, frame: about } => {
            if version == RespVersion::Resp3 {
                number(out, b'|', attributes.len());
                pairs_of(out, version, attributes);
            }
            frame(out, version, about);
        }
    }
}

fn sequence_of(out: &mut impl BufMut, version: RespVersion, kind: u8, items: &[Frame]) {
    sequence(out, version, kind, items.len());
    for item in items {
        frame(out, version, item);
    }
}

fn pairs_of(out: &mut impl BufMut, version: RespVersion, pairs: &[(Frame, Frame)]) {
    for (key, value) in pairs {
        frame(out, version, key);
        frame(out, version, value);
    }
}
