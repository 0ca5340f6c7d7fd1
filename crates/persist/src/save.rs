//! Saves a store: drives the snapshot's walk, and writes what the walk and the writers hand over.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use pyredis_store::{Record, SnapshotSink, Store, Timestamp, WalkProgress};

use crate::error::SaveError;
use crate::format::FileId;
use crate::progress::Progress;
use crate::replace::replace;
use crate::writer::{SnapshotWriter, WriteError};

/// How many entries the walk hands over at a time, under one shard's lock.
const ENTRIES_PER_STEP: usize = 256;

/// What was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaveReport {
    /// Keys in the file.
    pub keys: u64,
    /// The file's length.
    pub bytes: u64,
    /// The instant that the file shows.
    pub created_at: Timestamp,
    /// What tells the file from all others.
    pub file_id: [u8; 16],
}

/// Saves the store as it is now into `path`, atomically: a crash or an error at any moment leaves the file that was there before.
///
/// Writers go on meanwhile and never wait for the disk. The memory needed beside a block's is at most one reference to each value
/// that is overwritten while the snapshot runs.
///
/// # Errors
/// [`SaveError`]; among them [`SaveError::Running`] while another snapshot of this store runs, and [`SaveError::Foreign`] when `path` is
/// something that is not a snapshot.
///
/// # Panics
/// When called inside a view of the store.
pub fn save(store: &Store, path: &Path, progress: &Progress) -> Result<SaveReport, SaveError> {
    replace(path, |file| write_snapshot(store, file, path, progress))
}

/// Where records wait between the store and the file.
#[derive(Default)]
struct Queue(Mutex<Vec<Record>>);

impl SnapshotSink for Queue {
    fn hand_over(&self, record: Record) {
        self.0.lock().push(record);
    }
}

impl Queue {
    /// Swaps what waits for an empty `spare`, so that both keep their memory.
    fn take(&self, spare: &mut Vec<Record>) {
        spare.clear();
        std::mem::swap(&mut *self.0.lock(), spare);
    }
}

/// Writes a snapshot of the store; `path` is for the errors.
fn write_snapshot(store: &Store, out: impl Write, path: &Path, progress: &Progress) -> Result<SaveReport, SaveError> {
    let failed = |error| match error {
        WriteError::Io(source) => SaveError::Io { action: "write", path: path.to_owned(), source },
        WriteError::TooLong(record) => SaveError::TooLong { db: record.db, key_bytes: record.key.len() },
    };
    let file_id = new_file_id().map_err(|error| failed(error.into()))?;
    let queue = Arc::new(Queue::default());
    let created_at = store.now();
    let mut walk = store.begin_snapshot(Arc::<Queue>::clone(&queue))?;
    let expected = walk.keys_total() as u64;
    progress.begin(expected, 0);
    let mut writer =
        SnapshotWriter::new(BufWriter::new(out), file_id, created_at).map_err(|error| failed(error.into()))?;
    let mut waiting = Vec::new();
    let mut keys_done = 0;
    loop {
        if progress.is_cancelled() {
            return Err(SaveError::Cancelled { path: path.to_owned() });
        }
        let step = walk.step(ENTRIES_PER_STEP);
        queue.take(&mut waiting);
        keys_done += waiting.len() as u64;
        for record in waiting.drain(..) {
            writer.push(record).map_err(failed)?;
        }
        progress.reached(keys_done, writer.bytes());
        if step == WalkProgress::Done {
            break;
        }
    }
    let (keys, bytes) = writer.finish().map_err(|error| failed(error.into()))?;
    if keys != expected {
        return Err(SaveError::Miscounted { path: path.to_owned(), expected, written: keys });
    }
    progress.reached(keys, bytes);
    Ok(SaveReport { keys, bytes, created_at, file_id })
}

fn new_file_id() -> io::Result<FileId> {
    let mut file_id = FileId::default();
    getrandom::fill(&mut file_id).map_err(io::Error::from)?;
    Ok(file_id)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A disk with room for so many bytes more.
    struct SmallDisk<W> {
        under: W,
        room: usize,
    }

    impl<W: Write> Write for SmallDisk<W> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let fits = bytes.len().min(self.room);
            if fits == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= fits;
            self.under.write(bytes.get(..fits).unwrap_or_default())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.under.flush()
        }
    }

    /// Somebody loses patience at the first byte.
    struct Impatient<'a>(&'a Progress);

    impl Write for Impatient<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.cancel();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_save_that_is_cancelled_midway_ends_and_another_can_begin() {
        let store = Store::builder().shards(2).build();
        for number in 0..1_000_i64 {
            store.set(format!("key:{number}"), vec![b'x'; 1_000]);
        }
        let progress = Progress::default();
        let path = Path::new("dump.rdb");
        let error = write_snapshot(&store, Impatient(&progress), path, &progress).unwrap_err();
        assert!(matches!(error, SaveError::Cancelled { .. }), "{error}");
        assert!((1..1_000).contains(&progress.keys_done()), "{progress:?}");
        let again = write_snapshot(&store, io::sink(), path, &Progress::default()).unwrap();
        assert_eq!(again.keys, 1_000);
    }

    #[test]
    fn a_disk_that_fills_up_at_any_byte_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.rdb");
        let store = Store::builder().shards(2).build();
        store.set("small", "value");
        save(&store, &path, &Progress::default()).unwrap();
        let old_bytes = fs::read(&path).unwrap();
        store.set("long", vec![b'x'; 70_000]);
        let needed = old_bytes.len() + 70_000;

        for room in (0..200).chain([20_000, 60_000, needed]) {
            let outcome = replace(&path, |file| {
                write_snapshot(&store, SmallDisk { under: file, room }, &path, &Progress::default())
            });
            let error = outcome.unwrap_err();
            assert!(
                matches!(&error, SaveError::Io { action: "write", source, .. } if source.kind() == io::ErrorKind::StorageFull),
                "{room}: {error}"
            );
            assert!(error.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{error}");
            assert_eq!(fs::read(&path).unwrap(), old_bytes, "{room}");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "{room}");
        }

        let saved = save(&store, &path, &Progress::default()).unwrap();
        assert_eq!(saved.keys, 2);
        assert_eq!(saved.bytes, fs::metadata(&path).unwrap().len());
    }
}
