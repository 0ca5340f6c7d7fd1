//! What the oracle asks: one table for each group of commands, one row for each form of a command.
//!
//! A row is a weight, the syntax in the notation of [`syntax`](super::syntax), and how its replies are compared if not
//! byte for byte. To extend it, add a row; to add a group, add a table and a [`Group`].

mod bitmap;
mod connection;
mod expiry;
mod generic;
mod hash;
mod list;
mod set;
mod sorted_set;
mod string;
mod transaction;

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail};

use super::argument::{Home, Kind};
use super::judge::Judge;
use super::syntax::{Node, parse};

/// The commands about one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Strings, as text and as numbers.
    String,
    /// Keys whatever they hold.
    Generic,
    /// Times to live.
    Expiry,
    /// Hashes.
    Hash,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Strings as bits.
    Bitmap,
    /// MULTI, EXEC, WATCH.
    Transaction,
    /// Databases, protocol versions.
    Connection,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::String,
        Self::Generic,
        Self::Expiry,
        Self::Hash,
        Self::List,
        Self::Set,
        Self::SortedSet,
        Self::Bitmap,
        Self::Transaction,
        Self::Connection,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Generic => "generic",
            Self::Expiry => "expiry",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Bitmap => "bitmap",
            Self::Transaction => "transaction",
            Self::Connection => "connection",
        }
    }

    /// How often one of its commands is drawn, beside the other groups.
    pub(super) fn weight(self) -> u32 {
        match self {
            Self::Transaction => 4,
            Self::Connection => 2,
            Self::Expiry => 6,
            Self::Generic => 12,
            _ => 14,
        }
    }

    /// The first of the two keys that its commands prefer.
    pub(super) fn home(self) -> Home {
        Home(match self {
            Self::String | Self::Bitmap => Some(0),
            Self::Hash => Some(2),
            Self::List => Some(4),
            Self::Set => Some(6),
            Self::SortedSet => Some(8),
            Self::Generic | Self::Expiry | Self::Transaction | Self::Connection => None,
        })
    }

    fn rows(self) -> &'static [Row] {
        match self {
            Self::String => string::ROWS,
            Self::Generic => generic::ROWS,
            Self::Expiry => expiry::ROWS,
            Self::Hash => hash::ROWS,
            Self::List => list::ROWS,
            Self::Set => set::ROWS,
            Self::SortedSet => sorted_set::ROWS,
            Self::Bitmap => bitmap::ROWS,
            Self::Transaction => transaction::ROWS,
            Self::Connection => connection::ROWS,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Group {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let names = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|group| group.name() == text);
        found.with_context(|| format!("no group is called {text:?}; there are {}", names()))
    }
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
struct Row {
    weight: u32,
    syntax: &'static str,
    judge: Judge,
}

/// A form of a command whose replies are the same, byte for byte.
const fn row(weight: u32, syntax: &'static str) -> Row {
    Row { weight, syntax, judge: Judge::Exact }
}

/// A form of a command whose replies are compared in a way of its own.
const fn judged(weight: u32, syntax: &'static str, judge: Judge) -> Row {
    Row { weight, syntax, judge }
}

/// A row, ready to be drawn from.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) group: Group,
    pub(super) weight: u32,
    pub(super) syntax: Node,
    pub(super) judge: Judge,
    /// The command's name in lower case.
    pub(super) command: String,
    /// Its subcommand, if the syntax begins with two words.
    pub(super) subcommand: Option<String>,
    /// Whether its arguments must not be replaced by numbers.
    pub(super) is_delicate: bool,
    /// Whether its arguments must be as they were drawn.
    pub(super) is_fragile: bool,
}

/// Every row of these groups.
///
/// # Errors
/// When a row is not in the notation.
pub(super) fn forms(groups: &[Group]) -> Result<Vec<Form>> {
    let rows = groups.iter().flat_map(|group| group.rows().iter().map(|row| (*group, *row)));
    rows.map(|(group, row)| form(group, row)).collect()
}

fn form(group: Group, row: Row) -> Result<Form> {
    let syntax = parse(row.syntax)?;
    let nodes = match &syntax {
        Node::All(nodes) => nodes.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (command, subcommand) = match nodes {
        [Node::Word(command), Node::Word(subcommand), ..] => (command.to_lowercase(), Some(subcommand.to_lowercase())),
        [Node::Word(command), ..] => (command.to_lowercase(), None),
        [Node::Argument(Kind::Nonsense), ..] => (String::new(), None),
        _ => bail!("the syntax {:?} does not begin with a command", row.syntax),
    };
    let is_delicate = syntax.any(Kind::is_delicate);
    let is_fragile = syntax.any(|kind| matches!(kind, Kind::By | Kind::LexKey));
    Ok(Form { group, weight: row.weight, syntax, judge: row.judge, command, subcommand, is_delicate, is_fragile })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_the_notation() {
        let forms = forms(&Group::ALL).unwrap();
        for group in Group::ALL {
            assert_eq!(group.name().parse::<Group>().unwrap(), group);
            assert!(forms.iter().any(|form| form.group == group), "{group}");
        }
        assert!("nosuch".parse::<Group>().is_err());
    }
}
