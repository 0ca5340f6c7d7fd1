//! Answers of many fields: at once where they are few, and in slices, of one moment, where they are many or long.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use pyredis_protocol::{Frame, ReplyDecoder, ReplyWriter, RespVersion};
use pyredis_store::{Hash, Record, Timestamp};
use tokio_util::codec::Decoder;

use super::garbage::Client;
use crate::command::work::{Ended, Work};
use crate::outcome::Outcome;
use crate::shared::Shared;

/// More than what is answered under a lock.
const MANY: usize = 5_000;

const VERSIONS: [RespVersion; 2] = [RespVersion::Resp2, RespVersion::Resp3];

fn words(line: &str) -> Vec<Bytes> {
    line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
}

/// Begins what has to be long work.
fn begin(server: &Shared, version: RespVersion, line: &str) -> Box<dyn Work> {
    match Client::new(server, version).call(&words(line)) {
        Outcome::Work(work) => work,
        _ => panic!("{line} was done at once"),
    }
}

/// Does the work to its end, which has to take some steps. Returns the reply.
fn end(mut work: Box<dyn Work>, version: RespVersion) -> Frame {
    let mut steps = 1;
    while work.step() {
        steps += 1;
    }
    assert!(steps > 1, "{steps} steps");
    let mut reply = ReplyWriter::new(version);
    assert!(matches!(work.end(None, &mut reply).unwrap(), Ended::Answered));
    let mut bytes = reply.take_all()[..].into();
    let frame = ReplyDecoder::default().decode(&mut bytes).unwrap().unwrap();
    assert!(bytes.is_empty(), "more than a reply");
    frame
}

fn at_once(server: &Shared, version: RespVersion, line: &str) -> Frame {
    let mut client = Client::new(server, version);
    assert!(matches!(client.call(&words(line)), Outcome::Done), "{line} was not done at once");
    client.replies().pop().unwrap()
}

fn server() -> Shared {
    let server = Shared::for_tests();
    server.store.hash("h").extend((0..MANY).map(|number| (format!("f{number}"), number.to_string()))).unwrap();
    server.store.hash("long").extend([("a", vec![b'x'; 70_000]), ("b", vec![b'y'; 80_000])]).unwrap();
    server
}

fn text(frame: &Frame) -> String {
    let Frame::Bulk(bytes) = frame else { panic!("{frame:?}") };
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn items(frame: Frame) -> Vec<Frame> {
    let Frame::Array(items) = frame else { panic!("{frame:?}") };
    items
}

/// Fields and values, however they are put.
fn pairs(frame: Frame) -> Vec<(String, String)> {
    match frame {
        Frame::Map(pairs) => pairs.iter().map(|(field, value)| (text(field), text(value))).collect(),
        Frame::Array(items) if matches!(items.first(), Some(Frame::Array(_))) => items
            .into_iter()
            .map(|pair| match &self::items(pair)[..] {
                [field, value] => (text(field), text(value)),
                other => panic!("{other:?}"),
            })
            .collect(),
        Frame::Array(items) => items.chunks(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        other => panic!("{other:?}"),
    }
}

fn expected() -> BTreeMap<String, String> {
    (0..MANY).map(|number| (format!("f{number}"), number.to_string())).collect()
}

#[test]
fn a_long_answer_is_of_the_moment_that_it_began() {
    for version in VERSIONS {
        let server = server();
        let [all, fields, values] = ["HGETALL h", "HKEYS h", "HVALS h"].map(|line| begin(&server, version, line));
        server.store.hash("h").extend([("f0", "other"), ("new", "x")]).unwrap();
        server.store.hash("h").remove_many((1..MANY).map(|number| format!("f{number}"))).unwrap();
        let all = end(all, version);
        assert_eq!(matches!(all, Frame::Map(_)), version == RespVersion::Resp3);
        let all = pairs(all);
        assert_eq!(all.len(), MANY);
        assert_eq!(all.iter().cloned().collect::<BTreeMap<_, _>>(), expected());
        let [fields, values] = [fields, values].map(|work| items(end(work, version)));
        let separately = fields.iter().map(text).zip(values.iter().map(text));
        assert!(separately.eq(all), "one order for all three");
    }
}

#[test]
fn few_fields_are_answered_at_once_and_long_ones_are_not() {
    let server = server();
    for version in VERSIONS {
        assert_eq!(items(at_once(&server, version, "HRANDFIELD h 1000")).len(), 1000);
        assert_eq!(text(&at_once(&server, version, "HGET long a")), "x".repeat(70_000));
        assert_eq!(text(&items(at_once(&server, version, "HMGET long b a"))[1]), "x".repeat(70_000));
        let all = pairs(end(begin(&server, version, "HGETALL long"), version));
        let lengths = all.iter().map(|(field, value)| (field.as_str(), value.len())).collect::<BTreeMap<_, _>>();
        assert_eq!(lengths, BTreeMap::from([("a", 70_000), ("b", 80_000)]));
    }
}

#[test]
fn many_random_fields_are_different_or_not() {
    let server = server();
    let expected = expected();
    for version in VERSIONS {
        let picked = pairs(end(begin(&server, version, "HRANDFIELD h 3000 WITHVALUES"), version));
        assert_eq!(picked.len(), 3000);
        assert_eq!(picked.iter().map(|(field, _)| field).collect::<BTreeSet<_>>().len(), 3000);
        assert!(picked.iter().all(|(field, value)| expected.get(field) == Some(value)));

        let again = items(end(begin(&server, version, "HRANDFIELD h -20000"), version));
        assert_eq!(again.len(), 20_000);
        assert!(again.iter().all(|field| expected.contains_key(&text(field))));

        let all = items(end(begin(&server, version, "HRANDFIELD h 1000000"), version));
        assert_eq!(all.iter().map(text).collect::<BTreeSet<_>>(), expected.keys().cloned().collect());
    }
}

#[test]
fn what_has_expired_is_swept_out_without_the_lock() {
    let server = server();
    let mut hash = Hash::new();
    for number in 0..1_000 {
        let field = format!("past{number}");
        hash.insert(field.as_bytes(), b"x");
        hash.set_deadline(field.as_bytes(), Some(Timestamp::from_millis(1)));
    }
    hash.extend([("a", "1"), ("b", "2"), ("c", "3")]);
    server.store.restore(Record { db: 0, key: "mixed".into(), value: hash.into(), deadline: None }).unwrap();
    let alive = BTreeSet::from(["a", "b", "c"].map(str::to_owned));
    for version in VERSIONS {
        let all = pairs(end(begin(&server, version, "HGETALL mixed"), version));
        assert_eq!(all.into_iter().map(|(field, _)| field).collect::<BTreeSet<_>>(), alive);
        assert!(alive.contains(&text(&end(begin(&server, version, "HRANDFIELD mixed"), version))));
        let two = items(end(begin(&server, version, "HRANDFIELD mixed 2"), version));
        assert!(two.len() == 2 && two.iter().all(|field| alive.contains(&text(field))));
        assert_eq!(items(end(begin(&server, version, "HRANDFIELD mixed -9"), version)).len(), 9);
        assert_eq!(at_once(&server, version, "HLEN mixed"), Frame::Integer(3));
    }
}

#[test]
fn a_scan_shows_every_field_once_however_long_its_steps_are() {
    let server = server();
    for count in [7, 1000, 2000, 100_000] {
        let (mut cursor, mut found) = ("0".to_owned(), Vec::new());
        loop {
            let line = format!("HSCAN h {cursor} COUNT {count}");
            let mut client = Client::new(&server, RespVersion::Resp2);
            let reply = match client.call(&words(&line)) {
                Outcome::Work(work) => end(work, RespVersion::Resp2),
                _ => client.replies().pop().unwrap(),
            };
            let mut reply = items(reply);
            found.extend(pairs(reply.pop().unwrap()));
            cursor = text(&reply.pop().unwrap());
            if cursor == "0" {
                break;
            }
        }
        assert_eq!(found.len(), MANY, "{count}");
        assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected(), "{count}");
    }
}
