//! From start to end and back: what is kept, what is refused, and what is said about it.

mod damage;
mod expirer;
mod failed_save;
mod gates;
mod memory;
mod restart;
mod startup;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Process, Reply, Server, pyredis_command, render};

/// A test of pyredis alone, and its name.
type Named = (&'static str, fn() -> Result<()>);

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (group, tests) in [
        ("restart", restart::TESTS),
        ("damage", damage::TESTS),
        ("expirer", expirer::TESTS),
        ("failed_save", failed_save::TESTS),
        ("startup", startup::TESTS),
        ("memory", memory::TESTS),
    ] {
        trials.extend(tests.iter().map(|(name, test)| crate::trial(format!("lifecycle::{group}::{name}"), test)));
    }
    trials.push(crate::oracle::needs_redis(crate::trial("lifecycle::damage::a_genuine_rdb", damage::a_genuine_rdb)));
    trials.extend(gates::trials());
    trials
}

/// Starts pyredis on this folder with the default save points, a manual clock and these directives.
fn start(folder: &Path, directives: &[&str]) -> Result<Server> {
    let mut command = pyredis_command(folder)?;
    command.args(["--manual-clock", "yes"]).args(directives);
    Server::start_pyredis(command, None)
}

/// Ends it as a crash would: no signal handler, no save.
fn crash(server: Server) {
    // Dropping kills with SIGKILL and waits.
    drop(server);
}

/// Runs a command that must refuse to start: status 1, and a last line that holds all of `words` and says nothing twice.
fn refuses(command: Command, words: &[&str]) -> Result<String> {
    let ended = Process::start(command)?.ended()?;
    ensure!(ended.status.code() == Some(1), "expected status 1, got {}; it wrote: {}", ended.status, ended.log);
    let last = ended.log.lines().rev().find(|line| !line.trim().is_empty()).context("it ended without a word")?;
    for word in words {
        ensure!(last.contains(word), "the last line does not say {word:?}: {last}");
    }
    let (rest, end) = last.rsplit_once(": ").unwrap_or((last, ""));
    ensure!(end.is_empty() || !rest.contains(end), "the last line says {end:?} twice: {last}");
    ensure!(!ended.log.contains("panicked"), "it panicked: {}", ended.log);
    Ok(ended.log)
}

/// [`refuses`], with a single line.
fn refuses_in_one_line(command: Command, words: &[&str]) -> Result<()> {
    let log = refuses(command, words)?;
    ensure!(log.trim().lines().count() == 1, "expected one line, got: {log}");
    Ok(())
}

/// Calls, and fails unless the reply has this notation.
fn expect(client: &mut Client, line: &str, expected: &str) -> Result<()> {
    let reply = client.call(line)?;
    let accepted = expected.parse::<pyredis_tests::Expect>()?.matches(&reply, client.version());
    ensure!(accepted, "{line}: expected {expected}, got {}", render(&reply));
    Ok(())
}

/// A field of INFO.
fn info(client: &mut Client, field: &str) -> Result<String> {
    let text = client.call("INFO")?.string();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.map(str::to_owned).with_context(|| format!("INFO has no {field}"))
}

/// Asks INFO until the field has this value. Bounded by a number of questions, which take a while to answer.
fn wait_info(client: &mut Client, field: &str, value: &str) -> Result<()> {
    let mut last = String::new();
    for _ in 0..100_000 {
        last = info(client, field)?;
        if last == value {
            return Ok(());
        }
    }
    anyhow::bail!("{field} stays {last:?}, expected {value:?}")
}

/// Name and bytes of every file in the folder; none for what is no file.
fn files(folder: &Path) -> Result<BTreeMap<String, Option<Vec<u8>>>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let bytes = if entry.file_type()?.is_file() { Some(std::fs::read(entry.path())?) } else { None };
        files.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
    }
    Ok(files)
}

/// Whether the reply is an error that begins with this word.
fn is_error(reply: &Reply, word: &str) -> bool {
    reply.is_error() && reply.string().starts_with(word)
}
