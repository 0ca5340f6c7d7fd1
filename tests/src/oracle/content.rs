//! Everything that the two servers hold, compared: every key's type, form, deadline and value.

use std::collections::BTreeSet;

use anyhow::Result;

use super::allowed::{Case, allowed};
use super::judge::Judge;
use super::past::Past;
use super::play::{Arena, Difference};
use super::side::{Link, words};
use crate::reply::Reply;

/// The databases that sequences come to.
const DATABASES: [usize; 4] = [0, 1, 2, 15];
/// By how many milliseconds deadlines may differ that were given as a time from now. A real difference is much larger, since
/// every time to live is drawn from days to years.
const DEADLINE_TOLERANCE: i64 = 20_000;

/// The first difference, as a command that shows it.
///
/// # Errors
/// When one of them does not answer.
pub(super) fn difference(arena: &Arena, steps: usize, past: &Past) -> Result<Option<Difference>> {
    let mut judge = arena.judge.connect(2)?;
    let mut accused = arena.accused.connect(2)?;
    for database in DATABASES {
        let select = ["SELECT".to_owned(), database.to_string()];
        judge.ask(&select)?;
        accused.ask(&select)?;
        if let Some(found) = in_database(&mut judge, &mut accused, past)? {
            return Ok(Some(Difference { steps, database: Some(database), ..found }));
        }
    }
    Ok(None)
}

fn in_database(judge: &mut Link, accused: &mut Link, past: &Past) -> Result<Option<Difference>> {
    let all = [(words(&[b"KEYS", b"*"]), Judge::Unordered)];
    let (found, keys) = compare(judge, accused, past, &all)?;
    if found.is_some() {
        return Ok(found);
    }
    let keys: BTreeSet<Vec<u8>> =
        keys.iter().filter_map(Reply::items).flatten().filter_map(|key| Some(key.text()?.to_vec())).collect();
    let about = |key: &Vec<u8>| {
        [
            (words(&[b"TYPE", key]), Judge::Exact),
            (words(&[b"OBJECT", b"ENCODING", key]), Judge::Exact),
            (words(&[b"PEXPIRETIME", key]), Judge::Near(DEADLINE_TOLERANCE)),
        ]
    };
    let (found, replies) = compare(judge, accused, past, &keys.iter().flat_map(about).collect::<Vec<_>>())?;
    let types = replies.into_iter().step_by(3);
    let values: Vec<_> = keys.iter().zip(types).filter_map(|(key, of_type)| value(key, &of_type)).collect();
    // A value that differs says more than a form that does.
    let (value_found, _) = compare(judge, accused, past, &values)?;
    Ok(match found {
        Some(found) if found.command.first().is_some_and(|name| name == b"TYPE") => Some(found),
        found => value_found.or(found),
    })
}

/// What shows the value of a key.
fn value(key: &[u8], of_type: &Reply) -> Option<(Vec<Vec<u8>>, Judge)> {
    Some(match of_type.text()? {
        b"string" => (words(&[b"GET", key]), Judge::Exact),
        b"list" => (words(&[b"LRANGE", key, b"0", b"-1"]), Judge::Exact),
        b"hash" => (words(&[b"HGETALL", key]), Judge::Pairs),
        b"set" => (words(&[b"SMEMBERS", key]), Judge::Unordered),
        b"zset" => (words(&[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]), Judge::Exact),
        _ => return None,
    })
}

/// Asks both, and gives back the first difference and what the judge said.
fn compare(
    judge: &mut Link,
    accused: &mut Link,
    past: &Past,
    questions: &[(Vec<Vec<u8>>, Judge)],
) -> Result<(Option<Difference>, Vec<Reply>)> {
    let commands: Vec<Vec<Vec<u8>>> = questions.iter().map(|(command, _)| command.clone()).collect();
    let expected = judge.ask_all(&commands)?;
    let got = accused.ask_all(&commands)?;
    let mut each = questions.iter().zip(expected.iter().zip(&got));
    let found = each.find(|((command, judge), (expected, got))| {
        let case = Case { past, connection: None, command, expected, got };
        !judge.agrees(expected, got) && allowed(&case).is_none()
    });
    let found = found.map(|((command, judge), (expected, got))| Difference {
        steps: 0,
        database: None,
        command: command.clone(),
        judge: *judge,
        expected: expected.clone(),
        got: got.clone(),
    });
    Ok((found, expected))
}
