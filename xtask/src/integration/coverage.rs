//! Which commands of the data types a library called, by what the server counted.
//!
//! Guarantee: every command of the groups that the server has was answered without an error at least once, or stands in
//! one of the lists here with the reason; and what stands there was not called, so that no list outlives its reason.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use redis::{Client, Connection, Value};

use super::checks::Checks;
use super::target::Target;

/// The groups, as COMMAND DOCS calls them.
const GROUPS: [&str; 9] =
    ["string", "generic", "hash", "list", "set", "sorted-set", "bitmap", "transactions", "pubsub"];
/// What is checked with the generic group, though it is another's.
const WITH_GENERIC: [&str; 1] = ["swapdb"];

/// What no library is asked to call.
const ELSEWHERE: [(&str, &[&str]); 3] = [
    (
        "is not in the redis-server that runs the same checks",
        &[
            "delex",
            "delifeq",
            "hexpire",
            "hexpireat",
            "hexpiretime",
            "hgetdel",
            "hgetex",
            "hpersist",
            "hpexpire",
            "hpexpireat",
            "hpexpiretime",
            "hpttl",
            "hsetex",
            "httl",
        ],
    ),
    ("is about moving keys between servers", &["dump", "migrate", "restore"]),
    ("is about replicas", &["wait"]),
];

/// What a library has no method for.
const WITHOUT_A_METHOD: [(&str, &[&str]); 4] = [
    // Its `incr` and `decr` send INCRBY and DECRBY, its `sort_ro` sends SORT.
    ("redis-py", &["decr", "incr", "object|help", "pubsub|help", "sort_ro"]),
    ("ioredis", &[]),
    // What ZRANGE with REV and HSET say as well; a transaction is sent when it is complete.
    (
        "node-redis",
        &[
            "discard",
            "hmset",
            "object|help",
            "pubsub|help",
            "substr",
            "zrevrange",
            "zrevrangebylex",
            "zrevrangebyscore",
        ],
    ),
    (
        "redis-rs",
        &[
            "bitfield",
            "bitfield_ro",
            "bitpos",
            "decr",
            "discard",
            "hrandfield",
            "hstrlen",
            "incr",
            "lcs",
            "move",
            "object|help",
            "pubsub|help",
            "randomkey",
            "sintercard",
            "sort",
            "sort_ro",
            "substr",
            "swapdb",
            "touch",
            "zdiff",
            "zdiffstore",
            "zinter",
            "zintercard",
            "zrangestore",
            "zunion",
        ],
    ),
];

/// The commands of each group that the server has.
type Groups = BTreeMap<String, BTreeSet<String>>;
/// How often each command was answered without an error.
type Calls = BTreeMap<String, u64>;

/// One check for each group: that all of its commands were called.
pub(super) fn check(client: &str, target: &Target, checks: &mut Checks) {
    let (groups, calls) = match ask(target) {
        Ok(answers) => answers,
        Err(error) => return checks.record("what was called", Err(error)),
    };
    for (group, commands) in &groups {
        let count: u64 = commands.iter().filter_map(|name| calls.get(name)).sum();
        let name = format!("every command of the group {group}: {count} calls");
        checks.record(&name, is_covered(client, commands, &calls));
    }
}

fn is_covered(client: &str, commands: &BTreeSet<String>, calls: &Calls) -> Result<()> {
    let without = WITHOUT_A_METHOD.iter().find(|(name, _)| *name == client).map_or(&[][..], |(_, names)| names);
    let is_excused = |name: &&String| {
        without.contains(&name.as_str()) || ELSEWHERE.iter().any(|(_, names)| names.contains(&name.as_str()))
    };
    let is_called = |name: &&String| calls.get(*name).is_some_and(|count| *count > 0);
    let missing: Vec<&String> = commands.iter().filter(|name| !is_called(name) && !is_excused(name)).collect();
    ensure!(missing.is_empty(), "never called: {missing:?}");
    let needless: Vec<&String> = commands.iter().filter(|name| is_called(name) && is_excused(name)).collect();
    ensure!(needless.is_empty(), "called, though the lists in coverage.rs say that it is not: {needless:?}");
    Ok(())
}

fn ask(target: &Target) -> Result<(Groups, Calls)> {
    let client = Client::open(format!("redis://127.0.0.1:{}/?protocol=resp3", target.port()))?;
    let mut connection = client.get_connection().context("can't connect")?;
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut connection)?;
    Ok((groups(&mut connection)?, calls(&stats)))
}

fn groups(connection: &mut Connection) -> Result<Groups> {
    let docs: BTreeMap<String, BTreeMap<String, Value>> = redis::cmd("COMMAND").arg("DOCS").query(connection)?;
    let mut groups: Groups = GROUPS.map(|group| (group.to_owned(), BTreeSet::new())).into();
    for (name, doc) in docs {
        let group = doc.get("group").context("a command without a group")?;
        let group: String = redis::from_redis_value(group.clone())?;
        let group = if WITH_GENERIC.contains(&name.as_str()) { "generic".to_owned() } else { group };
        let Some(commands) = groups.get_mut(&group) else { continue };
        match doc.get("subcommands") {
            Some(Value::Map(subcommands)) => {
                for (subcommand, _) in subcommands {
                    commands.insert(redis::from_redis_value(subcommand.clone())?);
                }
            }
            _ => {
                commands.insert(name);
            }
        }
    }
    ensure!(groups.values().all(|commands| !commands.is_empty()), "a group has no commands: {groups:?}");
    Ok(groups)
}

/// Reads INFO's lines `cmdstat_<name>:calls=<n>,...,rejected_calls=<n>,failed_calls=<n>`.
fn calls(stats: &str) -> Calls {
    let line = |line: &str| {
        let (name, fields) = line.trim().strip_prefix("cmdstat_")?.split_once(':')?;
        let field = |wanted: &str| {
            let value = fields.split(',').find_map(|field| field.strip_prefix(wanted)?.strip_prefix('='));
            value?.parse::<u64>().ok()
        };
        Some((name.to_owned(), field("calls")?.saturating_sub(field("failed_calls")?)))
    };
    stats.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_failed_was_not_called() {
        let stats = "# Commandstats\r\ncmdstat_get:calls=3,usec=5,usec_per_call=1.67,rejected_calls=1,failed_calls=2\r\n\
                     cmdstat_object|freq:calls=1,usec=1,usec_per_call=1.00,rejected_calls=0,failed_calls=1\r\n";
        assert_eq!(calls(stats), Calls::from([("get".to_owned(), 1), ("object|freq".to_owned(), 0)]));
    }

    #[test]
    fn a_command_that_was_never_called_is_missed() {
        let called = Calls::from([("get".to_owned(), 1), ("wait".to_owned(), 1), ("set".to_owned(), 0)]);
        assert!(is_covered("redis-py", &set(&["get", "dump"]), &called).is_ok());
        let why = |names: &[&str]| is_covered("redis-py", &set(names), &called).unwrap_err().to_string();
        assert!(why(&["get", "set"]).starts_with("never called: [\"set\"]"));
        assert!(why(&["wait"]).contains("say that it is not: [\"wait\"]"));
    }

    /// For each library there is a list, and no command is left to none of them.
    #[test]
    fn every_command_is_some_librarys() {
        assert_eq!(WITHOUT_A_METHOD.map(|(client, _)| client), super::super::LIBRARIES);
        let [(_, first), rest @ ..] = WITHOUT_A_METHOD;
        let nobodys = first.iter().find(|name| rest.iter().all(|(_, names)| names.contains(name)));
        assert_eq!(nobodys, None);
    }
}
