//! The pubsub group through the `redis` crate: its subscriber, pushes on an ordinary connection, streams of messages.

use std::future::Future;
use std::sync::mpsc;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use redis::{AsyncTypedCommands, Client, Connection, Msg, PushKind, TypedCommands, Value};
use tokio::time::timeout;

use super::PATIENCE;
use crate::clock;
use crate::integration::checks::{contains, equal};

/// A message as pattern, channel and text.
fn told(message: &Msg) -> Result<(Option<String>, String, String)> {
    let pattern = if message.from_pattern() { Some(message.get_pattern()?) } else { None };
    Ok((pattern, message.get_channel_name().to_owned(), message.get_payload()?))
}

fn message(channel: &str, text: &str) -> (Option<String>, String, String) {
    (None, channel.to_owned(), text.to_owned())
}

fn by_pattern(pattern: &str, channel: &str, text: &str) -> (Option<String>, String, String) {
    (Some(pattern.to_owned()), channel.to_owned(), text.to_owned())
}

pub(super) fn subscriber(client: &Client, c: &mut Connection) -> Result<()> {
    let mut listening = client.get_connection()?;
    listening.set_read_timeout(Some(PATIENCE))?;
    let mut subscriber = listening.as_pubsub();
    // One by one, since it waits for one answer, and of two channels there are two.
    subscriber.subscribe("news")?;
    subscriber.subscribe("talk")?;
    subscriber.psubscribe("n*")?;
    equal(TypedCommands::publish(c, "news", "a")?, 2)?;
    let mut both = [told(&subscriber.get_message()?)?, told(&subscriber.get_message()?)?];
    both.sort();
    equal(both, [message("news", "a"), by_pattern("n*", "news", "a")])?;
    let bytes: Vec<u8> = (0..=255).collect();
    equal(TypedCommands::publish(c, "talk", &bytes)?, 1)?;
    equal(subscriber.get_message()?.get_payload_bytes(), &*bytes)?;
    // Messages that come before the answer to something else are kept.
    equal(TypedCommands::publish(c, "talk", "kept")?, 1)?;
    subscriber.punsubscribe("n*")?;
    subscriber.unsubscribe("news")?;
    equal(told(&subscriber.get_message()?)?, message("talk", "kept"))?;
    equal(TypedCommands::publish(c, "news", "nobody")?, 0)?;
    drop(subscriber);
    equal(TypedCommands::get(&mut listening, "k")?, None)
}

pub(super) fn questions(client: &Client, c: &mut Connection) -> Result<()> {
    let mut listening = client.get_connection()?;
    let mut subscriber = listening.as_pubsub();
    subscriber.subscribe("a")?;
    subscriber.psubscribe("*")?;
    let mut pubsub = |arguments: &[&str]| redis::cmd("PUBSUB").arg(arguments).query::<Value>(c);
    equal(redis::from_redis_value::<Vec<String>>(pubsub(&["CHANNELS", "a*"])?)?, ["a"])?;
    equal(redis::from_redis_value::<u8>(pubsub(&["NUMPAT"])?)?, 1)?;
    let counts: Vec<(String, u8)> = redis::from_redis_value(pubsub(&["NUMSUB", "a", "none"])?)?;
    equal(counts, [("a".to_owned(), 1), ("none".to_owned(), 0)])?;
    equal(redis::from_redis_value::<Vec<String>>(pubsub(&["SHARDCHANNELS"])?)?, Vec::<String>::new())?;
    let counts: Vec<(String, u8)> = redis::from_redis_value(pubsub(&["SHARDNUMSUB", "a"])?)?;
    equal(counts, [("a".to_owned(), 0)])?;
    equal(TypedCommands::spublish(c, "a", "nobody")?, 0)
}

/// Pushes beside the replies of a connection in RESP3 that goes on working; in RESP2 the crate refuses.
pub(super) fn pushes(client: &Client, c: &mut Connection) -> Result<()> {
    let (sender, pushed) = mpsc::channel();
    let mut both = client.get_connection()?;
    both.set_read_timeout(Some(PATIENCE))?;
    both.set_push_sender(sender);
    if client.get_connection_info().redis_settings().protocol() == redis::ProtocolVersion::RESP2 {
        let refusal = both.subscribe_resp3("news").err().map(|why| why.to_string());
        return contains(&refusal.unwrap_or_default(), "RESP3");
    }
    both.subscribe_resp3("news")?;
    both.psubscribe_resp3("n*")?;
    redis::cmd("SSUBSCRIBE").arg("shard").set_no_response(true).exec(&mut both)?;
    // None of these waited for its answer; when this one is there, they have been done.
    equal(redis::cmd("PING").query::<String>(&mut both)?, "PONG")?;
    for number in 0..100_u32 {
        equal(TypedCommands::publish(c, "news", number)?, 2)?;
        TypedCommands::set(&mut both, "k", number)?;
        equal(TypedCommands::get(&mut both, "k")?, Some(number.to_string()))?;
    }
    equal(TypedCommands::spublish(c, "shard", "one")?, 1)?;
    both.unsubscribe_resp3("news")?;
    both.punsubscribe_resp3("n*")?;
    redis::cmd("SUNSUBSCRIBE").arg("shard").set_no_response(true).exec(&mut both)?;
    let start = clock::now();
    let mut kinds = Vec::new();
    while kinds.len() < 207 {
        ensure!(clock::now() - start < PATIENCE, "only {} pushes came: {kinds:?}", kinds.len());
        equal(redis::cmd("PING").query::<String>(&mut both)?, "PONG")?;
        kinds.extend(pushed.try_iter().map(|push| push.kind));
    }
    let count = |kind: PushKind| kinds.iter().filter(|&got| *got == kind).count();
    equal((count(PushKind::Message), count(PushKind::PMessage), count(PushKind::SMessage)), (100, 100, 1))?;
    equal((count(PushKind::Subscribe), count(PushKind::PSubscribe), count(PushKind::SSubscribe)), (1, 1, 1))?;
    equal((count(PushKind::Unsubscribe), count(PushKind::PUnsubscribe), count(PushKind::SUnsubscribe)), (1, 1, 1))
}

/// Runs what awaits, for as long as a check may take.
fn awaited(body: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { timeout(PATIENCE, body).await.context("it did not end")? })
}

pub(super) fn streams(client: &Client, c: &mut Connection) -> Result<()> {
    awaited(async {
        let (mut sink, mut messages) = client.get_async_pubsub().await?.split();
        sink.subscribe("news").await?;
        sink.psubscribe("n*").await?;
        equal(TypedCommands::publish(c, "news", "a")?, 2)?;
        let mut both = Vec::new();
        while both.len() < 2 {
            both.push(told(&messages.next().await.context("the stream ended")?)?);
        }
        both.sort();
        equal(both, [message("news", "a"), by_pattern("n*", "news", "a")])?;
        equal(sink.ping::<Value>().await.is_ok(), true)?;
        sink.unsubscribe("news").await?;
        equal(TypedCommands::publish(c, "news", "b")?, 1)?;
        let last = messages.next().await.context("the stream ended")?;
        equal(told(&last)?, by_pattern("n*", "news", "b"))?;
        sink.punsubscribe("n*").await?;
        equal(TypedCommands::publish(c, "news", "c")?, 0)
    })
}

/// A blocking pop among others' commands would hold them up, so it has a connection of its own.
pub(super) fn async_waiting(client: &Client, c: &mut Connection) -> Result<()> {
    awaited(async {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let mut waiting = client.get_multiplexed_async_connection_with_config(&config).await?;
        let served = tokio::spawn(async move {
            let popped: Option<(String, String)> = redis::AsyncCommands::blpop(&mut waiting, "l", 8.0).await?;
            equal(waiting.bzpopmin("z", 0.01).await?, None)?;
            anyhow::Ok(popped)
        });
        // The runtime has one thread: it must run while the server is asked.
        tokio::task::yield_now().await;
        let mut other = client.get_multiplexed_async_connection().await?;
        while !redis::cmd("INFO").arg("clients").query_async::<String>(&mut other).await?.contains("blocked_clients:1")
        {
        }
        equal(TypedCommands::rpush(c, "l", "x")?, 1)?;
        equal(served.await??, Some(("l".to_owned(), "x".to_owned())))
    })
}

pub(super) fn monitoring(client: &Client, c: &mut Connection) -> Result<()> {
    awaited(async {
        let mut monitor = client.get_async_monitor().await?;
        let mut lines = monitor.on_message::<String>();
        TypedCommands::set(c, "k", "a \"b\"")?;
        loop {
            let line = lines.next().await.context("the monitor ended")?;
            if line.contains("SET") && !line.contains("SETINFO") {
                return contains(&line, r#""SET" "k" "a \"b\"""#);
            }
        }
    })
}

pub(super) fn keyspace_events(client: &Client, c: &mut Connection) -> Result<()> {
    let configure = |classes: &str, c: &mut Connection| {
        redis::cmd("CONFIG").arg("SET").arg("notify-keyspace-events").arg(classes).exec(c)
    };
    configure("Exg", c)?;
    let mut listening = client.get_connection()?;
    listening.set_read_timeout(Some(PATIENCE))?;
    let mut subscriber = listening.as_pubsub();
    subscriber.psubscribe("__keyevent@0__:*")?;
    TypedCommands::set(c, "k", "v")?;
    TypedCommands::pexpire(c, "k", 20)?;
    for event in ["expire", "expired"] {
        let channel = format!("__keyevent@0__:{event}");
        equal(told(&subscriber.get_message()?)?, by_pattern("__keyevent@0__:*", &channel, "k"))?;
    }
    Ok(configure("", c)?)
}
