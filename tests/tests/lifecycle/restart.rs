//! What is there after a restart: all that was saved, with its deadlines, and nothing that was not.

use anyhow::{Context, Result, ensure};
use pyredis_tests::{Client, Server};
use rustix::process::Signal;
use tempfile::TempDir;

use super::{Named, crash, expect, start, wait_info};

pub(super) const TESTS: &[Named] = &[
    ("kill_after_save", kill_after_save),
    ("kill_without_save_keeps_the_last_one", kill_without_save_keeps_the_last_one),
    ("deadlines_survive_as_times", deadlines_survive_as_times),
    ("what_expired_meanwhile_is_gone", what_expired_meanwhile_is_gone),
    ("more_than_half_expired_keeps_the_file", more_than_half_expired_keeps_the_file),
    (
        "a_file_of_somebody_else_does_not_make_room_for_the_one_to_keep",
        a_file_of_somebody_else_does_not_make_room_for_the_one_to_keep,
    ),
    ("bytes_and_databases_survive", bytes_and_databases_survive),
    ("sigterm_saves", sigterm_saves),
    ("sigint_saves", sigint_saves),
    ("shutdown_saves", shutdown_saves),
    ("shutdown_nosave_does_not", shutdown_nosave_does_not),
    ("bgsave_saves", bgsave_saves),
    ("autosave_after_sixty_seconds", autosave_after_sixty_seconds),
    ("no_autosave_before", no_autosave_before),
];

fn connect(server: &Server) -> Result<Client> {
    Client::connect(server.address())
}

fn kill_after_save() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    for n in 0..1000 {
        client.ok(&format!("SET key:{n} value:{n}"))?;
    }
    client.ok("SAVE")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    expect(&mut client, "DBSIZE", ":1000")?;
    for n in 0..1000 {
        expect(&mut client, &format!("GET key:{n}"), &format!("$value:{n}"))?;
    }
    Ok(())
}

fn kill_without_save_keeps_the_last_one() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    client.ok("SET saved 1")?;
    client.ok("SAVE")?;
    client.ok("SET unsaved 1")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "KEYS *", "[$saved]")
}

fn deadlines_survive_as_times() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    client.ok("SET far v PXAT 33177117420123")?;
    client.ok("SET near v EX 1000")?;
    client.ok("SET never v")?;
    let near = client.call("PEXPIRETIME near")?;
    client.ok("SAVE")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    expect(&mut client, "PEXPIRETIME far", ":33177117420123")?;
    expect(&mut client, "PEXPIRETIME never", ":-1")?;
    ensure!(client.call("PEXPIRETIME near")? == near, "the deadline of near moved");
    client.ok("DEBUG ADVANCE 1000000")?;
    expect(&mut client, "EXISTS near", ":0")
}

/// The first server's clock stands still, so a key of one millisecond is saved; the second starts at a later time.
fn what_expired_meanwhile_is_gone() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    client.ok("SET gone v PX 1")?;
    client.ok("SET a v")?;
    client.ok("SET b v")?;
    expect(&mut client, "EXISTS gone", ":1")?;
    client.ok("SAVE")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    expect(&mut client, "KEYS *", "unordered[$a $b]")?;
    expect(&mut client, "DBSIZE", ":2")?;
    ensure!(!folder.path().join("dump.rdb.before-expiry").exists(), "a third of the keys is no reason to keep a copy");
    Ok(())
}

fn more_than_half_expired_keeps_the_file() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    for key in ["a", "b", "c"] {
        client.ok(&format!("SET {key} v PX 1"))?;
    }
    client.ok("SET stays v")?;
    client.ok("SAVE")?;
    crash(server);
    let before = std::fs::read(folder.path().join("dump.rdb"))?;
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "KEYS *", "[$stays]")?;
    let kept = std::fs::read(folder.path().join("dump.rdb.before-expiry")).context("the old file was not kept")?;
    ensure!(kept == before, "the file was kept, but changed");
    expect(&mut connect(&server)?, "SAVE", "+OK")?;
    crash(server);
    let _server = start(folder.path(), &[])?;
    ensure!(!folder.path().join("dump.rdb.before-expiry").exists(), "the file was kept beyond the next start");
    Ok(())
}

fn a_file_of_somebody_else_does_not_make_room_for_the_one_to_keep() -> Result<()> {
    let folder = TempDir::new()?;
    let theirs = folder.path().join("dump.rdb.before-expiry");
    std::fs::write(&theirs, "mine")?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    client.ok("SET a v PX 1")?;
    client.ok("SAVE")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "DBSIZE", ":0")?;
    ensure!(std::fs::read(&theirs)? == b"mine", "it was overwritten");
    Ok(())
}

fn bytes_and_databases_survive() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    let all: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = all.iter().copied().cycle().take(1 << 20).collect();
    client.command(&[b"SET".as_slice(), &all, &large])?;
    client.command(&["SET", "", ""])?;
    client.ok("SET number 12345")?;
    client.ok("SELECT 15")?;
    client.ok("SET k fifteen")?;
    client.ok("SAVE")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    expect(&mut client, "DBSIZE", ":3")?;
    ensure!(client.command(&[b"GET".as_slice(), &all])?.text() == Some(&large), "the large value changed");
    ensure!(client.command(&["GET", ""])?.text() == Some(b""), "the empty key changed");
    expect(&mut client, "INCR number", ":12346")?;
    client.ok("SELECT 15")?;
    expect(&mut client, "GET k", "$fifteen")
}

fn signal_saves(signal: Signal) -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    connect(&server)?.ok("SET k v")?;
    let process = server.into_process()?;
    process.signal(signal)?;
    let ended = process.ended()?;
    ensure!(ended.status.success(), "expected status 0, got {}; it wrote: {}", ended.status, ended.log);
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "GET k", "$v")
}

fn sigterm_saves() -> Result<()> {
    signal_saves(Signal::TERM)
}

fn sigint_saves() -> Result<()> {
    signal_saves(Signal::INT)
}

/// Sends SHUTDOWN in some form and gives back what GET k says after a restart.
fn after(shutdown: &str, expected: &str) -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    client.ok("SET k v")?;
    client.send(format!("{shutdown}\r\n").as_bytes())?;
    client.expect_closed()?;
    let ended = server.into_process()?.ended()?;
    ensure!(ended.status.success(), "expected status 0, got {}; it wrote: {}", ended.status, ended.log);
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "GET k", expected).with_context(|| format!("after {shutdown}"))
}

fn shutdown_saves() -> Result<()> {
    after("SHUTDOWN", "$v")?;
    after("SHUTDOWN SAVE", "$v")?;
    after("SHUTDOWN NOW", "$v")
}

fn shutdown_nosave_does_not() -> Result<()> {
    after("SHUTDOWN NOSAVE", "nil")?;
    after("SHUTDOWN NOSAVE NOW FORCE", "nil")
}

fn bgsave_saves() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    client.ok("SET k v")?;
    expect(&mut client, "BGSAVE", "+Background saving started")?;
    wait_info(&mut client, "rdb_bgsave_in_progress", "0")?;
    wait_info(&mut client, "rdb_changes_since_last_save", "0")?;
    wait_info(&mut client, "rdb_last_bgsave_status", "ok")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "GET k", "$v")
}

fn autosave_after_sixty_seconds() -> Result<()> {
    let folder = TempDir::new()?;
    // The default is save "60 1".
    let server = start(folder.path(), &[])?;
    let mut client = connect(&server)?;
    expect(&mut client, "CONFIG GET save", "{$save $\"60 1\"}")?;
    client.ok("SET k v")?;
    client.ok("DEBUG ADVANCE 60000")?;
    wait_info(&mut client, "rdb_changes_since_last_save", "0")?;
    crash(server);
    let server = start(folder.path(), &[])?;
    expect(&mut connect(&server)?, "GET k", "$v")
}

/// Too early by a second, or by one change: nothing is written. The later autosave proves that the task ran.
fn no_autosave_before() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &["--save", "60 2"])?;
    let mut client = connect(&server)?;
    client.ok("SET a v")?;
    client.ok("SET b v")?;
    client.ok("DEBUG ADVANCE 59000")?;
    ensure!(!folder.path().join("dump.rdb").exists(), "it was saved before its time");
    client.ok("DEBUG ADVANCE 1000")?;
    wait_info(&mut client, "rdb_changes_since_last_save", "0")?;
    let first = std::fs::read(folder.path().join("dump.rdb"))?;
    client.ok("SET c v")?;
    client.ok("DEBUG ADVANCE 600000")?;
    ensure!(std::fs::read(folder.path().join("dump.rdb"))? == first, "it was saved for one change, not two");
    Ok(())
}
