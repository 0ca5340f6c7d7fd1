//! The server's typed way to answer: straight into the session's output, in the session's version.

use std::io::IoSlice;

use bytes::{Buf, BufMut, Bytes};

use crate::frame::Frame;
use crate::limits::SHARED_BYTES_MIN;
use crate::output::{Mark, Output};
use crate::version::RespVersion;
use crate::wire;

/// Writes replies and owns them until they are sent.
///
/// One call writes one reply, or the header of an aggregate whose items the following calls write; counting them
/// right is the caller's duty. Pending bytes are taken as a [`Buf`], which offers them in pieces for one vectored
/// write: small replies lie together, large shared values are sent from where they are.
///
/// ```
/// use bytes::Buf;
/// use pyredis_protocol::{ReplyWriter, RespVersion};
///
/// let mut replies = ReplyWriter::new(RespVersion::Resp2);
/// replies.map(1);
/// replies.bulk(b"proto");
/// replies.int(2);
/// assert_eq!(replies.chunk(), b"*2\r\n$5\r\nproto\r\n:2\r\n");
///
/// replies.advance(replies.remaining());
/// replies.set_version(RespVersion::Resp3);
/// replies.null();
/// assert_eq!(replies.chunk(), b"_\r\n");
/// ```
#[derive(Debug, Default)]
pub struct ReplyWriter {
    output: Output,
    version: RespVersion,
}

impl ReplyWriter {
    /// An empty writer; it allocates when first written to.
    pub fn new(version: RespVersion) -> Self {
        Self { output: Output::default(), version }
    }

    /// The version that replies are written in.
    pub fn version(&self) -> RespVersion {
        self.version
    }

    /// Writes what follows in `version`; what is pending stays as it is.
    pub fn set_version(&mut self, version: RespVersion) {
        self.version = version;
    }

    /// `+OK`
    pub fn ok(&mut self) {
        self.output.tail().put_slice(b"+OK\r\n");
    }

    /// A status. Newlines become spaces.
    pub fn simple(&mut self, text: &str) {
        wire::line(self.output.tail(), b'+', text.as_bytes());
    }

    /// An error: its code, a space, a text. Newlines become spaces, so that text from outside can't forge a reply.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        wire::line(self.output.tail(), b'-', text.as_ref());
    }

    /// An integer.
    pub fn int(&mut self, value: i64) {
        wire::number(self.output.tail(), b':', value);
    }

    /// A number of things, as an integer; of more than there can be, the largest.
    pub fn count(&mut self, things: usize) {
        self.int(i64::try_from(things).unwrap_or(i64::MAX));
    }

    /// A string, copied.
    pub fn bulk(&mut self, bytes: &[u8]) {
        wire::text(self.output.tail(), b'$', bytes);
    }

    /// A string, kept by reference until it is sent if it is 64 KiB or longer, else copied.
    pub fn bulk_shared(&mut self, bytes: Bytes) {
        if bytes.len() < SHARED_BYTES_MIN {
            self.bulk(&bytes);
        } else {
            wire::number(self.output.tail(), b'$', bytes.len());
            self.output.push_shared(bytes);
            self.output.tail().put_slice(b"\r\n");
        }
    }

    /// An integer as a string.
    pub fn bulk_int(&mut self, value: i64) {
        wire::bulk_int(self.output.tail(), value);
    }

    /// No value.
    pub fn null(&mut self) {
        wire::null(self.output.tail(), self.version);
    }

    /// No array, where an array was asked for.
    pub fn null_array(&mut self) {
        wire::null_array(self.output.tail(), self.version);
    }

    /// An array of the next `items` replies.
    pub fn array(&mut self, items: usize) {
        wire::number(self.output.tail(), b'*', items);
    }

    /// A map of the next `pairs` pairs of replies, key first. An array of twice as many in RESP2.
    pub fn map(&mut self, pairs: usize) {
        wire::map(self.output.tail(), self.version, pairs);
    }

    /// A set of the next `items` replies. An array in RESP2.
    pub fn set(&mut self, items: usize) {
        wire::sequence(self.output.tail(), self.version, b'~', items);
    }

    /// A message of the next `items` replies that no request asked for. An array in RESP2.
    pub fn push(&mut self, items: usize) {
        wire::sequence(self.output.tail(), self.version, b'>', items);
    }

    /// A double, as [`DoubleText`](crate::number::DoubleText) spells it. A string in RESP2.
    pub fn double(&mut self, value: f64) {
        wire::double(self.output.tail(), self.version, value);
    }

    /// True or false. 1 or 0 in RESP2.
    pub fn boolean(&mut self, value: bool) {
        wire::boolean(self.output.tail(), self.version, value);
    }

    /// Text in a format of three letters; a shorter name is filled up with spaces, a longer one cut. A string in RESP2.
    pub fn verbatim(&mut self, format: &str, text: impl AsRef<[u8]>) {
        let mut letters = [b' '; 3];
        for (letter, byte) in letters.iter_mut().zip(format.bytes()) {
            *letter = byte;
        }
        wire::verbatim(self.output.tail(), self.version, letters, text.as_ref());
    }

    /// An integer of any size as decimal digits. A string in RESP2.
    pub fn big_number(&mut self, digits: &str) {
        wire::big_number(self.output.tail(), self.version, digits.as_bytes());
    }

    /// A reply that exists as a value.
    pub fn frame(&mut self, frame: &Frame) {
        wire::frame(self.output.tail(), self.version, frame);
    }

    /// Replies that another writer has written, and that were [taken](Self::take_all) from it. Not copied.
    pub fn written(&mut self, replies: Bytes) {
        self.output.push_shared(replies);
    }

    /// A reply or message that another writer has written, and that others get as well: kept by reference until it is sent if it is 64 KiB or longer,
    /// else copied.
    pub fn relay(&mut self, written: Bytes) {
        if written.len() < SHARED_BYTES_MIN {
            self.output.tail().put_slice(&written);
        } else {
            self.output.push_shared(written);
        }
    }

    /// Takes all that was written so far: for replies that are put together piece by piece before they are sent.
    pub fn take_all(&mut self) -> Bytes {
        self.output.take_all()
    }

    /// Bytes not sent yet, values kept by reference included.
    pub fn len_bytes(&self) -> usize {
        self.output.remaining()
    }

    /// Whether all is sent.
    pub fn is_empty(&self) -> bool {
        !self.output.has_remaining()
    }

    /// This place in the output.
    pub fn mark(&self) -> Mark {
        self.output.mark()
    }

    /// Takes back what was written since `mark`, as far as it has not been sent. The version stays.
    ///
    /// ```
    /// # use bytes::Buf;
    /// # use pyredis_protocol::ReplyWriter;
    /// let mut replies = ReplyWriter::default();
    /// replies.ok();
    /// let mark = replies.mark();
    /// replies.array(2);
    /// replies.int(1);
    /// replies.truncate_to(mark);
    /// replies.error("ERR no second item");
    /// assert_eq!(replies.chunk(), b"+OK\r\n-ERR no second item\r\n");
    /// ```
    pub fn truncate_to(&mut self, mark: Mark) {
        self.output.truncate_to(mark);
    }

    /// Writes into this buffer from here on, unless there is one: for a server whose sessions share one. It must be empty.
    ///
    /// ```
    /// # use bytes::Buf;
    /// # use pyredis_protocol::ReplyWriter;
    /// let mut replies = ReplyWriter::default();
    /// replies.lend(Vec::with_capacity(1024));
    /// replies.ok();
    /// assert!(replies.reclaim().is_none(), "not before all is sent");
    /// replies.advance(replies.remaining());
    /// assert_eq!(replies.reclaim().map(|buffer| buffer.capacity()), Some(1024));
    /// ```
    pub fn lend(&mut self, buffer: Vec<u8>) {
        self.output.lend(buffer);
    }

    /// Gives the buffer that was written into away, once all is sent.
    pub fn reclaim(&mut self) -> Option<Vec<u8>> {
        self.output.reclaim()
    }
}

/// The bytes to send. Taking them all leaves a writer that keeps its buffer for the next replies.
impl Buf for ReplyWriter {
    fn remaining(&self) -> usize {
        self.output.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.output.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.output.chunks_vectored(slices)
    }

    /// # Panics
    /// When `count` is more than there is, as every `Buf`.
    fn advance(&mut self, count: usize) {
        self.output.advance(count);
    }
}
