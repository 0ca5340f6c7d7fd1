//! What waits in the list and sorted set groups through the `redis` crate: served by another's write, at once, or by nobody.

use std::fmt::Debug;
use std::thread;

use anyhow::{Result, anyhow, ensure};
use redis::{Client, Commands, Connection, Direction, RedisResult, TypedCommands};

use super::PATIENCE;
use crate::clock;
use crate::integration::checks::{contains, equal};

/// How long the server lets a client wait, in seconds: longer than any check takes.
const WAIT: f64 = 8.0;

/// An optional pair of texts: a key and what was in it.
type Popped = Option<(String, String)>;
/// An optional key with members and scores.
type Scored = Option<(String, Vec<(String, f64)>)>;

/// What `call` on a connection of its own gets when it waits, and then `act` happens.
fn served<T: Send + 'static>(
    client: &Client,
    connection: &mut Connection,
    call: impl FnOnce(&mut Connection) -> RedisResult<T> + Send + 'static,
    act: impl FnOnce(&mut Connection) -> Result<()>,
) -> Result<T> {
    let mut waiter = client.get_connection()?;
    waiter.set_read_timeout(Some(PATIENCE))?;
    let answer = thread::spawn(move || call(&mut waiter));
    until_waiting(connection, 1)?;
    act(connection)?;
    Ok(answer.join().map_err(|_panic| anyhow!("the thread that waited panicked"))??)
}

/// Asks until so many clients wait on the server.
pub(super) fn until_waiting(connection: &mut Connection, count: u32) -> Result<()> {
    let start = clock::now();
    loop {
        let info: redis::InfoDict = redis::cmd("INFO").arg("clients").query(connection)?;
        if info.get::<u32>("blocked_clients") == Some(count) {
            return Ok(());
        }
        ensure!(clock::now() - start < PATIENCE, "there were never {count} clients that wait");
    }
}

pub(super) fn lists_served(client: &Client, c: &mut Connection) -> Result<()> {
    fn push(c: &mut Connection) -> Result<()> {
        equal(TypedCommands::rpush(c, "l", "x")?, 1)
    }
    let pair = Some(("l".to_owned(), "x".to_owned()));
    equal(served(client, c, |c| Commands::blpop::<_, Popped>(c, &["none", "l"], WAIT), push)?, pair.clone())?;
    equal(served(client, c, |c| Commands::brpop::<_, Popped>(c, "l", WAIT), push)?, pair)?;
    equal(served(client, c, |c| TypedCommands::brpoplpush(c, "l", "to", WAIT), push)?, Some("x".to_owned()))?;
    let moves = |c: &mut Connection| TypedCommands::blmove(c, "l", "to", Direction::Right, Direction::Left, WAIT);
    equal(served(client, c, moves, push)?, Some("x".to_owned()))?;
    let pops = |c: &mut Connection| {
        Commands::blmpop::<_, Option<(String, Vec<String>)>>(c, WAIT, 2, &["none", "l"], Direction::Left, 5)
    };
    equal(served(client, c, pops, push)?, Some(("l".to_owned(), vec!["x".to_owned()])))?;
    equal(TypedCommands::lrange(c, "to", 0, -1)?, ["x", "x"])
}

pub(super) fn sorted_sets_served(client: &Client, c: &mut Connection) -> Result<()> {
    fn add(c: &mut Connection) -> Result<()> {
        equal(TypedCommands::zadd(c, "z", "m", 1.5)?, 1)
    }
    let one = Some(("z".to_owned(), "m".to_owned(), 1.5));
    let many: Scored = Some(("z".to_owned(), vec![("m".to_owned(), 1.5)]));
    equal(served(client, c, |c| TypedCommands::bzpopmin(c, &["none", "z"], WAIT), add)?, one.clone())?;
    equal(served(client, c, |c| TypedCommands::bzpopmax(c, "z", WAIT), add)?, one)?;
    equal(served(client, c, |c| TypedCommands::bzmpop_min(c, WAIT, &["none", "z"], 5), add)?, many.clone())?;
    equal(served(client, c, |c| TypedCommands::bzmpop_max(c, WAIT, &["z"], 5), add)?, many)
}

pub(super) fn not_at_all(_: &Client, c: &mut Connection) -> Result<()> {
    fn nothing<T: Debug>(got: RedisResult<Option<T>>) -> Result<()> {
        let got = got?;
        ensure!(got.is_none(), "got {got:?} of nothing");
        Ok(())
    }
    TypedCommands::rpush(c, "l", &["a", "b"])?;
    equal(Commands::blpop::<_, Popped>(c, "l", 0.0)?, Some(("l".to_owned(), "a".to_owned())))?;
    equal(Commands::brpop::<_, Popped>(c, &["none", "l"], 0.0)?, Some(("l".to_owned(), "b".to_owned())))?;
    nothing(Commands::blpop::<_, Popped>(c, "l", 0.01))?;
    nothing(Commands::brpop::<_, Popped>(c, "l", 0.01))?;
    nothing(TypedCommands::brpoplpush(c, "l", "to", 0.01))?;
    nothing(TypedCommands::blmove(c, "l", "to", Direction::Left, Direction::Left, 0.01))?;
    nothing(TypedCommands::bzpopmin(c, "z", 0.01))?;
    nothing(TypedCommands::bzpopmax(c, "z", 0.01))?;
    nothing(TypedCommands::bzmpop_max(c, 0.01, &["z"], 1))?;
    let in_a_transaction: (Popped, usize) = redis::pipe().atomic().blpop("l", 0.0).rpush("l", "x").query(c)?;
    equal(in_a_transaction, (None, 1))
}

pub(super) fn unblocked(client: &Client, c: &mut Connection) -> Result<()> {
    let mut waiter = client.get_connection()?;
    waiter.set_read_timeout(Some(PATIENCE))?;
    let id: u64 = redis::cmd("CLIENT").arg("ID").query(&mut waiter)?;
    let answers = thread::spawn(move || {
        let timed_out = Commands::blpop::<_, Popped>(&mut waiter, "l", 0.0);
        (timed_out, Commands::bzpopmin::<_, Option<(String, String, f64)>>(&mut waiter, "z", 0.0))
    });
    for how in ["TIMEOUT", "ERROR"] {
        until_waiting(c, 1)?;
        equal(redis::cmd("CLIENT").arg("UNBLOCK").arg(id).arg(how).query::<u8>(c)?, 1)?;
        if how == "TIMEOUT" {
            until_waiting_for(c, id, "bzpopmin")?;
        }
    }
    let (timed_out, failed) = answers.join().map_err(|_panic| anyhow!("the thread that waited panicked"))?;
    equal(timed_out?, None)?;
    contains(&failed.err().map(|why| why.to_string()).unwrap_or_default(), "UNBLOCKED")
}

/// Asks until a client has come to wait in a command.
fn until_waiting_for(connection: &mut Connection, id: u64, command: &str) -> Result<()> {
    let start = clock::now();
    loop {
        let line: String = redis::cmd("CLIENT").arg("LIST").arg("ID").arg(id).query(connection)?;
        if line.contains(&format!(" cmd={command} ")) {
            return Ok(());
        }
        ensure!(clock::now() - start < PATIENCE, "the client never came to {command}: {line}");
    }
}
