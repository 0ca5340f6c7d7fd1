//! The temporary files that snapshots are written into, and which of those that lie about are ours to remove.
//!
//! They are called `temp-pyredis-<pid>-<six letters or digits>.rdb` and stand in the folder of the file that they are to become. One that a
//! killed process left behind is harmless; [`DirLock::acquire`](crate::DirLock::acquire) removes it. It is recognised by its name, by being a
//! regular file, and by its content: nothing, or the beginning of a snapshot.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::foreign::{Foreign, head_of};

const PREFIX: &str = "temp-pyredis-";
const SUFFIX: &str = ".rdb";
const RANDOM_CHARACTERS: usize = 6;

/// Makes an empty file with a name of its own, readable by the owner alone. It removes itself unless it is given its final name.
pub(crate) fn create_in(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new()
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .suffix(SUFFIX)
        .rand_bytes(RANDOM_CHARACTERS)
        .tempfile_in(folder)
}

/// Removes what killed processes left behind, as far as that is possible: what stays does no harm. To be called with the folder's lock held.
pub(crate) fn remove_stale(folder: &Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_ours(&file).unwrap_or(false) {
            fs::remove_file(file.path()).ok();
        }
    }
}

fn is_ours(file: &DirEntry) -> io::Result<bool> {
    let is_named_so = file.file_name().to_str().is_some_and(is_our_name);
    if !is_named_so || !file.file_type()?.is_file() {
        return Ok(false);
    }
    Ok(matches!(Foreign::recognise(&head_of(&file.path())?), None | Some(Foreign::Empty)))
}

fn is_our_name(name: &str) -> bool {
    let middle = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    middle.and_then(|middle| middle.split_once('-')).is_some_and(|(pid, random)| {
        pid.parse::<u32>().is_ok()
            && random.len() == RANDOM_CHARACTERS
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_making_are_ours() {
        for name in ["temp-pyredis-1-abcXYZ.rdb", "temp-pyredis-4194304-000000.rdb"] {
            assert!(is_our_name(name), "{name}");
        }
        for name in [
            "dump.rdb",
            "temp-123.rdb",
            "temp-pyredis-.rdb",
            "temp-pyredis-1.rdb",
            "temp-pyredis-1-abcde.rdb",
            "temp-pyredis-1-abcdefg.rdb",
            "temp-pyredis-x-abcdef.rdb",
            "temp-pyredis-1-abc-ef.rdb",
            "temp-pyredis-1-abcdef.rdb.bak",
        ] {
            assert!(!is_our_name(name), "{name}");
        }
    }

    #[test]
    fn what_create_in_makes_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_in(folder.path()).unwrap();
        let (_, kept) = file.keep().unwrap();
        assert!(is_our_name(kept.file_name().unwrap().to_str().unwrap()), "{}", kept.display());
        remove_stale(folder.path());
        assert!(!kept.exists());
    }
}
