//! What can go wrong with a file. Every message names the file and says what to do where there is something to do.

use std::io;
use std::path::PathBuf;

use pyredis_store::SnapshotRunning;
use thiserror::Error;

use crate::foreign::Foreign;
use crate::format::BLOCK_BYTES_MAX;

/// Why a snapshot was not saved. The file that had the name before still has it and is unchanged, except where a variant says otherwise.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// Another snapshot of the same store is not done yet.
    #[error(transparent)]
    Running(#[from] SnapshotRunning),
    /// Something else stands under the name, and saving would destroy it.
    #[error("will not overwrite {}, which is not a pyredis snapshot: {found}; move it away or choose another name", path.display())]
    Foreign {
        /// Where.
        path: PathBuf,
        /// What stands there.
        found: Foreign,
    },
    /// The system refused a step. After a failed `sync the folder of` the new file has the name, but a power loss may bring the old one back.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The step, as a verb.
        action: &'static str,
        /// The file meant.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// [`Progress::cancel`](crate::Progress::cancel) was called.
    #[error("saving {} was cancelled", path.display())]
    Cancelled {
        /// The file that would have been written.
        path: PathBuf,
    },
    /// A key and its value together are longer than a block can be.
    #[error(
        "a key of {key_bytes} bytes in database {db} is too long to save with its value: at most {BLOCK_BYTES_MAX} bytes together"
    )]
    TooLong {
        /// The key's database.
        db: u32,
        /// The length of the key.
        key_bytes: usize,
    },
    /// The store gave fewer or more keys than it had announced; a file with those would not be a true snapshot.
    #[error("the snapshot for {} has {written} keys where {expected} were expected; it was dropped", path.display())]
    Miscounted {
        /// The file that would have been written.
        path: PathBuf,
        /// Keys that the store announced.
        expected: u64,
        /// Keys that it gave.
        written: u64,
    },
}

/// Why a snapshot was not loaded. The file is as it was; the store may hold a part of it and is to be thrown away.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is not a snapshot.
    #[error("{} is not a pyredis snapshot (byte 0): {found}; move it away or name another file", path.display())]
    Foreign {
        /// Where.
        path: PathBuf,
        /// What stands there.
        found: Foreign,
    },
    /// The file ends too early.
    #[error("{} is truncated at byte {offset}: the part that begins at byte {part} is not whole; {REPAIR}", path.display())]
    Truncated {
        /// Which file.
        path: PathBuf,
        /// Where it ends.
        offset: u64,
        /// Where the part begins that is missing or reaches beyond the end.
        part: u64,
    },
    /// The file contradicts itself.
    #[error("{} is damaged at byte {offset}: {damage}; {REPAIR}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where the damaged part begins.
        offset: u64,
        /// What is wrong with it.
        #[source]
        damage: Damage,
    },
    /// The file was written by a version of pyredis that this one does not know.
    #[error("{} has format version {version} (byte 8), and this pyredis reads version 1 only; use a newer pyredis", path.display())]
    UnsupportedVersion {
        /// Which file.
        path: PathBuf,
        /// The version it claims.
        version: u16,
    },
    /// The file uses a feature that this pyredis does not know.
    #[error("{} needs features that this pyredis does not have (flags {flags:#06x}, byte 10); use a newer pyredis", path.display())]
    UnsupportedFlags {
        /// Which file.
        path: PathBuf,
        /// The flags it sets.
        flags: u16,
    },
    /// The store has too few databases.
    #[error(
        "{} has keys of database {db} (block at byte {offset}), and there are only {databases} databases; raise their number",
        path.display()
    )]
    UnknownDatabase {
        /// Which file.
        path: PathBuf,
        /// Where the block with the key begins.
        offset: u64,
        /// The database that a record names.
        db: u32,
        /// How many the store has.
        databases: u32,
    },
    /// The system refused to open or read the file.
    #[error("cannot read {} at byte {offset}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// How far it was read.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// [`Progress::cancel`](crate::Progress::cancel) was called.
    #[error("loading {} was cancelled", path.display())]
    Cancelled {
        /// Which file.
        path: PathBuf,
    },
}

/// What to do about a file that cannot be trusted.
const REPAIR: &str = "put a good copy in its place, or move it away to start without it";

/// How a file contradicts itself.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Damage {
    /// The header's checksum does not fit its bytes.
    #[error("the header's checksum does not match")]
    HeaderChecksum,
    /// A block's checksum does not fit its bytes, or the block is from another file.
    #[error("the block's checksum does not match")]
    BlockChecksum,
    /// A block claims to be longer than any can be.
    #[error("the block claims {bytes} bytes, and {BLOCK_BYTES_MAX} are the most")]
    BlockTooLong {
        /// Its length by its own account.
        bytes: u32,
    },
    /// A block is not where it belongs.
    #[error("block {found} stands where block {expected} belongs")]
    BlockOrder {
        /// The block's own number.
        found: u32,
        /// The number due.
        expected: u32,
    },
    /// A block that is whole, but of no known kind.
    #[error("the block's kind is unknown: {}", kind.escape_ascii())]
    BlockKind {
        /// The kind's four letters.
        kind: [u8; 4],
    },
    /// A block that is whole, but whose content is not what its kind promises.
    #[error("item {item} of the block cannot be understood: {source}")]
    Content {
        /// Which item of the block, from 0.
        item: u64,
        /// What is wrong with it.
        source: rmp_serde::decode::Error,
    },
    /// Bytes behind the last item of a block.
    #[error("the block goes on behind its last item")]
    BlockTail,
    /// The footer counts other blocks or records than there are.
    #[error("the footer counts {claimed} {what}, and there are {found}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// The footer's figure.
        claimed: u64,
        /// The true one.
        found: u64,
    },
    /// Bytes behind the footer.
    #[error("the file goes on behind its footer")]
    FileTail,
}
