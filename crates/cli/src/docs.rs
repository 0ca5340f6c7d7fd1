//! What the server says about its commands: the reply to `COMMAND DOCS`, in either version of the protocol.

use std::collections::BTreeMap;

use anyhow::Result;
use pyredis_protocol::Frame;

use crate::session::Session;

/// The commands by name, in lower case, a subcommand after its container: `config get`.
#[derive(Debug, Default)]
pub(crate) struct Docs {
    commands: BTreeMap<String, Doc>,
}

/// One command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Doc {
    pub(crate) summary: String,
    pub(crate) since: String,
    pub(crate) group: String,
    /// Its arguments, optional ones in brackets.
    pub(crate) syntax: String,
}

impl Docs {
    /// Asks the server. One that does not answer as documented has no docs.
    pub(crate) fn fetch(session: &mut Session) -> Result<Self> {
        session.ask(&["COMMAND", "DOCS"]).map(|reply| Self::from_reply(&reply))
    }

    pub(crate) fn from_reply(reply: &Frame) -> Self {
        let mut docs = Self::default();
        docs.add(reply);
        docs
    }

    fn add(&mut self, commands: &Frame) {
        for (name, doc) in pairs(commands) {
            let name = text(name).to_lowercase().replace('|', " ");
            self.commands.insert(name, Doc::from_reply(doc));
            if let Some(subcommands) = field(doc, "subcommands") {
                self.add(subcommands);
            }
        }
    }

    /// The command that the first of these words name, in lower case, and how many words its name has.
    pub(crate) fn find(&self, words: &[String]) -> Option<(&Doc, usize)> {
        let with_subcommand = words.get(..2).map(|words| words.join(" ")).and_then(|name| self.commands.get(&name));
        let alone = || words.first().and_then(|name| self.commands.get(name));
        with_subcommand.map(|doc| (doc, 2)).or_else(|| alone().map(|doc| (doc, 1)))
    }

    /// Names and commands, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Doc)> {
        self.commands.iter().map(|(name, doc)| (name.as_str(), doc))
    }
}

impl Doc {
    fn from_reply(reply: &Frame) -> Self {
        let of = |name| field(reply, name).map(text).unwrap_or_default();
        let syntax = field(reply, "arguments").map(|arguments| join(arguments, " ")).unwrap_or_default();
        Self { summary: of("summary"), since: of("since"), group: of("group"), syntax }
    }
}

fn join(arguments: &Frame, separator: &str) -> String {
    items(arguments).iter().map(syntax).collect::<Vec<_>>().join(separator)
}

/// How one argument is written. Recurses as deep as the reply is nested, which decoding has limited.
fn syntax(argument: &Frame) -> String {
    let of = |name| field(argument, name);
    let flags: Vec<String> = of("flags").map(|flags| items(flags).iter().map(text).collect()).unwrap_or_default();
    let has = |flag: &str| flags.iter().any(|name| name == flag);
    let kind = of("type").map(text).unwrap_or_default();
    let value = match (kind.as_str(), of("arguments")) {
        ("block", Some(inner)) => join(inner, " "),
        ("oneof", Some(inner)) => join(inner, "|"),
        ("pure-token", _) => String::new(),
        _ => of("display_text").or_else(|| of("name")).map(text).unwrap_or_default(),
    };
    let repeated = |text: String| if has("multiple") { format!("{text} [{text} ...]") } else { text };
    let token = of("token").map(text).map(|token| if token.is_empty() { "\"\"".to_owned() } else { token });
    let written = match token {
        None => repeated(value),
        Some(token) if value.is_empty() => repeated(token),
        Some(token) if has("multiple_token") => repeated(format!("{token} {value}")),
        Some(token) => format!("{token} {}", repeated(value)),
    };
    if has("optional") { format!("[{written}]") } else { written }
}

/// The pairs of a map, or of an array that stands for one.
fn pairs(frame: &Frame) -> Vec<(&Frame, &Frame)> {
    match frame {
        Frame::Map(pairs) => pairs.iter().map(|(key, value)| (key, value)).collect(),
        other => items(other).as_chunks().0.iter().map(|[key, value]| (key, value)).collect(),
    }
}

fn field<'a>(frame: &'a Frame, name: &str) -> Option<&'a Frame> {
    pairs(frame).into_iter().find(|(key, _)| text(key) == name).map(|(_, value)| value)
}

fn items(frame: &Frame) -> &[Frame] {
    match frame {
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => items,
        _ => &[],
    }
}

fn text(frame: &Frame) -> String {
    match frame {
        Frame::Simple(text) | Frame::Bulk(text) | Frame::Verbatim { text, .. } => {
            String::from_utf8_lossy(text).into_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
#[path = "docs_tests.rs"]
pub(crate) mod tests;
