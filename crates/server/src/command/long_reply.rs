//! Long replies that are written in slices, apart from the connection's output, and handed to it when they are whole: in pieces, so that nothing long is ever
//! moved.

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{Element, List};

use super::error::CommandError;

/// How much is written into one piece.
const PIECE_BYTES: usize = 64 * 1024;
/// Room in a piece for what is written last.
const SLACK_BYTES: usize = 4 * 1024;

enum Piece {
    /// Replies.
    Written(Bytes),
    /// One string.
    String(Bytes),
}

/// The longest reply that a short request may ask for, by members that come again and again.
pub(super) const REPEATED_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Why a longer one is refused.
pub(super) fn too_long() -> CommandError {
    CommandError::err("the reply would be longer than 512 MB")
}

/// A reply on its way.
#[derive(Default)]
pub(super) struct LongReply {
    done: Vec<Piece>,
    done_bytes: usize,
    last: ReplyWriter,
}

impl LongReply {
    pub(super) fn new(version: RespVersion) -> Self {
        Self { done: Vec::new(), done_bytes: 0, last: ReplyWriter::new(version) }
    }

    /// Where the next replies go. Strings that are long and shared go to [`bulk_shared`](Self::bulk_shared) instead.
    pub(super) fn writer(&mut self) -> &mut ReplyWriter {
        if self.last.len_bytes() >= PIECE_BYTES {
            self.cut();
        }
        if self.last.is_empty() && !self.done.is_empty() {
            self.last.lend(Vec::with_capacity(PIECE_BYTES + SLACK_BYTES));
        }
        &mut self.last
    }

    /// A string, kept by reference if it is long.
    pub(super) fn bulk_shared(&mut self, bytes: Bytes) {
        if bytes.len() < PIECE_BYTES {
            self.writer().bulk(&bytes);
        } else {
            self.cut();
            self.done_bytes += bytes.len();
            self.done.push(Piece::String(bytes));
        }
    }

    /// The element at a place of a list.
    pub(super) fn list_element(&mut self, list: &List, place: usize, element: Element<'_>) {
        match shared(list, place, element) {
            Some(bytes) => self.bulk_shared(bytes),
            None => reply_element(self.writer(), element),
        }
    }

    fn cut(&mut self) {
        if !self.last.is_empty() {
            self.done_bytes += self.last.len_bytes();
            self.done.push(Piece::Written(self.last.take_all()));
        }
    }

    /// How long it is so far. O(1).
    pub(super) fn len_bytes(&self) -> usize {
        self.done_bytes + self.last.len_bytes()
    }

    /// Hands all of it over.
    pub(super) fn reply(mut self, reply: &mut ReplyWriter) {
        self.cut();
        for piece in self.done {
            match piece {
                Piece::Written(bytes) => reply.written(bytes),
                Piece::String(bytes) => reply.bulk_shared(bytes),
            }
        }
    }
}

/// Answers an element of a collection.
pub(super) fn reply_element(reply: &mut ReplyWriter, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Integer(number) => reply.bulk_int(number),
    }
}

/// Answers the element at a place of a list, by reference if it is long; no value where there is none.
pub(super) fn reply_list_element(reply: &mut ReplyWriter, list: &List, place: usize) {
    match list.get(place) {
        Some(element) => match shared(list, place, element) {
            Some(bytes) => reply.bulk_shared(bytes),
            None => reply_element(reply, element),
        },
        None => reply.null(),
    }
}

/// The bytes of an element that is better not copied.
fn shared(list: &List, place: usize, element: Element<'_>) -> Option<Bytes> {
    let is_long = matches!(element, Element::Bytes(bytes) if bytes.len() >= PIECE_BYTES);
    if is_long { list.share(place) } else { None }
}
