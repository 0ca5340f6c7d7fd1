//! Work that goes on without its locks, and what happens when its strings are changed meanwhile.

use bytes::Bytes;
use pyredis_protocol::{Frame, ReplyWriter, RespVersion};
use pyredis_store::Access;

use super::garbage::Client;
use crate::command::work::{Ended, Work};
use crate::outcome::Outcome;
use crate::shared::Shared;

/// Longer than what is looked at under a lock.
const LONG: usize = 600_000;

fn begin(server: &Shared, line: &str) -> Box<dyn Work> {
    let words: Vec<Bytes> = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
    match Client::new(server, RespVersion::Resp2).call(&words) {
        Outcome::Work(work) => work,
        _ => panic!("{line} was done at once"),
    }
}

/// Does the work to its end. Returns what is left of it: nothing, if it has answered.
fn go_on(server: &Shared, mut work: Box<dyn Work>) -> Result<i64, Box<dyn Work>> {
    while work.step() {}
    let mut reply = ReplyWriter::new(RespVersion::Resp2);
    let ended = match work.locks() {
        None => work.end(None, &mut reply),
        Some(locks) => work.end(Some(&mut server.store.lock(locks, server.store.now())), &mut reply),
    };
    match ended.unwrap() {
        Ended::Again(work) => Err(work),
        Ended::Answered => {
            let text = reply.take_all();
            let number = std::str::from_utf8(&text).unwrap().trim_start_matches(':').trim_end();
            Ok(number.parse().unwrap())
        }
    }
}

#[test]
fn a_bit_operation_begins_anew_when_its_strings_are_changed() {
    let server = Shared::for_tests();
    server.store.set("a", vec![1; LONG]);
    server.store.set("b", vec![2; LONG]);
    let work = begin(&server, "BITOP OR d a b");
    server.store.set_bit("a", 0, true).unwrap();
    let Err(work) = go_on(&server, work) else { panic!("it has not seen the change") };
    assert!(!server.store.exists("d"));
    assert_eq!(go_on(&server, work).ok(), Some(LONG as i64));
    assert_eq!(server.store.get_range("d", 0, 1).to_vec(), [0x83, 3]);
}

#[test]
fn a_bit_operation_whose_strings_change_all_the_time_ends() {
    let server = Shared::for_tests();
    server.store.set("a", vec![1; LONG]);
    let mut work = begin(&server, "BITOP NOT a a");
    let mut attempts = 0;
    loop {
        server.store.append("a", "x").unwrap();
        attempts += 1;
        work = match go_on(&server, work) {
            Ok(length) => break assert_eq!(length, (LONG + attempts) as i64),
            Err(again) => again,
        };
    }
    assert_eq!(attempts, 2);
    assert_eq!(server.store.get_range("a", -3, -1).to_vec(), [!1, !b'x', !b'x']);
}

#[test]
fn what_only_reads_answers_for_the_moment_that_it_began() {
    let server = Shared::for_tests();
    server.store.set("k", vec![0; LONG]);
    server.store.set_bit("k", 7_999, true).unwrap();
    let (count, find) = (begin(&server, "BITCOUNT k"), begin(&server, "BITPOS k 1 1"));
    let last = begin(&server, "BITPOS k 0 -70000");
    server.store.del("k");
    assert_eq!(go_on(&server, count).ok(), Some(1));
    assert_eq!(go_on(&server, find).ok(), Some(7_999));
    assert_eq!(go_on(&server, last).ok(), Some((LONG as i64 - 70_000) * 8));
}

#[test]
fn long_strings_are_compared_in_steps() {
    let server = Shared::for_tests();
    server.store.set("a", "xyab".repeat(500));
    server.store.set("b", "ab".repeat(500));
    let mut work = begin(&server, "LCS a b LEN");
    let mut steps = 1;
    while work.step() {
        steps += 1;
    }
    assert!(steps > 10, "{steps} steps");
    assert_eq!(go_on(&server, work).ok(), Some(1000));
}

#[test]
fn locks_of_other_databases_are_taken() {
    let server = Shared::for_tests();
    server.store.set("k", "v");
    let mut client = Client::new(&server, RespVersion::Resp2);
    for line in ["COPY k l DB 3", "MOVE k 5"] {
        client.call(&line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect::<Vec<_>>());
    }
    assert_eq!(client.replies(), [Frame::Integer(1), Frame::Integer(1)]);
    let key = server.store.key_in(5, b"k");
    let view = server.store.lock_key(&key, Access::Read, server.store.now());
    assert!(view.exists(&key).unwrap());
    drop(view);
    assert_eq!(server.store.database(3).unwrap().len(), 1);
}
