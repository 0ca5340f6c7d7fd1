//! Tells our files from everybody else's, by their first bytes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use crate::format::MAGIC;

/// What stands under a name where a snapshot was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Foreign {
    /// A folder.
    #[error("it is a folder")]
    Folder,
    /// A pipe, socket or device.
    #[error("it is not a regular file")]
    Special,
    /// A file without a byte.
    #[error("it is empty")]
    Empty,
    /// A dump that Redis wrote.
    #[error("it is a Redis RDB file, which pyredis does not read")]
    RedisRdb,
    /// Anything else.
    #[error("it does not begin as one")]
    Other,
}

impl Foreign {
    /// What begins with these bytes, if that is not a snapshot; `None` also for the first few bytes of one.
    pub(crate) fn recognise(head: &[u8]) -> Option<Self> {
        match head {
            [] => Some(Self::Empty),
            _ if head.starts_with(&MAGIC) || MAGIC.starts_with(head) => None,
            _ if head.starts_with(b"REDIS") => Some(Self::RedisRdb),
            _ => Some(Self::Other),
        }
    }

    /// The kinds that can be told without opening, which for a pipe could wait for ever.
    pub(crate) fn of_type(metadata: &fs::Metadata) -> Option<Self> {
        if metadata.is_dir() {
            Some(Self::Folder)
        } else if metadata.is_file() {
            None
        } else {
            Some(Self::Special)
        }
    }
}

/// Whether a file of this name is there and begins as a snapshot does, so that it may be removed as one of ours. A link is none.
///
/// # Errors
/// The system refuses to look; [`io::ErrorKind::NotFound`] where there is nothing.
pub fn is_snapshot(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_file() && head_of(path)? == MAGIC)
}

/// The first bytes of a file, as many as [`MAGIC`] has or fewer if the file ends before.
pub(crate) fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(MAGIC.len());
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_with_the_magic_is_a_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("ours"), b"PYREDIS\0 and more").unwrap();
        fs::write(path("cut"), b"PYRED").unwrap();
        fs::write(path("theirs"), b"mine").unwrap();
        fs::create_dir(path("folder")).unwrap();
        std::os::unix::fs::symlink(path("ours"), path("link")).unwrap();
        assert!(is_snapshot(&path("ours")).unwrap());
        for name in ["cut", "theirs", "folder", "link"] {
            assert!(!is_snapshot(&path(name)).unwrap(), "{name}");
        }
        assert_eq!(is_snapshot(&path("missing")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
