//! A message on its way to many: formatted when the first receiver of a protocol version asks for it.

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};

/// Its parts, and what was made of them so far.
pub(super) struct Message<'m> {
    parts: &'m [&'m [u8]],
    resp2: Option<Bytes>,
    resp3: Option<Bytes>,
}

impl<'m> Message<'m> {
    pub(super) const fn new(parts: &'m [&'m [u8]]) -> Self {
        Self { parts, resp2: None, resp3: None }
    }

    /// As a client of that version reads it.
    pub(super) fn in_version(&mut self, resp3: bool) -> Bytes {
        let (formatted, version) =
            if resp3 { (&mut self.resp3, RespVersion::Resp3) } else { (&mut self.resp2, RespVersion::Resp2) };
        let parts = self.parts;
        formatted
            .get_or_insert_with(|| {
                let mut writer = ReplyWriter::new(version);
                writer.push(parts.len());
                parts.iter().for_each(|part| writer.bulk(part));
                writer.take_all()
            })
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_formatted_once_for_each_version() {
        let mut message = Message::new(&[b"message", b"news", b"hello"]);
        let (first, second) = (message.in_version(false), message.in_version(false));
        assert_eq!(first, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
        assert_eq!(first.as_ptr(), second.as_ptr());
        assert_eq!(message.in_version(true), ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
    }
}
