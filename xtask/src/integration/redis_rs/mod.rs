//! The `redis` crate: its blocking connection in RESP2 and RESP3, and its multiplexed one.
//!
//! Here is the crate as a whole; the commands of each group are in the file of that name.

mod bitmaps;
mod hashes;
mod keys;
mod lists;
mod messages;
mod sets;
mod sorted_sets;
mod strings;
mod transactions;
mod waiting;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use redis::{
    AsyncTypedCommands, Client, Commands, Connection, ErrorKind, ExistenceCheck, ServerErrorKind, SetExpiry, SetOptions,
};

use crate::clock;
use crate::integration::checks::{Checks, contains, equal};
use crate::integration::target::Target;

/// How long a reply, and the end of a key with a short TTL, may be awaited.
const PATIENCE: Duration = Duration::from_secs(10);

/// A check on a blocking connection to an empty database.
type Check = fn(&Client, &mut Connection) -> Result<()>;

const CHECKS: [(&str, Check); 45] = [
    ("typed values", typed_values),
    ("atomic pipelines", atomic_pipelines),
    ("expiry", expiry),
    ("scanning", scanning),
    ("watching", watching),
    ("errors", errors),
    ("information", information),
    ("group string values", strings::values),
    ("group string deadlines", strings::deadlines),
    ("group string numbers", strings::numbers),
    ("group generic names", keys::names),
    ("group generic deadlines", keys::deadlines),
    ("group generic objects", keys::objects),
    ("group generic scans", keys::scans),
    ("group hash fields", hashes::fields),
    ("group hash numbers", hashes::numbers),
    ("group hash scan", hashes::scan),
    ("group list ends", lists::ends),
    ("group list middle", lists::middle),
    ("group list moves", lists::moves),
    ("group set members", sets::members),
    ("group set operations", sets::operations),
    ("group set random and scan", sets::random_and_scan),
    ("group sorted set members", sorted_sets::members),
    ("group sorted set ranges", sorted_sets::ranges),
    ("group sorted set lex", sorted_sets::lex),
    ("group sorted set pops", sorted_sets::pops),
    ("group sorted set operations", sorted_sets::operations),
    ("group sorted set random and scan", sorted_sets::random_and_scan),
    ("group bitmap bits", bitmaps::bits),
    ("group bitmap operations", bitmaps::operations),
    ("group transaction of every type", transactions::of_every_type),
    ("group transaction errors", transactions::errors),
    ("group transaction watch", transactions::watch),
    ("group list waits and is served", waiting::lists_served),
    ("group sorted set waits and is served", waiting::sorted_sets_served),
    ("waiting not at all", waiting::not_at_all),
    ("an unblocked client is answered", waiting::unblocked),
    ("group pubsub subscriber", messages::subscriber),
    ("group pubsub questions", messages::questions),
    ("group pubsub pushes", messages::pushes),
    ("group pubsub streams", messages::streams),
    ("waiting on a connection that awaits", messages::async_waiting),
    ("monitoring", messages::monitoring),
    ("keyspace notifications", messages::keyspace_events),
];

/// An error that shows the number unless it is from `low` to `high`.
fn within<T: PartialOrd + Display>(got: T, low: T, high: T) -> Result<()> {
    ensure!(got >= low && got <= high, "got {got}, wanted {low} to {high}");
    Ok(())
}

/// Makes every check in both protocols.
pub(super) fn run(target: &Target, checks: &mut Checks) {
    for protocol in ["resp2", "resp3"] {
        let url = format!("redis://127.0.0.1:{}/?protocol={protocol}", target.port());
        for (name, check) in CHECKS {
            checks.record(&format!("{protocol} {name}"), on_empty_database(&url, check));
        }
        checks.record(&format!("{protocol} multiplexed connection"), multiplexed(&url));
    }
}

fn on_empty_database(url: &str, check: Check) -> Result<()> {
    let client = Client::open(url)?;
    let mut connection = client.get_connection().context("can't connect")?;
    connection.set_read_timeout(Some(PATIENCE))?;
    redis::cmd("FLUSHALL").exec(&mut connection)?;
    check(&client, &mut connection)
}

fn typed_values(_: &Client, connection: &mut Connection) -> Result<()> {
    connection.set::<_, _, ()>("number", 41)?;
    equal(connection.incr::<_, _, i64>("number", 1)?, 42)?;
    equal(connection.get::<_, u16>("number")?, 42)?;
    equal(connection.get::<_, Option<String>>("missing")?, None)?;
    let bytes: Vec<u8> = (0..=255).collect();
    connection.set::<_, _, ()>(&bytes, &bytes)?;
    equal(connection.get::<_, Vec<u8>>(&bytes)?, bytes)?;
    connection.mset::<_, _, ()>(&[("a", "1"), ("b", "2")])?;
    equal(connection.mget::<_, (u8, Option<u8>, u8)>(&["a", "missing", "b"])?, (1, None, 2))?;
    equal(connection.del::<_, usize>(&["a", "b", "missing"])?, 2)?;
    let only_new = SetOptions::default().conditional_set(ExistenceCheck::NX);
    equal(connection.set_options::<_, _, Option<String>>("number", 1, only_new)?, None)
}

fn atomic_pipelines(_: &Client, connection: &mut Connection) -> Result<()> {
    let (one, two): (i64, i64) =
        redis::pipe().atomic().set("n", 1).ignore().incr("n", 1).incr("n", 40).query(connection)?;
    equal((one, two), (2, 42))?;
    let mut plain = redis::pipe();
    for number in 0..1000 {
        plain.set(format!("k{number}"), number).ignore().get(format!("k{number}"));
    }
    equal(plain.query::<Vec<i32>>(connection)?, (0..1000).collect::<Vec<i32>>())
}

fn expiry(_: &Client, connection: &mut Connection) -> Result<()> {
    connection.set_ex::<_, _, ()>("k", "v", 100)?;
    let left: i64 = connection.pttl("k")?;
    ensure!((90_000..=100_000).contains(&left), "PTTL is {left}");
    ensure!(connection.persist::<_, bool>("k")?, "PERSIST found no TTL");
    equal(connection.ttl::<_, i64>("k")?, -1)?;
    let short = SetOptions::default().with_expiration(SetExpiry::PX(20));
    connection.set_options::<_, _, ()>("short", "v", short)?;
    let start = clock::now();
    while connection.exists::<_, bool>("short")? {
        ensure!(clock::now() - start < PATIENCE, "a key with a TTL of 20 ms is still there after 10 s");
    }
    Ok(())
}

fn scanning(_: &Client, connection: &mut Connection) -> Result<()> {
    let names: BTreeSet<String> = (0..1000).map(|number| format!("key:{number}")).collect();
    let pairs: Vec<(&String, &str)> = names.iter().map(|name| (name, "v")).collect();
    connection.mset::<_, _, ()>(&pairs)?;
    connection.set::<_, _, ()>("another", "v")?;
    let found = connection.scan_match::<_, String>("key:*")?.collect::<redis::RedisResult<BTreeSet<_>>>()?;
    ensure!(found == names, "SCAN found {} of 1000 names", found.intersection(&names).count());
    Ok(())
}

fn watching(client: &Client, connection: &mut Connection) -> Result<()> {
    let mut other = client.get_connection()?;
    let mut rounds = 0;
    let (sum,): (i64,) = redis::transaction(connection, &["n"], |connection, pipe| {
        let value: Option<i64> = connection.get("n")?;
        rounds += 1;
        if rounds == 1 {
            other.set::<_, _, ()>("n", 10)?;
        }
        pipe.set("n", value.unwrap_or(0) + 1).ignore().incr("n", 0).query(connection)
    })?;
    equal((sum, rounds), (11, 2))
}

fn errors(_: &Client, connection: &mut Connection) -> Result<()> {
    connection.set::<_, _, ()>("s", "text")?;
    match connection.incr::<_, _, i64>("s", 1) {
        Ok(value) => bail!("INCR of a text gave {value}"),
        Err(error) => {
            equal(error.kind(), ErrorKind::Server(ServerErrorKind::ResponseError))?;
            contains(&error.to_string(), "value is not an integer or out of range")?;
        }
    }
    match redis::cmd("NOSUCH").exec(connection) {
        Ok(()) => bail!("NOSUCH went through"),
        Err(error) => contains(&error.to_string(), "unknown command")?,
    }
    equal(connection.get::<_, String>("s")?, "text")
}

fn information(_: &Client, connection: &mut Connection) -> Result<()> {
    let info: redis::InfoDict = redis::cmd("INFO").query(connection)?;
    let version: String = info.get("redis_version").context("INFO has no redis_version")?;
    ensure!(version.starts_with("7."), "redis_version is {version}");
    equal(redis::cmd("CLIENT").arg("SETNAME").arg("tester").query::<String>(connection)?, "OK")?;
    equal(redis::cmd("CLIENT").arg("GETNAME").query::<String>(connection)?, "tester")?;
    let pair: Vec<(String, String)> = redis::cmd("CONFIG").arg("GET").arg("dbfilename").query(connection)?;
    equal(pair, vec![("dbfilename".to_owned(), "dump.rdb".to_owned())])
}

fn multiplexed(url: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connection = Client::open(url)?.get_multiplexed_async_connection().await?;
        let adders = (0..100).map(|_| {
            let mut shared = connection.clone();
            async move { shared.incr("shared", 1).await }
        });
        for outcome in futures_util::future::join_all(adders).await {
            outcome?;
        }
        let mut shared = connection.clone();
        equal(shared.get("shared").await?, Some("100".to_owned()))
    })
}
