//! Transactions and pipelines over all types through the `redis` crate.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use redis::{Client, Connection, Pipeline, TypedCommands};

use crate::integration::checks::{contains, equal};

/// What a pipeline of a write, ignored, and a read of each type gives.
type Outcome = (String, HashMap<String, String>, Vec<String>, HashSet<String>, Vec<(String, f64)>, u8);

fn every_type(pipe: &mut Pipeline) -> &mut Pipeline {
    pipe.set("string", "v").ignore().get("string");
    pipe.hset("hash", "f", "v").ignore().hgetall("hash");
    pipe.rpush("list", &["a", "b"]).ignore().lrange("list", 0, -1);
    pipe.sadd("set", "m").ignore().smembers("set");
    pipe.zadd("zset", "m", 1.5).ignore().zrange_withscores("zset", 0, -1);
    pipe.setbit("bits", 7, true).ignore().bitcount("bits")
}

fn outcome() -> Outcome {
    let text = str::to_owned;
    (
        text("v"),
        HashMap::from([(text("f"), text("v"))]),
        vec![text("a"), text("b")],
        HashSet::from([text("m")]),
        vec![(text("m"), 1.5)],
        1,
    )
}

pub(super) fn of_every_type(_: &Client, c: &mut Connection) -> Result<()> {
    equal(every_type(&mut redis::pipe()).query::<Outcome>(c)?, outcome())?;
    redis::cmd("FLUSHALL").exec(c)?;
    equal(every_type(redis::pipe().atomic()).query::<Outcome>(c)?, outcome())
}

pub(super) fn errors(_: &Client, c: &mut Connection) -> Result<()> {
    let failing = redis::pipe().atomic().rpush("list", "a").hset("list", "f", "v").llen("list").exec(c);
    contains(&failing.err().map(|why| why.to_string()).unwrap_or_default(), "WRONGTYPE")?;
    equal(TypedCommands::llen(c, "list")?, 1)?;
    let aborted = redis::pipe().atomic().rpush("list", "b").cmd("LPUSH").arg("list").exec(c);
    contains(&aborted.err().map(|why| why.to_string()).unwrap_or_default(), "wrong number of arguments")?;
    equal(TypedCommands::llen(c, "list")?, 1)
}

/// `transaction` watches, and begins again while EXEC says that a key was touched: once for each of these.
pub(super) fn watch(client: &Client, c: &mut Connection) -> Result<()> {
    let mut other = client.get_connection()?;
    TypedCommands::rpush(c, "k", "a")?;
    let mut rounds = 0;
    let (length,): (usize,) = redis::transaction(c, &["k", "another"], |c, pipe| {
        rounds += 1;
        match rounds {
            1 => drop(TypedCommands::rpush(&mut other, "k", "x")?),
            2 => drop(TypedCommands::expire(&mut other, "k", 100)?),
            3 => drop(TypedCommands::del(&mut other, "k")?),
            _ => {}
        }
        pipe.rpush("k", "last").query(c)
    })?;
    equal((rounds, length), (4, 1))?;
    match redis::cmd("EXEC").exec(c) {
        Ok(()) => bail!("EXEC without MULTI went through"),
        Err(error) => contains(&error.to_string(), "EXEC without MULTI"),
    }
}
