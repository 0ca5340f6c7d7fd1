//! What to show while a person types: the arguments still to come, and the words a beginning can become.

use crate::docs::Docs;

/// Words that are ours, offered beside the server's commands.
const OWN_WORDS: [&str; 5] = ["clear", "connect", "exit", "help", "quit"];

/// The arguments that the line lacks, with a space before them if it does not end with one.
pub(crate) fn hint(docs: &Docs, line: &str) -> Option<String> {
    let words: Vec<String> = line.split_ascii_whitespace().map(str::to_lowercase).collect();
    let (doc, name_words) = docs.find(&words)?;
    let missing = after_arguments(&doc.syntax, words.len() - name_words);
    let gap = if line.ends_with(' ') { "" } else { " " };
    (!missing.is_empty()).then(|| format!("{gap}{missing}"))
}

/// `syntax` without the first `typed` arguments. Optional ones may be given in any order, so all from the first of
/// them on stay.
fn after_arguments(syntax: &str, typed: usize) -> &str {
    let mut rest = syntax;
    for _ in 0..typed {
        if rest.starts_with('[') {
            break;
        }
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    }
    rest
}

/// What the line can become, whole lines, in the case of its first letter.
pub(crate) fn completions(docs: &Docs, line: &str) -> Vec<String> {
    let wanted = line.to_lowercase();
    let mut found: Vec<String> = match wanted.strip_prefix("help ") {
        Some(topic) => {
            let mut groups: Vec<String> = docs.iter().map(|(_, doc)| format!("@{}", doc.group)).collect();
            groups.sort_unstable();
            groups.dedup();
            let topics = docs.iter().map(|(name, _)| name.to_owned()).chain(groups);
            topics.filter(|name| name.starts_with(topic)).map(|name| format!("help {name}")).collect()
        }
        None => {
            let names = docs.iter().map(|(name, _)| name).chain(OWN_WORDS);
            names.filter(|name| name.starts_with(&wanted)).map(str::to_owned).collect()
        }
    };
    found.sort_unstable();
    found.dedup();
    if line.starts_with(|first: char| first.is_ascii_uppercase()) {
        found.iter_mut().for_each(|name| name.make_ascii_uppercase());
    }
    found
}

#[cfg(test)]
mod tests {
    use pyredis_protocol::Frame;

    use super::*;
    use crate::docs::tests::reply;

    #[test]
    fn hints_are_what_is_still_missing() {
        let docs = Docs::from_reply(&reply());
        for (line, expected) in [
            ("set", Some(" key value [GET] [EX seconds|KEEPTTL]")),
            ("SET ", Some("key value [GET] [EX seconds|KEEPTTL]")),
            ("set k", Some(" value [GET] [EX seconds|KEEPTTL]")),
            ("set k ", Some("value [GET] [EX seconds|KEEPTTL]")),
            ("set k v ", Some("[GET] [EX seconds|KEEPTTL]")),
            ("set k v get ", Some("[GET] [EX seconds|KEEPTTL]")),
            ("config", None),
            ("config set ", Some("parameter value [parameter value ...]")),
            ("config set a ", Some("value [parameter value ...]")),
            ("se", None),
            ("", None),
            ("nosuch a", None),
        ] {
            assert_eq!(hint(&docs, line).as_deref(), expected, "{line:?}");
        }
    }

    #[test]
    fn beginnings_become_words() {
        let docs = Docs::from_reply(&reply());
        for (line, expected) in [
            ("s", &["set", "sort"][..]),
            ("SE", &["SET"]),
            ("conf", &["config", "config set"]),
            ("config s", &["config set"]),
            ("con", &["config", "config set", "connect"]),
            ("help s", &["help set", "help sort"]),
            ("help @", &["help @generic", "help @server", "help @string"]),
            ("set k", &[]),
        ] {
            assert_eq!(completions(&docs, line), expected, "{line:?}");
        }
        let quit = Frame::Map(vec![(Frame::Bulk("quit".into()), Frame::Map(Vec::new()))]);
        assert_eq!(completions(&Docs::from_reply(&quit), "q"), ["quit"], "it is ours as well as the server's");
    }
}
