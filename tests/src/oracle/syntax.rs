//! The notation that commands are described in, and what it is parsed into.
//!
//! | notation | stands for |
//! |---|---|
//! | `WORD` | itself |
//! | `word` | one argument of that [kind](super::argument::Kind) |
//! | `[a b]` | both or nothing |
//! | `(a \| b)` | one of them |
//! | `{a \| b \| c}` | any of them, in any order, none or some twice: options and their conflicts |
//! | `a...` | once or more often |
//! | `#a` | how many there will be, then so many; now and then the number is wrong |
//! | `=a` | as many as the last `#` said |

use anyhow::{Context, Result, bail, ensure};

use super::argument::Kind;

/// A piece of a command's syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A word that is written as it is.
    Word(&'static str),
    /// One argument.
    Argument(Kind),
    /// One after the other.
    All(Vec<Node>),
    /// One of them.
    One(Vec<Node>),
    /// Any of them, in any order.
    Some(Vec<Node>),
    /// It or nothing.
    Maybe(Box<Node>),
    /// Once or more often.
    Repeat(Box<Node>),
    /// A number and so many.
    Counted(Box<Node>),
    /// As many as were counted.
    PerCounted(Box<Node>),
}

impl Node {
    /// Whether this kind of argument occurs anywhere in it.
    pub(super) fn any(&self, wanted: fn(Kind) -> bool) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Argument(kind) => wanted(*kind),
            Self::All(nodes) | Self::One(nodes) | Self::Some(nodes) => nodes.iter().any(|node| node.any(wanted)),
            Self::Maybe(node) | Self::Repeat(node) | Self::Counted(node) | Self::PerCounted(node) => node.any(wanted),
        }
    }
}

/// Parses a command's whole syntax, its name first.
///
/// # Errors
/// When brackets do not match, or a kind is unknown.
pub(super) fn parse(text: &'static str) -> Result<Node> {
    let mut parser = Parser { rest: text };
    let node = parser.alternatives(None).with_context(|| format!("in the syntax {text:?}"))?;
    ensure!(parser.rest.is_empty(), "{:?} is left of the syntax {text:?}", parser.rest);
    match node.as_slice() {
        [one] => Ok(one.clone()),
        _ => bail!("alternatives without brackets in the syntax {text:?}"),
    }
}

struct Parser {
    rest: &'static str,
}

impl Parser {
    /// What is between two brackets, or the whole: sequences with `|` between them.
    fn alternatives(&mut self, close: Option<char>) -> Result<Vec<Node>> {
        let mut alternatives = Vec::new();
        let mut current = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.chars().next() {
                None => {
                    ensure!(close.is_none(), "a bracket is not closed");
                    break;
                }
                Some(character) if Some(character) == close => {
                    self.skip();
                    break;
                }
                Some('|') => {
                    self.skip();
                    alternatives.push(all(std::mem::take(&mut current)));
                }
                Some(_) => {
                    let node = self.one()?;
                    current.push(node);
                }
            }
        }
        alternatives.push(all(current));
        Ok(alternatives)
    }

    fn one(&mut self) -> Result<Node> {
        let node = match self.rest.chars().next() {
            Some('#') => {
                self.skip();
                return Ok(Node::Counted(Box::new(self.one()?)));
            }
            Some('=') => {
                self.skip();
                return Ok(Node::PerCounted(Box::new(self.one()?)));
            }
            Some('[') => {
                self.skip();
                Node::Maybe(Box::new(match self.alternatives(Some(']'))? {
                    one if one.len() == 1 => all(one),
                    several => Node::One(several),
                }))
            }
            Some('(') => {
                self.skip();
                match self.alternatives(Some(')'))? {
                    one if one.len() == 1 => all(one),
                    several => Node::One(several),
                }
            }
            Some('{') => {
                self.skip();
                Node::Some(self.alternatives(Some('}'))?)
            }
            _ => self.word()?,
        };
        if let Some(rest) = self.rest.strip_prefix("...") {
            self.rest = rest;
            return Ok(Node::Repeat(Box::new(node)));
        }
        Ok(node)
    }

    fn word(&mut self) -> Result<Node> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        ensure!(!word.is_empty(), "no word at {:?}", self.rest);
        self.rest = rest;
        if word.chars().any(|c| c.is_ascii_lowercase()) {
            return Ok(Node::Argument(Kind::named(word).with_context(|| format!("no kind is called {word}"))?));
        }
        Ok(Node::Word(word))
    }

    /// Passes one character, which is ASCII.
    fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }
}

fn all(mut nodes: Vec<Node>) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        Some(last) => {
            nodes.push(last);
            Node::All(nodes)
        }
        None => Node::All(nodes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_read() {
        let key = || Node::Argument(Kind::Key);
        assert_eq!(
            parse("A key... [B key] {C | D key}").unwrap(),
            Node::All(vec![
                Node::Word("A"),
                Node::Repeat(Box::new(key())),
                Node::Maybe(Box::new(Node::All(vec![Node::Word("B"), key()]))),
                Node::Some(vec![Node::Word("C"), Node::All(vec![Node::Word("D"), key()])]),
            ])
        );
        assert_eq!(
            parse("A #key (B|C) =key").unwrap(),
            Node::All(vec![
                Node::Word("A"),
                Node::Counted(Box::new(key())),
                Node::One(vec![Node::Word("B"), Node::Word("C")]),
                Node::PerCounted(Box::new(key())),
            ])
        );
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for text in ["A [key", "A key]", "A nosuchkind", "A | B", "A $"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
