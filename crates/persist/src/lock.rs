//! One process to a folder: the lock file that a server holds while it uses its data folder.
//!
//! The operating system holds the lock (`flock`), so it ends with the process, however that ends; the file that is left behind means nothing.
//! The process id inside is for people and for the other's error message.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::temporary;

/// The lock file's name.
const FILE_NAME: &str = "pyredis.lock";

/// Holds a folder for this process until it is dropped.
#[derive(Debug)]
pub struct DirLock {
    path: PathBuf,
    _file: File,
}

/// Why a folder could not be locked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DirLockError {
    /// Somebody else has it.
    #[error(
        "{} is held by {}; stop that one, or use another folder",
        path.display(),
        pid.map_or_else(|| "another process".to_owned(), |pid| format!("the process {pid}"))
    )]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The holder, as the file says; `None` in the moment before it has written that.
        pid: Option<u32>,
    },
    /// The system refused a step.
    #[error("cannot {action} {}: {source}; use a folder that exists and can be written", path.display())]
    Io {
        /// The step, as a verb.
        action: &'static str,
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DirLock {
    /// Takes the folder's lock, without waiting, and removes the temporary files of snapshots that killed processes left there. A
    /// [`save`](crate::save) into the folder that goes on without the lock loses its file by that and fails.
    ///
    /// # Errors
    /// [`DirLockError::Held`] if another process, or another `DirLock` of this one, has it; [`DirLockError::Io`].
    pub fn acquire(folder: &Path) -> Result<Self, DirLockError> {
        let path = folder.join(FILE_NAME);
        let failed = |action| {
            let path = path.clone();
            move |source| DirLockError::Io { action, path, source }
        };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).ok().and_then(|pid| pid.trim().parse().ok());
                return Err(DirLockError::Held { path, pid });
            }
            Err(fs::TryLockError::Error(source)) => return Err(failed("lock")(source)),
        }
        write_pid(&mut file).map_err(failed("write"))?;
        temporary::remove_stale(folder);
        Ok(Self { path, _file: file })
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
