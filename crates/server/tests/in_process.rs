//! Connections within the process: a client as any, without a port.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::io::ErrorKind;

use pyredis_server::config::Config;
use pyredis_server::{LocalStream, RunningServer, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn unbound() -> RunningServer {
    Server::builder().ephemeral().unbound().start().await.unwrap()
}

async fn ask(client: &mut LocalStream, request: &str, answer: &str) {
    client.write_all(request.as_bytes()).await.unwrap();
    let mut got = vec![0; answer.len()];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&got), answer);
}

async fn rest(client: &mut LocalStream) -> String {
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    rest
}

#[tokio::test]
async fn a_server_without_a_port_serves_those_who_connect_within() {
    let server = unbound().await;
    assert_eq!(server.local_addr().port(), 0);
    let (mut one, mut other) = (server.connect().unwrap(), server.connect().unwrap());
    ask(&mut one, "SET k v\r\n", "+OK\r\n").await;
    ask(&mut other, "GET k\r\n", "$1\r\nv\r\n").await;
    ask(&mut other, "CLIENT ID\r\n", ":2\r\n").await;
    assert_eq!(server.store().get("k").as_deref(), Some(&b"v"[..]));
}

#[tokio::test]
async fn long_replies_go_through_a_pipe_that_is_shorter() {
    let server = unbound().await;
    server.store().set("long", vec![b'x'; 3_000_000]);
    let mut client = server.connect().unwrap();
    client.write_all(b"GET long\r\nPING\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let all = rest(&mut client).await;
    assert_eq!(all.len(), "$3000000\r\n".len() + 3_000_000 + "\r\n+PONG\r\n".len());
    assert!(all.ends_with("x\r\n+PONG\r\n"));
}

#[tokio::test]
async fn who_leaves_while_it_waits_passes_its_turn_on() {
    let server = unbound().await;
    let (mut leaves, mut stays) = (server.connect().unwrap(), server.connect().unwrap());
    let mut shuts_down = server.connect().unwrap();
    for client in [&mut leaves, &mut shuts_down, &mut stays] {
        let before = server.store().waiting();
        client.write_all(b"BLPOP jobs 0\r\n").await.unwrap();
        until(|| server.store().waiting() == before + 1).await;
    }
    drop(leaves);
    shuts_down.shutdown().await.unwrap();
    until(|| server.store().waiting() == 1).await;
    server.store().list("jobs").push_back("job").unwrap();
    ask(&mut stays, "", "*2\r\n$4\r\njobs\r\n$3\r\njob\r\n").await;
    assert_eq!(rest(&mut shuts_down).await, "");
}

#[tokio::test]
async fn the_end_of_the_server_ends_the_connection() {
    let server = unbound().await;
    let mut client = server.connect().unwrap();
    ask(&mut client, "PING\r\n", "+PONG\r\n").await;
    server.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, "");
    assert_eq!(server.connect().unwrap_err().kind(), ErrorKind::NotConnected);
}

#[tokio::test]
async fn maxclients_counts_them() {
    let config = Config { maxclients: 1, ..Config::default() };
    let server = Server::builder().config(config).ephemeral().unbound().start().await.unwrap();
    let mut client = server.connect().unwrap();
    ask(&mut client, "PING\r\n", "+PONG\r\n").await;
    assert_eq!(server.connect().unwrap_err().kind(), ErrorKind::QuotaExceeded);
    ask(&mut client, "QUIT\r\n", "+OK\r\n").await;
    assert_eq!(rest(&mut client).await, "");
    until(|| server.connect().is_ok()).await;
}

/// Lets others run until it is so.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}
