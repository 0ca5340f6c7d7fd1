//! Files that are not what they should be: each is refused with a message that names it, and stays as it was.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a helper that fails fails its test"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{load_quietly, record, sample_store, small_store};
use pyredis_persist::{Damage, Foreign, LoadError, Progress, load, save};
use pyredis_store::{Collection, Hash, List, Set, SortedSet, Store, Timestamp};
use tempfile::TempDir;

const HEADER: usize = 40;

fn saved(store: &Store) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    save(store, &path, &Progress::default()).unwrap();
    fs::read(path).unwrap()
}

/// Loads these bytes as a file; it must fail, name the file and leave it alone.
fn refuse(folder: &TempDir, bytes: &[u8]) -> LoadError {
    let path = folder.path().join("dump.rdb");
    fs::write(&path, bytes).unwrap();
    let error = load_quietly(&path).expect_err("the file is not whole");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes, "the file was changed");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "a file was added");
    error
}

/// Where each block of a file begins and ends.
fn blocks(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut blocks = Vec::new();
    let mut start = HEADER;
    while start < bytes.len() {
        let length = u32::from_le_bytes(bytes[start + 4..start + 8].try_into().unwrap());
        blocks.push(start..start + 16 + length as usize);
        start += 16 + length as usize;
    }
    blocks
}

/// A store whose snapshot has three blocks of records.
fn store_of_three_blocks(fill: u8) -> Store {
    let store = small_store();
    for number in 0..3u8 {
        store.set([number], vec![fill; 70_000]);
    }
    store
}

#[test]
fn every_truncation_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(&sample_store());
    for length in 0..bytes.len() {
        match refuse(&folder, &bytes[..length]) {
            LoadError::Foreign { found: Foreign::Empty, .. } => assert_eq!(length, 0),
            LoadError::Truncated { offset, part, .. } => {
                assert_eq!(offset, length as u64);
                let starts = blocks(&bytes).into_iter().map(|block| block.start as u64);
                let expected = starts.chain([0]).filter(|start| *start <= offset).max();
                assert_eq!(Some(part), expected, "cut at {length}");
            }
            other => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(&sample_store());
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let error = refuse(&folder, &damaged);
        let byte = bit / 8;
        let as_expected = match &error {
            LoadError::Foreign { found: Foreign::Other, .. } => byte < 8,
            LoadError::UnsupportedVersion { version, .. } => (8..10).contains(&byte) && *version != 1,
            LoadError::Damaged { damage: Damage::HeaderChecksum, offset: 0, .. } => (10..HEADER).contains(&byte),
            LoadError::Damaged { damage: Damage::BlockChecksum | Damage::BlockTooLong { .. }, offset, .. } => {
                blocks(&bytes).iter().any(|block| block.start as u64 == *offset && block.contains(&byte))
            }
            LoadError::Truncated { part, .. } => {
                let start = usize::try_from(*part).unwrap();
                (start + 4..start + 8).contains(&byte)
            }
            _ => false,
        };
        assert!(as_expected, "bit {bit}: {error}");
    }
}

#[test]
fn swapped_lost_and_doubled_blocks_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(&store_of_three_blocks(b'x'));
    let [first, second, third, footer] = blocks(&bytes).try_into().expect("three blocks and a footer");
    let arrange = |parts: &[&std::ops::Range<usize>]| {
        let blocks = parts.iter().flat_map(|part| &bytes[(*part).clone()]);
        bytes[..HEADER].iter().chain(blocks).copied().collect::<Vec<u8>>()
    };
    assert_eq!(arrange(&[&first, &second, &third, &footer]), bytes);
    for (parts, offset, found, expected) in [
        (vec![&second, &first, &third, &footer], first.start, 1, 0),
        (vec![&first, &third, &footer], second.start, 2, 1),
        (vec![&first, &first, &second, &third, &footer], second.start, 0, 1),
        (vec![&first, &second, &footer], third.start, 3, 2),
    ] {
        let error = refuse(&folder, &arrange(&parts));
        let is_right = matches!(
            &error,
            LoadError::Damaged { offset: at, damage: Damage::BlockOrder { found: is, expected: due }, .. }
                if (*at, *is, *due) == (offset as u64, found, expected)
        );
        assert!(is_right, "{error}");
    }
    let error = refuse(&folder, &arrange(&[&first, &second, &third]));
    assert!(matches!(error, LoadError::Truncated { .. }), "{error}");
    assert!(error.to_string().contains(&format!("at byte {}", footer.start)), "{error}");
}

#[test]
fn a_block_of_another_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut bytes, other) = (saved(&store_of_three_blocks(b'x')), saved(&store_of_three_blocks(b'y')));
    let second = blocks(&bytes)[1].clone();
    bytes[second.clone()].copy_from_slice(&other[second.clone()]);
    let error = refuse(&folder, &bytes);
    let is_right = matches!(error, LoadError::Damaged { offset, damage: Damage::BlockChecksum, .. } if offset == second.start as u64);
    assert!(is_right, "{error}");
}

#[test]
fn nothing_may_follow_the_footer() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(&sample_store());
    for tail in [&b"\0"[..], b"\n", &bytes] {
        let error = refuse(&folder, &[&bytes, tail].concat());
        let is_right = matches!(error, LoadError::Damaged { offset, damage: Damage::FileTail, .. } if offset == bytes.len() as u64);
        assert!(is_right, "{error}");
    }
}

#[test]
fn foreign_files_are_called_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, expected, words) in [
        (&b""[..], Foreign::Empty, "it is empty"),
        (b"REDIS0011\xfa\x09redis-ver\x057.0.15", Foreign::RedisRdb, "a Redis RDB file"),
        (b"port 6379\n", Foreign::Other, "not a pyredis snapshot"),
        (b"PYREDIS", Foreign::Other, ""),
        (b"PYREDIS\nis text", Foreign::Other, "not a pyredis snapshot"),
    ] {
        match refuse(&folder, bytes) {
            // The beginning of a snapshot, and nothing else yet.
            LoadError::Truncated { offset: 7, part: 0, .. } => assert_eq!(bytes, b"PYREDIS"),
            error => {
                assert!(matches!(error, LoadError::Foreign { found, .. } if found == expected), "{error}");
                assert!(error.to_string().contains(words), "{error}");
            }
        }
    }
}

#[test]
fn folders_and_devices_are_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    for (path, expected) in [(folder.path(), Foreign::Folder), (Path::new("/dev/null"), Foreign::Special)] {
        let error = load_quietly(path).unwrap_err();
        assert!(matches!(error, LoadError::Foreign { found, .. } if found == expected), "{error}");
    }
}

#[test]
fn what_the_system_refuses_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let path = file.join("dump.rdb");
    let error = load_quietly(&path).unwrap_err();
    assert!(matches!(&error, LoadError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotADirectory));
    assert!(error.to_string().starts_with(&format!("cannot read {} at byte 0: ", path.display())), "{error}");
}

#[test]
fn a_database_that_the_store_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    save(&sample_store(), &path, &Progress::default()).unwrap();
    let few = Store::builder().databases(15).shards(2).build();
    // Even for a key that has expired: whether the file fits must not depend on the hour.
    let error = load(&few, &path, Timestamp::MAX, &Progress::default()).unwrap_err();
    assert!(matches!(error, LoadError::UnknownDatabase { offset: 40, db: 15, databases: 15, .. }), "{error}");
}

#[test]
fn progress_shows_how_far_a_failed_load_came() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    let store = small_store();
    store.set("first", vec![b'x'; 70_000]);
    store.restore(record(1, b"second", b"", None)).unwrap();
    let saved = save(&store, &path, &Progress::default()).unwrap();
    let single = Store::builder().databases(1).shards(2).build();
    let progress = Progress::default();
    let error = load(&single, &path, Timestamp::default(), &progress).unwrap_err();
    assert!(matches!(error, LoadError::UnknownDatabase { offset, .. } if offset == progress.bytes_done()), "{error}");
    assert_eq!((progress.keys_done(), progress.bytes_total()), (1, saved.bytes));
}

#[test]
fn a_cancelled_load_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.rdb");
    save(&sample_store(), &path, &Progress::default()).unwrap();
    let progress = Progress::default();
    progress.cancel();
    let error = load(&small_store(), &path, Timestamp::default(), &progress).unwrap_err();
    assert!(matches!(error, LoadError::Cancelled { .. }), "{error}");
}

/// Files whose checksums are right and whose content is not, made with a checksum of our own.
mod forged {
    use super::*;

    /// CRC32C by the book, bit by bit.
    fn crc32c(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc: u32, _| (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg()))
        })
    }

    fn header(version: u16, flags: u16) -> Vec<u8> {
        let fields = [&b"PYREDIS\0"[..], &version.to_le_bytes(), &flags.to_le_bytes(), &[7; 16], &[0; 8]].concat();
        [&fields[..], &crc32c(&fields).to_le_bytes()].concat()
    }

    fn block(kind: &[u8; 4], index: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap();
        let head = [&kind[..], &length.to_le_bytes(), &index.to_le_bytes()].concat();
        let checksum = crc32c(&[&[7; 16], &head[..], payload].concat());
        [&head[..], &checksum.to_le_bytes(), payload].concat()
    }

    fn refuse_blocks(blocks: &[Vec<u8>]) -> LoadError {
        refuse(&tempfile::tempdir().unwrap(), &[header(1, 0), blocks.concat()].concat())
    }

    const RECORD: &[u8] = b"\x94\x00\xc4\x01k\x81\xa6string\xc4\x01v\xc0";

    #[test]
    fn the_forger_can_make_a_good_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.rdb");
        let records = block(b"RECS", 0, &[b"\x91", RECORD].concat());
        fs::write(&path, [header(1, 0), records, block(b"DONE", 1, b"\x92\x01\x01")].concat()).unwrap();
        let store = small_store();
        load(&store, &path, Timestamp::default(), &Progress::default()).unwrap();
        assert_eq!(common::contents(&store), [record(0, b"k", b"v", None)]);
    }

    #[test]
    fn other_versions_and_flags_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = refuse(&folder, &header(2, 0));
        assert!(matches!(error, LoadError::UnsupportedVersion { version: 2, .. }), "{error}");
        let error = refuse(&folder, &header(1, 0x8001));
        assert!(matches!(error, LoadError::UnsupportedFlags { flags: 0x8001, .. }), "{error}");
    }

    #[test]
    fn other_kinds_are_refused() {
        let error = refuse_blocks(&[block(b"LZ4\x00", 0, b"")]);
        assert!(matches!(&error, LoadError::Damaged { damage: Damage::BlockKind { .. }, .. }), "{error}");
        assert!(error.to_string().contains(r"LZ4\x00"), "{error}");
    }

    #[test]
    fn lengths_beyond_the_end_and_beyond_reason_are_refused() {
        for length in [1 << 30, 1 << 31] {
            let mut huge = block(b"RECS", 0, b"");
            huge[4..8].copy_from_slice(&u32::to_le_bytes(length));
            let error = refuse_blocks(&[huge]);
            let is_right = match error {
                LoadError::Truncated { offset: 56, part: 40, .. } => length == 1 << 30,
                LoadError::Damaged { damage: Damage::BlockTooLong { bytes }, .. } => bytes == 1 << 31,
                _ => false,
            };
            assert!(is_right, "{length}: {error}");
        }
    }

    #[test]
    fn a_footer_with_more_than_counts_is_refused() {
        let error = refuse_blocks(&[block(b"DONE", 0, b"\x83\xa7records\x00\xa6blocks\x00\xa4more\x00")]);
        assert!(matches!(error, LoadError::Damaged { damage: Damage::Content { .. }, .. }), "{error}");
    }

    #[test]
    fn wrong_counts_are_refused() {
        for (footer, expected) in [(b"\x92\x01\x00", "1 records"), (b"\x92\x00\x01", "1 blocks")] {
            let error = refuse_blocks(&[block(b"DONE", 0, footer)]);
            assert!(matches!(error, LoadError::Damaged { damage: Damage::Count { .. }, .. }), "{error}");
            assert!(error.to_string().contains(&format!("the footer counts {expected}, and there are 0")), "{error}");
        }
    }

    #[test]
    fn content_that_is_no_record_is_refused() {
        let (many, deep) = (b"\xdd\xff\xff\xff\xff".to_vec(), vec![0x91; 100_000]);
        for payload in [
            b"".as_slice(),
            b"\xc0",
            b"\xc1",
            b"\xa5hello",
            b"\x91\x00",
            b"\x91\x90",
            b"\x92\x94\x00\xc4\x01k\x81\xa6string\xc4\x01v\xc0",
            b"\x91\x93\x00\xc4\x01k\x81\xa6string\xc4\x01v",
            b"\x91\x95\x00\xc4\x01k\x81\xa6string\xc4\x01v\xc0\xc0",
            b"\x91\x94\xff\xc4\x01k\x81\xa6string\xc4\x01v\xc0",
            b"\x91\x94\x00\xc6\xff\xff\xff\xffk\x81\xa6string\xc4\x01v\xc0",
            b"\x91\x94\x00\xc4\x01k\x81\xa4list\x90\xc0",
            b"\x91\x94\x00\xc4\x01k\x82\xa6string\xc4\x01v\xa6string\xc4\x01v\xc0",
            b"\x91\x94\x00\xc4\x01k\x81\xa6string\xc4\x01v\xff",
            b"\x91\x94\x00\xc4\x01k\x81\xa6string\xc4\x01v\xa1x",
            b"\x91\x85\xa2db\x00\xa3key\xc4\x01k\xa5value\x81\xa6string\xc4\x01v\xa8deadline\xc0\xa4more\xc3",
            &many,
            &deep,
        ] {
            let error = refuse_blocks(&[block(b"RECS", 0, payload)]);
            assert!(
                matches!(error, LoadError::Damaged { offset: 40, damage: Damage::Content { .. }, .. }),
                "{:?}: {error}",
                payload.escape_ascii().to_string()
            );
            let error = refuse_blocks(&[block(b"DONE", 0, payload)]);
            assert!(matches!(error, LoadError::Damaged { damage: Damage::Content { .. }, .. }), "{error}");
        }
    }

    #[test]
    fn content_behind_the_last_item_is_refused() {
        for tail in [&b"\xc0"[..], b"\xc1", b"\xc4", b"\x91", b"\x81\xc0", b"\xdd\x00\x00\x00\x05", RECORD] {
            let records = block(b"RECS", 0, &[b"\x91", RECORD, tail].concat());
            let footer = block(b"DONE", 0, &[b"\x92\x00\x00", tail].concat());
            for block in [records, footer] {
                let error = refuse_blocks(&[block]);
                let is_right = matches!(error, LoadError::Damaged { offset: 40, damage: Damage::BlockTail, .. });
                assert!(is_right, "{error}");
            }
        }
    }

    /// A record of database 0 under the key `k`, its value as given.
    fn of(value: &[u8]) -> Vec<u8> {
        [b"\x94\x00\xc4\x01k\x81", value, b"\xc0"].concat()
    }

    const LIST: &[u8] = b"\xa4list\x91\xc4\x01v";

    #[test]
    fn the_forger_can_make_good_collections() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.rdb");
        for (pieces, expected) in [
            (&[LIST][..], Collection::from(List::from_iter(["v"]))),
            (&[LIST, b"\xa5list+\x92\xc4\x01v\xc4\x00"], List::from_iter(["v", "v", ""]).into()),
            (&[b"\xa3set\x91\xc4\x01v", b"\xa4set+\x91\xc4\x01w"], Set::from_iter(["v", "w"]).into()),
            (&[b"\xa4hash\x81\xc4\x01f\xc4\x01v"], Hash::from_iter([("f", "v")]).into()),
            (
                &[b"\xa4zset\x81\xc4\x01m\xcb\xff\xf0\0\0\0\0\0\0"],
                SortedSet::from_iter([("m", f64::NEG_INFINITY)]).into(),
            ),
        ] {
            let mut blocks: Vec<_> =
                (0..).zip(pieces).map(|(at, piece)| block(b"RECS", at, &[b"\x91", &of(piece)[..]].concat())).collect();
            let count = u8::try_from(pieces.len()).unwrap();
            blocks.push(block(b"DONE", count.into(), &[0x92, count, count]));
            fs::write(&path, [header(1, 0), blocks.concat()].concat()).unwrap();
            let store = small_store();
            load(&store, &path, Timestamp::default(), &Progress::default()).unwrap();
            assert_eq!(common::contents(&store), [common::collection_record(0, b"k", expected)]);
        }
    }

    #[test]
    fn content_that_is_no_collection_is_refused() {
        for (value, words) in [
            (&b"\xa4list\x90"[..], "no elements"),
            (b"\xa3set\x90", "no elements"),
            (b"\xa4hash\x80", "no elements"),
            (b"\xa4zset\x80", "no elements"),
            (b"\xa4list\x91\x01", "byte"),
            (b"\xa4list\x92\xc4\x01v", ""),
            (b"\xa4list\x81\xc4\x01f\xc4\x01v", "the elements of a list"),
            (b"\xa4list\xc4\x01v", "the elements of a list"),
            (b"\xa3set\x92\xc4\x01v\xc4\x01v", "twice"),
            (b"\xa3set\x92\xc4\x011\xc4\x011", "twice"),
            (b"\xa4hash\x92\xc4\x01f\xc4\x01v", "the elements of a hash"),
            (b"\xa4hash\x82\xc4\x01f\xc4\x01v\xc4\x01f\xc4\x01w", "twice"),
            (b"\xa4hash\x81\xc4\x01f\xcb\0\0\0\0\0\0\0\0", ""),
            (b"\xa4zset\x82\xc4\x01m\xcb\0\0\0\0\0\0\0\0\xc4\x01m\xcb\0\0\0\0\0\0\0\0", "twice"),
            (b"\xa4zset\x81\xc4\x01m\xcb\x7f\xf8\0\0\0\0\0\0", "not a number"),
            (b"\xa4zset\x81\xc4\x01m\xcb\xff\xf0\0\0\0\0\0\x01", "not a number"),
            (b"\xa4zset\x81\xc4\x01m\xca\0\0\0\0", "float64"),
            (b"\xa4zset\x81\xc4\x01m\x01", "float64"),
            (b"\xa5list+\x91\xc4\x01v", "continues another"),
            (b"\xa7string+\xc4\x01v", "continues another"),
            (b"\xa4LIST\x91\xc4\x01v", "type is unknown"),
            (b"\x03\x91\xc4\x01v", ""),
        ] {
            let error = refuse_blocks(&[block(b"RECS", 0, &[b"\x91", &of(value)[..]].concat())]);
            let shown = value.escape_ascii();
            let is_right =
                matches!(error, LoadError::Damaged { offset: 40, damage: Damage::Content { item: 0, .. }, .. });
            assert!(is_right && error.to_string().contains(words), "{shown}: {error}");
        }
    }

    #[test]
    fn a_piece_that_continues_something_else_is_refused() {
        let next = |value: &[u8]| of(value);
        for (second, words) in [
            (next(b"\xa4set+\x91\xc4\x01w"), "continues another"),
            (next(b"\xa6list++\x91\xc4\x01w"), "continues another"),
            (next(b"\xa5list+\x90"), "no elements"),
            (b"\x94\x01\xc4\x01k\x81\xa5list+\x91\xc4\x01w\xc0".to_vec(), "continues another"),
            (b"\x94\x00\xc4\x01j\x81\xa5list+\x91\xc4\x01w\xc0".to_vec(), "continues another"),
            (b"\x94\x00\xc4\x01k\x81\xa5list+\x91\xc4\x01w\x05".to_vec(), "another deadline"),
        ] {
            let first = block(b"RECS", 0, &[b"\x91", &of(LIST)[..]].concat());
            let apart = refuse_blocks(&[first.clone(), block(b"RECS", 1, &[b"\x91", &second[..]].concat())]);
            let is_right = matches!(&apart, LoadError::Damaged { offset, damage: Damage::Content { item: 0, .. }, .. } if *offset == 40 + first.len() as u64);
            assert!(is_right && apart.to_string().contains(words), "{apart}");
            let together = refuse_blocks(&[block(b"RECS", 0, &[b"\x92", &of(LIST)[..], &second].concat())]);
            let is_right =
                matches!(together, LoadError::Damaged { offset: 40, damage: Damage::Content { item: 1, .. }, .. });
            assert!(is_right && together.to_string().contains(words), "{together}");
        }
        // Members that both pieces have, and a record between the two.
        let set = of(b"\xa3set\x91\xc4\x01v");
        let error = refuse_blocks(&[block(b"RECS", 0, &[b"\x92", &set[..], &of(b"\xa4set+\x91\xc4\x01v")].concat())]);
        assert!(error.to_string().contains("twice"), "{error}");
        let more = of(b"\xa5list+\x91\xc4\x01w");
        let error = refuse_blocks(&[block(b"RECS", 0, &[b"\x93", &of(LIST)[..], RECORD, &more].concat())]);
        assert!(error.to_string().contains("continues another"), "{error}");
    }

    #[test]
    fn a_piece_that_is_missing_is_missed_in_the_count() {
        let first = block(b"RECS", 0, &[b"\x91", &of(LIST)[..]].concat());
        let error = refuse_blocks(&[first, block(b"DONE", 1, b"\x92\x02\x01")]);
        assert!(error.to_string().contains("the footer counts 2 records, and there are 1"), "{error}");
    }

    #[test]
    fn the_item_at_fault_is_numbered() {
        let error = refuse_blocks(&[block(b"RECS", 0, &[b"\x92", RECORD, b"\xc0"].concat())]);
        assert!(matches!(error, LoadError::Damaged { damage: Damage::Content { item: 1, .. }, .. }), "{error}");
    }
}
