//! Who has waited longest for a key is served first, whatever worker it is on; what comes behind a command that waits, waits too.

use anyhow::Result;
use pyredis_tests::Server;

use super::{Case, Waiting, blocked_are, connect, expect};

pub(super) const CASES: &[(&str, Case)] = &[
    ("first_come_first_served", first_come_first_served),
    ("the_order_is_that_of_each_key", the_order_is_that_of_each_key),
    ("who_waits_again_is_last", who_waits_again_is_last),
    ("a_pipeline_waits_behind", a_pipeline_waits_behind),
    ("databases_are_apart", databases_are_apart),
];

fn first_come_first_served(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut waiting = Vec::new();
    for _ in 0..12 {
        waiting.push(Waiting::begin(server, "BLPOP k 0")?);
    }
    expect(&mut writer, "RPUSH k 0 1 2 3 4", ":5")?;
    expect(&mut writer, "EXISTS k", ":0")?;
    blocked_are(&mut writer, 7)?;
    for element in 5..12 {
        expect(&mut writer, &format!("LPUSH k {element}"), ":1")?;
    }
    for (element, waiting) in waiting.iter_mut().enumerate() {
        waiting.gets(&format!("[$k ${element}]"))?;
    }
    Ok(())
}

fn the_order_is_that_of_each_key(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut both = Waiting::begin(server, "BLPOP a b 0")?;
    let mut only_b = Waiting::begin(server, "BLPOP b 0")?;
    let mut only_a = Waiting::begin(server, "BRPOP a 0")?;
    expect(&mut writer, "RPUSH b 1", ":1")?;
    both.gets("[$b $1]")?;
    expect(&mut writer, "RPUSH a 2 3", ":2")?;
    only_a.gets("[$a $3]")?;
    expect(&mut writer, "LRANGE a 0 -1", "[$2]")?;
    expect(&mut writer, "RPUSH b 4", ":1")?;
    only_b.gets("[$b $4]")
}

fn who_waits_again_is_last(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut first = Waiting::begin(server, "BLPOP k 0")?;
    let mut second = Waiting::begin(server, "BLPOP k 0")?;
    expect(&mut writer, "RPUSH k 1", ":1")?;
    first.gets("[$k $1]")?;
    let mut first = Waiting::begin_on(server, first.client, "BLPOP k 0")?;
    expect(&mut writer, "RPUSH k 2", ":1")?;
    second.gets("[$k $2]")?;
    expect(&mut writer, "RPUSH k 3", ":1")?;
    first.gets("[$k $3]")
}

fn a_pipeline_waits_behind(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut waiting = Waiting::begin(server, "BLPOP k 0")?;
    waiting.client.send(b"PING\r\nLPUSH other x\r\n*2\r\n$4\r\nPING\r\n$3\r\nab")?;
    expect(&mut writer, "EXISTS other", ":0")?;
    expect(&mut writer, "RPUSH k 1", ":1")?;
    waiting.gets("[$k $1]")?;
    waiting.gets("+PONG")?;
    waiting.gets(":1")?;
    waiting.client.send(b"c\r\n")?;
    waiting.gets("$abc")?;
    // In one piece with the command itself.
    waiting.client.send(b"PING\r\nBLPOP k 0\r\nPING\r\n")?;
    waiting.gets("+PONG")?;
    blocked_are(&mut writer, 1)?;
    expect(&mut writer, "RPUSH k 2", ":1")?;
    waiting.gets("[$k $2]")?;
    waiting.gets("+PONG")
}

fn databases_are_apart(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut client = connect(server)?;
    client.ok("SELECT 1")?;
    let mut waiting = Waiting::begin_on(server, client, "BLPOP k 0")?;
    expect(&mut writer, "RPUSH k 1", ":1")?;
    blocked_are(&mut writer, 1)?;
    writer.ok("SELECT 1")?;
    expect(&mut writer, "RPUSH k 2", ":1")?;
    waiting.gets("[$k $2]")
}
