//! The bitmap group through the `redis` crate.

use anyhow::Result;
use redis::{Client, Commands, Connection, TypedCommands};

use crate::integration::checks::equal;

pub(super) fn bits(_: &Client, c: &mut Connection) -> Result<()> {
    equal(TypedCommands::setbit(c, "b", 7, true)?, false)?;
    equal(TypedCommands::setbit(c, "b", 7, true)?, true)?;
    equal(TypedCommands::getbit(c, "b", 7)?, true)?;
    equal(TypedCommands::getbit(c, "b", 1000)?, false)?;
    TypedCommands::set(c, "b", &[0_u8, 255, 240])?;
    equal(TypedCommands::bitcount(c, "b")?, 12)?;
    equal(TypedCommands::bitcount_range(c, "b", 1, 1)?, 8)
}

pub(super) fn operations(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::set(c, "x", &[0xf0_u8, 0x0f])?;
    TypedCommands::set(c, "y", &[0xff_u8])?;
    let both = ["x", "y"];
    equal(TypedCommands::bit_and(c, "to", &both)?, 2)?;
    equal(Commands::get::<_, Vec<u8>>(c, "to")?, [0xf0, 0])?;
    equal(TypedCommands::bit_or(c, "to", &both)?, 2)?;
    equal(Commands::get::<_, Vec<u8>>(c, "to")?, [0xff, 0x0f])?;
    equal(TypedCommands::bit_xor(c, "to", &both)?, 2)?;
    equal(Commands::get::<_, Vec<u8>>(c, "to")?, [0x0f, 0x0f])?;
    equal(TypedCommands::bit_not(c, "to", "x")?, 2)?;
    equal(Commands::get::<_, Vec<u8>>(c, "to")?, [0x0f, 0xf0])
}
