//! Work that goes on without its locks, and what happens when its strings are changed meanwhile.

use bytes::{Bytes, BytesMut};
use pyredis_protocol::{Frame, ReplyDecoder, ReplyWriter, RespVersion};
use pyredis_store::Access;
use tokio_util::codec::Decoder;

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
    server.store.bitmap("a").set(0, true).unwrap();
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
    server.store.bitmap("k").set(7_999, true).unwrap();
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

/// A set that is too large to be looked at under a lock.
fn fill(server: &Shared, key: &str, members: std::ops::Range<usize>) {
    server.store.unordered_set(key).extend(members.map(|member| format!("member:{member}"))).unwrap();
}

#[test]
fn an_operation_over_sets_begins_anew_when_they_are_changed() {
    let server = Shared::for_tests();
    fill(&server, "a", 0..3000);
    fill(&server, "b", 2000..5000);
    let work = begin(&server, "SINTERSTORE d a b");
    server.store.unordered_set("b").extend(["member:7"]).unwrap();
    let Err(work) = go_on(&server, work) else { panic!("it has not seen the change") };
    assert!(!server.store.exists("d"));
    assert_eq!(go_on(&server, work).ok(), Some(1001));
    assert_eq!(server.store.unordered_set("d").len(), Ok(1001));
}

#[test]
fn an_operation_over_sets_that_change_all_the_time_ends() {
    let server = Shared::for_tests();
    fill(&server, "a", 0..3000);
    let mut work = begin(&server, "SUNIONSTORE a a missing");
    let mut attempts = 0;
    loop {
        attempts += 1;
        server.store.unordered_set("a").extend([format!("new:{attempts}")]).unwrap();
        work = match go_on(&server, work) {
            Ok(members) => break assert_eq!(members, 3000 + attempts),
            Err(again) => again,
        };
    }
    assert_eq!(attempts, 2);
}

#[test]
fn many_members_are_those_of_the_moment() {
    let server = Shared::for_tests();
    fill(&server, "a", 0..3000);
    let lines = ["SMEMBERS a", "SUNION a b", "SRANDMEMBER a 2500", "SRANDMEMBER a -2500", "SSCAN a 0 COUNT 2500"];
    let mut works: Vec<Box<dyn Work>> = lines.iter().map(|line| begin(&server, line)).collect();
    works.push(begin(&server, "SPOP a 3000"));
    assert!(!server.store.exists("a"));
    let members = works.into_iter().map(|mut work| {
        let (mut steps, mut reply) = (1, ReplyWriter::new(RespVersion::Resp2));
        loop {
            while work.step() {
                steps += 1;
            }
            work = match work.end(None, &mut reply) {
                Ok(Ended::Again(answer)) => answer,
                ended => break assert!(matches!(ended, Ok(Ended::Answered))),
            };
        }
        assert!(steps > 2, "{steps} steps");
        String::from_utf8(reply.take_all().to_vec()).unwrap().matches("member:").count()
    });
    assert_eq!(members.collect::<Vec<_>>(), [3000, 3000, 2500, 2500, 2500, 3000]);
}

/// Does work to its end under its locks and answers. Work that begins anew is given back.
fn pop(server: &Shared, mut work: Box<dyn Work>) -> Result<Vec<Bytes>, Box<dyn Work>> {
    let mut reply = ReplyWriter::new(RespVersion::Resp2);
    loop {
        while work.step() {}
        let ended = match work.locks() {
            None => work.end(None, &mut reply),
            Some(locks) => work.end(Some(&mut server.store.lock(locks, server.store.now())), &mut reply),
        };
        match ended.unwrap() {
            Ended::Again(anew) if anew.locks().is_some() => return Err(anew),
            Ended::Again(answer) => work = answer,
            Ended::Answered => break,
        }
    }
    let Ok(Some(Frame::Array(members))) = ReplyDecoder::default().decode(&mut BytesMut::from(&reply.take_all()[..]))
    else {
        panic!("an array")
    };
    let bytes = |frame| if let Frame::Bulk(bytes) = frame { bytes } else { panic!("{frame:?}") };
    Ok(members.into_iter().map(bytes).collect())
}

#[test]
fn many_members_are_popped_without_the_lock() {
    let server = Shared::for_tests();
    // Of nearly all, those that are left are picked; they are too many for the lock, too.
    for (count, name) in [(1100, "few"), (7800, "nearly all")] {
        fill(&server, "a", 0..9000);
        let work = begin(&server, &format!("SPOP a {count}"));
        assert_eq!(server.store.unordered_set("a").len(), Ok(9000), "{name}: nothing is popped yet");
        let popped = pop(&server, work).ok().unwrap();
        let different: std::collections::BTreeSet<&Bytes> = popped.iter().collect();
        assert_eq!((popped.len(), different.len()), (count, count), "{name}");
        assert_eq!(server.store.unordered_set("a").len(), Ok(9000 - count), "{name}");
        let left = server.store.unordered_set("a").read().unwrap();
        assert!(popped.iter().all(|member| !left.contains(member)), "{name}");
        server.store.del("a");
    }
}

#[test]
fn a_pop_begins_anew_when_its_set_is_changed() {
    let server = Shared::for_tests();
    fill(&server, "a", 0..9000);
    let mut work = begin(&server, "SPOP a 4000");
    let mut attempts = 0;
    let popped = loop {
        attempts += 1;
        server.store.unordered_set("a").extend([format!("new:{attempts}")]).unwrap();
        work = match pop(&server, work) {
            Ok(popped) => break popped,
            Err(again) => again,
        };
        assert_eq!(server.store.unordered_set("a").len(), Ok(9000 + attempts), "nothing is popped yet");
    };
    assert_eq!((attempts, popped.len(), server.store.unordered_set("a").len()), (2, 4000, Ok(5002)));
    let work = begin(&server, "SPOP a 4000");
    server.store.del("a");
    assert!(pop(&server, work).ok().unwrap().is_empty());
    fill(&server, "a", 0..9000);
    let mut work = begin(&server, "SPOP a 4000");
    server.store.set("a", "no set");
    while work.step() {}
    let (locks, mut reply) = (work.locks().unwrap(), ReplyWriter::new(RespVersion::Resp2));
    let ended = work.end(Some(&mut server.store.lock(locks, server.store.now())), &mut reply);
    assert!(ended.is_err() && reply.is_empty());
}

#[test]
fn repetitions_without_end_are_refused() {
    let server = Shared::for_tests();
    server.store.unordered_set("a").extend(["x".repeat(1_000_000)]).unwrap();
    let mut work = begin(&server, "SRANDMEMBER a -9223372036854775807");
    while work.step() {}
    let mut reply = ReplyWriter::new(RespVersion::Resp2);
    assert!(work.end(None, &mut reply).is_err());
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
