//! What was worked out without locks, and is of no use any more when they are taken.

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{Access, Collection, Key, List, ListEnd, Set, SortedSet, View, ZaddOptions};

use super::garbage::Client;
use crate::command::work::Work;
use crate::outcome::Outcome;
use crate::shared::Shared;

/// More elements than are looked at under a lock.
const LONG: usize = 5000;

fn begin(server: &Shared, line: &str) -> Box<dyn Work> {
    let words: Vec<Bytes> = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
    match Client::new(server, RespVersion::Resp2).call(&words) {
        Outcome::Work(work) => work,
        _ => panic!("{line} was done at once"),
    }
}

fn hold(server: &Shared, collection: &Collection) {
    let key = server.store.key(b"k");
    let mut view = server.store.lock_key(&key, Access::Write, server.store.now());
    view.store_collection(&key, collection.clone(), "test").unwrap();
}

/// What was worked out for nothing is not freed under the locks, whatever has made it useless.
#[test]
fn what_was_done_for_nothing_is_left_to_be_freed() {
    let server = Shared::for_tests();
    let member = |at: usize| format!("{at:0>40}");
    let list: List = (0..LONG).map(|at| member(at % 2)).collect();
    let set: Set = (0..LONG).map(member).collect();
    let scores: SortedSet = (0..LONG).map(|at| (member(at), 1.0)).collect();
    let lines: [(&str, Collection); 8] = [
        ("LREM k 0 0000000000000000000000000000000000000001", list.clone().into()),
        ("LINSERT k BEFORE none x", list.clone().into()),
        ("SORT k ALPHA STORE d", list.into()),
        ("SPOP k 3000", set.clone().into()),
        ("SUNIONSTORE d k k", set.into()),
        ("ZREMRANGEBYRANK k 0 3000", scores.clone().into()),
        ("ZPOPMIN k 3000", scores.clone().into()),
        ("ZRANGESTORE d k 0 -1", scores.into()),
    ];
    for (line, collection) in lines {
        for becomes in ["a string", "nothing", "another"] {
            hold(&server, &collection);
            let mut work = begin(&server, line);
            while work.step() {}
            match becomes {
                "a string" => server.store.set("k", "v"),
                "nothing" => _ = server.store.del("k"),
                _ => {
                    // A collection that is equal is not the same.
                    let key = server.store.key(b"k");
                    let mut view = server.store.lock_key(&key, Access::Write, server.store.now());
                    change(&mut view, &key, &collection);
                }
            }
            let locks = work.locks().unwrap();
            let (mut view, mut reply) = (server.store.lock(locks, server.store.now()), ReplyWriter::default());
            let ended = work.end(Some(&mut view), &mut reply);
            assert_eq!(ended.is_err(), becomes == "a string", "{line}, {becomes}");
            let garbage = view.finish().take_garbage();
            let bytes = garbage.map_or(0, |garbage| garbage.bytes());
            assert!(bytes >= collection.memory(), "{line}, {becomes}: {bytes} bytes");
        }
    }
}

/// Puts something in that comes out again.
fn change(view: &mut View<'_>, key: &Key<'_>, collection: &Collection) {
    match collection {
        Collection::List(_) => {
            view.list_push(key, ListEnd::Back, [&b"x"[..]].into_iter(), false).unwrap();
            view.list_pop(key, ListEnd::Back, 1).unwrap();
        }
        Collection::Set(_) => {
            view.set_add(key, [&b"x"[..]].into_iter()).unwrap();
            view.set_remove(key, [&b"x"[..]].into_iter()).unwrap();
        }
        _ => {
            view.zadd(key, [(&b"x"[..], 1.0)].into_iter(), ZaddOptions::default()).unwrap();
            view.zrem(key, [&b"x"[..]].into_iter()).unwrap();
        }
    }
}
