//! Typed answers as a client would be told them, in RESP3.

use bytes::Bytes;
use pyredis_protocol::Frame;
use pyredis_store::{StoreError, TxError, ZaddOutcome};

/// What has a reply that says the same.
pub(crate) trait Said {
    fn said(self) -> Frame;
}

impl Said for Frame {
    fn said(self) -> Frame {
        self
    }
}

impl Said for () {
    fn said(self) -> Frame {
        Frame::Simple("OK".into())
    }
}

impl Said for bool {
    fn said(self) -> Frame {
        Frame::Integer(self.into())
    }
}

impl Said for usize {
    fn said(self) -> Frame {
        Frame::Integer(self.try_into().expect("counts are small here"))
    }
}

impl Said for u64 {
    fn said(self) -> Frame {
        Frame::Integer(self.try_into().expect("counts are small here"))
    }
}

impl Said for i64 {
    fn said(self) -> Frame {
        Frame::Integer(self)
    }
}

impl Said for f64 {
    fn said(self) -> Frame {
        Frame::Double(self)
    }
}

impl Said for Bytes {
    fn said(self) -> Frame {
        Frame::Bulk(self)
    }
}

impl Said for ZaddOutcome {
    fn said(self) -> Frame {
        self.added.said()
    }
}

impl<T: Said> Said for Option<T> {
    fn said(self) -> Frame {
        self.map_or(Frame::Null, T::said)
    }
}

impl<T: Said> Said for Vec<T> {
    fn said(self) -> Frame {
        Frame::Array(self.into_iter().map(T::said).collect())
    }
}

impl<A: Said, B: Said> Said for (A, B) {
    fn said(self) -> Frame {
        Frame::Array(vec![self.0.said(), self.1.said()])
    }
}

impl<T: Said, E: Code> Said for Result<T, E> {
    fn said(self) -> Frame {
        self.map_or_else(|error| Frame::Error(error.code().into()), T::said)
    }
}

/// The first word of an error's reply.
pub(crate) trait Code {
    fn code(&self) -> &'static str;
}

impl Code for StoreError {
    fn code(&self) -> &'static str {
        if matches!(self, Self::WrongType { .. }) { "WRONGTYPE" } else { "ERR" }
    }
}

impl Code for TxError {
    fn code(&self) -> &'static str {
        if let Self::Store(error) = self { error.code() } else { "undeclared" }
    }
}

/// Errors by their first word, as the rest is for people.
pub(crate) fn shortened(reply: Frame) -> Frame {
    let Frame::Error(text) = reply else { return reply };
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    Frame::Error(text.slice(..end))
}

/// A reply whose elements have no order, and which may be a set or a map.
pub(crate) fn unordered(reply: Frame) -> Frame {
    let mut elements = match reply {
        Frame::Array(elements) | Frame::Set(elements) => elements,
        Frame::Map(pairs) => pairs.into_iter().map(|(key, value)| Frame::Array(vec![key, value])).collect(),
        other => return other,
    };
    elements.sort_by_key(|element| format!("{element:?}"));
    Frame::Array(elements)
}
