//! The hash group through the `redis` crate.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use redis::{Client, Commands, Connection, RedisResult, TypedCommands};

use crate::integration::checks::{contains, equal};

pub(super) fn fields(_: &Client, c: &mut Connection) -> Result<()> {
    let bytes: Vec<u8> = (0..=255).collect();
    equal(TypedCommands::hset(c, "h", "a", "1")?, 1)?;
    equal(TypedCommands::hset(c, "h", &bytes, &bytes)?, 1)?;
    equal(Commands::hget::<_, _, Vec<u8>>(c, "h", &bytes)?, bytes.clone())?;
    equal(TypedCommands::hdel(c, "h", &bytes)?, 1)?;
    TypedCommands::hset_multiple(c, "h", &[("a", "2"), ("b", "3")])?;
    equal(TypedCommands::hget(c, "h", "a")?, Some("2".to_owned()))?;
    equal(TypedCommands::hget(c, "h", "missing")?, None)?;
    let some: (Option<u8>, Option<u8>) = Commands::hmget(c, "h", &["a", "missing"])?;
    equal(some, (Some(2), None))?;
    equal(TypedCommands::hset_nx(c, "h", "b", "6")?, false)?;
    equal(TypedCommands::hset_nx(c, "h", "c", "6")?, true)?;
    equal(TypedCommands::hexists(c, "h", "c")?, true)?;
    equal(TypedCommands::hlen(c, "h")?, 3)?;
    equal(TypedCommands::hdel(c, "h", &["c", "missing"])?, 1)?;
    let whole = [("a", "2"), ("b", "3")].map(|(field, value)| (field.to_owned(), value.to_owned()));
    equal(TypedCommands::hgetall(c, "h")?, HashMap::from(whole))?;
    let (mut fields, mut values) = (TypedCommands::hkeys(c, "h")?, TypedCommands::hvals(c, "h")?);
    fields.sort_unstable();
    values.sort_unstable();
    equal((fields, values), (vec!["a".to_owned(), "b".to_owned()], vec!["2".to_owned(), "3".to_owned()]))
}

pub(super) fn numbers(_: &Client, c: &mut Connection) -> Result<()> {
    equal(Commands::hincr::<_, _, _, i64>(c, "h", "n", 5)?, 5)?;
    equal(TypedCommands::hincr(c, "h", "n", 2.25)?.to_bits(), 7.25_f64.to_bits())?;
    TypedCommands::hset(c, "h", "word", "w")?;
    let why = TypedCommands::hincr(c, "h", "word", 1).err().map(|why| why.to_string());
    contains(&why.unwrap_or_default(), "hash value is not an integer")
}

pub(super) fn scan(_: &Client, c: &mut Connection) -> Result<()> {
    let pairs: BTreeMap<String, u32> = (0..700).map(|number| (format!("f{number}"), number)).collect();
    TypedCommands::hset_multiple(c, "h", &pairs.iter().collect::<Vec<_>>())?;
    equal(Commands::hscan::<_, (String, u32)>(c, "h")?.collect::<RedisResult<BTreeMap<_, _>>>()?, pairs)?;
    let found: Vec<(String, u32)> = Commands::hscan_match(c, "h", "f69")?.collect::<RedisResult<_>>()?;
    equal(found, [("f69".to_owned(), 69)])
}
