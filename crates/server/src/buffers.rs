//! Buffers that the connections of a worker have in common: one of them runs at a time, and none keeps what it does not use.
//!
//! A connection that waits owns no memory to read into or to write replies to. It takes the worker's when there is something to read, and gives
//! them back when it has run; the same few pages are used by all, and stay near the processor. What is left over (half a request,
//! replies that the client does not take) moves to memory of the connection's own.

use std::cell::Cell;

use bytes::BytesMut;

/// What one read may bring.
const INPUT_BYTES: usize = 64 * 1024;
/// Room for replies that is kept; one that grew larger is given back to the allocator.
const REPLY_BYTES_MAX: usize = 256 * 1024;

thread_local! {
    static INPUT: Cell<BytesMut> = Cell::default();
    static REPLIES: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The worker's buffer to read into: empty, with room.
pub(crate) fn take_input() -> BytesMut {
    let mut input = INPUT.take();
    input.reserve(INPUT_BYTES);
    input
}

/// Gives an empty buffer back.
pub(crate) fn give_back_input(mut input: BytesMut) {
    debug_assert!(input.is_empty(), "what was read and not run belongs to the connection");
    // Arguments that were cut out of a large one may keep it alive; another one is made then.
    if input.try_reclaim(INPUT_BYTES) {
        INPUT.set(input);
    }
}

/// The worker's buffer for replies, empty.
pub(crate) fn take_replies() -> Vec<u8> {
    REPLIES.take()
}

/// Gives it back.
pub(crate) fn give_back_replies(mut replies: Vec<u8>) {
    if replies.capacity() <= REPLY_BYTES_MAX {
        replies.clear();
        REPLIES.set(replies);
    }
}
