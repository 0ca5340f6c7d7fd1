//! What a session has yet to send: small bytes copied together, large values by reference, in order.
//!
//! Invariant: the bytes to send are `segments` in order, then `tail` from `sent` on; no segment is empty.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem;

use bytes::{Buf, Bytes};

/// A place in the output, to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Bytes ever written before it.
    written: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Output {
    segments: VecDeque<Bytes>,
    /// Bytes in `segments`.
    segment_bytes: usize,
    tail: Vec<u8>,
    /// Bytes at the start of `tail` that have been sent.
    sent: usize,
    /// Bytes ever taken by `advance`.
    taken: u64,
}

impl Output {
    /// Where small bytes are written to.
    pub(crate) fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    /// Adds a value without copying it.
    pub(crate) fn push_shared(&mut self, value: Bytes) {
        let mut before = Bytes::from(mem::take(&mut self.tail));
        before.advance(mem::take(&mut self.sent));
        for segment in [before, value] {
            if !segment.is_empty() {
                self.segment_bytes += segment.len();
                self.segments.push_back(segment);
            }
        }
    }

    /// Takes everything; without a copy if nothing is kept by reference.
    pub(crate) fn take_all(&mut self) -> Bytes {
        if self.segments.is_empty() && self.sent == 0 {
            self.taken += self.tail.len() as u64;
            return Bytes::from(mem::take(&mut self.tail));
        }
        self.copy_to_bytes(self.remaining())
    }

    /// Writes into this buffer, if it has none.
    pub(crate) fn lend(&mut self, buffer: Vec<u8>) {
        if self.tail.capacity() == 0 {
            self.tail = buffer;
        }
    }

    /// Gives the buffer away, if all is sent.
    pub(crate) fn reclaim(&mut self) -> Option<Vec<u8>> {
        (!self.has_remaining() && self.tail.capacity() > 0).then(|| mem::take(&mut self.tail))
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { written: self.taken + self.remaining() as u64 }
    }

    /// Takes back what was written since `mark`, as far as it has not been sent.
    pub(crate) fn truncate_to(&mut self, mark: Mark) {
        let keep = usize::try_from(mark.written.saturating_sub(self.taken)).unwrap_or(usize::MAX);
        let mut excess = self.remaining().saturating_sub(keep);
        let in_tail = excess.min(self.tail.len() - self.sent);
        self.tail.truncate(self.tail.len() - in_tail);
        excess -= in_tail;
        self.segment_bytes -= excess;
        while let Some(mut last) = self.segments.pop_back_if(|_| excess > 0) {
            if last.len() > excess {
                last.truncate(last.len() - excess);
                self.segments.push_back(last);
                break;
            }
            excess -= last.len();
        }
    }

    fn tail_to_send(&self) -> &[u8] {
        self.tail.get(self.sent..).unwrap_or_default()
    }
}

impl Buf for Output {
    fn remaining(&self) -> usize {
        self.segment_bytes + self.tail.len() - self.sent
    }

    fn chunk(&self) -> &[u8] {
        self.segments.front().map_or(self.tail_to_send(), |segment| segment)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let tail = self.tail_to_send();
        let chunks = self.segments.iter().map(|segment| &segment[..]).chain((!tail.is_empty()).then_some(tail));
        slices.iter_mut().zip(chunks).map(|(slice, chunk)| *slice = IoSlice::new(chunk)).count()
    }

    /// # Panics
    /// When `count` is more than there is, as every `Buf`.
    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.remaining(), "cannot advance by {count}, {} bytes are left", self.remaining());
        self.taken += count as u64;
        while let Some(segment) = self.segments.front_mut() {
            let from_segment = count.min(segment.len());
            self.segment_bytes -= from_segment;
            count -= from_segment;
            segment.advance(from_segment);
            if !segment.is_empty() {
                return;
            }
            self.segments.pop_front();
        }
        self.sent += count;
        if self.sent == self.tail.len() {
            self.sent = 0;
            self.tail.clear();
        }
    }
}
