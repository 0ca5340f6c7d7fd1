//! Honest traffic in difficult shapes: pipelines, requests cut anywhere, binary and large values, early farewells.

use std::collections::BTreeSet;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Reply, Server};

use crate::oracle::on_both;

/// A test and its name.
type Named = (&'static str, fn(&Server) -> Result<()>);

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [Named; 12] = [
        ("pipeline_of_ten_thousand", pipeline_of_ten_thousand),
        ("cut_at_every_byte", cut_at_every_byte),
        ("byte_by_byte", byte_by_byte),
        ("every_byte_value", every_byte_value),
        ("a_megabyte", a_megabyte),
        ("quit_ends_the_pipeline", quit_ends_the_pipeline),
        ("half_closed", half_closed),
        ("gone_in_the_middle", gone_in_the_middle),
        ("a_thousand_arguments", a_thousand_arguments),
        ("scan_sees_every_key", scan_sees_every_key),
        ("many_clients_count_together", many_clients_count_together),
        ("transactions_are_not_mixed", transactions_are_not_mixed),
    ];
    tests.into_iter().flat_map(|(name, test)| on_both(&format!("traffic::{name}"), test)).collect()
}

fn pipeline_of_ten_thousand(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    client.send(&b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n".repeat(10_000))?;
    let answers: String = (1..=10_000).map(|n| format!(":{n}\r\n")).collect();
    client.expect_bytes(answers.as_bytes())?;
    client.send(&b"INCR m\r\n".repeat(10_000))?;
    client.expect_bytes(answers.as_bytes())
}

/// Inline and array requests of several shapes, and their answers.
const REQUESTS: &[u8] = b"*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$5\r\na\r\n\0b\r\n*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n\r\n\
    ECHO \"a b\\x00\"\r\n*1\r\n$4\r\nPING\r\n*0\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\nDEL none\n";
const ANSWERS: &[u8] = b"+OK\r\n$5\r\na\r\n\0b\r\n$4\r\na b\0\r\n+PONG\r\n$0\r\n\r\n:0\r\n";

fn cut_at_every_byte(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    let mut other = Client::connect(server.address())?;
    for (cut, _) in REQUESTS.iter().enumerate() {
        let (head, tail) = REQUESTS.split_at(cut);
        client.send(head)?;
        // Another connection's round trip gives the server reason to look at the first part alone.
        other.call("PING")?;
        client.send(tail)?;
        client.expect_bytes(ANSWERS).with_context(|| format!("cut after {cut} bytes"))?;
    }
    Ok(())
}

fn byte_by_byte(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    let mut other = Client::connect(server.address())?;
    for byte in REQUESTS {
        client.send(&[*byte])?;
        other.call("PING")?;
    }
    client.expect_bytes(ANSWERS)
}

fn every_byte_value(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    let all: Vec<u8> = (0..=255).collect();
    for byte in 0..=255_u8 {
        let (key, value) = ([b'k', byte], [byte, b'\r', b'\n', byte]);
        client.command(&[b"SET".as_slice(), &key, &value])?;
    }
    client.command(&[b"SET".as_slice(), &all, &all])?;
    for byte in 0..=255_u8 {
        let reply = client.command(&[b"GET".as_slice(), &[b'k', byte]])?;
        ensure!(reply == Reply::Bulk(vec![byte, b'\r', b'\n', byte]), "the value with byte {byte} came back changed");
    }
    ensure!(
        client.command(&[b"GET".as_slice(), &all])? == Reply::Bulk(all),
        "the value of all bytes came back changed"
    );
    ensure!(client.call("DBSIZE")? == Reply::Int(257), "two keys were taken for one");
    Ok(())
}

fn a_megabyte(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    let value: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    for key in ["a", "b"] {
        client.command(&[b"SET".as_slice(), key.as_bytes(), &value])?;
    }
    ensure!(client.call("STRLEN a")? == Reply::Int(1 << 20), "a is not a megabyte long");
    let mut pair = client.call("MGET a b")?.items().context("MGET gives no array")?.to_vec();
    ensure!(pair.pop() == pair.pop(), "a and b differ");
    ensure!(client.call("GETDEL b")? == Reply::Bulk(value), "b came back changed");
    Ok(())
}

fn quit_ends_the_pipeline(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    client.send(b"SET before 1\r\nQUIT\r\nSET after 1\r\n")?;
    client.expect_bytes(b"+OK\r\n+OK\r\n")?;
    client.expect_closed()?;
    let mut other = Client::connect(server.address())?;
    ensure!(other.call("EXISTS before after")? == Reply::Int(1), "a command after QUIT was run");
    Ok(())
}

/// `printf 'SET k v\r\nGET k\r\n' | nc`: the client has said all before the answers come.
fn half_closed(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    client.send(b"SET k v\r\nGET k\r\n")?;
    client.finish_sending()?;
    client.expect_bytes(b"+OK\r\n$1\r\nv\r\n")?;
    client.expect_closed()
}

fn gone_in_the_middle(server: &Server) -> Result<()> {
    let mut witness = Client::connect(server.address())?;
    for (cut, _) in REQUESTS.iter().enumerate() {
        Client::connect(server.address())?.send(REQUESTS.get(..cut).unwrap_or_default())?;
        ensure!(witness.call("PING")? == Reply::Simple(b"PONG".to_vec()), "cut after {cut} bytes");
    }
    Ok(())
}

fn a_thousand_arguments(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    let keys: Vec<String> = (0..1000).map(|n| format!("key:{n}")).collect();
    let mut set = vec!["MSET"];
    let mut get = vec!["MGET"];
    for key in &keys {
        set.extend([key.as_str(), key.as_str()]);
        get.push(key);
    }
    client.command(&set)?;
    let expected = keys.iter().map(|key| Reply::Bulk(key.clone().into_bytes())).collect();
    ensure!(client.command(&get)? == Reply::Array(expected), "MGET gives other values than MSET set");
    Ok(())
}

fn scan_sees_every_key(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    for n in 0..1000 {
        client.ok(&format!("SET key:{n} v"))?;
    }
    let mut seen = BTreeSet::new();
    let mut cursor = "0".to_owned();
    // Each call moves on, so there cannot be more of them than a few per key.
    for _ in 0..10_000 {
        let reply = client.command(&["SCAN", &cursor, "COUNT", "7"])?;
        let [next, keys] = reply.items().unwrap_or_default() else { bail!("SCAN gives no pair") };
        seen.extend(keys.items().unwrap_or_default().iter().map(Reply::string));
        cursor = next.string();
        // Some clients keep it in a double.
        ensure!(cursor.parse::<u64>()? < 1 << 53, "the cursor {cursor} is not below 2^53");
        if cursor == "0" {
            break;
        }
    }
    ensure!(cursor == "0" && seen.len() == 1000, "SCAN stops at cursor {cursor} with {} of 1000 keys", seen.len());
    Ok(())
}

/// Runs `work` on four connections at once.
fn four_at_once(server: &Server, work: impl Fn(Client) -> Result<()> + Sync) -> Result<()> {
    let address = server.address();
    thread::scope(|scope| {
        let start = || Client::connect(address).and_then(&work);
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a client panicked")))
    })
}

fn many_clients_count_together(server: &Server) -> Result<()> {
    four_at_once(server, |mut client| (0..2000).try_for_each(|_| client.call("INCR n").map(drop)))?;
    let sum = Client::connect(server.address())?.call("GET n")?.string();
    ensure!(sum == "8000", "four clients count to 2000 each and reach {sum}");
    Ok(())
}

/// Two keys that only move together are never seen apart.
fn transactions_are_not_mixed(server: &Server) -> Result<()> {
    four_at_once(server, |mut client| {
        for _ in 0..1000 {
            client.send(b"MULTI\r\nINCR left\r\nPING\r\nDECR right\r\nMGET left right\r\nEXEC\r\n")?;
            let replies: Vec<Reply> = (0..6).map(|_| client.reply()).collect::<Result<_>>()?;
            let pair = replies.last().and_then(Reply::items).and_then(<[Reply]>::last).and_then(Reply::items);
            let numbers: Vec<i64> =
                pair.unwrap_or_default().iter().map(|one| one.string().parse()).collect::<Result<_, _>>()?;
            ensure!(numbers.len() == 2 && numbers.iter().sum::<i64>() == 0, "left and right are {numbers:?}");
        }
        Ok(())
    })
}
