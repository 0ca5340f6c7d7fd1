//! Long replies of strings, of which nobody knows beforehand how many there will be.

use pyredis_protocol::{ReplyWriter, RespVersion};

use super::long_reply::LongReply;

/// Strings on their way into a reply, which says first how many there are.
pub(super) struct Pieces {
    strings: usize,
    reply: LongReply,
}

impl Default for Pieces {
    fn default() -> Self {
        // Strings look the same in all versions.
        Self { strings: 0, reply: LongReply::new(RespVersion::default()) }
    }
}

impl Pieces {
    pub(super) fn add(&mut self, string: &[u8]) {
        self.strings += 1;
        self.reply.writer().bulk(string);
    }

    /// How long the reply is so far.
    pub(super) fn len_bytes(&self) -> usize {
        self.reply.len_bytes()
    }

    /// Answers with an array of the strings.
    pub(super) fn reply_array(self, reply: &mut ReplyWriter) {
        reply.array(self.strings);
        self.reply.reply(reply);
    }

    /// Answers with a set of the strings.
    pub(super) fn reply_set(self, reply: &mut ReplyWriter) {
        reply.set(self.strings);
        self.reply.reply(reply);
    }
}
