//! A block: bytes behind a reference count, which a clone shares and whoever changes them has for himself.
//!
//! The count is `triomphe`'s: to find out whether a block is nobody else's takes a plain read, as there are no weak references to be locked out. A change asks that
//! for every node on its way.

use std::ops::Deref;

use triomphe::Arc;

use super::work;
use crate::footprint;

/// The count in front of the bytes.
const COUNT_BYTES: usize = size_of::<usize>();

/// What new blocks are copied from, unless they are longer.
static ZEROS: [u8; 4096] = [0; 4096];

/// See the module. One without bytes takes no memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Block(Option<Arc<[u8]>>);

impl Block {
    /// So many zeros.
    pub(super) fn zeroed(len: usize) -> Self {
        Self(Some(ZEROS.get(..len).map_or_else(|| vec![0; len].into(), Arc::from)))
    }

    /// Whether both are one block.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(block), Some(other)) => Arc::ptr_eq(block, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether nobody else has it.
    pub(super) fn is_own(&self) -> bool {
        self.0.as_ref().is_none_or(Arc::is_unique)
    }

    /// The bytes, to be changed: a copy if somebody else has the block too.
    pub(super) fn own(&mut self) -> &mut [u8] {
        let Some(block) = &mut self.0 else { return &mut [] };
        if !block.is_unique() {
            work::add(block.len());
            *block = Arc::from(&**block);
        }
        Arc::get_mut(block).unwrap_or_default()
    }

    /// Bytes that it takes from an allocator.
    pub(super) fn memory(&self) -> usize {
        self.0.as_ref().map_or(0, |block| footprint::block(COUNT_BYTES + block.len()))
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// The length of a block of so many bytes at least: what an allocator would spend on it anyway.
pub(super) const fn fitting(bytes: usize) -> usize {
    footprint::block(COUNT_BYTES + bytes) - COUNT_BYTES
}
