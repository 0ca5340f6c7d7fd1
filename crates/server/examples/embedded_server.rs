//! A server inside a program, on a free port, used by an ordinary Redis client: what a test of a Redis application wants.
//!
//! Run it with `cargo run -p pyredis-server --example embedded_server`.

use std::error::Error;
use std::time::Duration;

use pyredis_server::Server;
use redis::{AsyncTypedCommands, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Nothing on disk, and a clock that we move ourselves, so that an hour passes at once.
    let server = Server::builder().ephemeral().manual_clock().start().await?;
    let url = format!("redis://{}", server.local_addr());
    println!("serving on a free port of {}", server.local_addr().ip());

    let mut client = Client::open(url)?.get_multiplexed_async_connection().await?;
    client.set("greeting", "hello").await?;
    client.set_ex("session", "token", 3600).await?;
    let visits = client.incr("visits", 1).await?;
    println!("the client counts {visits} visit");

    // The program reaches the same data without the protocol.
    let greeting = server.store().get("greeting").unwrap_or_default();
    println!("the program reads {:?}", String::from_utf8_lossy(&greeting));
    server.store().incr_by("visits", 41)?;
    let visits = client.get("visits").await?;
    println!("the client counts {} visits", visits.as_deref().unwrap_or("no"));
    assert_eq!(visits.as_deref(), Some("42"));

    server.advance(Duration::from_secs(3601));
    let session = client.get("session").await?;
    println!("an hour later the session is {session:?}");
    assert_eq!(session, None);

    server.shutdown().await?;
    println!("the server has ended");
    assert!(client.get("greeting").await.is_err());
    Ok(())
}
