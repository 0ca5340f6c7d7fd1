//! Replies of many elements: written in pieces, so that an answer of any length is never made, or moved, at once.

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};

/// How much of a long reply lies in one piece.
const PIECE_BYTES: usize = 60 * 1024;
/// Room for the element that completes a piece, if it is no longer than most.
const PIECE_SLACK_BYTES: usize = 4 * 1024;

/// A part of a reply, on its way.
#[derive(Default)]
pub(super) struct LongReply {
    pieces: Vec<Bytes>,
    last: ReplyWriter,
}

impl LongReply {
    pub(super) fn new(version: RespVersion) -> Self {
        Self { pieces: Vec::new(), last: ReplyWriter::new(version) }
    }

    /// Where to write the next element.
    pub(super) fn writer(&mut self) -> &mut ReplyWriter {
        if self.last.len_bytes() >= PIECE_BYTES {
            self.pieces.push(self.last.take_all());
        }
        if self.last.is_empty() && !self.pieces.is_empty() {
            self.last.lend(Vec::with_capacity(PIECE_BYTES + PIECE_SLACK_BYTES));
        }
        &mut self.last
    }

    /// Puts all of it into a reply, without a copy of what is long.
    pub(super) fn reply(mut self, reply: &mut ReplyWriter) {
        self.pieces.into_iter().for_each(|piece| reply.written(piece));
        reply.written(self.last.take_all());
    }
}
