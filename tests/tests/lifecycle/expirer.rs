//! Keys past their deadlines go by themselves: nobody has to ask for them. The deadline itself is the last millisecond of a key.

use anyhow::{Result, ensure};
use pyredis_tests::{Client, Flavour, Server};

use super::{Named, expect, info, wait_info};

pub(super) const TESTS: &[Named] = &[
    ("expired_keys_are_removed_unasked", expired_keys_are_removed_unasked),
    ("info_shows_how_late_they_went", info_shows_how_late_they_went),
    ("switched_off_they_stay_unseen", switched_off_they_stay_unseen),
    ("a_deadline_moved_a_thousand_times_counts_once", a_deadline_moved_a_thousand_times_counts_once),
];

fn thousand_keys(px: u64) -> Result<(Server, Client)> {
    let server = Server::start(Flavour::Pyredis)?;
    let mut client = Client::connect(server.address())?;
    for n in 0..1000 {
        client.ok(&format!("SET key:{n} v PX {px}"))?;
    }
    client.ok("SET stays v")?;
    Ok((server, client))
}

fn expired_keys_are_removed_unasked() -> Result<()> {
    let (_server, mut client) = thousand_keys(50)?;
    ensure!(info(&mut client, "expired_keys")? == "0", "keys are gone before their time");
    client.ok("DEBUG ADVANCE 51")?;
    wait_info(&mut client, "expired_keys", "1000")?;
    expect(&mut client, "INFO keyspace", "=txt:\"# Keyspace\\r\\ndb0:keys=1,expires=0,avg_ttl=0\\r\\n\"")
}

/// The expirer's keys and those that a reader came across count alike.
fn info_shows_how_late_they_went() -> Result<()> {
    let (_server, mut client) = thousand_keys(50)?;
    client.ok("DEBUG ADVANCE 51")?;
    wait_info(&mut client, "expired_keys", "1000")?;
    let (at_once, none) = (
        "le_1=1000,le_2=1000,le_5=1000,le_10=1000,le_20=1000,le_50=1000",
        "le_1=0,le_2=0,le_5=0,le_10=0,le_20=0,le_50=0",
    );
    let lag = info(&mut client, "expired_lag_msec")?;
    ensure!(lag.starts_with(at_once) && lag.ends_with("le_10000=1000,le_inf=1000"), "after the expirer: {lag}");
    client.ok("CONFIG RESETSTAT")?;
    client.ok("DEBUG SET-ACTIVE-EXPIRE 0")?;
    client.ok("SET k v PX 50")?;
    client.ok("DEBUG ADVANCE 400")?;
    expect(&mut client, "GET k", "nil")?;
    let lag = info(&mut client, "expired_lag_msec")?;
    let expected = format!("{none},le_100=0,le_200=0,le_500=1,le_1000=1,le_10000=1,le_inf=1");
    ensure!(lag == expected, "after a reader: {lag}");
    Ok(())
}

fn switched_off_they_stay_unseen() -> Result<()> {
    let (_server, mut client) = thousand_keys(50)?;
    client.ok("DEBUG SET-ACTIVE-EXPIRE 0")?;
    client.ok("DEBUG ADVANCE 51")?;
    for _ in 0..100 {
        ensure!(info(&mut client, "expired_keys")? == "0", "they are removed although that is switched off");
    }
    expect(&mut client, "KEYS *", "[$stays]")?;
    expect(&mut client, "EXISTS key:1", ":0")?;
    client.ok("DEBUG SET-ACTIVE-EXPIRE 1")?;
    wait_info(&mut client, "expired_keys", "1000")
}

fn a_deadline_moved_a_thousand_times_counts_once() -> Result<()> {
    let server = Server::start(Flavour::Pyredis)?;
    let mut client = Client::connect(server.address())?;
    client.ok("SET k v")?;
    for n in 1..=1000 {
        expect(&mut client, &format!("PEXPIRE k {n}"), ":1")?;
    }
    client.ok("DEBUG ADVANCE 1000")?;
    expect(&mut client, "GET k", "$v")?;
    client.ok("DEBUG ADVANCE 1")?;
    wait_info(&mut client, "expired_keys", "1")?;
    expect(&mut client, "DBSIZE", ":0")
}
