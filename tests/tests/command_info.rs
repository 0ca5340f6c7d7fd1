//! What pyredis says of a command in COMMAND INFO is what the real server says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Flavour, Reply, Server, render};

use crate::oracle::needs_redis;
use crate::trial;

/// Commands and subcommands that Redis 7.0 does not have, and why pyredis does.
const NOT_IN_THE_JUDGE: &[(&str, &str)] = &[
    ("client|no-touch", "it comes with Redis 7.2"),
    ("client|setinfo", "clients send it since Redis 7.2"),
    ("delex", COMPARE),
    ("delifeq", COMPARE),
    ("hexpire", FIELDS_EXPIRE),
    ("hexpireat", FIELDS_EXPIRE),
    ("hexpiretime", FIELDS_EXPIRE),
    ("hgetdel", FIELDS_EXPIRE),
    ("hgetex", FIELDS_EXPIRE),
    ("hpersist", FIELDS_EXPIRE),
    ("hpexpire", FIELDS_EXPIRE),
    ("hpexpireat", FIELDS_EXPIRE),
    ("hpexpiretime", FIELDS_EXPIRE),
    ("hpttl", FIELDS_EXPIRE),
    ("hsetex", FIELDS_EXPIRE),
    ("httl", FIELDS_EXPIRE),
];

const COMPARE: &str = "compare-and-delete is wanted for locks; Redis 8.4 and Valkey 9.0 have it";

const FIELDS_EXPIRE: &str =
    "fields with times to live are wanted for sessions; Redis has them since 7.4, and some since 8.0";

/// The fields of a record that are compared, by position; the tenth is the subcommands.
const FIELDS: [&str; 9] =
    ["name", "arity", "flags", "first key", "last key", "step", "ACL categories", "tips", "key specifications"];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        needs_redis(trial("command_info::same_as_redis", || compare(Flavour::Pyredis))),
        trial("command_info::every_command_has_a_transcript", every_command_has_a_transcript),
        // The comparison itself: the judge differs from itself in nothing.
        needs_redis(trial("command_info::redis_is_same_as_itself", || compare(Flavour::Redis))),
    ]
}

fn compare(accused: Flavour) -> Result<()> {
    let (judge, accused) = (Server::start(Flavour::Redis)?, Server::start(accused)?);
    let mut judge = Client::connect_version(judge.address(), 3)?;
    let mut accused = Client::connect_version(accused.address(), 3)?;
    let list = accused.call("COMMAND LIST")?;
    let names: Vec<String> = list.items().context("COMMAND LIST gives no array")?.iter().map(Reply::string).collect();
    ensure!(names.len() >= 57, "COMMAND LIST names {} commands only", names.len());
    let mut differences = String::new();
    for name in names {
        let got = record(&mut accused, &name)?.with_context(|| format!("COMMAND LIST names {name}, INFO does not"))?;
        match record(&mut judge, &name)? {
            Some(expected) => report(&expected, &got, &mut differences)?,
            None => unknown(&name, &mut differences)?,
        }
    }
    ensure!(differences.is_empty(), "COMMAND INFO differs\n{differences}");
    Ok(())
}

/// A command without a transcript is a command that nobody compared with the real one.
fn every_command_has_a_transcript() -> Result<()> {
    let server = Server::start(Flavour::Pyredis)?;
    let list = Client::connect(server.address())?.call("COMMAND LIST")?;
    let transcripts: Vec<String> = crate::transcripts::files()?
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    let names = list.items().context("COMMAND LIST gives no array")?.iter().map(Reply::string);
    let missing: Vec<String> = names
        // A container's file shows its subcommands too.
        .filter(|name| !name.contains('|') && !transcripts.contains(name))
        .collect();
    ensure!(missing.is_empty(), "these have no file under cases/: {}", missing.join(" "));
    Ok(())
}

/// The record of one command, if there is such a command.
fn record(client: &mut Client, name: &str) -> Result<Option<Reply>> {
    let reply = client.command(&["COMMAND", "INFO", name])?;
    let first = reply.items().and_then(<[Reply]>::first).with_context(|| format!("COMMAND INFO {name} is empty"))?;
    Ok((*first != Reply::Null).then(|| first.clone()))
}

/// Adds what differs in the record and in those of the subcommands that both have. Subcommands may be missing, not
/// different.
fn report(expected: &Reply, got: &Reply, out: &mut String) -> Result<()> {
    let (expected, got) = (expected.items().unwrap_or_default(), got.items().unwrap_or_default());
    let name = expected.first().map(Reply::string).unwrap_or_default();
    ensure!(got.len() == 10, "the record of {name} has {} fields", got.len());
    for ((field, expected), got) in FIELDS.iter().zip(expected).zip(got) {
        let (expected, got) = (canonical(expected), canonical(got));
        if expected != got {
            writeln!(out, "{name}, {field}\n  expected  {expected}\n  got       {got}")?;
        }
    }
    let expected = subcommands(expected.get(9));
    for (name, got) in subcommands(got.get(9)) {
        match expected.get(&name) {
            Some(expected) => report(expected, &got, out)?,
            None => unknown(&name, out)?,
        }
    }
    Ok(())
}

fn subcommands(field: Option<&Reply>) -> BTreeMap<String, Reply> {
    let records = field.and_then(Reply::items).unwrap_or_default();
    let name = |record: &Reply| record.items().and_then(<[Reply]>::first).map(Reply::string).unwrap_or_default();
    records.iter().map(|record| (name(record), record.clone())).collect()
}

fn unknown(name: &str, out: &mut String) -> Result<()> {
    if !NOT_IN_THE_JUDGE.iter().any(|(known, _)| *known == name) {
        writeln!(out, "{name}: the real server does not know it")?;
    }
    Ok(())
}

/// The notation of a reply with its sets and maps in a fixed order.
fn canonical(reply: &Reply) -> String {
    render(&sorted(reply))
}

fn sorted(reply: &Reply) -> Reply {
    match reply {
        Reply::Array(items) => Reply::Array(items.iter().map(sorted).collect()),
        Reply::Set(items) => {
            let mut items: Vec<Reply> = items.iter().map(sorted).collect();
            items.sort_by_cached_key(render);
            Reply::Set(items)
        }
        Reply::Map(pairs) => {
            let mut pairs: Vec<(Reply, Reply)> =
                pairs.iter().map(|(key, value)| (sorted(key), sorted(value))).collect();
            pairs.sort_by_cached_key(|(key, _)| render(key));
            Reply::Map(pairs)
        }
        other => other.clone(),
    }
}
