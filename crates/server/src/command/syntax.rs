//! The grammar of [`CommandSpec::syntax`](super::spec::CommandSpec::syntax): the arguments of a command as a person
//! writes them, read into the tree that COMMAND DOCS describes.
//!
//! | written | means |
//! |---|---|
//! | `key` | an argument; what kind it is follows from its name |
//! | `NX` | a word to be written as it is, without lower case letters |
//! | `EX seconds`, `LIMIT (offset count)` | a word that belongs to the argument or group behind it |
//! | `[...]` | may be left out |
//! | `(offset count)` | a group |
//! | `(ON \| OFF)`, `[ON \| OFF]` | one of these |
//! | `key...`, `(key value)...` | once or more often |
//!
//! A group or a pair of brackets that says nothing is refused.

use thiserror::Error;

/// What an argument is, in COMMAND DOCS's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    String,
    Integer,
    Double,
    Pattern,
    UnixTime,
    /// A word and nothing behind it.
    PureToken,
    /// One of the children.
    OneOf,
    /// All of the children, in order.
    Block,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }

    /// What an argument of this name is. A name that is not here is a string.
    fn of(name: &str) -> Self {
        match name {
            "key" | "key1" | "key2" | "newkey" | "destkey" | "source" | "destination" | "dst" | "src" => Self::Key,
            "bit" | "client-id" | "count" | "cursor" | "db" | "decrement" | "destination-db" | "end" | "increment"
            | "index" | "index1" | "index2" | "len" | "limit" | "milliseconds" | "min-match-len" | "num-matches"
            | "numfields" | "numkeys" | "offset" | "protover" | "rank" | "seconds" | "start" | "stop" | "weight" => {
                Self::Integer
            }
            "score" | "timeout" => Self::Double,
            "pattern" => Self::Pattern,
            "unix-time-milliseconds" | "unix-time-seconds" => Self::UnixTime,
            _ => Self::String,
        }
    }
}

/// An argument, or a group of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument<'s> {
    /// As it is written; of a word, the word in lower case; of a group, the names of its children.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The word in front of it.
    pub(super) token: Option<&'s str>,
    pub(super) optional: bool,
    pub(super) multiple: bool,
    /// Of [`Kind::OneOf`] and [`Kind::Block`].
    pub(super) children: Vec<Self>,
}

impl Argument<'_> {
    /// Says what arguments of these names are, whatever the names say.
    pub(super) fn set_kinds(&mut self, kinds: &[(&str, Kind)]) {
        if let Some((_, kind)) = kinds.iter().find(|(name, _)| self.children.is_empty() && self.name == *name) {
            self.kind = *kind;
        }
        self.children.iter_mut().for_each(|child| child.set_kinds(kinds));
    }

    fn leaf(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, token: None, optional: false, multiple: false, children: Vec::new() }
    }

    fn group(kind: Kind, children: Vec<Self>) -> Self {
        let name = children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>().join("_");
        Self { children, ..Self::leaf(&name, kind) }
    }

    /// A sequence as one argument.
    fn whole(mut sequence: Vec<Self>) -> Self {
        match sequence.pop() {
            Some(only) if sequence.is_empty() => only,
            last => {
                sequence.extend(last);
                Self::group(Kind::Block, sequence)
            }
        }
    }
}

/// Where a text leaves the grammar.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("syntax text: {expected} expected before `{rest}`")]
pub(super) struct SyntaxError {
    expected: &'static str,
    rest: String,
}

/// Reads the arguments of a command. An empty text has none.
pub(super) fn parse(syntax: &str) -> Result<Vec<Argument<'_>>, SyntaxError> {
    let mut parser = Parser { rest: syntax };
    if parser.peek().is_none() {
        return Ok(Vec::new());
    }
    let arguments = parser.sequence()?;
    parser.peek().map_or(Ok(arguments), |_| Err(parser.missing("the end")))
}

struct Parser<'s> {
    rest: &'s str,
}

impl<'s> Parser<'s> {
    /// A bracket, bar or `...`, or what stands between such and spaces.
    fn split(&self) -> (&'s str, &'s str) {
        const ELLIPSIS: &str = "...";
        let rest = self.rest.trim_start();
        let length = if rest.starts_with(ELLIPSIS) {
            ELLIPSIS.len()
        } else {
            rest.find([' ', '[', ']', '(', ')', '|', '.']).map_or(rest.len(), |length| length.max(1))
        };
        rest.split_at(length)
    }

    fn peek(&self) -> Option<&'s str> {
        Some(self.split().0).filter(|lexeme| !lexeme.is_empty())
    }

    fn next(&mut self) -> &'s str {
        let (lexeme, rest) = self.split();
        self.rest = rest;
        lexeme
    }

    fn eat(&mut self, lexeme: &str) -> bool {
        let is_next = self.peek() == Some(lexeme);
        if is_next {
            self.next();
        }
        is_next
    }

    fn missing(&self, expected: &'static str) -> SyntaxError {
        SyntaxError { expected, rest: self.rest.to_owned() }
    }

    /// Sequences with bars between them: one group. A sequence without a bar: what is in it.
    fn choices(&mut self) -> Result<Vec<Argument<'s>>, SyntaxError> {
        let first = self.sequence()?;
        if self.peek() != Some("|") {
            return Ok(first);
        }
        let mut choices = vec![Argument::whole(first)];
        while self.eat("|") {
            choices.push(Argument::whole(self.sequence()?));
        }
        Ok(vec![Argument::group(Kind::OneOf, choices)])
    }

    fn sequence(&mut self) -> Result<Vec<Argument<'s>>, SyntaxError> {
        let mut arguments = vec![self.argument()?];
        while !matches!(self.peek(), None | Some("|" | "]" | ")")) {
            arguments.push(self.argument()?);
        }
        Ok(arguments)
    }

    fn argument(&mut self) -> Result<Argument<'s>, SyntaxError> {
        if self.eat("[") {
            return self.optional();
        }
        let Some(token) = self.peek().filter(|word| is_token(word)) else { return self.repeatable() };
        self.next();
        if self.peek().is_some_and(|next| next == "(" || is_name(next)) {
            return Ok(Argument { token: Some(token), ..self.repeatable()? });
        }
        Ok(Argument { token: Some(token), ..Argument::leaf(&token.to_lowercase(), Kind::PureToken) })
    }

    /// What is in brackets, the first of them read.
    fn optional(&mut self) -> Result<Argument<'s>, SyntaxError> {
        let argument = Argument::whole(self.choices()?);
        if !self.eat("]") {
            return Err(self.missing("a closing bracket"));
        }
        if argument.optional {
            return Err(self.missing("more than brackets in brackets"));
        }
        Ok(Argument { optional: true, ..argument })
    }

    /// A name or a group, and whether it may come again.
    fn repeatable(&mut self) -> Result<Argument<'s>, SyntaxError> {
        if self.eat("(") {
            return self.group();
        }
        let name = self.peek().filter(|word| is_name(word)).ok_or_else(|| self.missing("an argument"))?;
        self.next();
        Ok(Argument { multiple: self.eat("..."), ..Argument::leaf(name, Kind::of(name)) })
    }

    /// What is in parentheses, the first of them read.
    fn group(&mut self) -> Result<Argument<'s>, SyntaxError> {
        let inner = self.choices()?;
        if !self.eat(")") {
            return Err(self.missing("a closing parenthesis"));
        }
        let multiple = self.eat("...");
        let is_choice =
            inner.first().is_some_and(|first| first.kind == Kind::OneOf && first.token.is_none() && !first.optional);
        match inner.len() {
            1 if is_choice => Ok(Argument { multiple, ..Argument::whole(inner) }),
            1 if !multiple => Err(self.missing("more than one argument in a group")),
            _ => Ok(Argument { multiple, ..Argument::group(Kind::Block, inner) }),
        }
    }
}

/// Whether this is a word to be written as it is.
fn is_token(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-*=~".contains(&byte))
}

/// Whether this can be the name of an argument.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}
