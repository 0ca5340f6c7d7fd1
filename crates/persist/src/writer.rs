//! Writes a snapshot into anything that takes bytes: header, blocks of records, footer.
//!
//! Records gather in a batch, by reference, and become a block when they are enough. A small batch is encoded into a buffer that is used
//! again for the next. A record with a long value is a batch of its own and is encoded twice, once to measure and once into the output, so
//! that the value is never copied. A large collection becomes several records (`piece.rs`).

use std::io::{self, Write};

use pyredis_store::{Record, Timestamp};
use rmp_serde::Serializer;
use rmp_serde::encode::Error;
use serde::Serialize;

use crate::format::{
    BLOCK_BYTES_MAX, BLOCK_BYTES_TARGET, BlockHeader, BlockKind, FileId, Header, LONE_RECORD_BYTES_MIN,
    PIECE_BYTES_MAX, RECORD_OVERHEAD_BYTES,
};
use crate::piece::Piece;
use crate::record::Footer;

/// Why a record was not written.
#[derive(Debug)]
pub(crate) enum WriteError {
    Io(io::Error),
    /// The key and value of this record, or one element of it, do not fit a block.
    TooLong(Record),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes one snapshot.
pub(crate) struct SnapshotWriter<W> {
    out: W,
    file_id: FileId,
    /// Where a collection is cut.
    piece_bytes: usize,
    batch: Vec<Piece>,
    /// What `batch` will need at most when encoded.
    batch_bytes: usize,
    buffer: Vec<u8>,
    index: u32,
    written: Footer,
    keys: u64,
    bytes: u64,
}

impl<W: Write> SnapshotWriter<W> {
    /// Begins with the header.
    pub(crate) fn new(mut out: W, file_id: FileId, created_at: Timestamp) -> io::Result<Self> {
        let header = Header { file_id, created_at }.encode();
        out.write_all(&header)?;
        Ok(Self {
            out,
            file_id,
            piece_bytes: PIECE_BYTES_MAX,
            batch: Vec::new(),
            batch_bytes: 0,
            buffer: Vec::new(),
            index: 0,
            written: Footer::default(),
            keys: 0,
            bytes: header.len() as u64,
        })
    }

    /// Bytes written so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes one more key.
    pub(crate) fn push(&mut self, record: Record) -> Result<(), WriteError> {
        let mut piece = Piece::first(record, self.piece_bytes);
        while let Some(next) = piece.next(self.piece_bytes) {
            self.push_piece(std::mem::replace(&mut piece, next))?;
        }
        self.push_piece(piece)?;
        self.keys += 1;
        Ok(())
    }

    fn push_piece(&mut self, piece: Piece) -> Result<(), WriteError> {
        let bytes = piece.bytes();
        if bytes > BLOCK_BYTES_MAX as usize {
            return Err(WriteError::TooLong(piece.into_record()));
        }
        if bytes > LONE_RECORD_BYTES_MIN {
            // Nothing comes between two pieces of a collection.
            self.flush_batch()?;
            self.write_block(BlockKind::RECORDS, &[piece], bytes)?;
            self.written.records += 1;
            return Ok(());
        }
        self.batch.push(piece);
        self.batch_bytes += bytes;
        if self.batch_bytes >= BLOCK_BYTES_TARGET { self.flush_batch().map_err(WriteError::Io) } else { Ok(()) }
    }

    /// Writes what is left, and the footer. Returns the number of keys and bytes.
    pub(crate) fn finish(mut self) -> io::Result<(u64, u64)> {
        self.flush_batch()?;
        let footer = self.written;
        self.write_block(BlockKind::FOOTER, &footer, RECORD_OVERHEAD_BYTES)?;
        self.out.flush()?;
        Ok((self.keys, self.bytes))
    }

    fn flush_batch(&mut self) -> io::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.write_block(BlockKind::RECORDS, &batch, self.batch_bytes)?;
        self.written.records += batch.len() as u64;
        batch.clear();
        (self.batch, self.batch_bytes) = (batch, 0);
        Ok(())
    }

    fn write_block(&mut self, kind: BlockKind, content: &impl Serialize, bytes_at_most: usize) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let mut measure = Measure::default();
        if bytes_at_most <= BLOCK_BYTES_TARGET + LONE_RECORD_BYTES_MIN {
            encode(content, &mut buffer)?;
            measure.write_all(&buffer)?;
        } else {
            encode(content, &mut measure)?;
        }
        let header = BlockHeader::new(&self.file_id, kind, self.index, (measure.length, measure.crc)).encode();
        self.out.write_all(&header)?;
        if buffer.is_empty() {
            encode(content, &mut self.out)?;
        } else {
            self.out.write_all(&buffer)?;
        }
        self.buffer = buffer;
        self.index = self.index.wrapping_add(1);
        self.written.blocks += 1;
        self.bytes += header.len() as u64 + u64::from(measure.length);
        Ok(())
    }
}

/// Keeps nothing of what is written into it but the length and the CRC32C.
#[derive(Default)]
struct Measure {
    length: u32,
    crc: u32,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let more = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.length = self.length.checked_add(more).ok_or(io::ErrorKind::FileTooLarge)?;
        self.crc = crc32c::crc32c_append(self.crc, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn encode(content: &impl Serialize, out: impl Write) -> io::Result<()> {
    content.serialize(&mut Serializer::new(out)).map_err(|error| match error {
        Error::InvalidValueWrite(error) => error.into(),
        other => io::Error::other(other),
    })
}

#[cfg(test)]
mod tests {
    use pyredis_store::{SortedSet, Value};

    use super::*;

    /// The snapshot that `docs/persistence-format.md` takes apart, and that `tests/fixtures` keeps.
    fn example() -> Vec<u8> {
        let mut bytes = Vec::new();
        let file_id: FileId = std::array::from_fn(|index| u8::try_from(index).unwrap() * 0x11);
        let mut writer = SnapshotWriter::new(&mut bytes, file_id, Timestamp::from_millis(1_700_000_000_000)).unwrap();
        for (db, key, value, deadline) in [
            (0, &b"greeting"[..], &b"hello"[..], None),
            (3, &b"\x00\xff"[..], &b""[..], Some(Timestamp::from_millis(4_102_444_800_000))),
        ] {
            let (key, value) = (key.into(), Value::from(value));
            writer.push(Record { db, key, value, deadline }).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), (2, bytes.len() as u64));
        bytes
    }

    #[test]
    fn what_is_written_is_what_version_1_wrote() {
        let frozen: &[u8] = include_bytes!("../tests/fixtures/v1.snapshot");
        assert_eq!(example(), frozen);
    }

    /// The same for a collection, in pieces: the page's second example.
    #[test]
    fn a_collection_is_written_as_version_1_wrote_it() {
        let mut bytes = Vec::new();
        let mut writer =
            SnapshotWriter::new(&mut bytes, [0x44; 16], Timestamp::from_millis(1_700_000_000_000)).unwrap();
        // So little that there is one element to a piece.
        writer.piece_bytes = 1;
        let value = Value::from(SortedSet::from_iter([("ann", 1.5), ("bob", f64::INFINITY)]));
        writer.push(Record { db: 0, key: "scores".into(), value, deadline: None }).unwrap();
        assert_eq!(writer.finish().unwrap(), (1, bytes.len() as u64));
        let frozen: &[u8] = include_bytes!("../tests/fixtures/v1-collection.snapshot");
        assert_eq!(bytes, frozen);
    }

    #[test]
    fn a_key_too_long_for_a_block_is_refused() {
        // The key is never looked into, so pages of zeros that nobody touches will do.
        let key = vec![0; BLOCK_BYTES_MAX as usize].into();
        let mut out = Vec::new();
        let mut writer = SnapshotWriter::new(&mut out, FileId::default(), Timestamp::default()).unwrap();
        let record = Record { db: 1, key, value: Value::from(""), deadline: None };
        assert!(matches!(writer.push(record), Err(WriteError::TooLong(record)) if record.db == 1));
    }
}
