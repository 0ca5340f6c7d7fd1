//! Three doors to one kind of data: what the typed API answers is what a client is told. Random operations are done by the typed API on one store, alone or
//! in transactions, and by commands on another through a connection within the process; each pair of answers is the same, and so is what the keys hold in
//! the end. That TCP says what such a connection says is shown by the transcripts.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on ends")]

mod operations;
mod said;

use bytes::BytesMut;
use operations::{KEYS, Operation, operation};
use pyredis_protocol::{ClientCodec, Frame};
use pyredis_server::{LocalStream, Server};
use pyredis_store::{Access, Store, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::codec::{Decoder, Encoder};

/// A client of the protocol crate's own codec.
struct Client {
    stream: LocalStream,
    codec: ClientCodec,
    input: BytesMut,
}

impl Client {
    async fn ask(&mut self, words: &[String]) -> Frame {
        let mut request = BytesMut::new();
        self.codec.encode(words, &mut request).unwrap();
        self.stream.write_all(&request).await.unwrap();
        loop {
            if let Some(reply) = self.codec.decode(&mut self.input).unwrap() {
                return reply;
            }
            assert!(self.stream.read_buf(&mut self.input).await.unwrap() > 0, "the connection has ended");
        }
    }
}

fn content(store: &Store) -> Vec<Option<Value>> {
    let held = KEYS.iter().map(|name| {
        let key = store.key(name.as_bytes());
        let view = store.lock_key(&key, Access::Read, store.now());
        view.value(&key).unwrap().map(|value| value.to_value())
    });
    held.collect()
}

#[tokio::test]
async fn the_typed_api_and_a_client_get_the_same_answers() {
    let server = Server::builder().ephemeral().unbound().start().await.unwrap();
    let stream = server.connect().unwrap();
    let mut client = Client { stream, codec: ClientCodec::default(), input: BytesMut::new() };
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<String>>();
    client.ask(&words("HELLO 3")).await;
    let mut errors = 0;
    for seed in 0..200 {
        let mut random = fastrand::Rng::with_seed(seed);
        let typed = Store::new();
        client.ask(&words("FLUSHALL")).await;
        for step in 0..100 {
            let Operation { words, keys, alone, within, wire } = operation(&mut random);
            let by_type = if random.bool() {
                alone(&typed)
            } else {
                typed.transaction(keys, |tx| Ok::<_, ()>(within(tx))).unwrap()
            };
            let by_wire = said::shortened(wire(client.ask(&words).await));
            assert_eq!(by_type, by_wire, "seed {seed}, step {step}: {words:?}");
            errors += usize::from(by_wire.is_error());
        }
        assert_eq!(content(&typed), content(server.store()), "seed {seed}");
        typed.debug_check();
    }
    assert!((100..20_000 / 2).contains(&errors), "a fair part of the operations meets another type: {errors}");
}
