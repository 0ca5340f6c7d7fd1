//! The file's frame: header, block headers, checksums. Format version 1; `docs/persistence-format.md` has the byte tables.
//!
//! All integers are little-endian. This file knows bytes, not files: it never reads or writes one.

use pyredis_store::{Timestamp, VALUE_BYTES_MAX};

/// The first bytes of every snapshot of every version. The zero keeps it from being text.
pub(crate) const MAGIC: [u8; 8] = *b"PYREDIS\0";
/// The version that this crate writes, and the only one that it reads.
pub(crate) const VERSION: u16 = 1;
/// How long the header is.
pub(crate) const HEADER_BYTES: usize = 40;
/// How long the header of a block is.
pub(crate) const BLOCK_HEADER_BYTES: usize = 16;
/// A block is written once it has about this many bytes of records.
pub(crate) const BLOCK_BYTES_TARGET: usize = 128 * 1024;
/// A record longer than this has a block of its own, so that a reader can let the value share the block's memory.
pub(crate) const LONE_RECORD_BYTES_MIN: usize = 64 * 1024;
/// More bytes than a record needs beside its key and value: four markers, a type's name, lengths, numbers.
pub(crate) const RECORD_OVERHEAD_BYTES: usize = 48;
/// More bytes than an element of a collection needs beside its own: the lengths of two parts, or that of one and a score.
pub(crate) const ELEMENT_OVERHEAD_BYTES: usize = 14;
/// A collection that would need more is cut into records that need no more than this, if its key and elements are not longer.
pub(crate) const PIECE_BYTES_MAX: usize = LONE_RECORD_BYTES_MIN;
/// What an element needs beside that if it has a deadline: the marker of an array, and a number.
pub(crate) const DEADLINE_BYTES: usize = 10;
/// The type's name of a hash of which fields have deadlines. A reader that does not know them does not know the name, and refuses the file.
pub(crate) const TIMED_HASH: &str = "hash-until";
/// What the type's name ends in where a record continues the one before it.
pub(crate) const CONTINUES: &str = "+";
/// The longest payload of a block: a key, and a field and its value, each as long as a value can be, and room to spare.
pub(crate) const BLOCK_BYTES_MAX: u32 = 3 * 512 * 1024 * 1024 + 1024;

const _: () = assert!(3 * VALUE_BYTES_MAX + RECORD_OVERHEAD_BYTES + ELEMENT_OVERHEAD_BYTES < BLOCK_BYTES_MAX as usize);
const _: () = assert!(LONE_RECORD_BYTES_MIN < BLOCK_BYTES_TARGET);

/// What identifies a file: random, in the header, and part of every block's checksum.
pub(crate) type FileId = [u8; 16];

/// What stands at the head of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) file_id: FileId,
    pub(crate) created_at: Timestamp,
}

/// Why a header of full length was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    Version(u16),
    Flags(u16),
    Checksum,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&NO_FLAGS.to_le_bytes());
        bytes.extend_from_slice(&self.file_id);
        bytes.extend_from_slice(&self.created_at.as_millis().to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a header that begins with [`MAGIC`]. Version first: what follows it may mean something else in another.
    pub(crate) fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderFault> {
        let version = u16::from_le_bytes(field::<8, _, _>(bytes));
        if version != VERSION {
            return Err(HeaderFault::Version(version));
        }
        let (covered, checksum) = bytes.split_at(HEADER_BYTES - 4);
        if crc32c::crc32c(covered).to_le_bytes() != *checksum {
            return Err(HeaderFault::Checksum);
        }
        let flags = u16::from_le_bytes(field::<10, _, _>(bytes));
        if flags != NO_FLAGS {
            return Err(HeaderFault::Flags(flags));
        }
        let created_at = Timestamp::from_millis(u64::from_le_bytes(field::<28, _, _>(bytes)));
        Ok(Self { file_id: field::<12, _, _>(bytes), created_at })
    }
}

/// Version 1 has no flags yet; a bit that is set means something that a reader must know.
const NO_FLAGS: u16 = 0;

/// What a block is for, as its first four bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockKind(pub(crate) [u8; 4]);

impl BlockKind {
    /// An array of records.
    pub(crate) const RECORDS: Self = Self(*b"RECS");
    /// The last block: how many records and blocks came before it.
    pub(crate) const FOOTER: Self = Self(*b"DONE");
}

/// What stands before a block's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    pub(crate) kind: BlockKind,
    /// The length of the payload.
    pub(crate) length: u32,
    /// The block's place in the file, from 0; it wraps, so that no file is too long.
    pub(crate) index: u32,
    pub(crate) checksum: u32,
}

impl BlockHeader {
    /// The header of a payload whose own CRC32C and length are known.
    pub(crate) fn new(file_id: &FileId, kind: BlockKind, index: u32, (length, payload_crc): (u32, u32)) -> Self {
        let mut header = Self { kind, length, index, checksum: 0 };
        let before = crc32c::crc32c_append(crc32c::crc32c(file_id), &header.covered());
        header.checksum = crc32c::crc32c_combine(before, payload_crc, length as usize);
        header
    }

    /// Whether the checksum is that of this payload in the file with this id.
    pub(crate) fn fits(&self, file_id: &FileId, payload: &[u8]) -> bool {
        let before = crc32c::crc32c_append(crc32c::crc32c(file_id), &self.covered());
        crc32c::crc32c_append(before, payload) == self.checksum
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.covered(), self.checksum.to_le_bytes().to_vec()].concat()
    }

    pub(crate) fn decode(bytes: &[u8; BLOCK_HEADER_BYTES]) -> Self {
        Self {
            kind: BlockKind(field::<0, _, _>(bytes)),
            length: u32::from_le_bytes(field::<4, _, _>(bytes)),
            index: u32::from_le_bytes(field::<8, _, _>(bytes)),
            checksum: u32::from_le_bytes(field::<12, _, _>(bytes)),
        }
    }

    /// The header's own bytes under the checksum: all before it.
    fn covered(&self) -> Vec<u8> {
        [self.kind.0, self.length.to_le_bytes(), self.index.to_le_bytes()].concat()
    }
}

/// The field of `N` bytes that begins at byte `AT`. One that is not inside does not compile.
fn field<const AT: usize, const N: usize, const LENGTH: usize>(bytes: &[u8; LENGTH]) -> [u8; N] {
    const { assert!(AT + N <= LENGTH, "the field is inside") };
    let mut field = [0; N];
    field.copy_from_slice(&bytes[AT..AT + N]);
    field
}
