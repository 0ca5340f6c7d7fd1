//! A save that fails is said in the reply, in INFO and in the log; writes stop until one succeeds.
//!
//! Root may write anywhere, so permissions stop nobody here. What stops everybody: a folder with something in it where
//! the file belongs, and a data folder that is gone.

use anyhow::{Result, ensure};
use pyredis_tests::{Client, Process, Server};
use rustix::process::Signal;
use tempfile::TempDir;

use super::{Named, expect, info, is_error, start, wait_info};

pub(super) const TESTS: &[Named] = &[
    ("save_says_why", save_says_why),
    ("writes_stop_and_go_on", writes_stop_and_go_on),
    ("writes_go_on_if_told_so", writes_go_on_if_told_so),
    ("without_its_folder", without_its_folder),
    ("shutdown_stays", shutdown_stays),
    ("shutdown_force_goes", shutdown_force_goes),
    ("sigterm_stays_and_the_second_goes", sigterm_stays_and_the_second_goes),
];

/// A server with one key, in a folder where no save can succeed.
fn blocked(directives: &[&str]) -> Result<(TempDir, Server, Client)> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), directives)?;
    let mut client = Client::connect(server.address())?;
    client.ok("SET k v")?;
    std::fs::create_dir_all(folder.path().join("dump.rdb").join("in the way"))?;
    Ok((folder, server, client))
}

fn unblock(folder: &TempDir) -> Result<()> {
    Ok(std::fs::remove_dir_all(folder.path().join("dump.rdb"))?)
}

fn save_says_why() -> Result<()> {
    let (folder, _server, mut client) = blocked(&[])?;
    let reply = client.call("SAVE")?;
    ensure!(is_error(&reply, "ERR"), "SAVE succeeds where it cannot");
    ensure!(reply.string().contains("dump.rdb"), "the reply names no file: {}", reply.string());
    ensure!(info(&mut client, "rdb_changes_since_last_save")? == "1", "a failed save counts as one");
    expect(&mut client, "GET k", "$v")?;
    unblock(&folder)?;
    client.ok("SAVE")?;
    ensure!(info(&mut client, "rdb_changes_since_last_save")? == "0", "the second save does not count");
    Ok(())
}

fn writes_stop_and_go_on() -> Result<()> {
    let (folder, _server, mut client) = blocked(&[])?;
    expect(&mut client, "BGSAVE", "+Background saving started")?;
    wait_info(&mut client, "rdb_last_bgsave_status", "err")?;
    for write in ["SET k w", "DEL k", "INCR n", "EXPIRE k 100", "FLUSHALL", "MSET a 1 b 2"] {
        let reply = client.call(write)?;
        ensure!(is_error(&reply, "MISCONF "), "{write} is not refused with MISCONF: {}", reply.string());
    }
    expect(&mut client, "GET k", "$v")?;
    expect(&mut client, "TTL k", ":-1")?;
    expect(&mut client, "ECHO k", "$k")?;
    unblock(&folder)?;
    expect(&mut client, "BGSAVE", "+Background saving started")?;
    wait_info(&mut client, "rdb_last_bgsave_status", "ok")?;
    client.ok("SET k w")
}

fn writes_go_on_if_told_so() -> Result<()> {
    let (_folder, _server, mut client) = blocked(&["--stop-writes-on-bgsave-error", "no"])?;
    expect(&mut client, "BGSAVE", "+Background saving started")?;
    wait_info(&mut client, "rdb_last_bgsave_status", "err")?;
    client.ok("SET k w")?;
    client.ok("CONFIG SET stop-writes-on-bgsave-error yes")?;
    let reply = client.call("SET k x")?;
    ensure!(is_error(&reply, "MISCONF "), "the directive does not count at once: {}", reply.string());
    Ok(())
}

fn without_its_folder() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = Client::connect(server.address())?;
    client.ok("SET k v")?;
    std::fs::remove_dir_all(folder.path())?;
    let reply = client.call("SAVE")?;
    ensure!(is_error(&reply, "ERR"), "SAVE succeeds without a folder");
    expect(&mut client, "BGSAVE", "+Background saving started")?;
    wait_info(&mut client, "rdb_last_bgsave_status", "err")?;
    let reply = client.call("SET k w")?;
    ensure!(is_error(&reply, "MISCONF "), "SET is not refused with MISCONF: {}", reply.string());
    expect(&mut client, "GET k", "$v")
}

fn shutdown_stays() -> Result<()> {
    let (folder, server, mut client) = blocked(&[])?;
    let reply = client.call("SHUTDOWN")?;
    ensure!(is_error(&reply, "ERR Errors trying to SHUTDOWN"), "unexpected reply: {}", reply.string());
    expect(&mut client, "GET k", "$v")?;
    unblock(&folder)?;
    client.send(b"SHUTDOWN\r\n")?;
    client.expect_closed()?;
    let ended = server.into_process()?.ended()?;
    ensure!(ended.status.success(), "expected status 0, got {}", ended.status);
    Ok(())
}

fn shutdown_force_goes() -> Result<()> {
    let (_folder, server, mut client) = blocked(&[])?;
    client.send(b"SHUTDOWN FORCE\r\n")?;
    client.expect_closed()?;
    ended_with_status_1(server.into_process()?)
}

fn sigterm_stays_and_the_second_goes() -> Result<()> {
    let (_folder, server, mut client) = blocked(&[])?;
    let mut process = server.into_process()?;
    process.signal(Signal::TERM)?;
    // The log names the file that could not be replaced.
    process.wait_for(|line| line.contains("dump.rdb").then_some(()))?;
    expect(&mut client, "GET k", "$v")?;
    process.signal(Signal::TERM)?;
    ended_with_status_1(process)
}

/// Whoever supervises the server has to see that the last changes are lost.
fn ended_with_status_1(process: Process) -> Result<()> {
    let ended = process.ended()?;
    ensure!(ended.status.code() == Some(1), "expected status 1, got {}", ended.status);
    Ok(())
}
