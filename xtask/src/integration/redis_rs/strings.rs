//! The string group through the `redis` crate.

use anyhow::Result;
use redis::{Client, Commands, Connection, ExistenceCheck, Expiry, SetExpiry, SetOptions, TypedCommands};

use super::within;
use crate::integration::checks::equal;

pub(super) fn values(_: &Client, c: &mut Connection) -> Result<()> {
    let bytes: Vec<u8> = (0..=255).collect();
    TypedCommands::set(c, &bytes, &bytes)?;
    equal(Commands::get::<_, Vec<u8>>(c, &bytes)?, bytes)?;
    let only_new = SetOptions::default().conditional_set(ExistenceCheck::NX);
    equal(TypedCommands::set_options(c, "k", "v", only_new)?, Some("OK".to_owned()))?;
    let before = SetOptions::default().conditional_set(ExistenceCheck::XX).get(true);
    equal(TypedCommands::set_options(c, "k", "v", before)?, Some("v".to_owned()))?;
    equal(TypedCommands::append(c, "k", "alue")?, 5)?;
    equal(TypedCommands::strlen(c, "k")?, 5)?;
    equal(TypedCommands::getrange(c, "k", 1, -2)?, "alu")?;
    equal(TypedCommands::setrange(c, "k", 6, "!")?, 7)?;
    equal(TypedCommands::getset(c, "k", "next")?, Some("value\0!".to_owned()))?;
    equal(TypedCommands::get_del(c, "k")?, Some("next".to_owned()))?;
    equal(TypedCommands::get(c, "k")?, None)?;
    equal(TypedCommands::set_nx(c, "k", "1")?, true)?;
    equal(TypedCommands::set_nx(c, "k", "2")?, false)?;
    TypedCommands::mset(c, &[("a", "1"), ("b", "2")])?;
    equal(TypedCommands::mget(c, &["a", "missing", "b"])?, vec![Some("1".to_owned()), None, Some("2".to_owned())])?;
    equal(TypedCommands::mset_nx(c, &[("b", "3"), ("c", "3")])?, false)?;
    equal(TypedCommands::mset_nx(c, &[("c", "3"), ("d", "4")])?, true)
}

pub(super) fn deadlines(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::set_ex(c, "s", "v", 100)?;
    within(TypedCommands::ttl(c, "s")?.raw(), 99, 100)?;
    TypedCommands::pset_ex(c, "p", "v", 100_000)?;
    within(TypedCommands::pttl(c, "p")?.raw(), 90_000, 100_000)?;
    equal(TypedCommands::get_ex(c, "s", Expiry::EX(200))?, Some("v".to_owned()))?;
    within(TypedCommands::ttl(c, "s")?.raw(), 199, 200)?;
    TypedCommands::get_ex(c, "s", Expiry::PXAT(4_102_444_800_123))?;
    let keeping = SetOptions::default().with_expiration(SetExpiry::KEEPTTL);
    TypedCommands::set_options(c, "s", "w", keeping)?;
    equal(TypedCommands::pexpire_time(c, "s")?.raw(), 4_102_444_800_123)?;
    TypedCommands::get_ex(c, "s", Expiry::PERSIST)?;
    equal(TypedCommands::ttl(c, "s")?.raw(), -1)
}

pub(super) fn numbers(_: &Client, c: &mut Connection) -> Result<()> {
    equal(TypedCommands::incr(c, "n", 10)?, 10)?;
    equal(TypedCommands::decr(c, "n", 11)?, -1)?;
    equal(Commands::incr::<_, _, f64>(c, "n", 1.75)?.to_bits(), 0.75_f64.to_bits())?;
    equal(TypedCommands::get(c, "n")?, Some("0.75".to_owned()))
}
