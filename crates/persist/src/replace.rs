//! Gives a file a new content all at once: whoever looks, at any moment or after a crash, finds the old content or the new, whole.
//!
//! The new content goes into a temporary file beside the target, is brought to the disk, and takes the target's name in one step; then
//! the folder is brought to the disk too. Until that step, a failure leaves everything as it was.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::SaveError;
use crate::foreign::{Foreign, head_of};
use crate::format::MAGIC;
use crate::temporary;

/// Replaces `path`, if it is missing or a snapshot, by what `write` writes. A link is replaced, not followed.
///
/// A new file is for its owner alone; one that was there before hands its permissions on.
///
/// # Errors
/// [`SaveError::Foreign`], [`SaveError::Io`], and those of `write`.
pub(crate) fn replace<T>(path: &Path, write: impl FnOnce(&mut File) -> Result<T, SaveError>) -> Result<T, SaveError> {
    let failed = |action| move |source| SaveError::Io { action, path: path.to_owned(), source };
    refuse_foreign(path)?;
    let folder = folder_of(path).ok_or(io::ErrorKind::InvalidFilename.into()).map_err(failed("write"))?;
    let mut temporary = temporary::create_in(folder).map_err(failed("create a temporary file beside"))?;
    let written = write(temporary.as_file_mut())?;
    if let Ok(old) = fs::metadata(path) {
        temporary.as_file().set_permissions(old.permissions()).map_err(failed("set the permissions of"))?;
    }
    temporary.as_file().sync_all().map_err(failed("sync"))?;
    // Once more: saving can take long, and somebody may have put something there meanwhile.
    refuse_foreign(path)?;
    temporary.persist(path).map_err(|error| failed("replace")(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync the folder of"))?;
    Ok(written)
}

/// The folder that a file is in; `None` if the path does not name a file.
fn folder_of(path: &Path) -> Option<&Path> {
    path.file_name()?;
    let folder = path.parent()?;
    Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

fn refuse_foreign(path: &Path) -> Result<(), SaveError> {
    let found = match fs::metadata(path) {
        Ok(metadata) => match Foreign::of_type(&metadata) {
            None => {
                head_of(path).map(|head| (head != MAGIC).then(|| Foreign::recognise(&head).unwrap_or(Foreign::Other)))
            }
            foreign => Ok(foreign),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    match found {
        Ok(None) => Ok(()),
        Ok(Some(found)) => Err(SaveError::Foreign { path: path.to_owned(), found }),
        Err(source) => Err(SaveError::Io { action: "look at", path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_that_somebody_put_there_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.rdb");
        let outcome = replace(&path, |_| {
            fs::write(&path, "somebody's").unwrap();
            Ok(())
        });
        assert!(matches!(outcome, Err(SaveError::Foreign { found: Foreign::Other, .. })), "{outcome:?}");
        assert_eq!(fs::read(&path).unwrap(), b"somebody's");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn the_new_content_has_no_name_before_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.rdb");
        for content in [&b"PYREDIS\0 first"[..], b"PYREDIS\0 second"] {
            let before = fs::read(&path).ok();
            replace(&path, |file| {
                file.write_all(content).unwrap();
                assert_eq!(fs::read(&path).ok(), before);
                Ok(())
            })
            .unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }
}
