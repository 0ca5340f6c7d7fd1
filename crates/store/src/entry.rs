//! The block behind a slot of the table: key, value, deadline, timer, and the snapshot's bit, in one allocation.
//!
//! # Layout
//! The table's slot is one thin pointer. Behind it, aligned to [`ALIGN`]:
//!
//! | what | bytes | when |
//! |---|---|---|
//! | [`Header`] | 8 | always |
//! | [`Expiry`] | 16 | the key has a deadline |
//! | `Bytes`, the value | 32 | the value is long and shared |
//! | the key | its length | always |
//! | the value | its length | the value is inline |
//!
//! A value of up to [`INLINE_BYTES_MAX`] is inline: a lookup that has found the key has fetched the value, or is about to. A longer one is
//! shared, so that a reader takes it along by reference and copies nothing under the shard's lock.
//!
//! # Invariants
//! - The header's flags and lengths say what is there; they alone give the block's layout. Whoever changes them moves the block.
//! - The pointer is the only one to its block: an `Entry` owns it as a `Box` would.
#![expect(
    unsafe_code,
    reason = "one allocation for parts whose sizes are known at run time, see the module's documentation"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::hash::{Hash, Hasher};
use std::ptr::{self, NonNull};

use bytes::{Bytes, BytesMut};

use crate::clock::Timestamp;
use crate::value::{Value, ValueRef};
use crate::wheel::TimerId;

/// The longest value that lies in its entry's block.
pub(crate) const INLINE_BYTES_MAX: usize = 4096;

/// Shared values up to this many bytes get an allocation of their own, so that one cut out of a large read buffer does not keep that
/// alive. Longer ones keep the caller's bytes: they are not copied under a lock.
const COPIED_BYTES_MAX: usize = 64 * 1024;

const ALIGN: usize = align_of::<u64>();

/// A key with all that belongs to it.
pub(crate) struct Entry(NonNull<Header>);

// SAFETY: an entry owns its block, and what is in it (bytes, numbers, `Bytes`) is `Send` and `Sync`.
unsafe impl Send for Entry {}
// SAFETY: as above; `&Entry` only reads.
unsafe impl Sync for Entry {}

/// What begins every block.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    key_bytes: u32,
    /// Of an inline value; zero of a shared one.
    value_bytes: u16,
    flags: u16,
}

/// On which side of the current snapshot the entry is: see `snapshot.rs`.
const SIDE: u16 = 1;
const EXPIRES: u16 = 1 << 1;
const SHARED: u16 = 1 << 2;

#[derive(Clone, Copy)]
#[repr(C)]
struct Expiry {
    deadline: Timestamp,
    timer: TimerId,
}

/// A value on its way into a block.
enum Incoming<'v> {
    Inline(&'v [u8]),
    Shared(Bytes),
}

impl<'v> Incoming<'v> {
    fn of(value: &'v Value) -> Self {
        let bytes = value.as_bytes();
        if bytes.len() <= INLINE_BYTES_MAX {
            Self::Inline(bytes)
        } else if bytes.len() <= COPIED_BYTES_MAX {
            Self::Shared(Bytes::copy_from_slice(bytes))
        } else {
            Self::Shared(bytes.clone())
        }
    }
}

impl Header {
    #[expect(clippy::cast_possible_truncation, reason = "keys are no longer than 512 MB, inline values than 4 KB")]
    fn new(key: &[u8], value: &Incoming<'_>, expires: bool, side: bool) -> Self {
        debug_assert!(u32::try_from(key.len()).is_ok(), "a key as long as no request can be");
        let (value_bytes, shared) = match value {
            Incoming::Inline(bytes) => (bytes.len() as u16, 0),
            Incoming::Shared(_) => (0, SHARED),
        };
        let flags = shared | if expires { EXPIRES } else { 0 } | if side { SIDE } else { 0 };
        Self { key_bytes: key.len() as u32, value_bytes, flags }
    }

    const fn has(self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Where the shared value begins, if there is one, and else the key.
    const fn behind_expiry(self) -> usize {
        size_of::<Self>() + if self.has(EXPIRES) { size_of::<Expiry>() } else { 0 }
    }

    const fn key_offset(self) -> usize {
        self.behind_expiry() + if self.has(SHARED) { size_of::<Bytes>() } else { 0 }
    }

    const fn value_offset(self) -> usize {
        self.key_offset() + self.key_bytes as usize
    }

    /// The block's size; rounded up, so that a value that is a little longer or shorter finds its place.
    const fn size(self) -> usize {
        (self.value_offset() + self.value_bytes as usize).next_multiple_of(ALIGN)
    }

    fn layout(self) -> Layout {
        // SAFETY: the alignment is a power of two, and the size is far below `isize::MAX`: a key of at most 4 GB, and some bytes.
        unsafe { Layout::from_size_align_unchecked(self.size(), ALIGN) }
    }
}

impl Entry {
    /// An entry without a deadline, born on a side of the snapshot.
    ///
    /// # Panics
    /// When the key is longer than 4 GB.
    pub(crate) fn new(key: &[u8], value: &Value, side: bool) -> Self {
        assert!(u32::try_from(key.len()).is_ok(), "a key has at most 4 GB");
        let value = Incoming::of(value);
        Self::build(Header::new(key, &value, false, side), key, value, None)
    }

    /// Writes a block. The header must be that of the parts.
    fn build(header: Header, key: &[u8], value: Incoming<'_>, expiry: Option<Expiry>) -> Self {
        let layout = header.layout();
        // SAFETY: the layout's size is not zero: a header is in it.
        let Some(block) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        // SAFETY: the block is ours and as large as the header says, which was made from the lengths of these parts; each is written at its
        // offset, with the alignment that the order of the table above gives it (8 bytes, then 16, then 32, then bytes). The bytes that are
        // read come from other allocations.
        unsafe {
            let at = |offset| block.add(offset);
            block.cast::<Header>().write(header);
            if let Some(expiry) = expiry {
                at(size_of::<Header>()).cast::<Expiry>().write(expiry);
            }
            ptr::copy_nonoverlapping(key.as_ptr(), at(header.key_offset()).as_ptr(), key.len());
            match value {
                Incoming::Inline(bytes) => {
                    ptr::copy_nonoverlapping(bytes.as_ptr(), at(header.value_offset()).as_ptr(), bytes.len());
                }
                Incoming::Shared(bytes) => at(header.behind_expiry()).cast::<Bytes>().write(bytes),
            }
        }
        Self(block.cast())
    }

    const fn header(&self) -> Header {
        // SAFETY: every block begins with a header.
        unsafe { self.0.read() }
    }

    /// The part of the block at an offset.
    const fn at<T>(&self, offset: usize) -> NonNull<T> {
        // SAFETY: callers take offsets from the header, so the result is inside the block or one past its end.
        unsafe { self.0.byte_add(offset).cast() }
    }

    pub(crate) const fn key(&self) -> &[u8] {
        let header = self.header();
        // SAFETY: `key_bytes` bytes lie at the key's offset since `build`, and live as long as the entry is borrowed.
        unsafe { std::slice::from_raw_parts(self.at::<u8>(header.key_offset()).as_ptr(), header.key_bytes as usize) }
    }

    pub(crate) const fn value(&self) -> ValueRef<'_> {
        match self.shared() {
            Some(bytes) => ValueRef::shared(bytes),
            None => ValueRef::inline(self.inline()),
        }
    }

    const fn shared(&self) -> Option<&Bytes> {
        let header = self.header();
        if !header.has(SHARED) {
            return None;
        }
        // SAFETY: the flag says that a `Bytes` lies here since `build`; it is borrowed as the entry is.
        Some(unsafe { self.at::<Bytes>(header.behind_expiry()).as_ref() })
    }

    const fn inline(&self) -> &[u8] {
        let header = self.header();
        // SAFETY: as for the key; a shared value has an inline length of zero.
        unsafe {
            std::slice::from_raw_parts(self.at::<u8>(header.value_offset()).as_ptr(), header.value_bytes as usize)
        }
    }

    /// Replaces the value. In place where the block's size stays, else O(key + value).
    pub(crate) fn set_value(&mut self, value: &Value) {
        let incoming = Incoming::of(value);
        let header = self.header();
        let changed = Header::new(self.key(), &incoming, header.has(EXPIRES), header.has(SIDE));
        match incoming {
            Incoming::Inline(bytes) if !header.has(SHARED) && changed.size() == header.size() => {
                // SAFETY: the block's size is that of the changed header, so the value ends inside it; nobody else refers to the block, as
                // we are borrowed exclusively, and `value` is not in it.
                unsafe {
                    ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(header.value_offset()).as_ptr(), bytes.len());
                    self.0.write(changed);
                }
            }
            incoming => *self = Self::build(changed, self.key(), incoming, self.expiry()),
        }
    }

    /// Puts `tail` behind the value. Of a shared value: amortised O(tail) while nobody else holds its bytes, else one copy of the whole.
    pub(crate) fn append(&mut self, tail: &[u8]) {
        let header = self.header();
        if header.has(SHARED) {
            // SAFETY: as in `shared`, borrowed exclusively.
            let bytes = unsafe { self.at::<Bytes>(header.behind_expiry()).as_mut() };
            *bytes = join(std::mem::take(bytes), tail);
        } else {
            let mut joined = BytesMut::with_capacity(self.inline().len() + tail.len());
            joined.extend_from_slice(self.inline());
            joined.extend_from_slice(tail);
            self.set_value(&Value::String(joined.freeze()));
        }
    }

    fn expiry(&self) -> Option<Expiry> {
        // SAFETY: the flag says that an `Expiry` lies behind the header.
        self.header().has(EXPIRES).then(|| unsafe { self.at::<Expiry>(size_of::<Header>()).read() })
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.expiry().map(|expiry| expiry.deadline)
    }

    pub(crate) fn timer(&self) -> Option<TimerId> {
        self.expiry().map(|expiry| expiry.timer)
    }

    /// Gives the key a deadline and its timer, or takes them away. In place if it had one and has one, else O(key + inline value).
    pub(crate) fn set_expiry(&mut self, expiry: Option<(Timestamp, TimerId)>) {
        let expiry = expiry.map(|(deadline, timer)| Expiry { deadline, timer });
        let header = self.header();
        match expiry {
            None if !header.has(EXPIRES) => {}
            Some(expiry) if header.has(EXPIRES) => {
                // SAFETY: the flag says that there is room for an `Expiry` here; we are borrowed exclusively.
                unsafe { self.at::<Expiry>(size_of::<Header>()).write(expiry) }
            }
            expiry => {
                let value = self
                    .shared()
                    .map_or_else(|| Incoming::Inline(self.inline()), |bytes| Incoming::Shared(bytes.clone()));
                let changed = Header::new(self.key(), &value, expiry.is_some(), header.has(SIDE));
                *self = Self::build(changed, self.key(), value, expiry);
            }
        }
    }

    pub(crate) fn is_dead(&self, now: Timestamp) -> bool {
        self.deadline().is_some_and(|deadline| deadline.is_past(now))
    }

    pub(crate) const fn side(&self) -> bool {
        self.header().has(SIDE)
    }

    pub(crate) fn set_side(&mut self, side: bool) {
        let header = self.header();
        let flags = if side { header.flags | SIDE } else { header.flags & !SIDE };
        // SAFETY: the block begins with a header, and we are borrowed exclusively. The layout does not depend on this flag.
        unsafe { self.0.write(Header { flags, ..header }) }
    }

    /// Bytes of memory that the entry accounts for: its slot, its block, and what the block shares.
    pub(crate) fn memory(&self) -> usize {
        const SLOT: usize = size_of::<Entry>() + 1;
        SLOT + self.header().size() + self.shared().map_or(0, Bytes::len)
    }
}

/// `head` with `tail` behind it, in `head`'s own memory if nobody else holds it.
fn join(head: Bytes, tail: &[u8]) -> Bytes {
    let mut joined = head.try_into_mut().unwrap_or_else(|shared| {
        let mut copy = BytesMut::with_capacity(shared.len() + tail.len());
        copy.extend_from_slice(&shared);
        copy
    });
    joined.extend_from_slice(tail);
    joined.freeze()
}

impl Drop for Entry {
    fn drop(&mut self) {
        let header = self.header();
        // SAFETY: the entry owns the block, which was allocated with the layout that its header gives, and is dropped once; a shared value
        // lies where the flag says and is not used again.
        unsafe {
            if header.has(SHARED) {
                self.at::<Bytes>(header.behind_expiry()).drop_in_place();
            }
            dealloc(self.0.as_ptr().cast(), header.layout());
        }
    }
}

/// Entries are the same when their keys are: what the table's map type asks for.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.key());
    }
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
