//! A command's record in COMMAND INFO, in Redis 7's shape.

use pyredis_protocol::ReplyWriter;

use super::{reply_pair, subcommands};
use crate::command::spec::KeySpec;
use crate::command::table::{Command, CommandTable};

/// Writes one record, those of its subcommands within it.
pub(super) fn reply_info(reply: &mut ReplyWriter, table: &CommandTable, command: Command) {
    let spec = command.spec;
    reply.array(10);
    reply.bulk(command.full_name().as_bytes());
    reply.int(spec.arity.to_signed());
    let movable = spec.keys.iter().any(|keys| keys.counted || keys.hidden.is_some()).then(|| "movablekeys".to_owned());
    let flags: Vec<String> = spec.flags.names().chain(movable).collect();
    reply_statuses(reply, &flags);
    let (first, last, step) = range(spec.keys);
    reply.int(first);
    reply.int(last);
    reply.int(step);
    let categories = spec.all_categories();
    let categories: Vec<String> =
        categories.iter_names().map(|(name, _)| format!("@{}", name.to_lowercase())).collect();
    reply_statuses(reply, &categories);
    reply.set(spec.tips.len());
    spec.tips.iter().for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(spec.keys.len());
    spec.keys.iter().for_each(|keys| reply_key_spec(reply, keys));
    if spec.subcommands.is_empty() {
        reply.set(0);
    } else {
        // Redis has an array here, and an empty set where there are none.
        reply.array(spec.subcommands.len());
        subcommands(table, command).for_each(|subcommand| reply_info(reply, table, subcommand));
    }
}

fn reply_statuses(reply: &mut ReplyWriter, names: &[impl AsRef<str>]) {
    reply.set(names.len());
    names.iter().for_each(|name| reply.simple(name.as_ref()));
}

fn reply_key_spec(reply: &mut ReplyWriter, keys: &KeySpec) {
    let has_notes = !keys.notes.is_empty();
    reply.map(3 + usize::from(has_notes));
    if has_notes {
        reply_pair(reply, "notes", keys.notes);
    }
    reply.bulk(b"flags");
    reply_statuses(reply, keys.flags);
    if keys.hidden.is_some() {
        for field in ["begin_search", "find_keys"] {
            reply.bulk(field.as_bytes());
            reply.map(2);
            reply_pair(reply, "type", "unknown");
            reply.bulk(b"spec");
            reply.map(0);
        }
        return;
    }
    reply.bulk(b"begin_search");
    reply.map(2);
    reply_pair(reply, "type", "index");
    reply.bulk(b"spec");
    reply.map(1);
    reply.bulk(b"index");
    reply.int(signed(keys.first));
    reply.bulk(b"find_keys");
    reply.map(2);
    let (kind, find) = if keys.counted {
        ("keynum", [("keynumidx", 0), ("firstkey", 1), ("keystep", signed(keys.step))])
    } else {
        ("range", [("lastkey", keys.last), ("keystep", signed(keys.step)), ("limit", 0)])
    };
    reply_pair(reply, "type", kind);
    reply.bulk(b"spec");
    reply.map(find.len());
    for (name, value) in find {
        reply.bulk(name.as_bytes());
        reply.int(value);
    }
}

/// First key, last key and step, as commands were described before there were key specs: all keys as one range, but those that are counted.
fn range(specs: &[KeySpec]) -> (i64, i64, i64) {
    let ranges = || specs.iter().filter(|keys| !keys.counted && keys.hidden.is_none());
    let first = ranges().map(|keys| signed(keys.first)).min().unwrap_or(0);
    let to_the_end = ranges().map(|keys| keys.last).find(|last| *last < 0);
    let last = to_the_end.or_else(|| ranges().map(|keys| signed(keys.first) + keys.last).max());
    (first, last.unwrap_or(0), ranges().next().map_or(0, |keys| signed(keys.step)))
}

/// A position among arguments, of which there are far fewer than the type can count.
fn signed(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
