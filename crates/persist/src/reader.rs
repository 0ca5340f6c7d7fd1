//! Reads the frame of a snapshot file, block by block, and keeps count of where it is.
//!
//! Nothing that the file says is believed before its checksum has been compared; until then a block costs no more memory than the file has
//! bytes left. The file is only read.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use bytes::Bytes;

use crate::error::{Damage, LoadError};
use crate::foreign::Foreign;
use crate::format::{
    BLOCK_BYTES_MAX, BLOCK_HEADER_BYTES, BlockHeader, BlockKind, HEADER_BYTES, Header, HeaderFault, MAGIC,
};

/// A snapshot file being read.
pub(crate) struct SnapshotReader<'p> {
    input: BufReader<File>,
    path: &'p Path,
    /// How many bytes have been read.
    offset: u64,
    length: u64,
    header: Header,
    index: u32,
}

/// A block whose checksum was right.
pub(crate) struct Block {
    /// Where it begins in the file.
    pub(crate) offset: u64,
    pub(crate) kind: BlockKind,
    pub(crate) payload: Bytes,
}

impl<'p> SnapshotReader<'p> {
    /// Opens a file and reads its header; `None` if there is no such file.
    pub(crate) fn open(path: &'p Path) -> Result<Option<Self>, LoadError> {
        let unreadable = |source| LoadError::Io { path: path.to_owned(), offset: 0, source };
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(unreadable)?,
        };
        if let Some(found) = Foreign::of_type(&metadata) {
            return Err(LoadError::Foreign { path: path.to_owned(), found });
        }
        let file = File::open(path).map_err(unreadable)?;
        let mut reader = Self {
            input: BufReader::new(file),
            path,
            offset: 0,
            length: metadata.len(),
            header: Header::default(),
            index: 0,
        };
        reader.header = reader.read_header()?;
        Ok(Some(reader))
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// How many bytes have been read.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The file's length when it was opened.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// The next block. There has to be one: whoever has seen the footer asks no more.
    pub(crate) fn next_block(&mut self) -> Result<Block, LoadError> {
        let offset = self.offset;
        let mut bytes = [0; BLOCK_HEADER_BYTES];
        self.read_whole(&mut bytes, offset)?;
        let header = BlockHeader::decode(&bytes);
        if header.length > BLOCK_BYTES_MAX {
            return Err(self.damaged(offset, Damage::BlockTooLong { bytes: header.length }));
        }
        if u64::from(header.length) > self.length.saturating_sub(self.offset) {
            return Err(self.truncated(self.length, offset));
        }
        let mut payload = vec![0; header.length as usize];
        self.read_whole(&mut payload, offset)?;
        if !header.fits(&self.header.file_id, &payload) {
            return Err(self.damaged(offset, Damage::BlockChecksum));
        }
        if header.index != self.index {
            let damage = Damage::BlockOrder { found: header.index, expected: self.index };
            return Err(self.damaged(offset, damage));
        }
        self.index = self.index.wrapping_add(1);
        Ok(Block { offset, kind: header.kind, payload: payload.into() })
    }

    /// Checks that the file ends here.
    pub(crate) fn expect_end(&mut self) -> Result<(), LoadError> {
        let offset = self.offset;
        match self.fill(&mut [0])? {
            0 => Ok(()),
            _ => Err(self.damaged(offset, Damage::FileTail)),
        }
    }

    /// An error about what begins at `offset`.
    pub(crate) fn damaged(&self, offset: u64, damage: Damage) -> LoadError {
        LoadError::Damaged { path: self.path.to_owned(), offset, damage }
    }

    fn truncated(&self, offset: u64, part: u64) -> LoadError {
        LoadError::Truncated { path: self.path.to_owned(), offset, part }
    }

    fn read_header(&mut self) -> Result<Header, LoadError> {
        let mut bytes = [0; HEADER_BYTES];
        let length = self.fill(&mut bytes)?;
        let head = bytes.get(..length.min(MAGIC.len())).unwrap_or_default();
        if let Some(found) = Foreign::recognise(head) {
            return Err(LoadError::Foreign { path: self.path.to_owned(), found });
        }
        if length < HEADER_BYTES {
            return Err(self.truncated(self.offset, 0));
        }
        Header::decode(&bytes).map_err(|fault| match fault {
            HeaderFault::Version(version) => LoadError::UnsupportedVersion { path: self.path.to_owned(), version },
            HeaderFault::Flags(flags) => LoadError::UnsupportedFlags { path: self.path.to_owned(), flags },
            HeaderFault::Checksum => self.damaged(0, Damage::HeaderChecksum),
        })
    }

    /// Fills the buffer with a piece of what begins at `part`.
    fn read_whole(&mut self, buffer: &mut [u8], part: u64) -> Result<(), LoadError> {
        let length = self.fill(buffer)?;
        if length < buffer.len() { Err(self.truncated(self.offset, part)) } else { Ok(()) }
    }

    /// Reads until the buffer is full or the file ends. Returns how many bytes there were.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, LoadError> {
        let mut filled = 0;
        while let Some(rest @ [_, ..]) = buffer.get_mut(filled..) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(more) => {
                    filled += more;
                    self.offset += more as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(LoadError::Io { path: self.path.to_owned(), offset: self.offset, source });
                }
            }
        }
        Ok(filled)
    }
}
