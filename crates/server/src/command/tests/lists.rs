//! Lists that are too long to be done with under the lock, and SORT: what is begun is ended in steps, and what is changed meanwhile is seen.

use bytes::{Buf, Bytes, BytesMut};
use pyredis_protocol::{Frame, ReplyDecoder, ReplyWriter, RespVersion};
use pyredis_store::{Access, Collection, Hash, ListEnd, Set, SortedSet};
use tokio_util::codec::Decoder;

use super::garbage::Client;
use crate::command::work::{Ended, Work};
use crate::outcome::Outcome;
use crate::shared::Shared;

const LONG: usize = 5000;

fn words(line: &str) -> Vec<Bytes> {
    line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
}

fn begin(server: &Shared, line: &str) -> Box<dyn Work> {
    match Client::new(server, RespVersion::Resp2).call(&words(line)) {
        Outcome::Work(work) => work,
        _ => panic!("{line} was done at once"),
    }
}

fn call(server: &Shared, line: &str) -> Frame {
    let mut client = Client::new(server, RespVersion::Resp2);
    match client.call(&words(line)) {
        Outcome::Work(work) => end(server, work, &mut 0),
        _ => client.replies().remove(0),
    }
}

/// Does work to its end as a connection does, and counts its steps.
fn end(server: &Shared, mut work: Box<dyn Work>, steps: &mut usize) -> Frame {
    loop {
        work = match round(server, work, steps) {
            Ok(answer) => break answer,
            Err(again) => again,
        }
    }
}

/// Does work up to its end, or to where it goes on with something else.
fn round(server: &Shared, mut work: Box<dyn Work>, steps: &mut usize) -> Result<Frame, Box<dyn Work>> {
    while work.step() {
        *steps += 1;
    }
    let mut reply = ReplyWriter::new(RespVersion::Resp2);
    let ended = match work.locks() {
        None => work.end(None, &mut reply),
        Some(locks) => work.end(Some(&mut server.store.lock(locks, server.store.now())), &mut reply),
    };
    match ended {
        Ok(Ended::Again(work)) => return Err(work),
        Ok(Ended::Answered) => {}
        Err(error) => reply.error(error.to_string()),
    }
    let mut bytes = BytesMut::new();
    while reply.has_remaining() {
        let piece = reply.chunk().len();
        bytes.extend_from_slice(&reply.copy_to_bytes(piece));
    }
    Ok(ReplyDecoder::default().decode(&mut bytes).unwrap().unwrap())
}

fn texts(frame: &Frame) -> Vec<String> {
    let Frame::Array(items) = frame else { panic!("an array, not {frame:?}") };
    let text = |item: &Frame| match item {
        Frame::Bulk(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => format!("{other:?}"),
    };
    items.iter().map(text).collect()
}

/// A list of all numbers below a bound, in no order.
fn shuffled(server: &Shared, key: &str) {
    let numbers = (0..LONG).map(|at| (at * 7919 % LONG).to_string());
    server.store.list(key).extend(ListEnd::Back, numbers).unwrap();
}

fn hold(server: &Shared, key: &str, collection: impl Into<Collection>) {
    let key = server.store.key(key.as_bytes());
    server.store.lock_key(&key, Access::Write, server.store.now()).store_collection(&key, collection, "test").unwrap();
}

#[test]
fn a_long_list_is_answered_in_steps() {
    let server = Shared::for_tests();
    shuffled(&server, "k");
    let expected: Vec<String> = (0..LONG).map(|at| (at * 7919 % LONG).to_string()).collect();
    let (work, mut steps) = (begin(&server, "LRANGE k 0 -1"), 0);
    call(&server, "LTRIM k 10 -1");
    assert_eq!(texts(&end(&server, work, &mut steps)), expected);
    assert!(steps >= LONG / 1024, "{steps} steps");
    let popped = texts(&call(&server, "RPOP k 4000"));
    assert!(popped.iter().eq(expected.iter().rev().take(4000)));
    let Frame::Array(both) = call(&server, "LMPOP 1 k LEFT COUNT 5000") else { panic!("an array") };
    assert_eq!(both[0], Frame::Bulk(Bytes::from_static(b"k")));
    assert_eq!(texts(&both[1]), expected[10..1000]);
    assert!(!server.store.exists("k"));
}

#[test]
fn long_elements_are_answered_whole() {
    let server = Shared::for_tests();
    let elements = [70_000, 3, 100_000].map(|length| "x".repeat(length));
    server.store.list("k").extend(ListEnd::Back, &elements).unwrap();
    assert_eq!(texts(&call(&server, "LRANGE k 0 -1")), elements);
}

#[test]
fn a_long_list_is_searched_in_steps() {
    let server = Shared::for_tests();
    server.store.list("k").extend(ListEnd::Back, (0..LONG).map(|at| (at % 2).to_string())).unwrap();
    server.store.list("k").extend(ListEnd::Back, ["last"]).unwrap();
    assert_eq!(call(&server, "LPOS k last"), Frame::Integer(5000));
    assert_eq!(call(&server, "LPOS k nothing"), Frame::Null);
    let Frame::Array(found) = call(&server, "LPOS k 1 COUNT 0 RANK 2") else { panic!("an array") };
    assert!(found.into_iter().eq((3..LONG).step_by(2).map(|at| Frame::Integer(at as i64))));
}

#[test]
fn a_change_of_a_long_list_begins_anew_when_that_changes() {
    let server = Shared::for_tests();
    server.store.list("k").extend(ListEnd::Back, (0..LONG).map(|at| (at % 2).to_string())).unwrap();
    let (removal, insertion) = (begin(&server, "LREM k 0 1"), begin(&server, "LINSERT k AFTER last x"));
    call(&server, "RPUSH k last");
    let Err(insertion) = round(&server, insertion, &mut 0) else { panic!("it has not seen the change") };
    assert_eq!(round(&server, insertion, &mut 0).ok(), Some(Frame::Integer(5002)));
    let Err(removal) = round(&server, removal, &mut 0) else { panic!("it has not seen the change") };
    call(&server, "RPUSH k 1");
    assert_eq!(round(&server, removal, &mut 0).ok(), Some(Frame::Integer(2501)), "the third time under the lock");
    assert_eq!(texts(&call(&server, "LRANGE k -2 -1")), ["last", "x"]);
    let removal = begin(&server, "LREM k 0 1");
    call(&server, "DEL k");
    assert_eq!(round(&server, removal, &mut 0).ok(), Some(Frame::Integer(0)));
}

#[test]
fn many_elements_are_sorted_in_steps() {
    let server = Shared::for_tests();
    shuffled(&server, "k");
    let (work, mut steps) = (begin(&server, "SORT k LIMIT 1000 3000"), 0);
    call(&server, "DEL k");
    assert!(texts(&end(&server, work, &mut steps)).into_iter().eq((1000..4000).map(|number| number.to_string())));
    assert!(steps > 20, "{steps} steps");
}

#[test]
fn what_is_stored_was_sorted_from_what_is_there() {
    let server = Shared::for_tests();
    shuffled(&server, "k");
    let mut work = begin(&server, "SORT k DESC LIMIT 0 2 STORE d");
    for more in [7000, 8000] {
        server.store.list("k").extend(ListEnd::Front, [more.to_string()]).unwrap();
        let Err(again) = round(&server, work, &mut 0) else { panic!("it has not seen the change") };
        work = again;
    }
    server.store.list("k").extend(ListEnd::Front, ["9000"]).unwrap();
    assert_eq!(round(&server, work, &mut 0).ok(), Some(Frame::Integer(2)), "the third time under the locks");
    assert_eq!(texts(&call(&server, "LRANGE d 0 -1")), ["9000", "8000"]);
}

#[test]
fn many_keys_are_looked_up_in_slices() {
    let server = Shared::for_tests();
    shuffled(&server, "k");
    for number in 0..LONG {
        server.store.set(format!("w_{number}"), (LONG - number).to_string());
    }
    let (work, mut steps) = (begin(&server, "SORT k BY w_* GET # GET w_*"), 0);
    let expected = (1..=LONG).flat_map(|weight| [LONG - weight, weight]).map(|number| number.to_string());
    assert!(texts(&end(&server, work, &mut steps)).into_iter().eq(expected));
    assert!(steps > 20, "{steps} steps");
    assert_eq!(call(&server, "SORT k BY w_* LIMIT 0 10 STORE d"), Frame::Integer(10));
    assert_eq!(texts(&call(&server, "LRANGE d 0 -1"))[..2], ["4999", "4998"]);
    server.store.set("w_17", "no number");
    let Frame::Error(_) = call(&server, "SORT k BY w_*") else { panic!("an error") };
}

#[test]
fn few_keys_are_looked_up_at_the_instant_at_which_the_list_is_what_it_was() {
    let server = Shared::for_tests();
    call(&server, "RPUSH k 1 2 3");
    call(&server, "MSET w_1 3 w_2 2 w_3 1 w_4 0");
    let work = begin(&server, "SORT k BY w_* GET # GET w_*");
    call(&server, "RPUSH k 4");
    let Err(work) = round(&server, work, &mut 0) else { panic!("it has not seen the change") };
    let answer = round(&server, work, &mut 0).ok().unwrap();
    assert_eq!(texts(&answer), ["4", "0", "3", "1", "2", "2", "1", "3"]);
}

#[test]
fn sets_sorted_sets_and_hashes_are_read() {
    let server = Shared::for_tests();
    let mut set = Set::new();
    ["10", "9", "b"].iter().for_each(|member| assert!(set.insert(member.as_bytes())));
    hold(&server, "s", set);
    assert_eq!(texts(&call(&server, "SORT s ALPHA")), ["10", "9", "b"]);
    assert_eq!(call(&server, "SORT s BY nosort DESC STORE d"), Frame::Integer(3));
    assert_eq!(texts(&call(&server, "LRANGE d 0 -1")), ["b", "9", "10"]);
    hold(&server, "z", [("c", 3.0), ("a", 1.0), ("b", 2.0)].into_iter().collect::<SortedSet>());
    for (line, expected) in [
        ("SORT z BY nosort", &["a", "b", "c"][..]),
        ("SORT z BY nosort DESC", &["c", "b", "a"]),
        ("SORT z BY nosort LIMIT 1 1", &["b"]),
        ("SORT z BY nosort DESC LIMIT 0 2", &["c", "b"]),
        ("SORT z BY nosort DESC LIMIT 1 5 GET #", &["b", "a"]),
        ("SORT_RO z ALPHA DESC", &["c", "b", "a"]),
    ] {
        assert_eq!(texts(&call(&server, line)), expected, "{line}");
    }
    call(&server, "RPUSH k 1 2 3");
    for (key, weight) in [("h_1", "3"), ("h_2", "1"), ("h_3", "2")] {
        hold(&server, key, [("w", weight), ("name", key)].into_iter().collect::<Hash>());
    }
    assert_eq!(texts(&call(&server, "SORT k BY h_*->w GET h_*->name")), ["h_2", "h_3", "h_1"]);
    assert_eq!(texts(&call(&server, "SORT k GET h_*->x GET h_*")), ["Null"; 6]);
    assert!(matches!(call(&server, "SORT h_1"), Frame::Error(_)));
}

#[test]
fn long_elements_are_compared_without_the_lock() {
    let server = Shared::for_tests();
    let element = |last: char| format!("{}{last}", "x".repeat(9_999));
    server.store.list("k").extend(ListEnd::Back, (0..100).map(|at| element(if at == 99 { 'b' } else { 'a' }))).unwrap();
    for (line, answer) in [("LPOS k", 99), ("LREM k 0", 1), ("LINSERT k BEFORE", -1)] {
        let last = if line.starts_with("LINSERT") { " new" } else { "" };
        let work = begin(&server, &format!("{line} {}{last}", element('b')));
        assert_eq!(end(&server, work, &mut 0), Frame::Integer(answer), "{line}");
    }
    // What is not as long is not compared.
    assert_eq!(call(&server, &format!("LREM k 0 {}", "x".repeat(9_999))), Frame::Integer(0));
    let mut client = Client::new(&server, RespVersion::Resp2);
    assert!(matches!(client.call(&words("LPOS k x")), Outcome::Done));
}

#[test]
fn what_is_begun_anew_is_what_was_asked_for() {
    let server = Shared::for_tests();
    let members: Set = (0..LONG).map(|number| number.to_string()).collect();
    hold(&server, "k", members);
    // Of a set, no order is kept.
    let work = begin(&server, "SORT k BY nosort LIMIT 0 3 STORE d");
    server.store.del("k");
    call(&server, "RPUSH k 3 1 2");
    assert_eq!(end(&server, work, &mut 0), Frame::Integer(3));
    assert_eq!(texts(&call(&server, "LRANGE d 0 -1")), ["3", "1", "2"], "of a list, it is");
}
