//! Taking a string of known length out of the read buffer.
//!
//! A short one is a slice of the buffer, not copied. A large one ([`LARGE_BYTES_MIN`]) owns its memory, so that who
//! keeps it keeps nothing else: once its header is read, the buffer is replaced by one that begins with the string,
//! grows with the bytes that arrive (fourfold, so that they are copied a third of a time on average), and ends exactly
//! with it. A large one that was in the buffer as a whole already is copied, once.

use bytes::{Buf, Bytes, BytesMut};

use crate::limits::LARGE_BYTES_MIN;

/// CR LF, after every string.
pub(crate) const NEWLINE_BYTES: usize = 2;
/// How much larger the buffer of a large string gets when it is full.
const GROWTH: usize = 4;

/// A string whose header has been read and whose bytes are arriving.
#[derive(Debug)]
pub(crate) struct Payload {
    /// Bytes of the string, without CR LF.
    len: usize,
    /// Whether the buffer is one that this payload made.
    owns_buffer: bool,
}

impl Payload {
    pub(crate) fn new(len: usize) -> Self {
        Self { len, owns_buffer: false }
    }

    pub(crate) fn is_large(&self) -> bool {
        self.len >= LARGE_BYTES_MIN
    }

    /// The two bytes after the string, if all has arrived.
    pub(crate) fn end<'a>(&self, src: &'a [u8]) -> Option<&'a [u8]> {
        src.get(self.len..self.len + NEWLINE_BYTES)
    }

    /// The string, its two bytes of line end taken off unseen, or `None` when bytes are missing; then `src` has room.
    pub(crate) fn take(&mut self, src: &mut BytesMut) -> Option<Bytes> {
        if src.len() < self.len + NEWLINE_BYTES {
            if self.len >= LARGE_BYTES_MIN {
                self.make_room(src);
            }
            None
        } else if self.len < LARGE_BYTES_MIN {
            let taken = src.split_to(self.len).freeze();
            src.advance(NEWLINE_BYTES);
            Some(taken)
        } else {
            Some(self.take_large(src))
        }
    }

    fn make_room(&mut self, src: &mut BytesMut) {
        if self.owns_buffer && src.capacity() > src.len() {
            return;
        }
        let whole = self.len + NEWLINE_BYTES;
        let mut own = BytesMut::with_capacity(whole.min(LARGE_BYTES_MIN.max(src.len() * GROWTH)));
        own.extend_from_slice(src);
        *src = own;
        self.owns_buffer = true;
    }

    fn take_large(&self, src: &mut BytesMut) -> Bytes {
        // Somebody else may have enlarged the buffer; a quarter of waste is accepted.
        if self.owns_buffer && src.capacity() <= self.len + self.len / 4 {
            let taken = src.split_to(self.len).freeze();
            src.advance(NEWLINE_BYTES);
            *src = BytesMut::from(&src[..]);
            taken
        } else {
            let taken = Bytes::copy_from_slice(src.get(..self.len).unwrap_or_default());
            src.advance(self.len + NEWLINE_BYTES);
            taken
        }
    }
}
