//! The block behind a slot of the table: key, value, deadline, timer, and the snapshot's bit, in one allocation.
//!
//! # Layout
//! The table's slot is one thin pointer. Behind it, aligned to [`ALIGN`]:
//!
//! | what | bytes | when |
//! |---|---|---|
//! | [`Header`] | 12 | always |
//! | deadline and timer | 12 | the key has a deadline, or holds a hash of which fields have one |
//! | a pointer to the value ([`Apart`]) | 8 | the value is a long string or a collection |
//! | the key | its length | always |
//! | the value | its length, or 8 | the value is inline, or an integer |
//!
//! A value of up to [`INLINE_BYTES_MAX`] is inline: a lookup that has found the key has fetched the value, or is about to. Text that is an integer
//! as Redis writes integers is kept as one. A longer value is shared, so that a reader takes it along by reference and copies nothing
//! under the shard's lock.
//!
//! Only the header is aligned; what is behind it is read and written as bytes. With 8 for the alignment, the header would take 16.
//!
//! No address of a program has anything in its upper 16 bits, so the pointer carries 16 bits for the table: the entry's [mark](Entry::mark).
//!
//! # Invariants
//! - The header's flags and lengths say what is there; they alone give the block's layout. Whoever changes them moves the block.
//! - The pointer is the only one to its block: an `Entry` owns it as a `Box` would. It goes to the block once the mark is cut off, which only
//!   [`Entry::block`] does.
//! - The access word is written by readers too, so it is only used as an atomic. All else is written with the shard locked exclusively.
#![expect(
    unsafe_code,
    reason = "one allocation for parts whose sizes are known at run time, see the module's documentation"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;

use crate::access::Touch;
use crate::apart::{Apart, COPIED_BYTES_MAX, join, with_length, zeros_behind};
use crate::clock::Timestamp;
use crate::collection::CollectionType;
use crate::error::StoreError;
use crate::footprint::block;
use crate::value::{NewValue, StringRef, ValueRef, ValueType, parse_integer};
use crate::wheel::TimerId;

/// The longest value that lies in its entry's block.
pub(crate) const INLINE_BYTES_MAX: usize = 4096;

const ALIGN: usize = align_of::<AtomicU32>();

/// Where the mark begins in the pointer.
const MARK_SHIFT: u32 = 48;
const ADDRESS: usize = (1 << MARK_SHIFT) - 1;

/// A key with all that belongs to it: the pointer to its block, and the mark.
#[repr(transparent)]
pub(crate) struct Entry(NonNull<Block>);

// SAFETY: an entry owns its block, and what is in it (bytes, numbers, a pointer to `Bytes` that it owns) is `Send` and `Sync`.
unsafe impl Send for Entry {}
// SAFETY: as above; `&Entry` only reads, but for the access word, which is atomic.
unsafe impl Sync for Entry {}

/// What begins every block.
#[repr(C)]
struct Block {
    access: AtomicU32,
    header: Header,
}

/// What the block holds.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    key_bytes: u32,
    /// Of an inline value; zero of one that lies apart.
    value_bytes: u16,
    flags: u16,
}

/// On which side of the current snapshot the entry is: see `snapshot.rs`.
const SIDE: u16 = 1;
/// There are a deadline and a timer.
const EXPIRES: u16 = 1 << 1;
/// The value has an allocation of its own.
const APART: u16 = 1 << 2;
const INTEGER: u16 = 1 << 3;
/// The string was added to or written into where it was, which shows in its encoding.
const RAW: u16 = 1 << 4;
/// The string is what Redis keeps as text, although it reads as an integer.
const TEXT: u16 = 1 << 5;
/// The deadline is none: the timer is there for the fields of the hash alone.
const LASTS: u16 = 1 << 6;
/// The longest text that is an integer.
const INTEGER_DIGITS_MAX: usize = 20;
/// The longest string that Redis keeps in one piece with its object.
const EMBEDDED_BYTES_MAX: usize = 44;

/// The key's own deadline, if it has one, and the timer of whatever comes first.
type Expiry = (Option<Timestamp>, TimerId);

/// How Redis would keep a string, where that does not follow from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a buffer of its own.
    Raw,
    /// As text, also if it reads as an integer.
    Text,
}

const EXPIRY_BYTES: usize = size_of::<Timestamp>() + size_of::<TimerId>();
const APART_BYTES: usize = size_of::<NonNull<Apart>>();

/// A value on its way into a block.
enum Incoming<'v> {
    Inline(&'v [u8]),
    Integer(i64),
    Apart(Apart),
}

impl<'v> Incoming<'v> {
    fn of(value: NewValue<'v>) -> Self {
        let bytes = match value {
            NewValue::Integer(number) => return Self::Integer(number),
            NewValue::Collection(collection) => {
                let mut own = collection.clone();
                own.look_at_all();
                return Self::Apart(Apart::Collection(own));
            }
            NewValue::Copied(bytes) => bytes,
            NewValue::Shared(bytes) if bytes.len() > COPIED_BYTES_MAX => return Self::Apart(bytes.clone().into()),
            NewValue::Shared(bytes) => bytes,
        };
        match parse_integer(bytes) {
            Some(number) => Self::Integer(number),
            None if bytes.len() <= INLINE_BYTES_MAX => Self::Inline(bytes),
            None => Self::Apart(Bytes::copy_from_slice(bytes).into()),
        }
    }
}

impl Header {
    #[expect(clippy::cast_possible_truncation, reason = "keys are no longer than 512 MB, inline values than 4 KB")]
    fn new(key: &[u8], value: &Incoming<'_>, expires: bool, side: bool) -> Self {
        debug_assert!(u32::try_from(key.len()).is_ok(), "a key as long as no request can be");
        let (value_bytes, kind) = match value {
            Incoming::Inline(bytes) => (bytes.len() as u16, 0),
            Incoming::Integer(_) => (size_of::<i64>() as u16, INTEGER),
            Incoming::Apart(_) => (0, APART),
        };
        let flags = kind | if expires { EXPIRES } else { 0 } | if side { SIDE } else { 0 };
        Self { key_bytes: key.len() as u32, value_bytes, flags }
    }

    const fn has(self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// The same, of a key with no deadline of its own, or with one.
    const fn lasting(self, lasts: bool) -> Self {
        Self { flags: if lasts { self.flags | LASTS } else { self.flags & !LASTS }, ..self }
    }

    /// Where the pointer to the shared value is, if there is one, and else the key.
    const fn behind_expiry(self) -> usize {
        size_of::<Block>() + if self.has(EXPIRES) { EXPIRY_BYTES } else { 0 }
    }

    const fn key_offset(self) -> usize {
        self.behind_expiry() + if self.has(APART) { APART_BYTES } else { 0 }
    }

    const fn value_offset(self) -> usize {
        self.key_offset() + self.key_bytes as usize
    }

    /// The block's size; rounded up, so that a value that is a little longer or shorter finds its place. It is four less than a multiple of eight:
    /// allocators have classes of such multiples, and some need `ALIGN - 1` bytes more to align what they hand out.
    const fn size(self) -> usize {
        (self.value_offset() + self.value_bytes as usize + 4).next_multiple_of(8) - 4
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
    pub(crate) fn new(key: &[u8], value: NewValue<'_>, side: bool, touch: Touch) -> Self {
        assert!(u32::try_from(key.len()).is_ok(), "a key has at most 4 GB");
        let value = Incoming::of(value);
        Self::build(Header::new(key, &value, false, side), touch.born(), key, value, None)
    }

    /// Writes a block. The header must be that of the parts.
    fn build(header: Header, access: u32, key: &[u8], value: Incoming<'_>, expiry: Option<Expiry>) -> Self {
        let layout = header.layout();
        // SAFETY: the layout's size is not zero: a header is in it.
        let Some(block) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        Self::check_address(block);
        // SAFETY: the block is ours and as large as the header says, which was made from the lengths of these parts; the first is aligned as the
        // layout is, the others are written as bytes. What is read comes from other allocations.
        unsafe {
            block.cast::<Block>().write(Block { access: AtomicU32::new(access), header });
            if let Some((deadline, timer)) = expiry {
                write_expiry(block, deadline.unwrap_or_default(), timer);
            }
            ptr::copy_nonoverlapping(key.as_ptr(), block.add(header.key_offset()).as_ptr(), key.len());
            match value {
                Incoming::Inline(bytes) => {
                    ptr::copy_nonoverlapping(bytes.as_ptr(), block.add(header.value_offset()).as_ptr(), bytes.len());
                }
                Incoming::Integer(number) => block.add(header.value_offset()).cast().write_unaligned(number),
                Incoming::Apart(value) => {
                    let value = NonNull::from(Box::leak(Box::new(value)));
                    block.add(header.behind_expiry()).cast().write_unaligned(value);
                }
            }
        }
        Self(block.cast())
    }

    /// What is not an address is not ours to keep anything in.
    fn check_address(block: NonNull<u8>) {
        assert!(
            block.addr().get() <= ADDRESS,
            "the allocator gave an address of more than 48 bits, which this store does not take"
        );
    }

    /// The pointer without the mark.
    #[inline]
    fn block(&self) -> *mut Block {
        self.0.as_ptr().map_addr(|address| address & ADDRESS)
    }

    /// What the table has written down about the entry where its pointer lies; zero of a new entry.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "16 bits are left")]
    pub(crate) fn mark(&self) -> u16 {
        (self.0.addr().get() >> MARK_SHIFT) as u16
    }

    pub(crate) fn set_mark(&mut self, mark: u16) {
        // SAFETY: the block's address is not zero: it was made from a `NonNull`.
        let block = unsafe { NonNull::new_unchecked(self.block()) };
        self.0 = block.map_addr(|address| address | (usize::from(mark) << MARK_SHIFT));
    }

    /// Takes the place of another entry in the table.
    fn replace(&mut self, mut by: Self) {
        by.set_mark(self.mark());
        *self = by;
    }

    fn header(&self) -> Header {
        // SAFETY: every block begins with a `Block`, whose header is written only by who has `&mut Entry`.
        unsafe { (*self.block()).header }
    }

    fn set_header(&mut self, header: Header) {
        // SAFETY: as above, and we are borrowed exclusively.
        unsafe { (*self.block()).header = header }
    }

    fn access(&self) -> &AtomicU32 {
        // SAFETY: every block begins with a `Block`, and the word is only used as an atomic.
        unsafe { &(*self.block()).access }
    }

    /// Where the block's memory begins, for who wants it fetched.
    pub(crate) fn address(&self) -> *const u8 {
        self.block().cast_const().cast()
    }

    /// The part of the block at an offset, as bytes.
    fn at(&self, offset: usize) -> NonNull<u8> {
        // SAFETY: callers take offsets from the header, so the result is inside the block or one past its end, and no null pointer.
        unsafe { NonNull::new_unchecked(self.block().byte_add(offset).cast()) }
    }

    pub(crate) fn key(&self) -> &[u8] {
        let header = self.header();
        // SAFETY: `key_bytes` bytes lie at the key's offset since `build`, and live as long as the entry is borrowed.
        unsafe { std::slice::from_raw_parts(self.at(header.key_offset()).as_ptr(), header.key_bytes as usize) }
    }

    #[inline]
    pub(crate) fn value(&self) -> ValueRef<'_> {
        let header = self.header();
        ValueRef::String(match self.apart() {
            Some(Apart::Collection(collection)) => return ValueRef::Collection(collection),
            Some(Apart::String { bytes, .. }) => StringRef::shared(bytes),
            None if header.has(INTEGER) => {
                // SAFETY: the flag says that an integer lies here since it was last written.
                StringRef::integer(unsafe { self.at(header.value_offset()).cast().read_unaligned() })
            }
            None => StringRef::inline(self.inline()),
        })
    }

    /// The string that the key holds.
    #[inline]
    pub(crate) fn string(&self) -> Result<StringRef<'_>, StoreError> {
        self.value().string()
    }

    /// The collection that the key holds, if it is of this type.
    pub(crate) fn collection<C: CollectionType>(&self) -> Result<&C, StoreError> {
        match self.apart() {
            Some(Apart::Collection(collection)) => C::of(collection),
            _ => None,
        }
        .ok_or_else(|| self.wrong_type(C::TYPE))
    }

    fn wrong_type(&self, expected: ValueType) -> StoreError {
        StoreError::WrongType { expected, found: self.value().value_type() }
    }

    /// The same, to be changed.
    pub(crate) fn collection_mut<C: CollectionType>(&mut self) -> Result<&mut C, StoreError> {
        let wrong = self.wrong_type(C::TYPE);
        match self.apart_mut() {
            Some(Apart::Collection(collection)) => C::of_mut(collection).ok_or(wrong),
            _ => Err(wrong),
        }
    }

    fn apart(&self) -> Option<&Apart> {
        // SAFETY: the pointer is to an `Apart` that the entry owns; it is borrowed as the entry is.
        self.apart_pointer().map(|value| unsafe { value.as_ref() })
    }

    fn apart_mut(&mut self) -> Option<&mut Apart> {
        // SAFETY: as above, borrowed exclusively.
        self.apart_pointer().map(|mut value| unsafe { value.as_mut() })
    }

    fn apart_pointer(&self) -> Option<NonNull<Apart>> {
        let header = self.header();
        // SAFETY: the flag says that a pointer lies here since `build`.
        header.has(APART).then(|| unsafe { self.at(header.behind_expiry()).cast().read_unaligned() })
    }

    fn inline(&self) -> &[u8] {
        let header = self.header();
        // SAFETY: as for the key; a value that lies apart has an inline length of zero.
        unsafe { std::slice::from_raw_parts(self.at(header.value_offset()).as_ptr(), header.value_bytes as usize) }
    }

    fn inline_mut(&mut self) -> &mut [u8] {
        let header = self.header();
        // SAFETY: as for `inline`, borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.at(header.value_offset()).as_ptr(), header.value_bytes as usize) }
    }

    /// Replaces the value. In place where the block's size stays, else O(key + value).
    pub(crate) fn set_value(&mut self, value: NewValue<'_>) {
        let incoming = Incoming::of(value);
        let header = self.header();
        let mut changed = Header::new(self.key(), &incoming, header.has(EXPIRES), header.has(SIDE));
        changed.flags |= header.flags & LASTS;
        let stays = !header.has(APART) && changed.size() == header.size();
        // SAFETY of both arms: the block's size is that of the changed header, so the value ends inside it; nobody else refers to the block, as we
        // are borrowed exclusively, and `value` is not in it.
        match incoming {
            Incoming::Inline(bytes) if stays => {
                // SAFETY: see above.
                unsafe {
                    ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(header.value_offset()).as_ptr(), bytes.len());
                }
                self.set_header(changed);
            }
            Incoming::Integer(number) if stays => {
                // SAFETY: see above.
                unsafe { self.at(header.value_offset()).cast().write_unaligned(number) }
                self.set_header(changed);
            }
            incoming => {
                self.replace(Self::build(changed, self.access_word(), self.key(), incoming, self.expiry()));
            }
        }
    }

    /// Moves the entry into a new block, byte by byte; it stays where it is if there is no memory for that. O(block).
    pub(crate) fn relocate(&mut self) {
        let layout = self.header().layout();
        // SAFETY: the layout's size is not zero: a header is in it.
        let Some(block) = NonNull::new(unsafe { alloc(layout) }) else { return };
        Self::check_address(block);
        let mark = self.mark();
        // SAFETY: both blocks are as large as the layout says, and the new one is nobody else's. Nothing in a block refers to the block itself, and
        // we are borrowed exclusively, so nobody looks at it or touches its access word meanwhile. What the block owns (the value that lies apart) belongs to the new
        // one from here on: the old one is given back without dropping it.
        unsafe {
            let old = self.block();
            ptr::copy_nonoverlapping(old.cast_const().cast::<u8>(), block.as_ptr(), layout.size());
            self.0 = block.cast();
            dealloc(old.cast(), layout);
        }
        self.set_mark(mark);
    }

    /// The size of the entry's block.
    pub(crate) fn block_bytes(&self) -> usize {
        self.header().size()
    }

    /// How Redis would say that the value is kept.
    pub(crate) fn encoding(&self) -> &'static str {
        let header = self.header();
        match self.value() {
            ValueRef::Collection(collection) => collection.encoding(),
            _ if header.has(RAW) => "raw",
            ValueRef::String(string) if string.as_integer().is_some() && !header.has(TEXT) => "int",
            ValueRef::String(string) if string.len() <= EMBEDDED_BYTES_MAX => "embstr",
            ValueRef::String(_) => "raw",
        }
    }

    /// Puts `tail` behind the string. Of a long one: amortised O(tail) while nobody else holds its bytes, else one copy of the whole.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub(crate) fn append(&mut self, tail: &[u8]) -> Result<(), StoreError> {
        if let Some(Apart::String { bytes, room }) = self.apart_mut() {
            (*bytes, *room) = join(std::mem::take(bytes), tail);
        } else {
            let joined = self.string()?.with_bytes(|head| [head, tail].concat());
            self.set_value(NewValue::Copied(&joined));
        }
        self.set_form(Form::Raw);
        Ok(())
    }

    /// Lets `write` change the bytes of the string, of which there are at least `length`: those that were missing are zeros. In place where the
    /// length stays or, of a shared value, nobody else holds its bytes; else one copy of the whole.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub(crate) fn write<R>(&mut self, length: usize, write: impl FnOnce(&mut [u8]) -> R) -> Result<R, StoreError> {
        let result = if let Some(Apart::String { bytes, room }) = self.apart_mut() {
            let mut own = with_length(std::mem::take(bytes), length);
            let result = write(&mut own);
            (*room, *bytes) = (own.capacity(), own.freeze());
            result
        } else if self.inline().len() > INTEGER_DIGITS_MAX && length <= self.inline().len() {
            write(self.inline_mut())
        } else {
            let mut bytes = self.string()?.with_bytes(|head| zeros_behind(head, length));
            let result = write(&mut bytes);
            self.set_value(NewValue::Shared(&bytes.freeze()));
            result
        };
        self.set_form(Form::Raw);
        Ok(result)
    }

    /// The string shows another form than follows from its bytes, until it is replaced.
    pub(crate) fn set_form(&mut self, form: Form) {
        let header = self.header();
        let flag = match form {
            Form::Raw => RAW,
            Form::Text => TEXT,
        };
        self.set_header(Header { flags: header.flags | flag, ..header });
    }

    fn expiry(&self) -> Option<Expiry> {
        let header = self.header();
        if !header.has(EXPIRES) {
            return None;
        }
        let behind = self.at(size_of::<Block>());
        // SAFETY: the flag says that a deadline and a timer lie behind the block's first part since they were last written.
        let (deadline, timer) =
            unsafe { (behind.cast().read_unaligned(), behind.add(size_of::<Timestamp>()).cast().read_unaligned()) };
        Some((Some(deadline).filter(|_| !header.has(LASTS)), timer))
    }

    /// Gives the key a deadline and a timer, or takes them away. In place if it had one and has one, else O(key + inline value).
    pub(crate) fn set_expiry(&mut self, expiry: Option<Expiry>) {
        let header = self.header();
        match expiry {
            None if !header.has(EXPIRES) => {}
            Some((deadline, timer)) if header.has(EXPIRES) => {
                // SAFETY: the flag says that there is room for it, and we are borrowed exclusively.
                unsafe { write_expiry(self.at(0), deadline.unwrap_or_default(), timer) }
                self.set_header(header.lasting(deadline.is_none()));
            }
            expiry => {
                let value = match (self.apart(), self.value()) {
                    (Some(apart), _) => Incoming::Apart(apart.clone()),
                    (None, ValueRef::String(string)) if let Some(number) = string.as_integer() => {
                        Incoming::Integer(number)
                    }
                    (None, _) => Incoming::Inline(self.inline()),
                };
                let mut changed = Header::new(self.key(), &value, expiry.is_some(), header.has(SIDE));
                changed.flags |= header.flags & (RAW | TEXT);
                changed = changed.lasting(expiry.is_some_and(|(deadline, _)| deadline.is_none()));
                self.replace(Self::build(changed, self.access_word(), self.key(), value, expiry));
            }
        }
    }

    pub(crate) fn side(&self) -> bool {
        self.header().has(SIDE)
    }

    pub(crate) fn set_side(&mut self, side: bool) {
        let header = self.header();
        let flags = if side { header.flags | SIDE } else { header.flags & !SIDE };
        self.set_header(Header { flags, ..header });
    }

    /// The key is used: the access word follows. Writes only where that changes it.
    pub(crate) fn touch(&self, touch: Touch) {
        let word = self.access_word();
        let touched = touch.after(word);
        if touched != word {
            self.access().store(touched, Ordering::Relaxed);
        }
    }

    /// Takes over the access word of another entry, and its string's form. In place.
    pub(crate) fn inherit(&mut self, from: &Self) {
        self.access().store(from.access_word(), Ordering::Relaxed);
        let header = self.header();
        let flags = header.flags & !(RAW | TEXT) | from.header().flags & (RAW | TEXT);
        self.set_header(Header { flags, ..header });
    }

    /// The form of the string, where it does not follow from its bytes.
    pub(crate) fn form(&self) -> Option<Form> {
        let header = self.header();
        if header.has(RAW) {
            Some(Form::Raw)
        } else if header.has(TEXT) {
            Some(Form::Text)
        } else {
            None
        }
    }

    /// How lately or how often the key was used: see `access.rs`.
    pub(crate) fn access_word(&self) -> u32 {
        self.access().load(Ordering::Relaxed)
    }

    /// Bytes of memory that the entry takes: its block, and what the block shares.
    pub(crate) fn memory(&self) -> usize {
        block(self.header().size()) + self.apart().map_or(0, Apart::memory)
    }
}

/// # Safety
/// The block must have room for a deadline and a timer behind its first part, and be ours to write.
unsafe fn write_expiry(block: NonNull<u8>, deadline: Timestamp, timer: TimerId) {
    // SAFETY: the caller's word; written as bytes.
    unsafe {
        block.add(size_of::<Block>()).cast().write_unaligned(deadline);
        block.add(size_of::<Block>() + size_of::<Timestamp>()).cast().write_unaligned(timer);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let header = self.header();
        // SAFETY: the entry owns the block, which was allocated with the layout that its header gives, and is dropped once; so is the value that lies apart,
        // whose pointer came from a `Box`.
        unsafe {
            if let Some(value) = self.apart_pointer() {
                drop(Box::from_raw(value.as_ptr()));
            }
            dealloc(self.block().cast(), header.layout());
        }
    }
}

#[path = "entry_time.rs"]
mod time;

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
