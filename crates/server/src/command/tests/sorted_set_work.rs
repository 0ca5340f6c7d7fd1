//! Sorted sets too large for one lock: long answers, and work that begins anew when its sets are changed meanwhile.

use bytes::Bytes;
use pyredis_protocol::{Frame, ReplyWriter, RespVersion};

use super::garbage::Client;
use crate::command::work::{Ended, Work};
use crate::outcome::Outcome;
use crate::shared::Shared;

/// More members than are looked at under a lock.
const MANY: usize = 3000;

fn server() -> Shared {
    let server = Shared::for_tests();
    for at in 0..MANY {
        for key in ["a", "b"] {
            server.store.sorted_set(key).insert(format!("member:{at}"), at as f64).unwrap();
        }
    }
    server
}

fn begin<'s>(server: &'s Shared, version: RespVersion, line: &str) -> (Client<'s>, Box<dyn Work>) {
    let words: Vec<Bytes> = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
    let mut client = Client::new(server, version);
    match client.call(&words) {
        Outcome::Work(work) => (client, work),
        _ => panic!("{line} was done at once"),
    }
}

/// Does the work to its end. What it has answered, or what is left of it.
fn go_on(server: &Shared, version: RespVersion, mut work: Box<dyn Work>) -> Result<Bytes, Box<dyn Work>> {
    let mut steps = 1;
    while work.step() {
        steps += 1;
    }
    assert!(steps > 2, "{steps} steps");
    let mut reply = ReplyWriter::new(version);
    loop {
        let ended = match work.locks() {
            None => work.end(None, &mut reply),
            Some(locks) => work.end(Some(&mut server.store.lock(locks, server.store.now())), &mut reply),
        };
        match ended.unwrap() {
            Ended::Answered => return Ok(reply.take_all()),
            Ended::Again(anew) if anew.locks().is_some() => return Err(anew),
            // It is done, and has much to answer.
            Ended::Again(answer) => work = answer,
        }
        while work.step() {}
    }
}

#[test]
fn a_calculation_begins_anew_when_its_sets_are_changed() {
    let server = server();
    for (line, members) in
        [("ZUNIONSTORE d 2 a b", MANY + 1), ("ZINTERSTORE d 2 a b", MANY), ("ZRANGESTORE d a 0 -1", MANY + 1)]
    {
        server.store.del("d");
        server.store.sorted_set("a").remove("new").unwrap();
        let (_, work) = begin(&server, RespVersion::Resp2, line);
        server.store.sorted_set("a").insert("new", 1.0).unwrap();
        let Err(work) = go_on(&server, RespVersion::Resp2, work) else { panic!("{line} has not seen the change") };
        assert!(!server.store.exists("d"));
        assert!(go_on(&server, RespVersion::Resp2, work).is_ok());
        assert_eq!(server.store.sorted_set("d").len(), Ok(members), "{line}");
    }
}

#[test]
fn a_calculation_whose_sets_change_all_the_time_ends() {
    let server = server();
    let (_, mut work) = begin(&server, RespVersion::Resp2, "ZUNIONSTORE d 2 a b WEIGHTS 2 1");
    let mut attempts = 0;
    loop {
        server.store.sorted_set("a").incr_by("member:7", 1.0).unwrap();
        attempts += 1;
        work = match go_on(&server, RespVersion::Resp2, work) {
            Ok(_) => break,
            Err(again) => again,
        };
    }
    assert_eq!(attempts, 2);
    assert_eq!(server.store.sorted_set("d").score("member:7"), Ok(Some(2.0 * 9.0 + 7.0)));
}

#[test]
fn a_removal_begins_anew_when_its_set_is_changed() {
    let server = server();
    for (line, left) in [
        ("ZREMRANGEBYRANK a 0 -11", 10),
        ("ZREMRANGEBYSCORE a 5 +inf", 6),
        ("ZPOPMAX a 2990", 11),
        ("ZMPOP 1 a MIN COUNT 2990", 11),
    ] {
        server.store.del("a");
        let all = server.store.sorted_set("b").read().unwrap();
        let restore = |store: &pyredis_store::Store| {
            let key = store.key(b"a");
            let mut view = store.lock_key(&key, pyredis_store::Access::Write, store.now());
            view.store_collection(&key, all.clone(), "set").unwrap();
        };
        restore(&server.store);
        let (_, work) = begin(&server, RespVersion::Resp3, line);
        server.store.sorted_set("a").insert("new", 1.0).unwrap();
        let Err(work) = go_on(&server, RespVersion::Resp3, work) else { panic!("{line} has not seen the change") };
        assert_eq!(server.store.sorted_set("a").len(), Ok(MANY + 1));
        assert!(go_on(&server, RespVersion::Resp3, work).is_ok());
        assert_eq!(server.store.sorted_set("a").len(), Ok(left), "{line}");
        // What is removed meanwhile is nothing to be removed.
        restore(&server.store);
        let (_, work) = begin(&server, RespVersion::Resp3, line);
        server.store.del("a");
        assert!(go_on(&server, RespVersion::Resp3, work).is_ok());
        assert!(!server.store.exists("a"));
    }
}

#[test]
fn long_answers_are_those_of_the_moment_that_they_began() {
    let server = server();
    for (line, items) in [
        ("ZRANGE a 0 -1 WITHSCORES", MANY),
        ("ZRANGE a 0 -1 REV", MANY),
        ("ZUNION 2 a b WITHSCORES", MANY),
        ("ZDIFF 2 a none", MANY),
        ("ZRANDMEMBER a 2000", 2000),
        ("ZRANDMEMBER a -4000 WITHSCORES", 4000),
    ] {
        for version in [RespVersion::Resp2, RespVersion::Resp3] {
            let (mut client, work) = begin(&server, version, line);
            let a = server.store.sorted_set("a").read().unwrap();
            server.store.del("a");
            let Ok(rest) = go_on(&server, version, work) else { panic!("{line} begins anew") };
            client.append(rest);
            let key = server.store.key(b"a");
            server
                .store
                .lock_key(&key, pyredis_store::Access::Write, server.store.now())
                .store_collection(&key, a, "set")
                .unwrap();
            let [Frame::Array(members)] = &client.replies()[..] else { panic!("{line}: one array") };
            let flat = version == RespVersion::Resp2 && line.ends_with("WITHSCORES");
            assert_eq!(members.len(), if flat { 2 * items } else { items }, "{line}");
        }
    }
    let (_, work) = begin(&server, RespVersion::Resp2, "ZINTERCARD 2 a b LIMIT 1500");
    assert_eq!(go_on(&server, RespVersion::Resp2, work).ok().as_deref(), Some(&b":1500\r\n"[..]));
    let (_, work) = begin(&server, RespVersion::Resp2, "ZSCAN a 0 COUNT 2500");
    assert!(go_on(&server, RespVersion::Resp2, work).is_ok());
}
