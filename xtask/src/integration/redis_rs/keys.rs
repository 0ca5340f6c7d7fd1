//! The generic group through the `redis` crate.

use std::collections::BTreeSet;

use anyhow::Result;
use redis::{Client, Commands, Connection, CopyOptions, RedisResult, ScanOptions, TypedCommands, ValueType};

use super::within;
use crate::integration::checks::{contains, equal};

const FAR: i64 = 4_102_444_800;

pub(super) fn names(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::mset(c, &[("user:1", "a"), ("user:2", "b"), ("other", "c")])?;
    let mut found = TypedCommands::keys(c, "user:*")?;
    found.sort_unstable();
    equal(found, ["user:1", "user:2"])?;
    equal(TypedCommands::exists(c, "other")?, true)?;
    equal(TypedCommands::key_type(c, "other")?, ValueType::String)?;
    TypedCommands::rename(c, "other", "another")?;
    contains(
        &TypedCommands::rename(c, "other", "x").err().map(|why| why.to_string()).unwrap_or_default(),
        "no such key",
    )?;
    equal(TypedCommands::rename_nx(c, "another", "user:1")?, false)?;
    equal(TypedCommands::rename_nx(c, "another", "user:3")?, true)?;
    equal(TypedCommands::copy(c, "user:3", "twin", CopyOptions::default())?, true)?;
    equal(TypedCommands::copy(c, "user:3", "twin", CopyOptions::default())?, false)?;
    equal(TypedCommands::copy(c, "user:3", "twin", CopyOptions::default().replace(true))?, true)?;
    equal(TypedCommands::copy(c, "user:3", "twin", CopyOptions::default().db(1))?, true)?;
    equal(TypedCommands::del(c, &["user:1", "missing"])?, 1)?;
    equal(TypedCommands::unlink(c, &["user:2", "user:3", "missing"])?, 2)
}

pub(super) fn deadlines(_: &Client, c: &mut Connection) -> Result<()> {
    equal(TypedCommands::ttl(c, "k")?.raw(), -2)?;
    TypedCommands::set(c, "k", "v")?;
    equal(TypedCommands::expire(c, "k", 50)?, true)?;
    within(TypedCommands::ttl(c, "k")?.raw(), 49, 50)?;
    equal(TypedCommands::pexpire(c, "k", 90_000)?, true)?;
    within(TypedCommands::pttl(c, "k")?.raw(), 80_000, 90_000)?;
    equal(TypedCommands::expire_at(c, "k", FAR)?, true)?;
    equal(TypedCommands::expire_time(c, "k")?.raw(), 4_102_444_800)?;
    equal(TypedCommands::pexpire_at(c, "k", FAR * 1000 + 1)?, true)?;
    equal(TypedCommands::pexpire_time(c, "k")?.raw(), 4_102_444_800_001)?;
    equal(TypedCommands::persist(c, "k")?, true)?;
    equal(TypedCommands::persist(c, "k")?, false)?;
    equal(TypedCommands::expire_at(c, "k", 1)?, true)?;
    equal(TypedCommands::exists(c, "k")?, false)
}

pub(super) fn objects(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::set(c, "number", "12")?;
    TypedCommands::rpush(c, "list", "a")?;
    equal(TypedCommands::object_encoding(c, "number")?, Some("int".to_owned()))?;
    equal(TypedCommands::object_encoding(c, "missing")?, None)?;
    equal(TypedCommands::object_refcount(c, "list")?, Some(1))?;
    within(TypedCommands::object_idletime(c, "list")?.unwrap_or(usize::MAX), 0, 10)?;
    let policy =
        |c: &mut Connection, name: &str| redis::cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg(name).exec(c);
    policy(c, "allkeys-lfu")?;
    TypedCommands::set(c, "counted", "v")?;
    let frequency = TypedCommands::object_freq(c, "counted");
    policy(c, "noeviction")?;
    within(frequency?.unwrap_or(usize::MAX), 1, 255)
}

pub(super) fn scans(_: &Client, c: &mut Connection) -> Result<()> {
    let names: BTreeSet<String> = (0..500).map(|number| format!("key:{number}")).collect();
    let pairs: Vec<(&String, &str)> = names.iter().map(|name| (name, "v")).collect();
    TypedCommands::mset(c, &pairs)?;
    TypedCommands::sadd(c, "set", "member")?;
    let options = ScanOptions::default().with_pattern("key:*").with_count(20);
    equal(Commands::scan_options::<String>(c, options)?.collect::<RedisResult<BTreeSet<_>>>()?, names)?;
    let options = ScanOptions::default().with_type("set");
    equal(Commands::scan_options::<String>(c, options)?.collect::<RedisResult<Vec<_>>>()?, ["set"])
}
