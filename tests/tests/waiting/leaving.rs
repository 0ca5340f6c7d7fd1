//! Who leaves, is told to go, or has waited long enough passes the turn on.

use anyhow::{Result, bail, ensure};
use pyredis_tests::{Client, Reply, Server, render};

use super::{Case, Waiting, blocked_are, connect, expect};

pub(super) const CASES: &[(&str, Case)] = &[
    ("the_turn_of_who_left_passes_on", the_turn_of_who_left_passes_on),
    ("who_left_with_requests_behind_passes_on", who_left_with_requests_behind_passes_on),
    ("time_passes", time_passes),
    ("unblock", unblock),
    ("kill", kill),
    ("flags_show_it", flags_show_it),
];

fn the_turn_of_who_left_passes_on(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let gone = [Waiting::begin(server, "BLPOP k other 0")?, Waiting::begin(server, "BLMOVE k other LEFT LEFT 100")?];
    let mut half = Waiting::begin(server, "BLPOP k 0")?;
    let mut stays = Waiting::begin(server, "BLPOP k 0")?;
    drop(gone);
    // Who will say nothing more counts as gone, as it does in Redis.
    half.client.finish_sending()?;
    blocked_are(&mut writer, 1)?;
    half.client.expect_closed()?;
    expect(&mut writer, "RPUSH k 1", ":1")?;
    stays.gets("[$k $1]")?;
    expect(&mut writer, "RPUSH k 2", ":1")?;
    expect(&mut writer, "RPUSH other 3", ":1")?;
    expect(&mut writer, "LLEN k", ":1")
}

fn who_left_with_requests_behind_passes_on(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut gone = Waiting::begin(server, "BLPOP k 0")?;
    gone.client.send(&b"LPUSH never x\r\n".repeat(1000))?;
    drop(gone);
    blocked_are(&mut writer, 0)?;
    expect(&mut writer, "RPUSH k 1", ":1")?;
    expect(&mut writer, "LLEN k", ":1")?;
    expect(&mut writer, "EXISTS never", ":0")
}

fn time_passes(server: &Server) -> Result<()> {
    let mut client = connect(server)?;
    for (line, reply) in [
        ("BLPOP k 0.01", "nil-array"),
        ("BRPOP a b c 0.01", "nil-array"),
        ("BLMOVE k t LEFT LEFT 0.01", "nil-array"),
        ("BZPOPMAX k 0.01", "nil-array"),
        ("BZMPOP 0.01 1 k MAX", "nil-array"),
    ] {
        expect(&mut client, line, reply)?;
    }
    blocked_are(&mut client, 0)?;
    // Whoever comes later is not served to who has gone on.
    expect(&mut client, "RPUSH k 1", ":1")?;
    expect(&mut client, "LLEN k", ":1")
}

fn id(client: &mut Client) -> Result<String> {
    let reply = client.call("CLIENT ID")?;
    let Reply::Int(id) = reply else { bail!("expected a number, got {}", render(&reply)) };
    Ok(id.to_string())
}

fn unblock(server: &Server) -> Result<()> {
    let (mut writer, mut client) = (connect(server)?, connect(server)?);
    let number = id(&mut client)?;
    expect(&mut writer, &format!("CLIENT UNBLOCK {number}"), ":0")?;
    for (how, reply) in [
        ("", "nil-array"),
        (" TIMEOUT", "nil-array"),
        (" ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK"),
        (" error", "-UNBLOCKED client unblocked via CLIENT UNBLOCK"),
    ] {
        let mut waiting = Waiting::begin_on(server, client, "BLPOP k 0")?;
        expect(&mut writer, &format!("CLIENT UNBLOCK {number}{how}"), ":1")?;
        // It waits no longer, from here on.
        expect(&mut writer, "RPUSH k 1", ":1")?;
        expect(&mut writer, "LPOP k", "$1")?;
        waiting.gets(reply)?;
        client = waiting.client;
    }
    let mut waiting = Waiting::begin_on(server, client, "BLPOP k 0")?;
    expect(&mut writer, "RPUSH k 1", ":1")?;
    expect(&mut writer, &format!("CLIENT UNBLOCK {number}"), ":0")?;
    waiting.gets("[$k $1]")
}

fn kill(server: &Server) -> Result<()> {
    let (mut writer, mut client) = (connect(server)?, connect(server)?);
    let number = id(&mut client)?;
    let mut waiting = Waiting::begin_on(server, client, "BLPOP k 0")?;
    // What comes right behind is not for who was killed.
    writer.send(format!("CLIENT KILL ID {number}\r\nRPUSH k 1\r\n").as_bytes())?;
    for _ in 0..2 {
        ensure!(writer.reply()? == Reply::Int(1), "killed one, pushed one");
    }
    expect(&mut writer, "LLEN k", ":1")?;
    waiting.client.expect_closed()?;
    blocked_are(&mut writer, 0)
}

fn flags_show_it(server: &Server) -> Result<()> {
    let (mut looker, mut client) = (connect(server)?, connect(server)?);
    let number = id(&mut client)?;
    let mut waiting = Waiting::begin_on(server, client, "BLPOP k 0")?;
    let line = looker.call(&format!("CLIENT LIST ID {number}"))?.string();
    ensure!(line.contains(" flags=b ") && line.contains(" cmd=blpop "), "{line}");
    expect(&mut looker, "RPUSH k 1", ":1")?;
    waiting.gets("[$k $1]")?;
    let line = looker.call(&format!("CLIENT LIST ID {number}"))?.string();
    ensure!(line.contains(" flags=N "), "{line}");
    Ok(())
}
