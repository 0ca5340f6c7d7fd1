//! What the server says of its memory: its two counts agree, and what is unused goes back.

use anyhow::{Result, ensure};
use pyredis_tests::{Client, Flavour, Server};

use super::{Named, expect, info};

pub(super) const TESTS: &[Named] =
    &[("the_two_counts_agree", the_two_counts_agree), ("purge_gives_it_back", purge_gives_it_back)];

/// Commands that are sent before their replies are read.
const TOGETHER: usize = 500;

/// Few workers, so that what each keeps for itself does not count beside the data.
fn server() -> Result<(Server, Client)> {
    let server = Server::start_with(Flavour::Pyredis, &["--io-threads", "2"])?;
    let client = Client::connect(server.address())?;
    Ok((server, client))
}

fn number(client: &mut Client, field: &str) -> Result<u64> {
    Ok(info(client, field)?.parse()?)
}

/// Sends commands, and reads their replies.
fn run(client: &mut Client, commands: &[Vec<Vec<u8>>]) -> Result<()> {
    for together in commands.chunks(TOGETHER) {
        client.send_commands(together)?;
        for _ in together {
            client.reply()?;
        }
    }
    Ok(())
}

fn command(words: &[&[u8]]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.to_vec()).collect()
}

/// A command of the usual kinds on one of 20 000 keys, with a value of a usual length.
fn mixed(random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let key = format!("key:{}", random.u32(..20_000)).into_bytes();
    let longest = match random.u32(..100) {
        0..70 => 200,
        70..94 => 2000,
        94..99 => 9000,
        _ => 100_000,
    };
    let value = vec![b'x'; random.usize(..longest)];
    match random.u32(..20) {
        0..2 => command(&[b"SET", &key, &value, b"EX", b"1000"]),
        2..9 => command(&[b"SET", &key, &value]),
        9..12 => command(&[b"GET", &key]),
        12..15 => command(&[b"DEL", &key]),
        15 => command(&[b"EXPIRE", &key, b"5000"]),
        16 => command(&[b"PERSIST", &key]),
        17 => command(&[b"INCR", &[b"n:", &key[..]].concat()]),
        _ => command(&[b"APPEND", &key, b"and a little more"]),
    }
}

/// `used_memory` is what the allocator counts, and its parts are what the server counts: within 3 % once there is data.
fn the_two_counts_agree() -> Result<()> {
    let (_server, mut client) = server()?;
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..4 {
        let commands: Vec<_> = (0..15_000).map(|_| mixed(&mut random)).collect();
        run(&mut client, &commands)?;
        let used = number(&mut client, "used_memory")?;
        let (dataset, overhead) =
            (number(&mut client, "used_memory_dataset")?, number(&mut client, "used_memory_overhead")?);
        let apart = used.abs_diff(dataset + overhead) * 1000 / used;
        ensure!(used > 5_000_000, "only {used} bytes are used");
        ensure!(apart <= 30, "{used} used, {dataset} of data and {overhead} beside it: {apart} in a thousand apart");
    }
    Ok(())
}

/// Every thread gives back what it has: the workers, and the one that freed what was flushed.
fn purge_gives_it_back() -> Result<()> {
    let (_server, mut client) = server()?;
    let before = number(&mut client, "used_memory_rss")?;
    let commands: Vec<_> =
        (0..60_000).map(|n| command(&[b"SET", format!("key:{n}").as_bytes(), &[b'x'; 1000]])).collect();
    run(&mut client, &commands)?;
    let full = number(&mut client, "used_memory_rss")?;
    ensure!(full > before + 60_000_000, "the data takes {} bytes only", full - before);
    client.ok("FLUSHALL")?;
    expect(&mut client, "MEMORY PURGE", "+OK")?;
    let after = number(&mut client, "used_memory_rss")?;
    ensure!(after < before + 20_000_000, "{before} bytes before, {after} after it");
    Ok(())
}
