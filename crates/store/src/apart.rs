//! Values that do not lie in their entry's block: long strings and collections.

use bytes::{Bytes, BytesMut};

use crate::collection::Collection;
use crate::footprint::block;

/// Shared values up to this many bytes get an allocation of their own, so that one cut out of a large read buffer does not keep that
/// alive. Longer ones keep the caller's bytes: they are not copied under a lock.
pub(crate) const COPIED_BYTES_MAX: usize = 64 * 1024;

/// A value that has an allocation of its own.
#[derive(Clone)]
pub(crate) enum Apart {
    String {
        bytes: Bytes,
        /// What is allocated for it: its length, and what a string that was added to has to spare.
        room: usize,
    },
    Collection(Collection),
}

impl From<Bytes> for Apart {
    fn from(bytes: Bytes) -> Self {
        Self::String { room: bytes.len(), bytes }
    }
}

impl Apart {
    /// Bytes of memory that it takes beside the block.
    pub(crate) fn memory(&self) -> usize {
        block(size_of::<Self>())
            + match self {
                Self::String { room, .. } => block(*room),
                Self::Collection(collection) => collection.memory(),
            }
    }
}

/// `head` with `tail` behind it, in `head`'s own memory if nobody else holds it; and what is allocated for it.
pub(crate) fn join(head: Bytes, tail: &[u8]) -> (Bytes, usize) {
    let mut joined = head.try_into_mut().unwrap_or_else(|shared| {
        let mut copy = BytesMut::with_capacity(shared.len() + tail.len());
        copy.extend_from_slice(&shared);
        copy
    });
    joined.extend_from_slice(tail);
    let room = joined.capacity();
    (joined.freeze(), room)
}

/// These bytes, with zeros behind them up to `length`, in their own memory if nobody else holds it and there is room.
pub(crate) fn with_length(bytes: Bytes, length: usize) -> BytesMut {
    let missing = length.saturating_sub(bytes.len());
    match bytes.try_into_mut() {
        // Many zeros come as fresh pages from the system, which takes no time under the lock; so many that what is copied is less.
        Ok(own) if missing > own.len() && missing > COPIED_BYTES_MAX && length > own.capacity() => {
            zeros_behind(&own, length)
        }
        Ok(mut own) => {
            own.resize(own.len() + missing, 0);
            own
        }
        Err(shared) => zeros_behind(&shared, length),
    }
}

pub(crate) fn zeros_behind(head: &[u8], length: usize) -> BytesMut {
    let mut whole = BytesMut::zeroed(length.max(head.len()));
    if let Some(front) = whole.get_mut(..head.len()) {
        front.copy_from_slice(head);
    }
    whole
}
