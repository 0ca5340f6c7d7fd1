//! The list group through the `redis` crate, but for what waits (`waiting`).

use std::num::NonZeroUsize;

use anyhow::Result;
use redis::{Client, Commands, Connection, Direction, LposOptions, TypedCommands};

use crate::integration::checks::{contains, equal};

pub(super) fn ends(_: &Client, c: &mut Connection) -> Result<()> {
    let bytes: Vec<u8> = (0..=255).collect();
    equal(TypedCommands::lpush_exists(c, "l", "x")?, 0)?;
    equal(TypedCommands::rpush_exists(c, "l", "x")?, 0)?;
    equal(TypedCommands::rpush(c, "l", &["b", "c"])?, 2)?;
    equal(TypedCommands::lpush(c, "l", "a")?, 3)?;
    equal(TypedCommands::lpush_exists(c, "l", "first")?, 4)?;
    equal(TypedCommands::rpush_exists(c, "l", &bytes)?, 5)?;
    equal(TypedCommands::llen(c, "l")?, 5)?;
    equal(TypedCommands::lrange(c, "l", 0, 3)?, ["first", "a", "b", "c"])?;
    equal(Commands::rpop::<_, Vec<u8>>(c, "l", None)?, bytes)?;
    equal(Commands::lpop::<_, Option<String>>(c, "l", None)?, Some("first".to_owned()))?;
    equal(Commands::lpop::<_, Vec<String>>(c, "l", NonZeroUsize::new(2))?, ["a", "b"])?;
    equal(Commands::rpop::<_, Vec<String>>(c, "l", NonZeroUsize::new(5))?, ["c"])?;
    equal(Commands::lpop::<_, Option<String>>(c, "l", None)?, None)
}

pub(super) fn middle(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::rpush(c, "l", &["a", "b", "c", "b", "a"])?;
    equal(TypedCommands::lindex(c, "l", -2)?, Some("b".to_owned()))?;
    equal(TypedCommands::lindex(c, "l", 9)?, None)?;
    equal(Commands::lpos::<_, _, Option<u8>>(c, "l", "a", LposOptions::default().rank(-1))?, Some(4))?;
    let all = LposOptions::default().count(0).maxlen(10);
    equal(Commands::lpos::<_, _, Vec<u8>>(c, "l", "b", all)?, [1, 3])?;
    equal(TypedCommands::linsert_before(c, "l", "c", "new")?, 6)?;
    equal(TypedCommands::linsert_after(c, "l", "z", "new")?, -1)?;
    TypedCommands::lset(c, "l", 0, "A")?;
    let why = TypedCommands::lset(c, "l", 99, "v").err().map(|why| why.to_string());
    contains(&why.unwrap_or_default(), "index out of range")?;
    equal(TypedCommands::lrem(c, "l", -1, "b")?, 1)?;
    TypedCommands::ltrim(c, "l", 1, -2)?;
    equal(TypedCommands::lrange(c, "l", 0, -1)?, ["b", "new", "c"])
}

pub(super) fn moves(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::rpush(c, "from", &["a", "b", "c", "d"])?;
    equal(TypedCommands::lmove(c, "from", "to", Direction::Left, Direction::Right)?, "a")?;
    equal(TypedCommands::rpoplpush(c, "from", "to")?, Some("d".to_owned()))?;
    equal(TypedCommands::rpoplpush(c, "missing", "to")?, None)?;
    let popped = TypedCommands::lmpop(c, 2, &["missing", "to"], Direction::Right, 5)?;
    equal(popped, Some(("to".to_owned(), vec!["a".to_owned(), "d".to_owned()])))?;
    equal(TypedCommands::lmpop(c, 1, "missing", Direction::Left, 1)?, None)?;
    equal(TypedCommands::lrange(c, "from", 0, -1)?, ["b", "c"])
}
