//! Sequences of commands from a seed.
//!
//! Guarantee: what is drawn depends on the seed, the groups and the commands that are known, never on a reply.

use fastrand::Rng;

use super::argument::{BURST_OF_WORDS, Home, Kind, draw, junk};
use super::grammar::{Form, Group};
use super::judge::Judge;
use super::syntax::Node;

/// How many connections a sequence may use.
pub(super) const CONNECTIONS_MAX: usize = 3;
/// How many commands a connection may send in one piece.
const PIPELINE_MAX: usize = 8;
/// Of so many commands one is made wrong on purpose.
const SPOILT_ONE_IN: u32 = 10;
/// Of so many repetitions one is long, so that collections change their form.
const LONG_ONE_IN: u32 = 150;

/// One command of one connection.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) connection: usize,
    pub(super) group: Group,
    pub(super) arguments: Vec<Vec<u8>>,
    pub(super) judge: Judge,
}

/// What is asked of both servers from an empty keyspace on.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    /// The protocol version of each connection.
    pub(super) versions: Vec<u8>,
    /// How many commands of a connection, one after the other, are sent in one piece.
    pub(super) pipeline: usize,
    pub(super) steps: Vec<Step>,
}

impl Sequence {
    /// The steps from here on that are sent in one piece: at least one, unless this is the end.
    pub(super) fn piece(&self, start: usize) -> &[Step] {
        let rest = self.steps.get(start..).unwrap_or_default();
        let Some(first) = rest.first() else { return rest };
        let fits = |step: &&Step| step.connection == first.connection && !step.judge.asks_back();
        let count = rest.iter().take(self.pipeline).take_while(fits).count();
        rest.get(..count.max(1)).unwrap_or(rest)
    }
}

/// The sequence of this seed.
pub(super) fn sequence(forms: &[Form], seed: u64, length: usize) -> Sequence {
    let mut rng = Rng::with_seed(seed);
    let connections = rng.usize(1..=CONNECTIONS_MAX);
    let versions = (0..connections).map(|_| if rng.bool() { 3 } else { 2 }).collect();
    let pipeline = if rng.bool() { 1 } else { rng.usize(2..=PIPELINE_MAX) };
    let groups = focus(forms, &mut rng);
    let mut generator = Generator { forms, groups, rng, connection: 0, in_transaction: [false; CONNECTIONS_MAX] };
    let steps = (0..length).filter_map(|_| generator.step(connections, pipeline)).collect();
    Sequence { versions, pipeline, steps }
}

struct Generator<'a> {
    forms: &'a [Form],
    /// The groups that are there, with their weights in this sequence.
    groups: Vec<(Group, u32)>,
    rng: Rng,
    /// Whose turn it is.
    connection: usize,
    /// Whether the connection has probably begun a transaction.
    in_transaction: [bool; CONNECTIONS_MAX],
}

impl<'a> Generator<'a> {
    fn step(&mut self, connections: usize, pipeline: usize) -> Option<Step> {
        if self.rng.usize(..pipeline) == 0 {
            self.connection = self.rng.usize(..connections);
        }
        let connection = self.connection;
        let form = self.end_of_transaction(connection).or_else(|| self.form())?;
        if let Some(is) = self.in_transaction.get_mut(connection) {
            *is = match form.command.as_str() {
                "multi" => true,
                "exec" | "discard" | "reset" => false,
                _ => *is,
            };
        }
        let mut arguments = Vec::new();
        let mut drawing = Drawing { home: form.group.home(), counted: 0, burst: None, rng: &mut self.rng };
        drawing.node(&form.syntax, &mut arguments);
        if !form.is_fragile && self.rng.u32(..SPOILT_ONE_IN) == 0 {
            spoil(&mut arguments, form.is_delicate, &mut self.rng);
        }
        Some(Step { connection, group: form.group, arguments, judge: form.judge })
    }

    /// What ends a transaction, so that it has a few commands and not all that follow.
    fn end_of_transaction(&mut self, connection: usize) -> Option<&'a Form> {
        if !self.in_transaction.get(connection).copied().unwrap_or(false) {
            return None;
        }
        let name = match self.rng.u8(..100) {
            0..20 => "exec",
            20..23 => "discard",
            _ => return None,
        };
        self.forms.iter().find(|form| form.command == name)
    }

    /// A group by its weight, and a row of it by its own.
    fn form(&mut self) -> Option<&'a Form> {
        let (group, _) = weighted(&self.groups, |(_, weight)| *weight, &mut self.rng)?;
        let rows: Vec<&Form> = self.forms.iter().filter(|form| form.group == *group).collect();
        weighted(&rows, |form| form.weight, &mut self.rng).copied()
    }
}

/// The groups of these rows, some of them for this sequence much more often than others, so that keys get fuller.
fn focus(forms: &[Form], rng: &mut Rng) -> Vec<(Group, u32)> {
    let is_there = |group: &Group| forms.iter().any(|form| form.group == *group);
    let groups = Group::ALL.into_iter().filter(is_there);
    groups.map(|group| (group, group.weight() * rng.choice([1, 1, 3, 10]).unwrap_or(1))).collect()
}

fn weighted<'i, T>(items: &'i [T], weight: impl Fn(&T) -> u32, rng: &mut Rng) -> Option<&'i T> {
    let sum: u32 = items.iter().map(&weight).sum();
    let mut roll = if sum == 0 { return None } else { rng.u32(..sum) };
    items.iter().find(|item| {
        let own = weight(item);
        let found = roll < own;
        roll = roll.saturating_sub(own);
        found
    })
}

/// The arguments of one command on their way.
struct Drawing<'r> {
    home: Home,
    /// How many the last counted part really had.
    counted: usize,
    /// What a long run counts.
    burst: Option<usize>,
    rng: &'r mut Rng,
}

impl Drawing<'_> {
    fn node(&mut self, node: &Node, out: &mut Vec<Vec<u8>>) {
        match node {
            Node::Word(word) => {
                let lower = self.rng.u8(..12) == 0;
                out.push(if lower { word.to_lowercase() } else { (*word).to_owned() }.into_bytes());
            }
            Node::Argument(kind) => out.push(draw(*kind, self.home, self.burst, self.rng)),
            Node::All(nodes) => nodes.iter().for_each(|node| self.node(node, out)),
            Node::One(nodes) => self.one(nodes, out),
            Node::Some(nodes) => {
                for _ in 0..weighted(&[(0, 35), (1, 35), (2, 20), (3, 10)], |(_, weight)| *weight, self.rng)
                    .map_or(0, |(count, _)| *count)
                {
                    self.one(nodes, out);
                }
            }
            Node::Maybe(node) => {
                if self.rng.bool() {
                    self.node(node, out);
                }
            }
            Node::Repeat(node) => self.repeat(node, out),
            Node::Counted(node) => self.counted(node, out),
            Node::PerCounted(node) => (0..self.counted).for_each(|_| self.node(node, out)),
        }
    }

    fn one(&mut self, nodes: &[Node], out: &mut Vec<Vec<u8>>) {
        if let Some(node) = self.rng.choice(nodes) {
            self.node(node, out);
        }
    }

    fn repeat(&mut self, node: &Node, out: &mut Vec<Vec<u8>>) {
        let grows = node.any(|kind| matches!(kind, Kind::Member | Kind::Value));
        if grows && self.rng.u32(..LONG_ONE_IN) == 0 {
            let first = if self.rng.bool() { 0 } else { BURST_OF_WORDS };
            for number in first..first + self.rng.usize(100..700) {
                self.burst = Some(number);
                self.node(node, out);
            }
            self.burst = None;
            return;
        }
        let count = if self.rng.bool() { 1 } else { self.rng.usize(1..=5) };
        (0..count).for_each(|_| self.node(node, out));
    }

    fn counted(&mut self, node: &Node, out: &mut Vec<Vec<u8>>) {
        self.counted = self.rng.usize(1..=3);
        let said = match self.rng.u8(..100) {
            0..90 => self.counted.to_string(),
            90..92 => (self.counted + 1).to_string(),
            92..94 => (self.counted - 1).to_string(),
            94..96 => "-1".to_owned(),
            96..98 => "9223372036854775807".to_owned(),
            _ => "abc".to_owned(),
        };
        out.push(said.into_bytes());
        (0..self.counted).for_each(|_| self.node(node, out));
    }
}

/// Makes a command wrong, or nearly so. A delicate one gets no number where none was.
fn spoil(arguments: &mut Vec<Vec<u8>>, is_delicate: bool, rng: &mut Rng) {
    let Some(last) = arguments.len().checked_sub(1) else { return };
    let place = rng.usize(last.min(1)..=last);
    let spoilt = arguments.get(place).cloned().unwrap_or_default();
    match rng.u8(..6) {
        0 | 1 if arguments.len() > 1 => drop(arguments.remove(place)),
        2 => arguments.insert(place + 1, spoilt),
        3 if !is_delicate && place >= 2 => arguments.swap(place - 1, place),
        4 => arguments.push(junk(is_delicate, rng)),
        _ if place > 0 => {
            if let Some(argument) = arguments.get_mut(place) {
                *argument = junk(is_delicate, rng);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::grammar::forms;
    use super::*;

    #[test]
    fn a_seed_says_all() {
        let forms = forms(&Group::ALL).unwrap();
        let texts = |seed| format!("{:?}", sequence(&forms, seed, 300));
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }

    #[test]
    fn every_row_comes() {
        let forms = forms(&Group::ALL).unwrap();
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            for step in sequence(&forms, seed, 300).steps {
                let name = String::from_utf8_lossy(step.arguments.first().unwrap()).to_lowercase();
                seen.insert(name);
            }
        }
        let missing: Vec<&str> = forms
            .iter()
            .map(|form| form.command.as_str())
            .filter(|name| !name.is_empty() && !seen.contains(*name))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
