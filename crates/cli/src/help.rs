//! The answer to `help`, out of the server's docs.

use std::fmt::Write as _;

use crate::docs::{Doc, Docs};

const GENERAL: &str = concat!(
    "pyredis-cli ",
    env!("CARGO_PKG_VERSION"),
    "\nTo get help about commands type:\n",
    "      \"help @<group>\" to get a list of commands in <group>\n",
    "      \"help <command>\" for help on <command>\n",
    "      \"help <tab>\" to get a list of possible help topics\n",
    "      \"connect <host> <port>\" to go to another server\n",
    "      \"clear\" to clear the screen\n",
    "      \"quit\" to exit\n",
);

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Colours,
    Plain,
}

/// Help on a topic: none, a command, a container with its subcommands, or `@` and a group.
pub(crate) fn text(docs: &Docs, topic: &[String], style: Style) -> String {
    let wanted = topic.join(" ").to_lowercase();
    if wanted.is_empty() {
        return GENERAL.to_owned();
    }
    let mut text = String::new();
    for (name, doc) in docs.iter() {
        let found = match wanted.strip_prefix('@') {
            Some(group) => doc.group == group,
            None => name.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')),
        };
        if found {
            describe(&mut text, name, doc, !wanted.starts_with('@'), style);
        }
    }
    text.push('\n');
    text
}

fn describe(text: &mut String, name: &str, doc: &Doc, with_group: bool, style: Style) {
    let paint = |code: u8, text: &str| match style {
        Style::Colours => format!("\x1b[{code}m{text}\x1b[0m"),
        Style::Plain => text.to_owned(),
    };
    let name = name.to_uppercase();
    // Writing into a string can't fail.
    let _ = writeln!(text, "\n  {}", format!("{} {}", paint(1, &name), paint(90, &doc.syntax)).trim_end());
    let _ = writeln!(text, "  {} {}", paint(33, "summary:"), doc.summary);
    let _ = writeln!(text, "  {} {}", paint(33, "since:"), doc.since);
    if with_group {
        let _ = writeln!(text, "  {} {}", paint(33, "group:"), doc.group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::tests::reply;

    fn help(topic: &str) -> String {
        let topic: Vec<String> = topic.split_ascii_whitespace().map(str::to_owned).collect();
        text(&Docs::from_reply(&reply()), &topic, Style::Plain)
    }

    #[test]
    fn topics() {
        assert_eq!(
            help("SET"),
            "\n  SET key value [GET] [EX seconds|KEEPTTL]\n  summary: Set the string value of a key\n  since: 1.0.0\n  \
             group: string\n\n"
        );
        assert_eq!(
            help("@server"),
            "\n  CONFIG\n  summary: A container for server configuration commands\n  since: 2.0.0\n\n  CONFIG SET \
             parameter value [parameter value ...]\n  summary: Set configuration parameters\n  since: 2.0.0\n\n"
        );
        assert_eq!(help("config").matches("group: server").count(), 2);
        assert_eq!(help("config set").matches("group: server").count(), 1);
        assert_eq!(help("nosuch"), "\n");
        assert!(help("").contains("help <command>"));
    }
}
