//! Reads the notation of expectations; `README.md` beside this crate defines it.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};
use regex_lite::Regex;

use crate::expect::{Expect, ListKind, Text};
use crate::words::quoted;

impl FromStr for Expect {
    type Err = Error;

    /// Reads one expectation; nothing may follow it.
    fn from_str(line: &str) -> Result<Self> {
        let line = line.trim();
        let mut parser = Parser { rest: line, depth: 0 };
        let expect = parser.reply().with_context(|| format!("in the expectation {line:?}"))?;
        ensure!(parser.rest.trim().is_empty(), "in the expectation {line:?}: {:?} is left over", parser.rest);
        Ok(expect)
    }
}

/// What has not been read yet, and how many brackets are open.
struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn reply(&mut self) -> Result<Expect> {
        for (mark, kind) in [("[", ListKind::Array), ("~[", ListKind::Set), (">[", ListKind::Push)] {
            if self.take(mark) {
                return self.list(kind, kind != ListKind::Set);
            }
        }
        if self.take("unordered[") {
            return self.list(ListKind::Array, false);
        }
        if self.take("unordered{") {
            return self.map(false);
        }
        if self.take("{") {
            return self.map(true);
        }
        let mark = self.rest.chars().next().context("it is empty")?;
        if !mark.is_alphabetic() {
            self.rest = self.rest.get(mark.len_utf8()..).unwrap_or_default();
        }
        Ok(match mark {
            '+' => Expect::Simple(self.text()?),
            '-' => Expect::Error(self.text()?),
            '$' => Expect::Bulk(self.text()?),
            '!' => Expect::BulkError(self.text()?),
            '(' => Expect::BigNumber(self.text()?),
            ',' => Expect::Double(self.text()?),
            '=' => {
                let (format, rest) = self.rest.split_at_checked(4).context("a verbatim text needs its format")?;
                self.rest = rest;
                Expect::Verbatim(format.as_bytes().to_vec(), self.text()?)
            }
            '*' => Expect::Any,
            ':' => self.int()?,
            '#' => match self.bare() {
                "t" => Expect::Bool(true),
                "f" => Expect::Bool(false),
                other => bail!("#{other} is no boolean; write #t or #f"),
            },
            _ => match self.bare() {
                "nil" => Expect::Nil,
                "nil-array" => Expect::NilArray,
                other => bail!("{other:?} does not begin with a type mark"),
            },
        })
    }

    /// Elements up to `]`; the bracket is open already.
    fn list(&mut self, kind: ListKind, ordered: bool) -> Result<Expect> {
        let (items, open) = self.until("]")?;
        Ok(Expect::List { kind, ordered, items, open })
    }

    fn map(&mut self, ordered: bool) -> Result<Expect> {
        let (items, open) = self.until("}")?;
        ensure!(items.len().is_multiple_of(2), "a map has a key without a value");
        let mut items = items.into_iter();
        let pairs = std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect();
        Ok(Expect::Map { ordered, pairs, open })
    }

    /// Elements up to the closing bracket, and whether they end in `...`.
    fn until(&mut self, close: &str) -> Result<(Vec<Expect>, bool)> {
        self.depth += 1;
        let mut items = Vec::new();
        let mut open = false;
        loop {
            self.rest = self.rest.trim_start();
            if self.take(close) {
                self.depth -= 1;
                return Ok((items, open));
            }
            ensure!(!open, "only {close:?} may follow \"...\"");
            ensure!(!self.rest.is_empty(), "{close:?} is missing");
            if self.take("...") {
                open = true;
            } else {
                items.push(self.reply()?);
            }
        }
    }

    /// A text: `"quoted"`, `/pattern/`, `*`, or bare.
    fn text(&mut self) -> Result<Text> {
        if self.take("\"") {
            let mut text = Vec::new();
            let after = quoted(b'"', self.rest.as_bytes(), &mut text)?;
            self.rest = self.rest.get(self.rest.len() - after.len()..).unwrap_or_default();
            return Ok(Text::Exact(text));
        }
        if self.take("/") {
            let end = (self.rest.match_indices('/').map(|(index, _)| index))
                .find(|index| !self.rest.get(..*index).is_some_and(|before| before.ends_with('\\')))
                .context("a pattern is not closed")?;
            let (pattern, after) = self.rest.split_at(end);
            self.rest = after.get(1..).unwrap_or_default();
            let pattern = format!("^(?s:{})$", pattern.replace("\\/", "/"));
            return Ok(Text::Pattern(Regex::new(&pattern)?));
        }
        match self.bare() {
            "*" => Ok(Text::Any),
            text => Ok(Text::Exact(text.as_bytes().to_vec())),
        }
    }

    fn int(&mut self) -> Result<Expect> {
        let text = self.bare();
        let (low, high) = match text {
            "*" => (i64::MIN, i64::MAX),
            _ => match text.split_once("..") {
                None => (text.parse()?, text.parse()?),
                Some((low, "")) => (low.parse()?, i64::MAX),
                Some((low, high)) => {
                    (low.parse()?, high.strip_prefix('=').context("write a range as 1..=9 or 1..")?.parse()?)
                }
            },
        };
        Ok(Expect::Int(low..=high))
    }

    /// A bare word: the rest of the line outside of brackets, up to white space or a closing bracket inside.
    fn bare(&mut self) -> &'a str {
        let end = if self.depth == 0 {
            self.rest.len()
        } else {
            self.rest.find(|c: char| c.is_whitespace() || c == ']' || c == '}').unwrap_or(self.rest.len())
        };
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn take(&mut self, mark: &str) -> bool {
        let after = self.rest.strip_prefix(mark);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expectation_is_refused() {
        let wrong = ["", "OK", "$\"a", "$/a", "[:1", ":x", ":1..2", "#x", "{:1}", "[:1] :2", "[... :1]", "nill", "=tx"];
        for text in wrong {
            assert!(text.parse::<Expect>().is_err(), "{text}");
        }
    }
}
