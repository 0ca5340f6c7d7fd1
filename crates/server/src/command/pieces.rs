//! Long replies, made in pieces before they are sent.

use bytes::Bytes;
use pyredis_protocol::ReplyWriter;

/// How much of a long reply lies in one piece.
const PIECE_BYTES: usize = 60 * 1024;
/// Room for the string that completes a piece, if it is no longer than most.
const PIECE_SLACK_BYTES: usize = 4 * 1024;

/// Strings on their way into a reply, which says first how many there are: written as they are found, in pieces, so that an answer with a million
/// of them is never moved or made at once.
#[derive(Default)]
pub(super) struct Pieces {
    strings: usize,
    bytes: usize,
    pieces: Vec<Bytes>,
    last: ReplyWriter,
}

impl Pieces {
    pub(super) fn add(&mut self, string: &[u8]) {
        if self.last.is_empty() && !self.pieces.is_empty() {
            self.last.lend(Vec::with_capacity(PIECE_BYTES + PIECE_SLACK_BYTES));
        }
        self.strings += 1;
        self.last.bulk(string);
        if self.last.len_bytes() >= PIECE_BYTES {
            self.bytes += self.last.len_bytes();
            self.pieces.push(self.last.take_all());
        }
    }

    /// How long the reply is so far.
    pub(super) fn len_bytes(&self) -> usize {
        self.bytes + self.last.len_bytes()
    }

    /// Answers with an array of the strings.
    pub(super) fn reply_array(self, reply: &mut ReplyWriter) {
        reply.array(self.strings);
        self.reply_strings(reply);
    }

    /// Answers with a set of the strings.
    pub(super) fn reply_set(self, reply: &mut ReplyWriter) {
        reply.set(self.strings);
        self.reply_strings(reply);
    }

    fn reply_strings(mut self, reply: &mut ReplyWriter) {
        self.pieces.into_iter().for_each(|piece| reply.written(piece));
        reply.written(self.last.take_all());
    }
}
