//! A pipeline answers as its requests do one by one, whatever they are.

use bytes::{Buf, BytesMut};
use proptest::prelude::*;
use pyredis_protocol::{Arg, ClientCodec, Limits, ReplyWriter, cut_request};
use pyredis_store::Residue;
use tokio_util::codec::Encoder;

use super::REQUESTS_TOGETHER;
use crate::dispatch::Batch;
use crate::session::Session;
use crate::shared::Shared;
use crate::stats::Timing;

/// Requests whose meaning depends on those before, subcommands of one container, and faults. None shows the time.
const LINES: &[&str] = &[
    "SET a 1",
    "SET b 2",
    "GET a",
    "get b",
    "GET",
    "MGET a b c",
    "INCR a",
    "DEL a b",
    "APPEND c x",
    "SELECT 0",
    "SELECT 1",
    "SELECT 99",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH a",
    "UNWATCH",
    "CONFIG GET maxclients",
    "CONFIG SET timeout 5",
    "CONFIG SET timeout 0",
    "CONFIG NONSENSE",
    "CONFIG",
    "CLIENT SETNAME someone",
    "CLIENT GETNAME",
    "CLIENT ID",
    "OBJECT ENCODING a",
    "OBJECT REFCOUNT a",
    "NONSENSE a",
    "SETNX a 5",
    "RENAME a b",
    "FLUSHDB",
    "RESET",
    "QUIT",
];

/// What a client is answered whose requests are run `most` at a time, up to the first that leaves something to be done.
fn answers(lines: &[&str], most: usize) -> (Vec<u8>, usize) {
    let server = Shared::for_tests();
    let address = ([127, 0, 0, 1], 1).into();
    let mut session = Session::new(&server, (address, address), -1, std::task::Waker::noop().clone());
    let mut reply = ReplyWriter::default();
    let mut input = BytesMut::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        ClientCodec::default().encode(&words[..], &mut input).unwrap();
    }
    let mut run = 0;
    let worker = &server.stats.workers[0];
    let mut batch = Batch {
        server: &server,
        worker,
        session: &mut session,
        reply: &mut reply,
        now: server.store.now(),
        residue: Residue::default(),
        timing: Timing::start(worker),
    };
    while !input.is_empty() {
        let ran = batch.run_plain(&input, &Limits::default(), most);
        let mut args: Vec<Arg<'_>> = Vec::new();
        let whole = (0..ran.requests)
            .fold(0, |end, _| end + cut_request(&input[end..], &Limits::default(), &mut args).unwrap());
        assert_eq!(ran.bytes, whole, "what has run is taken, and no more");
        run += ran.requests;
        if !ran.last.is_done() || ran.requests == 0 {
            break;
        }
        input.advance(ran.bytes);
    }
    drop(batch);
    let pending = reply.remaining();
    (reply.copy_to_bytes(pending).to_vec(), run)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn together_is_one_by_one(lines in prop::collection::vec(prop::sample::select(LINES), 1..3 * REQUESTS_TOGETHER)) {
        let ((together, run), (alone, run_alone)) = (answers(&lines, REQUESTS_TOGETHER), answers(&lines, 1));
        prop_assert_eq!(run, run_alone);
        prop_assert_eq!(String::from_utf8_lossy(&together), String::from_utf8_lossy(&alone));
    }
}
