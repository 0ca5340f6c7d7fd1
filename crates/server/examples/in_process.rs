//! One process, no port: an ordinary Redis client by a connection within it, and the program beside it, which waits for what the client does.
//!
//! Run it with `cargo run -p pyredis-server --example in_process`.

use std::error::Error;

use pyredis_server::Server;
use pyredis_server::store::ListEnd;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, AsyncTypedCommands, RedisConnectionInfo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder().ephemeral().unbound().start().await?;
    let (login, options) = (RedisConnectionInfo::default(), AsyncConnectionConfig::new());
    let (mut client, driver) = MultiplexedConnection::new_with_config(&login, server.connect()?, options).await?;
    tokio::spawn(driver);

    // What the client pushes is the program's, which waits for it in one queue with other clients.
    let worker = tokio::spawn(server.store().blocking_pop::<String, _>(["jobs"], ListEnd::Front));
    client.rpush("jobs", "resize").await?;
    let (_, job) = worker.await??;
    println!("the worker got {job:?}");
    assert_eq!(job, "resize");

    // Each of them hears what the other publishes.
    let mut news = server.subscribe(["news"]);
    client.publish("news", "hello").await?;
    let message = news.next().await.ok_or("the server has ended")?;
    println!("the program heard {message:?}");
    assert_eq!(message.payload, "hello");

    // And a change of a key is an event.
    let mut settings = server.store().watch(["settings"]);
    client.hset("settings", "size", 12).await?;
    settings.changed().await;
    let size: Option<u32> = server.store().hash("settings").get("size")?;
    println!("the size is {size:?} now");
    assert_eq!(size, Some(12));

    server.shutdown().await?;
    Ok(())
}
