//! A snapshot that cannot be read stops the server, which says where and why and leaves the file as it was.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pyredis_tests::{Client, Flavour, Server, pyredis_command};
use tempfile::TempDir;

use super::{Named, crash, expect, files, refuses, start};

pub(super) const TESTS: &[Named] = &[
    ("a_flipped_bit", a_flipped_bit),
    ("cut_short", cut_short),
    ("an_empty_file", an_empty_file),
    ("bytes_after_the_end", bytes_after_the_end),
    ("a_foreign_file", a_foreign_file),
    ("a_folder_in_its_place", a_folder_in_its_place),
    ("repaired_it_starts_again", repaired_it_starts_again),
];

/// The bytes of a good snapshot.
fn snapshot() -> Result<Vec<u8>> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = Client::connect(server.address())?;
    for n in 0..100 {
        client.ok(&format!("SET key:{n} a-value-of-some-length:{n} EX 1000000"))?;
    }
    client.ok("SAVE")?;
    crash(server);
    std::fs::read(folder.path().join("dump.rdb")).context("SAVE wrote no dump.rdb")
}

/// The server refuses these bytes as its snapshot, names the file and a byte, and touches nothing.
fn refused(bytes: &[u8]) -> Result<()> {
    let folder = TempDir::new()?;
    std::fs::write(folder.path().join("dump.rdb"), bytes)?;
    let log = refused_in(folder.path())?;
    let last = log.lines().last().unwrap_or_default();
    let offset = last.split("byte ").nth(1).and_then(|rest| rest.chars().next());
    ensure!(offset.is_some_and(|digit| digit.is_ascii_digit()), "the message names no byte: {last}");
    Ok(())
}

/// The server refuses to start in this folder, names its dump.rdb and touches nothing.
fn refused_in(folder: &Path) -> Result<String> {
    let before = files(folder)?;
    let file = folder.join("dump.rdb");
    let log = refuses(pyredis_command(folder)?, &[&file.to_string_lossy()])?;
    let mut after = files(folder)?;
    // The lock file may stay; everything else must be as it was.
    after.retain(|name, _| before.contains_key(name) || !name.contains("lock"));
    ensure!(before == after, "the folder changed from {:?} to {:?}", before.keys(), after.keys());
    Ok(log)
}

fn a_flipped_bit() -> Result<()> {
    let good = snapshot()?;
    let places = [0, 3, 8, 12, 20, 40, good.len() / 3, good.len() / 2, good.len() - 20, good.len() - 2, good.len() - 1];
    for place in places {
        let mut bad = good.clone();
        *bad.get_mut(place).context("the snapshot is shorter than expected")? ^= 0x10;
        refused(&bad).with_context(|| format!("bit 4 of byte {place} of {} was flipped", good.len()))?;
    }
    Ok(())
}

fn cut_short() -> Result<()> {
    let good = snapshot()?;
    for length in [1, 7, 16, good.len() / 2, good.len() - 1] {
        let cut = good.get(..length).context("the snapshot is shorter than expected")?;
        refused(cut).with_context(|| format!("{length} of {} bytes were left", good.len()))?;
    }
    Ok(())
}

fn an_empty_file() -> Result<()> {
    refused(b"")
}

fn bytes_after_the_end() -> Result<()> {
    let mut long = snapshot()?;
    long.extend_from_slice(b"more");
    refused(&long)
}

fn a_foreign_file() -> Result<()> {
    refused(b"#!/bin/sh\necho this is no snapshot\n")?;
    refused(&[0; 4096])
}

/// A file that the real server wrote.
pub(super) fn a_genuine_rdb() -> Result<()> {
    let redis = Server::start(Flavour::Redis)?;
    let mut client = Client::connect(redis.address())?;
    client.ok("SET k v")?;
    client.ok("SAVE")?;
    let folder = client.call("CONFIG GET dir")?.items().and_then(<[_]>::last).context("dir is unknown")?.string();
    refused(&std::fs::read(Path::new(&folder).join("dump.rdb"))?)
}

fn a_folder_in_its_place() -> Result<()> {
    let folder = TempDir::new()?;
    std::fs::create_dir(folder.path().join("dump.rdb"))?;
    refused_in(folder.path()).map(drop)
}

/// A refusal leaves nothing behind that would keep the next start from working.
fn repaired_it_starts_again() -> Result<()> {
    let good = snapshot()?;
    let folder = TempDir::new()?;
    let file = folder.path().join("dump.rdb");
    std::fs::write(&file, good.get(..good.len() / 2).unwrap_or_default())?;
    refused_in(folder.path())?;
    std::fs::write(&file, good)?;
    let server = start(folder.path(), &[])?;
    expect(&mut Client::connect(server.address())?, "DBSIZE", ":100")
}
