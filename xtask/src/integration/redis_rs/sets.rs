//! The set group through the `redis` crate.

use std::collections::HashSet;

use anyhow::{Result, ensure};
use redis::{Client, Commands, Connection, RedisResult, TypedCommands};

use crate::integration::checks::equal;

fn set(members: &[&str]) -> HashSet<String> {
    members.iter().map(|member| (*member).to_owned()).collect()
}

pub(super) fn members(_: &Client, c: &mut Connection) -> Result<()> {
    let bytes: Vec<u8> = (0..=255).collect();
    equal(TypedCommands::sadd(c, "s", &["a", "b", "a"])?, 2)?;
    equal(TypedCommands::sadd(c, "s", &bytes)?, 1)?;
    equal(TypedCommands::scard(c, "s")?, 3)?;
    equal(TypedCommands::sismember(c, "s", &bytes)?, true)?;
    equal(TypedCommands::smismember(c, "s", &["a", "z"])?, [true, false])?;
    equal(TypedCommands::smove(c, "s", "t", "a")?, true)?;
    equal(TypedCommands::smove(c, "s", "t", "z")?, false)?;
    equal(TypedCommands::srem(c, "s", &["b", "z"])?, 1)?;
    equal(Commands::spop::<_, Vec<u8>>(c, "s")?, bytes)?;
    equal(Commands::spop::<_, Option<String>>(c, "s")?, None)?;
    equal(TypedCommands::smembers(c, "t")?, set(&["a"]))
}

pub(super) fn operations(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::sadd(c, "one", &[1, 2, 3])?;
    TypedCommands::sadd(c, "two", &[3, 4])?;
    let both = ["one", "two"];
    equal(TypedCommands::sinter(c, &both)?, set(&["3"]))?;
    equal(TypedCommands::sunion(c, &both)?, set(&["1", "2", "3", "4"]))?;
    equal(TypedCommands::sdiff(c, &both)?, set(&["1", "2"]))?;
    equal(TypedCommands::sinterstore(c, "to", &both)?, 1)?;
    equal(TypedCommands::sunionstore(c, "to", &both)?, 4)?;
    equal(TypedCommands::sdiffstore(c, "to", &both)?, 2)?;
    equal(TypedCommands::smembers(c, "to")?, set(&["1", "2"]))?;
    equal(TypedCommands::sdiffstore(c, "to", &["one", "one"])?, 0)?;
    equal(TypedCommands::exists(c, "to")?, false)
}

pub(super) fn random_and_scan(_: &Client, c: &mut Connection) -> Result<()> {
    let names: HashSet<String> = (0..1000).map(|number| format!("m{number}")).collect();
    TypedCommands::sadd(c, "s", &names)?;
    ensure!(TypedCommands::srandmember(c, "s")?.is_some_and(|member| names.contains(&member)), "no member");
    equal(TypedCommands::srandmember_multiple(c, "s", 2000)?.into_iter().collect::<HashSet<_>>(), names.clone())?;
    equal(TypedCommands::srandmember_multiple(c, "s", -2000)?.len(), 2000)?;
    equal(Commands::sscan::<_, String>(c, "s")?.collect::<RedisResult<HashSet<_>>>()?, names)?;
    let found: Vec<String> = Commands::sscan_match(c, "s", "m99")?.collect::<RedisResult<_>>()?;
    equal(found, ["m99"])
}
