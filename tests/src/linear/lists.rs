//! Histories of lists: elements that many push, move and wait for, keys that are renamed, and databases that are swapped meanwhile.
//!
//! No two elements of a history are equal, so each answer says which one it is. A command that waits does so for moments: it either takes
//! what comes, as LPOP would at that instant, or says that nothing came, which is right only if at some instant nothing was there.

use std::fmt;

use fastrand::Rng;

use super::checker::{Event, Model, Stuck};
use super::op::{Command, KEYS};
use super::round::Ask;
use crate::render::render;
use crate::reply::Reply;

/// How many operations one connection asks for.
const OPS: usize = 12;
/// Pieces have at most so many.
const BURST_MAX: usize = 3;
/// How long a command waits, in seconds.
const MOMENT: &str = "0.004";

/// One operation; a key is an index, an end is whether it is the left one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListOp {
    /// LPUSH or RPUSH.
    Push(usize, bool, Vec<u32>),
    /// LPOP or RPOP.
    Pop(usize, bool),
    /// BLPOP or BRPOP on these keys.
    BlockingPop(Vec<usize>, bool),
    /// LMOVE.
    Move(usize, usize, bool, bool),
    /// BLMOVE.
    BlockingMove(usize, usize, bool, bool),
    /// RENAME
    Rename(usize, usize),
    /// LRANGE of all.
    Range(usize),
    /// LLEN
    Len(usize),
    /// SWAPDB 0 1
    Swap,
    /// MULTI, these, EXEC.
    Exec(Vec<Self>),
}

/// What an operation was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListAnswer {
    /// `+OK`
    Ok,
    /// Nothing was there, or came.
    Nothing,
    /// RENAME's complaint.
    NoSuchKey,
    /// An integer.
    Int(usize),
    /// An element.
    Element(u32),
    /// A key and an element of it.
    Popped(usize, u32),
    /// Elements.
    Elements(Vec<u32>),
    /// EXEC's answers.
    Many(Vec<Self>),
    /// Something else, as it came.
    Other(String),
}

fn word(words: &mut Command, word: &str) {
    words.push(word.as_bytes().to_vec());
}

impl ListOp {
    fn command(&self, names: &[String]) -> Command {
        let mut words = Vec::new();
        let side = |left: bool| if left { "LEFT" } else { "RIGHT" };
        let name = |key: usize| names.get(key).map_or("", String::as_str);
        let line: Vec<&str> = match self {
            Self::Push(key, left, _) => vec![if *left { "LPUSH" } else { "RPUSH" }, name(*key)],
            Self::Pop(key, left) => vec![if *left { "LPOP" } else { "RPOP" }, name(*key)],
            Self::BlockingPop(keys, left) => {
                let command = if *left { "BLPOP" } else { "BRPOP" };
                [command].into_iter().chain(keys.iter().map(|key| name(*key))).chain([MOMENT]).collect()
            }
            Self::Move(from, to, take, put) => vec!["LMOVE", name(*from), name(*to), side(*take), side(*put)],
            Self::BlockingMove(from, to, take, put) => {
                vec!["BLMOVE", name(*from), name(*to), side(*take), side(*put), MOMENT]
            }
            Self::Rename(from, to) => vec!["RENAME", name(*from), name(*to)],
            Self::Range(key) => vec!["LRANGE", name(*key), "0", "-1"],
            Self::Len(key) => vec!["LLEN", name(*key)],
            Self::Swap => vec!["SWAPDB", "0", "1"],
            Self::Exec(_) => Vec::new(),
        };
        line.into_iter().for_each(|text| word(&mut words, text));
        if let Self::Push(_, _, elements) = self {
            elements.iter().for_each(|element| word(&mut words, &element.to_string()));
        }
        words
    }

    fn single_answer(&self, reply: &Reply, names: &[String]) -> Option<ListAnswer> {
        let element = |reply: &Reply| match reply {
            Reply::Bulk(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            _ => None,
        };
        match (self, reply) {
            (Self::Range(_), Reply::Array(items)) => {
                items.iter().map(element).collect::<Option<_>>().map(ListAnswer::Elements)
            }
            (Self::BlockingPop(..), Reply::Array(items)) => {
                let [Reply::Bulk(key), popped] = items.as_slice() else { return None };
                let key = names.iter().position(|name| name.as_bytes() == key)?;
                Some(ListAnswer::Popped(key, element(popped)?))
            }
            (Self::Rename(..), Reply::Error(text)) if text == b"ERR no such key" => Some(ListAnswer::NoSuchKey),
            (_, Reply::Simple(text)) if text == b"OK" => Some(ListAnswer::Ok),
            (_, Reply::NullBulk | Reply::NullArray) => Some(ListAnswer::Nothing),
            (_, Reply::Int(number)) => usize::try_from(*number).ok().map(ListAnswer::Int),
            (_, reply) => element(reply).map(ListAnswer::Element),
        }
    }
}

impl Ask for ListOp {
    type Answer = ListAnswer;

    fn commands(&self, names: &[String]) -> Vec<Command> {
        let Self::Exec(ops) = self else { return vec![self.command(names)] };
        let one = |text: &str| vec![text.as_bytes().to_vec()];
        [one("MULTI")].into_iter().chain(ops.iter().map(|op| op.command(names))).chain([one("EXEC")]).collect()
    }

    fn answer(&self, replies: &[Reply], names: &[String]) -> ListAnswer {
        let known = match (self, replies) {
            (Self::Exec(ops), [Reply::Simple(_), queued @ .., last]) => {
                let is_queued = queued.iter().all(|reply| matches!(reply, Reply::Simple(text) if text == b"QUEUED"));
                let items = last.items().filter(|items| is_queued && items.len() == ops.len());
                items.and_then(|items| {
                    let answers = ops.iter().zip(items).map(|(op, reply)| op.single_answer(reply, names));
                    answers.collect::<Option<_>>().map(ListAnswer::Many)
                })
            }
            (_, [reply]) => self.single_answer(reply, names),
            _ => None,
        };
        known.unwrap_or_else(|| ListAnswer::Other(replies.iter().map(render).collect::<Vec<_>>().join(" ")))
    }

    fn waits(&self) -> bool {
        matches!(self, Self::BlockingPop(..) | Self::BlockingMove(..))
    }
}

/// What a server with one thread would hold: the lists of two databases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Lists {
    here: [Vec<u32>; KEYS],
    elsewhere: [Vec<u32>; KEYS],
}

impl Lists {
    #[expect(clippy::indexing_slicing, reason = "keys are indices below KEYS, and a history with another is nonsense")]
    const fn list(&mut self, key: usize) -> &mut Vec<u32> {
        &mut self.here[key]
    }

    fn push(&mut self, key: usize, left: bool, element: u32) {
        let list = self.list(key);
        list.insert(if left { 0 } else { list.len() }, element);
    }

    fn pop(&mut self, key: usize, left: bool) -> Option<u32> {
        let list = self.list(key);
        if left { (!list.is_empty()).then(|| list.remove(0)) } else { list.pop() }
    }
}

impl Model for Lists {
    type Op = ListOp;
    type Answer = ListAnswer;

    fn apply(&mut self, op: &ListOp) -> ListAnswer {
        match op {
            ListOp::Push(key, left, elements) => {
                elements.iter().for_each(|element| self.push(*key, *left, *element));
                ListAnswer::Int(self.list(*key).len())
            }
            ListOp::Pop(key, left) => self.pop(*key, *left).map_or(ListAnswer::Nothing, ListAnswer::Element),
            ListOp::BlockingPop(keys, left) => {
                let popped = keys.iter().find_map(|key| Some((*key, self.pop(*key, *left)?)));
                popped.map_or(ListAnswer::Nothing, |(key, element)| ListAnswer::Popped(key, element))
            }
            ListOp::Move(from, to, take, put) | ListOp::BlockingMove(from, to, take, put) => {
                let Some(element) = self.pop(*from, *take) else { return ListAnswer::Nothing };
                self.push(*to, *put, element);
                ListAnswer::Element(element)
            }
            ListOp::Rename(from, to) => {
                if self.list(*from).is_empty() {
                    return ListAnswer::NoSuchKey;
                }
                let list = std::mem::take(self.list(*from));
                *self.list(*to) = list;
                ListAnswer::Ok
            }
            ListOp::Range(key) => ListAnswer::Elements(self.list(*key).clone()),
            ListOp::Len(key) => ListAnswer::Int(self.list(*key).len()),
            ListOp::Swap => {
                std::mem::swap(&mut self.here, &mut self.elsewhere);
                ListAnswer::Ok
            }
            ListOp::Exec(ops) => ListAnswer::Many(ops.iter().map(|op| self.apply(op)).collect()),
        }
    }
}

/// What a history of lists is about.
#[derive(Clone, Copy)]
enum Theme {
    Mixed,
    /// One list, and many who want its elements.
    Queue,
    /// Elements that go from list to list.
    Chain,
    /// Many who want elements of any of the lists. They are not written together here: who waits is given of the list that was written first, and who
    /// comes later of the one that it names first.
    AnyOf,
}

/// What each of so many connections will ask, in pieces.
#[must_use]
pub fn plan_lists(connections: usize, rng: &mut Rng) -> Vec<Vec<Vec<ListOp>>> {
    let theme = match rng.u8(0..5) {
        0 => Theme::Queue,
        1 => Theme::Chain,
        2 => Theme::AnyOf,
        _ => Theme::Mixed,
    };
    let mut plan = Plan { rng, theme, last: 0 };
    (0..connections).map(|_| plan.connection()).collect()
}

struct Plan<'r> {
    rng: &'r mut Rng,
    theme: Theme,
    last: u32,
}

impl Plan<'_> {
    fn connection(&mut self) -> Vec<Vec<ListOp>> {
        let (mut bursts, mut left) = (Vec::new(), OPS);
        while left > 0 {
            let count = self.rng.usize(1..=BURST_MAX.min(left));
            bursts.push((0..count).map(|_| self.op()).collect());
            left -= count;
        }
        bursts
    }

    fn op(&mut self) -> ListOp {
        if self.rng.u8(0..10) == 0 && !matches!(self.theme, Theme::AnyOf) {
            let count = self.rng.usize(2..=3);
            // In a transaction nobody waits; what would is left out, as it answers otherwise there.
            return ListOp::Exec((0..count).map(|_| self.single(false)).collect());
        }
        self.single(true)
    }

    fn single(&mut self, may_wait: bool) -> ListOp {
        let (key, left, put) = (self.rng.usize(0..KEYS), self.rng.bool(), self.rng.bool());
        match (self.theme, self.rng.u8(0..20)) {
            (Theme::Queue, 0..=8) => self.push(0, false),
            (Theme::Queue, 9..=16) if may_wait => ListOp::BlockingPop(vec![0], true),
            (Theme::Queue, 17) => ListOp::Len(0),
            (Theme::Queue, _) => ListOp::Pop(0, true),
            (Theme::Chain, 0..=5) => self.push(0, false),
            (Theme::Chain, 6..=13) if may_wait => ListOp::BlockingMove(key, (key + 1) % KEYS, true, false),
            (Theme::Chain, 14..=16) if may_wait => ListOp::BlockingPop(vec![KEYS - 1], true),
            (Theme::Chain, _) => ListOp::Range(key),
            (Theme::Mixed, 0..=6) => self.push(key, left),
            (Theme::AnyOf, 0..=8) => self.push(key, left),
            (Theme::AnyOf, 9..=16) => ListOp::BlockingPop(self.keys(), left),
            (Theme::AnyOf, _) => ListOp::Pop(key, left),
            (Theme::Mixed, 7..=10) if may_wait => ListOp::BlockingPop(vec![key], left),
            (Theme::Mixed, 11 | 12) if may_wait => ListOp::BlockingMove(key, self.rng.usize(0..KEYS), left, put),
            (Theme::Mixed, 13) => ListOp::Move(key, self.rng.usize(0..KEYS), left, put),
            (Theme::Mixed, 14 | 15) => ListOp::Rename(key, (key + self.rng.usize(1..KEYS)) % KEYS),
            (Theme::Mixed, 16) => ListOp::Swap,
            (Theme::Mixed, 17) => ListOp::Pop(key, left),
            (Theme::Mixed, 18) => ListOp::Len(key),
            (Theme::Mixed, _) => ListOp::Range(key),
        }
    }

    fn push(&mut self, key: usize, left: bool) -> ListOp {
        let from = self.last;
        self.last += self.rng.u32(1..=2);
        ListOp::Push(key, left, (from..self.last).collect())
    }

    fn keys(&mut self) -> Vec<usize> {
        let mut keys: Vec<usize> = (0..KEYS).collect();
        self.rng.shuffle(&mut keys);
        keys.truncate(self.rng.usize(1..=KEYS));
        keys
    }
}

/// The history in the order in which its operations were sent; a `+` for those that the best attempt had placed, and what was held then.
#[must_use]
pub fn report_lists(history: &[Vec<Event<ListOp, ListAnswer>>], stuck: &Stuck<Lists>) -> String {
    let mut lines = Vec::new();
    for (connection, (events, placed)) in history.iter().zip(&stuck.placed).enumerate() {
        for (index, event) in events.iter().enumerate() {
            let mark = if index < *placed { '+' } else { ' ' };
            let Event { op, answer, sent, answered } = event;
            lines.push((*sent, format!("{mark} {sent:4} {answered:8} {connection:10} {op} -> {answer:?}")));
        }
    }
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    format!("  sent answered connection\n{}\nafter what is marked: {:?}", lines.join("\n"), stuck.state)
}

impl fmt::Display for ListOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["a", "b", "c"].map(str::to_owned);
        let commands = self.commands(&names);
        let texts: Vec<String> =
            commands.iter().map(|words| String::from_utf8_lossy(&words.join(&b' ')).into_owned()).collect();
        f.write_str(&texts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::check;

    fn told(sent: u64, answered: u64, op: ListOp, answer: ListAnswer) -> Event<ListOp, ListAnswer> {
        Event { op, answer, sent, answered }
    }

    #[test]
    fn an_element_that_two_are_given_is_found() {
        let push = told(1, 2, ListOp::Push(0, false, vec![7]), ListAnswer::Int(1));
        let pop = |sent, answered, answer| told(sent, answered, ListOp::BlockingPop(vec![0], true), answer);
        let taken = ListAnswer::Popped(0, 7);
        let good = |one: &ListAnswer, other: &ListAnswer| {
            let connections = [vec![push.clone()], vec![pop(0, 5, one.clone())], vec![pop(0, 6, other.clone())]];
            check(Lists::default(), &connections).is_ok()
        };
        assert!(good(&taken, &ListAnswer::Nothing) && good(&ListAnswer::Nothing, &taken));
        assert!(good(&ListAnswer::Nothing, &ListAnswer::Nothing), "both may have given up before it came");
        assert!(!good(&taken, &taken));
        let late = [vec![push], vec![pop(3, 4, ListAnswer::Nothing)]];
        assert!(check(Lists::default(), &late).is_err(), "it was there");
    }

    #[test]
    fn operations_are_their_commands() {
        for (op, text) in [
            (ListOp::Push(1, true, vec![3, 4]), "LPUSH b 3 4"),
            (ListOp::BlockingPop(vec![2, 0], false), "BRPOP c a 0.004"),
            (ListOp::BlockingMove(0, 1, true, false), "BLMOVE a b LEFT RIGHT 0.004"),
            (ListOp::Exec(vec![ListOp::Swap, ListOp::Len(0)]), "MULTI; SWAPDB 0 1; LLEN a; EXEC"),
        ] {
            assert_eq!(op.to_string(), text);
        }
    }
}
