//! Plays a sequence on both servers in lock-step, up to the first difference.
//!
//! Guarantee: both begin empty and with new connections, so a sequence shows the same each time it is played.

use anyhow::{Context, Result};

use super::allowed::{Case, allowed};
use super::content;
use super::generate::{Sequence, Step};
use super::judge::{Judge, is_end, leaves};
use super::past::{Done, Past};
use super::side::{Link, Side, words};
use crate::reply::Reply;

/// Who is compared with whom.
#[derive(Debug, Clone)]
pub struct Arena {
    /// The one that is right.
    pub judge: Side,
    /// The one that may be wrong.
    pub accused: Side,
}

/// When all that the servers hold is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Not at all.
    Never,
    /// In the end.
    AtEnd,
    /// After so many commands, and in the end.
    Every(usize),
}

/// Where the two are not the same.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    /// After how many steps it was seen.
    pub(super) steps: usize,
    /// The database, if it was seen in what the servers hold and not in a reply to a step.
    pub(super) database: Option<usize>,
    /// What was asked; of a transaction, the command in it.
    pub(super) command: Vec<Vec<u8>>,
    pub(super) judge: Judge,
    pub(super) expected: Reply,
    pub(super) got: Reply,
}

impl Difference {
    /// Whether two differences are probably the same fault: the same command, and the same kinds of replies.
    pub(super) fn signature(&self) -> String {
        let name = self.command.first().map(|name| shown(name)).unwrap_or_default();
        let place = if self.database.is_some() { "held, " } else { "" };
        format!("{place}{name}: {} / {}", kind(&self.expected), kind(&self.got))
    }
}

/// A command's name.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(&name.to_ascii_uppercase()).into_owned()
}

/// Errors by their first words, since the rest may be an argument; nulls without regard to the protocol.
fn kind(reply: &Reply) -> String {
    match reply {
        Reply::Error(text) => {
            String::from_utf8_lossy(text).split_whitespace().take(4).collect::<Vec<_>>().join(" ").replace('\'', "")
        }
        Reply::NullBulk | Reply::NullArray => "Null".to_owned(),
        other => {
            let text = format!("{other:?}");
            text.split(['(', '[']).next().unwrap_or_default().to_owned()
        }
    }
}

/// What came of a sequence.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) difference: Option<Difference>,
    /// What the judge said to each step that was played, none to those that were passed over.
    pub(super) replies: Vec<Option<Reply>>,
    /// Why differences were passed over.
    pub(super) allowed: Vec<&'static str>,
    /// What was done, the commands of transactions each on its own.
    past: Past,
    /// Whether a difference that is meant made the servers hold different things, so that the rest was left out.
    has_parted: bool,
}

impl Played {
    /// Whether this difference is meant; notes why, and whether anything can be compared from now on.
    fn passes(&mut self, connection: usize, found: &Difference) -> bool {
        // What follows in the same transaction is no more comparable than what follows it.
        if self.has_parted {
            return true;
        }
        let (expected, got) = (&found.expected, &found.got);
        let case = Case { past: &self.past, connection: Some(connection), command: &found.command, expected, got };
        let Some(meant) = allowed(&case) else { return false };
        self.allowed.push(meant.why);
        self.has_parted |= meant.parts;
        true
    }
}

/// Plays the whole sequence, or up to the first difference.
///
/// # Errors
/// When the judge does not answer, or the accused takes no connections.
pub(super) fn play(arena: &Arena, sequence: &Sequence, content: Content) -> Result<Played> {
    arena.judge.empty()?;
    arena.accused.empty()?;
    let connect = |version: &u8| Pair::connect(arena, *version);
    let mut pairs = sequence.versions.iter().map(connect).collect::<Result<Vec<_>>>()?;
    let mut played = Played::default();
    let mut done = 0;
    loop {
        let piece = sequence.piece(done);
        let Some(first) = piece.first() else { break };
        let pair = pairs.get_mut(first.connection).context("a step on a connection that is not there")?;
        let piece = pair.send(piece, &mut played)?;
        let before = done;
        for step in piece {
            done += 1;
            if let Some(difference) = pair.receive(step, &mut played)? {
                played.difference = Some(Difference { steps: done, ..difference });
                return Ok(played);
            }
            if played.has_parted {
                return Ok(played);
            }
        }
        done = played.replies.len();
        let is_due = matches!(content, Content::Every(count) if done / count > before / count);
        if is_due && let Some(difference) = content::difference(arena, done, &played.past)? {
            played.difference = Some(difference);
            return Ok(played);
        }
    }
    if content != Content::Never {
        played.difference = content::difference(arena, sequence.steps.len(), &played.past)?;
    }
    Ok(played)
}

/// A connection to each server, with the same asked of both.
struct Pair {
    judge: Link,
    accused: Link,
    /// What was queued since MULTI.
    queued: Option<Vec<(Vec<Vec<u8>>, Judge)>>,
}

impl Pair {
    fn connect(arena: &Arena, version: u8) -> Result<Self> {
        Ok(Self { judge: arena.judge.connect(version)?, accused: arena.accused.connect(version)?, queued: None })
    }

    /// Sends these steps to both, in one piece; those that were sent.
    fn send<'s>(&mut self, piece: &'s [Step], played: &mut Played) -> Result<&'s [Step]> {
        if let [step] = piece
            && step.judge == Judge::Pop
            && self.queued.is_some()
        {
            // What it takes would be known only when the rest of the transaction had been done.
            played.replies.push(None);
            return Ok(&[]);
        }
        let commands: Vec<Vec<Vec<u8>>> = piece.iter().map(|step| step.arguments.clone()).collect();
        self.judge.send(&commands)?;
        // Where it can't be sent, no reply will come either, and that is said then.
        drop(self.accused.send(&commands));
        Ok(piece)
    }

    /// Reads both answers to a step, and compares them.
    fn receive(&mut self, step: &Step, played: &mut Played) -> Result<Option<Difference>> {
        let expected = self.judge.reply().with_context(|| format!("no answer to {:?}", step.arguments))?;
        played.replies.push(Some(expected.clone()));
        let got = match self.accused.reply() {
            Ok(reply) => reply,
            Err(error) => {
                let got = Reply::Error(format!("(no reply: {error:#})").into_bytes());
                return Ok(Some(difference(&step.arguments, step.judge, &expected, &got)));
            }
        };
        let done = |command: &[Vec<u8>], reply: &Reply| Done {
            connection: step.connection,
            command: command.to_vec(),
            reply: reply.clone(),
        };
        let found = match self.transaction(step, &expected) {
            Some(queued) => {
                let found = in_transaction(&queued, &expected, &got);
                // One that the second server did not do is judged by what was before it.
                if let (Reply::Array(replies), Reply::Array(_)) = (&expected, &got) {
                    for ((command, _), reply) in queued.iter().zip(replies) {
                        played.past.push(done(command, reply));
                    }
                }
                found
            }
            None if expected == Reply::Simple(b"QUEUED".to_vec()) => {
                let differ = || difference(&step.arguments, Judge::Exact, &expected, &got);
                return Ok((expected != got).then(differ));
            }
            None => self.compare(step, &expected, &got)?.into_iter().collect(),
        };
        let reported = found.into_iter().find(|found| !played.passes(step.connection, found));
        played.past.push(done(&step.arguments, &expected));
        Ok(reported)
    }

    /// Keeps account of transactions; of one that was done, what was in it.
    fn transaction(&mut self, step: &Step, expected: &Reply) -> Option<Vec<(Vec<Vec<u8>>, Judge)>> {
        let name = step.arguments.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        match (name.as_slice(), expected) {
            (b"multi", Reply::Simple(_)) => self.queued = Some(Vec::new()),
            (b"discard", Reply::Simple(_)) | (b"reset", Reply::Simple(_)) => self.queued = None,
            // Any other error, as of too many arguments, leaves the transaction as it is.
            (b"exec", Reply::Error(text)) if text.starts_with(b"EXECABORT") => self.queued = None,
            (b"exec", Reply::Array(_) | Reply::Null | Reply::NullArray) => return self.queued.take(),
            (_, Reply::Simple(text)) if text == b"QUEUED" => {
                if let Some(queued) = &mut self.queued {
                    queued.push((step.arguments.clone(), step.judge));
                }
            }
            _ => {}
        }
        None
    }

    fn compare(&mut self, step: &Step, expected: &Reply, got: &Reply) -> Result<Option<Difference>> {
        let differ = |expected: &Reply, got: &Reply| Some(difference(&step.arguments, step.judge, expected, got));
        if let Judge::Scan { cursor, pairs } = step.judge {
            let all = (
                scan(&mut self.judge, &step.arguments, cursor, pairs, expected)?,
                scan(&mut self.accused, &step.arguments, cursor, pairs, got)?,
            );
            let judge = if pairs { Judge::Pairs } else { Judge::Unordered };
            return Ok(match all {
                (Some(expected), Some(got)) if judge.agrees(&expected, &got) => None,
                (Some(expected), Some(got)) => differ(&expected, &got),
                _ if expected == got => None,
                _ => differ(expected, got),
            });
        }
        if !step.judge.agrees(expected, got) {
            return Ok(differ(expected, got));
        }
        let is_valid = match step.judge {
            _ if got.is_error() => true,
            Judge::Settling => expected == got || self.settles(&step.arguments)?,
            Judge::Key if *got != Reply::Null && *got != Reply::NullBulk => {
                self.accused.ask(&[b"EXISTS", got.text().unwrap_or_default()])? == Reply::Int(1)
            }
            Judge::Random(command) => self.are_members(command, &step.arguments, got)?,
            Judge::Pop => self.remove_the_same(&step.arguments, expected, got)?,
            _ => true,
        };
        Ok(if is_valid { None } else { differ(expected, got) })
    }

    /// Whether both say the same when they have looked at every key.
    fn settles(&mut self, arguments: &[Vec<u8>]) -> Result<bool> {
        let all = ["SCAN", "0", "COUNT", "1000000"];
        self.judge.ask(&all)?;
        self.accused.ask(&all)?;
        Ok(self.judge.ask(arguments)? == self.accused.ask(arguments)?)
    }

    /// Whether random members are members, none of them twice unless that was asked for.
    fn are_members(&mut self, command: &str, arguments: &[Vec<u8>], got: &Reply) -> Result<bool> {
        let key = arguments.get(1).map(Vec::as_slice).unwrap_or_default();
        let ask: &[&[u8]] = match command {
            "ZRANGE" => &[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
            other => &[other.as_bytes(), key],
        };
        let held = leaves(&self.accused.ask(ask)?);
        let (got, with_values) = (leaves(got), arguments.len() > 3);
        let held: Vec<&[Vec<u8>]> = held.chunks(if command == "SMEMBERS" { 1 } else { 2 }).collect();
        let asked: Vec<&[Vec<u8>]> = got.chunks(if with_values { 2 } else { 1 }).collect();
        let are_members = asked.iter().all(|one| held.iter().any(|other| other.starts_with(one)));
        let may_repeat = arguments.get(2).is_some_and(|count| count.starts_with(b"-"));
        Ok(are_members && (may_repeat || are_distinct(&asked)))
    }

    /// Gives back to the accused what it took at random, and takes what the judge took. Whether it took members.
    fn remove_the_same(&mut self, arguments: &[Vec<u8>], expected: &Reply, got: &Reply) -> Result<bool> {
        let key = arguments.get(1).map(Vec::as_slice).unwrap_or_default();
        let (expected, got) = (leaves(expected), leaves(got));
        let mut before = leaves(&self.judge.ask(&[b"SMEMBERS", key])?);
        before.extend(expected.iter().cloned());
        if !are_distinct(&got) || !got.iter().all(|member| before.contains(member)) {
            return Ok(false);
        }
        for (command, these, not_these) in [(&b"SADD"[..], &got, &expected), (b"SREM", &expected, &got)] {
            let mut request = words(&[command, key]);
            request.extend(these.iter().filter(|member| !not_these.contains(member)).cloned());
            if request.len() > 2 {
                self.accused.ask(&request)?;
            }
        }
        // What is left of a set is kept anew where little is left, and so by what was popped. Both keep it anew if they differ.
        let encoding: [&[u8]; 3] = [b"OBJECT", b"ENCODING", key];
        if self.judge.ask(&encoding)? != self.accused.ask(&encoding)? {
            self.judge.ask(&[b"SUNIONSTORE", key, key])?;
            self.accused.ask(&[b"SUNIONSTORE", key, key])?;
        }
        Ok(true)
    }
}

fn difference(command: &[Vec<u8>], judge: Judge, expected: &Reply, got: &Reply) -> Difference {
    let command = command.to_vec();
    Difference { steps: 0, database: None, command, judge, expected: expected.clone(), got: got.clone() }
}

fn are_distinct<T: Ord>(items: &[T]) -> bool {
    let mut sorted: Vec<&T> = items.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|two| two.first() != two.last())
}

/// Compares what a transaction answered, each reply as its command's: all that differ.
fn in_transaction(queued: &[(Vec<Vec<u8>>, Judge)], expected: &Reply, got: &Reply) -> Vec<Difference> {
    let whole = || vec![difference(&words(&[b"EXEC"]), Judge::Exact, expected, got)];
    let (Reply::Array(one), Reply::Array(other)) = (expected, got) else {
        return if expected == got { Vec::new() } else { whole() };
    };
    if one.len() != other.len() || one.len() != queued.len() {
        return whole();
    }
    let each = queued.iter().zip(one.iter().zip(other));
    each.filter(|((_, judge), (one, other))| !judge.agrees(one, other))
        .map(|((command, judge), (one, other))| difference(command, *judge, one, other))
        .collect()
}

/// Goes on with a scan until its end. What came, each once, or none if the first reply is no scan's.
fn scan(link: &mut Link, arguments: &[Vec<u8>], cursor: usize, pairs: bool, first: &Reply) -> Result<Option<Reply>> {
    let mut found = Vec::new();
    let mut reply = first.clone();
    // More calls than any collection here can need.
    for _ in 0..20_000 {
        let Reply::Array(parts) = &reply else { return Ok(None) };
        let [at, items] = parts.as_slice() else { return Ok(None) };
        let Some(items) = items.items() else { return Ok(None) };
        found.extend(items.chunks(if pairs { 2 } else { 1 }).map(<[Reply]>::to_vec));
        if is_end(at) {
            found.sort_by_cached_key(|item| format!("{item:?}"));
            found.dedup();
            return Ok(Some(Reply::Array(found.concat())));
        }
        let mut next = arguments.to_vec();
        if let Some(place) = next.get_mut(cursor) {
            *place = at.text().unwrap_or_default().to_vec();
        }
        reply = link.ask(&next)?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transactions_replies_are_compared_as_their_commands_are() {
        let queued = [(words(&[b"SMEMBERS", b"t1"]), Judge::Unordered), (words(&[b"GET", b"s1"]), Judge::Exact)];
        let text = |text: &str| Reply::Bulk(text.into());
        let reply =
            |members: [&str; 2], value: &str| Reply::Array(vec![Reply::Array(members.map(text).to_vec()), text(value)]);
        let expected = reply(["a", "b"], "v");
        assert!(in_transaction(&queued, &expected, &reply(["b", "a"], "v")).is_empty());
        let found = in_transaction(&queued, &expected, &reply(["b", "a"], "w")).remove(0);
        assert_eq!((found.command, found.got), (words(&[b"GET", b"s1"]), text("w")));
        let found = in_transaction(&queued, &expected, &Reply::Null).remove(0);
        assert_eq!(found.command, words(&[b"EXEC"]));
    }
}
