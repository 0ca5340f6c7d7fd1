//! Publish and subscribe for the program around the server.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use pyredis_server::config::{Command, from_command_line};
use pyredis_server::{LocalStream, Message, RunningServer, Server, Subscription};
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

fn message(channel: &'static str, payload: &'static str) -> Message {
    Message { channel: channel.into(), pattern: None, payload: payload.into() }
}

#[tokio::test]
async fn clients_and_the_program_publish_to_each_other() {
    let server = unbound().await;
    let mut client = server.connect().unwrap();
    let mut news = server.subscribe(["news", "other"]);
    let mut patterns = server.subscribe_patterns(["n*"]);
    ask(&mut client, "PUBLISH news hello\r\nPUBLISH other 1\r\nPUBLISH nobody 2\r\n", ":2\r\n:1\r\n:1\r\n").await;
    ask(&mut client, "PUBSUB NUMSUB news\r\n", "*2\r\n$4\r\nnews\r\n:1\r\n").await;
    assert_eq!(news.next().await, Some(message("news", "hello")));
    assert_eq!(news.next().await, Some(message("other", "1")));
    let by_pattern = |message: Message| Some(Message { pattern: Some("n*".into()), ..message });
    assert_eq!(patterns.next().await, by_pattern(message("news", "hello")));
    assert_eq!(patterns.next().await, by_pattern(message("nobody", "2")));
    drop(news);
    ask(&mut client, "SUBSCRIBE news\r\n", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n").await;
    assert_eq!(server.publish("news", "back"), 2, "the client and the pattern");
    ask(&mut client, "", "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$4\r\nback\r\n").await;
}

#[tokio::test]
async fn a_listener_is_woken_and_ends_with_the_server() {
    let server = Arc::new(unbound().await);
    let mut news = server.subscribe(["news"]);
    let listens = tokio::spawn(async move {
        let first = news.next().await;
        let last = news.next().await;
        (first, last, news.next().await)
    });
    tokio::task::yield_now().await;
    assert_eq!(server.publish("news", ""), 1);
    tokio::task::yield_now().await;
    server.shutdown().await.unwrap();
    assert_eq!(listens.await.unwrap(), (Some(message("news", "")), None, None));
}

#[tokio::test]
async fn who_leaves_too_much_unread_is_left() {
    let words = ["--client-output-buffer-limit", "pubsub 1000 0 0"];
    let Ok(Command::Run(config)) = from_command_line(words.map(Into::into)) else { panic!("a command line") };
    let server = Server::builder().config(*config).ephemeral().unbound().start().await.unwrap();
    let mut news = server.subscribe(["news"]);
    server.publish("news", "x".repeat(500));
    assert!(news.next().await.is_some(), "what was taken is no more unread");
    server.publish("news", "x".repeat(500));
    server.publish("news", "x".repeat(500));
    assert_eq!(news.next().await, None);
    assert_eq!(news.next().await, None);
}

#[tokio::test]
async fn who_has_much_to_read_is_answered_meanwhile() {
    const MESSAGES: usize = 64;
    let words = ["--client-output-buffer-limit", "pubsub 0 0 0"];
    let Ok(Command::Run(config)) = from_command_line(words.map(Into::into)) else { panic!("a command line") };
    let server = Server::builder().config(*config).ephemeral().unbound().start().await.unwrap();
    let mut client = server.connect().unwrap();
    ask(&mut client, "SUBSCRIBE news\r\n", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n").await;
    let payload = "x".repeat(1 << 20);
    for _ in 0..MESSAGES {
        server.publish("news", &payload);
    }
    client.write_all(b"PING\r\n").await.unwrap();
    let message = format!("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n${}\r\n{payload}\r\n", payload.len());
    let answer = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n";
    let mut got = vec![0; MESSAGES * message.len() + answer.len()];
    client.read_exact(&mut got).await.unwrap();
    let is_behind = |messages: usize| got.get(messages * message.len()..).is_some_and(|rest| rest.starts_with(answer));
    assert!((0..MESSAGES).any(is_behind), "the answer comes while messages wait");
}

/// What the client gets up to these last bytes of it.
async fn read_up_to(client: &mut LocalStream, last: &str) -> String {
    let mut got = Vec::new();
    while !got.ends_with(last.as_bytes()) {
        got.push(client.read_u8().await.unwrap());
    }
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn what_was_published_before_a_reset_comes_before_it() {
    let server = unbound().await;
    let mut client = server.connect().unwrap();
    client.write_all(b"HELLO 3\r\nSUBSCRIBE news\r\nPUBLISH news before\r\nRESET\r\nPING\r\n").await.unwrap();
    let got = read_up_to(&mut client, "+PONG\r\n").await;
    assert!(got.ends_with("$6\r\nbefore\r\n+RESET\r\n+PONG\r\n"), "{got}");
}

#[tokio::test]
async fn who_wants_no_reply_loses_no_message() {
    let server = unbound().await;
    let mut client = server.connect().unwrap();
    let requests = "HELLO 3\r\nSUBSCRIBE news\r\nPUBLISH news hello\r\nCLIENT REPLY SKIP\r\nHELLO 3\r\nPING\r\n";
    client.write_all(requests.as_bytes()).await.unwrap();
    let got = read_up_to(&mut client, "+PONG\r\n").await;
    assert!(got.ends_with("$5\r\nhello\r\n+PONG\r\n"), "{got}");
}

/// Ends a subscription when the task that awaits another is woken.
struct Leaves(Mutex<Option<Subscription>>);

impl Wake for Leaves {
    fn wake(self: Arc<Self>) {
        drop(self.0.lock().unwrap().take());
    }
}

#[tokio::test]
async fn who_is_woken_may_leave_at_once() {
    let server = unbound().await;
    let mut news = server.subscribe(["news"]);
    let leaves = Waker::from(Arc::new(Leaves(Mutex::new(Some(server.subscribe(["news"]))))));
    assert!(pin!(news.next()).poll(&mut Context::from_waker(&leaves)).is_pending());
    assert_eq!(server.publish("news", "1"), 2);
    assert_eq!(server.publish("news", "2"), 1);
}
