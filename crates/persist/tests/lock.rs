//! One holder to a folder, and what taking it cleans up.

use std::fs;
use std::process;

use pyredis_persist::{DirLock, DirLockError};

#[test]
fn a_second_holder_is_told_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = DirLock::acquire(folder.path()).unwrap();
    assert_eq!(first.path(), folder.path().join("pyredis.lock"));
    assert_eq!(fs::read_to_string(first.path()).unwrap(), format!("{}\n", process::id()));

    let error = DirLock::acquire(folder.path()).unwrap_err();
    assert!(matches!(error, DirLockError::Held { pid: Some(pid), .. } if pid == process::id()), "{error}");
    let words = format!("{} is held by the process {}", first.path().display(), process::id());
    assert!(error.to_string().starts_with(&words), "{error}");

    drop(first);
    DirLock::acquire(folder.path()).unwrap();
}

#[test]
fn what_an_earlier_holder_left_in_the_file_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pyredis.lock");
    fs::write(&path, "12345678901234567890 and more").unwrap();
    let _lock = DirLock::acquire(folder.path()).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), format!("{}\n", process::id()));
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let error = DirLock::acquire(&missing).unwrap_err();
    assert!(matches!(&error, DirLockError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound));
    assert!(error.to_string().starts_with(&format!("cannot open {}", missing.display())), "{error}");
}

#[test]
fn only_our_own_leftovers_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    put("temp-pyredis-1-aaaaaa.rdb", b"");
    put("temp-pyredis-1-bbbbbb.rdb", b"PYREDIS\0\x01\0 and half a block");
    put("temp-pyredis-1-cccccc.rdb", b"PYR");
    put("temp-pyredis-1-ffffff.rdb", b"something else");
    put("temp-1.rdb", b"");
    put("dump.rdb", b"PYREDIS\0");
    fs::create_dir(folder.path().join("temp-pyredis-1-dddddd.rdb")).unwrap();
    std::os::unix::fs::symlink("dump.rdb", folder.path().join("temp-pyredis-1-eeeeee.rdb")).unwrap();

    let _lock = DirLock::acquire(folder.path()).unwrap();
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(
        left,
        [
            "dump.rdb",
            "pyredis.lock",
            "temp-1.rdb",
            "temp-pyredis-1-dddddd.rdb",
            "temp-pyredis-1-eeeeee.rdb",
            "temp-pyredis-1-ffffff.rdb",
        ]
    );
}
