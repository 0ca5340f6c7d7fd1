//! Docs from replies of both versions, as redis-server 7.0 gives them.

use pyredis_protocol::{ReplyDecoder, ServerCodec};
use tokio_util::codec::{Decoder, Encoder};

use super::*;

fn bulk(text: &'static str) -> Frame {
    Frame::Bulk(text.into())
}

fn map<const N: usize>(pairs: [(&'static str, Frame); N]) -> Frame {
    Frame::Map(pairs.into_iter().map(|(name, value)| (bulk(name), value)).collect())
}

fn flags(flag: &'static str) -> Frame {
    Frame::Set(flag.split(' ').map(|flag| Frame::Simple(flag.into())).collect())
}

fn argument(name: &'static str, kind: &'static str) -> [(&'static str, Frame); 2] {
    [("name", bulk(name)), ("type", bulk(kind))]
}

fn plain(name: &'static str, kind: &'static str) -> Frame {
    map(argument(name, kind))
}

fn with<const N: usize>(name: &'static str, kind: &'static str, more: [(&'static str, Frame); N]) -> Frame {
    let Frame::Map(mut pairs) = map(argument(name, kind)) else { unreachable!("map makes maps") };
    pairs.extend(more.into_iter().map(|(name, value)| (bulk(name), value)));
    Frame::Map(pairs)
}

/// Three commands with arguments of every kind.
pub(crate) fn reply() -> Frame {
    let expiry = Frame::Array(vec![
        with("seconds", "integer", [("token", bulk("EX"))]),
        with("keepttl", "pure-token", [("token", bulk("KEEPTTL"))]),
    ]);
    let set = map([
        ("summary", bulk("Set the string value of a key")),
        ("since", bulk("1.0.0")),
        ("group", bulk("string")),
        (
            "arguments",
            Frame::Array(vec![
                plain("key", "key"),
                plain("value", "string"),
                with("get", "pure-token", [("token", bulk("GET")), ("flags", flags("optional"))]),
                with("expiration", "oneof", [("flags", flags("optional")), ("arguments", expiry)]),
            ]),
        ),
    ]);
    let pair = Frame::Array(vec![plain("parameter", "string"), plain("value", "string")]);
    let config_set = map([
        ("summary", bulk("Set configuration parameters")),
        ("since", bulk("2.0.0")),
        ("group", bulk("server")),
        ("arguments", Frame::Array(vec![with("pairs", "block", [("flags", flags("multiple")), ("arguments", pair)])])),
    ]);
    let config = map([
        ("summary", bulk("A container for server configuration commands")),
        ("since", bulk("2.0.0")),
        ("group", bulk("server")),
        ("subcommands", map([("config|set", config_set)])),
    ]);
    let sort = map([
        ("summary", bulk("Sort")),
        ("since", bulk("1.0.0")),
        ("group", bulk("generic")),
        (
            "arguments",
            Frame::Array(vec![
                with(
                    "pattern",
                    "pattern",
                    [("token", bulk("GET")), ("flags", flags("optional multiple multiple_token"))],
                ),
                with("key", "key", [("token", bulk("KEYS")), ("flags", flags("multiple"))]),
                with("id", "string", [("token", bulk(""))]),
            ]),
        ),
    ]);
    map([("set", set), ("config", config), ("sort", sort)])
}

fn syntax_of(docs: &Docs, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    docs.find(&words).unwrap().0.syntax.clone()
}

#[test]
fn arguments_are_written_as_redis_cli_does() {
    let docs = Docs::from_reply(&reply());
    assert_eq!(syntax_of(&docs, &["set", "k"]), "key value [GET] [EX seconds|KEEPTTL]");
    assert_eq!(syntax_of(&docs, &["config"]), "");
    assert_eq!(syntax_of(&docs, &["config", "set", "a"]), "parameter value [parameter value ...]");
    assert_eq!(syntax_of(&docs, &["sort"]), "[GET pattern [GET pattern ...]] KEYS key [key ...] \"\" id");
    assert!(docs.find(&["nosuch".to_owned()]).is_none());
}

#[test]
fn both_versions_say_the_same() {
    let mut wire = bytes::BytesMut::new();
    ServerCodec::default().encode(reply(), &mut wire).unwrap();
    let resp2 = ReplyDecoder::default().decode(&mut wire).unwrap().unwrap();
    assert!(matches!(resp2, Frame::Array(_)));
    let docs = |reply: &Frame| format!("{:?}", Docs::from_reply(reply));
    assert_eq!(docs(&resp2), docs(&reply()));
}

#[test]
fn another_reply_gives_no_docs() {
    for reply in [Frame::Error("ERR unknown command".into()), Frame::Array(vec![bulk("odd")]), Frame::Null] {
        assert_eq!(Docs::from_reply(&reply).iter().count(), 0);
    }
}
