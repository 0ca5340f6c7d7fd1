//! A start that cannot succeed ends at once, with status 1 and a line that says what is wrong.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pyredis_tests::{Client, Server, pyredis_binary, pyredis_command};
use tempfile::TempDir;

use super::{Named, expect, refuses, refuses_in_one_line, start};

pub(super) const TESTS: &[Named] = &[
    ("port_taken", port_taken),
    ("folder_missing", folder_missing),
    ("folder_is_a_file", folder_is_a_file),
    ("folder_that_takes_no_lock", folder_that_takes_no_lock),
    ("unknown_directive", unknown_directive),
    ("bad_values", bad_values),
    ("value_missing", value_missing),
    ("second_server_in_the_folder", second_server_in_the_folder),
    ("the_lock_of_a_dead_server_is_no_obstacle", the_lock_of_a_dead_server_is_no_obstacle),
    ("config_file", config_file),
    ("config_file_wrong", config_file_wrong),
    ("config_file_missing", config_file_missing),
];

fn pyredis(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(pyredis_binary()?);
    command.args(arguments);
    Ok(command)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

fn port_taken() -> Result<()> {
    let folder = TempDir::new()?;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = taken.local_addr()?.port().to_string();
    refuses(pyredis(&["--port", &port, "--dir", text(folder.path())])?, &[&port]).map(drop)
}

fn folder_missing() -> Result<()> {
    let folder = TempDir::new()?;
    let missing = folder.path().join("missing");
    refuses(pyredis_command(&missing)?, &[text(&missing)])?;
    ensure!(!missing.exists(), "the folder was made");
    Ok(())
}

fn folder_is_a_file() -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("file");
    std::fs::write(&file, "x")?;
    refuses(pyredis_command(&file)?, &[text(&file)]).map(drop)
}

/// A folder in the lock file's place, as permissions keep nothing from a test that runs as root.
fn folder_that_takes_no_lock() -> Result<()> {
    let folder = TempDir::new()?;
    let lock = folder.path().join("pyredis.lock");
    std::fs::create_dir(&lock)?;
    let words = [text(&lock), "Is a directory", "use a folder that exists and can be written"];
    refuses_in_one_line(pyredis_command(folder.path())?, &words)
}

fn unknown_directive() -> Result<()> {
    refuses_in_one_line(pyredis(&["--port", "0", "--no-such-directive", "1"])?, &["no-such-directive"])
}

fn bad_values() -> Result<()> {
    let bad = [
        ("--port", "http"),
        ("--port", "65536"),
        ("--port", "-1"),
        ("--bind", "not an address"),
        ("--save", "60"),
        ("--save", "sixty 1"),
        ("--save", "0 1"),
        ("--databases", "0"),
        ("--maxclients", "0"),
        ("--timeout", "-1"),
        ("--tcp-keepalive", "soon"),
        ("--loglevel", "loud"),
        ("--io-threads", "0"),
        ("--stop-writes-on-bgsave-error", "maybe"),
        ("--dbfilename", "a/b"),
    ];
    for (directive, value) in bad {
        let name = directive.trim_start_matches('-');
        let folder = TempDir::new()?;
        let mut command = pyredis(&["--dir", text(folder.path())])?;
        if directive != "--port" {
            command.args(["--port", "0"]);
        }
        command.args([directive, value]);
        refuses_in_one_line(command, &[name]).with_context(|| format!("{directive} {value:?}"))?;
    }
    Ok(())
}

fn value_missing() -> Result<()> {
    refuses_in_one_line(pyredis(&["--port", "0", "--dir"])?, &["dir"])
}

fn second_server_in_the_folder() -> Result<()> {
    let folder = TempDir::new()?;
    let server = start(folder.path(), &[])?;
    let mut client = Client::connect(server.address())?;
    client.ok("SET k v")?;
    let id = server.process().context("the server has no process")?.id().to_string();
    refuses(pyredis_command(folder.path())?, &[&id, text(folder.path())])?;
    expect(&mut client, "GET k", "$v")?;
    client.ok("SAVE")
}

fn the_lock_of_a_dead_server_is_no_obstacle() -> Result<()> {
    let folder = TempDir::new()?;
    for _ in 0..3 {
        super::crash(start(folder.path(), &[])?);
    }
    Ok(())
}

/// As redis.conf is written: comments, empty lines, quotes, repeated `save`; arguments after the file win.
fn config_file() -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("pyredis.conf");
    let lines = [
        "# a comment",
        "",
        "port 0",
        &format!("dir \"{}\"", text(folder.path())),
        "  TIMEOUT   100",
        "databases 4",
        "save 3600 1",
        "save 300 100",
        "requirepass \"a b\"",
        "maxclients 50",
    ];
    std::fs::write(&file, lines.join("\n"))?;
    let mut command = Command::new(pyredis_binary()?);
    command.arg(&file).args(["--maxclients", "60"]);
    let server = Server::start_pyredis(command, None)?;
    let mut client = Client::connect(server.address())?;
    let reply = client.command(&["AUTH", "a b"])?;
    ensure!(!reply.is_error(), "the password of the file is not taken: {}", reply.string());
    expect(&mut client, "CONFIG GET timeout", "{$timeout $100}")?;
    expect(&mut client, "CONFIG GET databases", "{$databases $4}")?;
    expect(&mut client, "CONFIG GET save", "{$save $\"3600 1 300 100\"}")?;
    expect(&mut client, "CONFIG GET maxclients", "{$maxclients $60}")?;
    expect(&mut client, "SELECT 4", "-ERR DB index is out of range")
}

fn config_file_wrong() -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("pyredis.conf");
    for (line, word) in [("no-such-directive 1", "no-such-directive"), ("timeout ten", "timeout"), ("dir \"x", "quote")]
    {
        std::fs::write(&file, format!("port 0\n# fine so far\n{line}\n"))?;
        let mut command = Command::new(pyredis_binary()?);
        command.arg(&file);
        // The line, counted from 1, stands behind the name of the file.
        refuses_in_one_line(command, &[text(&file), "3", word]).with_context(|| line.to_owned())?;
    }
    Ok(())
}

fn config_file_missing() -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("missing.conf");
    refuses_in_one_line(pyredis(&[text(&file)])?, &[text(&file)])
}
