//! A difference as a transcript, which can be put into `cases/` as it is.

use super::generate::Sequence;
use super::play::Difference;
use super::side::words;
use crate::render;
use crate::reply::Reply;

/// The section of a transcript that shows this, with what the accused said as a comment.
pub(super) fn transcript(
    title: &str,
    accused: &str,
    sequence: &Sequence,
    replies: &[Option<Reply>],
    found: &Difference,
) -> String {
    let mut out = format!("## {title}\n");
    if sequence.versions.contains(&3) {
        let versions: Vec<String> = sequence.versions.iter().map(|version| format!("RESP{version}")).collect();
        out.push_str(&format!("# The connections speak {}.\n", versions.join(", ")));
    }
    if sequence.pipeline > 1 {
        out.push_str(&format!("# Up to {} commands of a connection are sent in one piece.\n", sequence.pipeline));
    }
    for (step, reply) in sequence.steps.iter().zip(replies) {
        let Some(reply) = reply else { continue };
        out.push_str(&command(step.connection + 1, &step.arguments));
        let is_queued = *reply == Reply::Simple(b"QUEUED".to_vec());
        let notation = if is_queued { render(reply) } else { step.judge.notation(reply) };
        out.push_str(&format!("< {notation}\n"));
    }
    if let Some(database) = found.database {
        if database > 0 {
            out.push_str(&command(9, &words(&[b"SELECT", database.to_string().as_bytes()])));
            out.push_str("< +OK\n");
        }
        out.push_str(&command(9, &found.command));
        out.push_str(&format!("< {}\n", found.judge.notation(&found.expected)));
    }
    out.push_str(&format!("# expected of {}: {}\n", shown(&found.command), shortened(&render(&found.expected))));
    out.push_str(&format!("# {accused}: {}\n", shortened(&render(&found.got))));
    out
}

fn command(connection: usize, arguments: &[Vec<u8>]) -> String {
    let at = if connection > 1 { format!("@{connection} ") } else { String::new() };
    format!("{at}> {}\n", shown(arguments))
}

/// A command by the quoting rules of inline commands.
fn shown(arguments: &[Vec<u8>]) -> String {
    arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &[u8]) -> String {
    let is_bare = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !word.is_empty() && word.iter().all(is_bare) {
        return String::from_utf8_lossy(word).into_owned();
    }
    let escaped = word.iter().map(|byte| match byte {
        b'"' => "\\\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x20..=0x7e => char::from(*byte).to_string(),
        other => format!("\\x{other:02x}"),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Long replies are a comment here, and need not be whole.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split_words;

    #[test]
    fn what_is_quoted_reads_back() {
        for word in [&b""[..], b"a", b"a b", b"\"", b"'", b"\\", b"\xff\0\r\n", b"a\"b'c\\d"] {
            assert_eq!(split_words(&quoted(word)).unwrap(), [word.to_vec()]);
        }
    }
}
