//! Loads a snapshot into a store.

use std::path::Path;

use pyredis_store::{Collection, Record, Store, Timestamp, Value};

use crate::error::{Damage, LoadError};
use crate::format::BlockKind;
use crate::progress::Progress;
use crate::reader::{Block, SnapshotReader};
use crate::record::{Footer, RecordReader, read_footer};

/// What was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// Keys that are in the store now.
    pub keys_loaded: u64,
    /// Keys that were left out because their deadline had passed.
    pub keys_expired: u64,
    /// The file's length.
    pub bytes: u64,
    /// The instant that the file shows.
    pub created_at: Timestamp,
    /// What tells the file from all others.
    pub file_id: [u8; 16],
}

/// Puts what the snapshot at `path` holds into the store, which should be empty. Keys whose deadline is past at `now` are counted and left
/// out. `None` if there is no such file.
///
/// # Errors
/// [`LoadError`], which names the file, the byte and the reason. The file is never changed. The store may then hold a part of the snapshot:
/// do not go on with it.
///
/// # Panics
/// When called inside a view of the store.
pub fn load(store: &Store, path: &Path, now: Timestamp, progress: &Progress) -> Result<Option<LoadReport>, LoadError> {
    let Some(mut reader) = SnapshotReader::open(path)? else { return Ok(None) };
    let mut loading = Loading { store, now, keys_loaded: 0, keys_expired: 0 };
    let mut records = RecordReader::default();
    let mut blocks = 0;
    progress.begin(0, reader.length());
    loop {
        if progress.is_cancelled() {
            return Err(LoadError::Cancelled { path: path.to_owned() });
        }
        let Block { offset, kind, payload } = reader.next_block()?;
        match kind {
            BlockKind::RECORDS => {
                let restored = records.read(&payload, |record| loading.restore(record));
                // One that is not whole yet is refused at once, or the error would name a later block.
                let restored = restored.and_then(|()| records.open_database().map_or(Ok(()), |db| loading.check(db)));
                restored.map_err(|fault| fault.into_error(path, offset, store.databases()))?;
            }
            BlockKind::FOOTER => {
                let restored = records.finish().map_or(Ok(()), |record| loading.restore(record));
                restored.map_err(|fault| fault.into_error(path, offset, store.databases()))?;
                let footer = read_footer(&payload).and_then(|footer| check(footer, records.records(), blocks));
                footer.map_err(|damage| reader.damaged(offset, damage))?;
                break;
            }
            BlockKind(kind) => return Err(reader.damaged(offset, Damage::BlockKind { kind })),
        }
        blocks += 1;
        progress.reached(loading.keys(), reader.offset());
    }
    reader.expect_end()?;
    progress.reached(loading.keys(), reader.offset());
    let header = reader.header();
    Ok(Some(LoadReport {
        keys_loaded: loading.keys_loaded,
        keys_expired: loading.keys_expired,
        bytes: reader.offset(),
        created_at: header.created_at,
        file_id: header.file_id,
    }))
}

/// Compares the footer with what there was.
fn check(footer: Footer, records: u64, blocks: u64) -> Result<(), Damage> {
    for (what, claimed, found) in [("records", footer.records, records), ("blocks", footer.blocks, blocks)] {
        if claimed != found {
            return Err(Damage::Count { what, claimed, found });
        }
    }
    Ok(())
}

/// A load under way.
struct Loading<'a> {
    store: &'a Store,
    now: Timestamp,
    keys_loaded: u64,
    keys_expired: u64,
}

impl Loading<'_> {
    const fn keys(&self) -> u64 {
        self.keys_loaded + self.keys_expired
    }

    fn check(&self, db: u32) -> Result<(), Fault> {
        if db >= self.store.databases() { Err(Fault::UnknownDatabase(db)) } else { Ok(()) }
    }

    fn restore(&mut self, record: Record) -> Result<(), Fault> {
        let db = record.db;
        self.check(db)?;
        let is_dead = matches!(&record.value, Value::Collection(Collection::Hash(hash)) if hash.is_dead(self.now));
        if is_dead || record.deadline.is_some_and(|deadline| deadline.is_past(self.now)) {
            self.keys_expired += 1;
            return Ok(());
        }
        self.store.restore(record).map_err(|_| Fault::UnknownDatabase(db))?;
        self.keys_loaded += 1;
        Ok(())
    }
}

/// What can be wrong with a block's records.
enum Fault {
    Damage(Damage),
    UnknownDatabase(u32),
}

impl From<Damage> for Fault {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

impl Fault {
    fn into_error(self, path: &Path, offset: u64, databases: u32) -> LoadError {
        let path = path.to_owned();
        match self {
            Self::Damage(damage) => LoadError::Damaged { path, offset, damage },
            Self::UnknownDatabase(db) => LoadError::UnknownDatabase { path, offset, db, databases },
        }
    }
}
