//! Writes a reply in the notation of expectations, for failure messages and for recording.

use crate::reply::Reply;

/// The notation that accepts exactly this reply in the version it came in.
#[must_use]
pub fn render(reply: &Reply) -> String {
    let mut out = String::new();
    write(&mut out, reply, true);
    out
}

fn write(out: &mut String, reply: &Reply, top: bool) {
    match reply {
        Reply::Simple(text) => write_text(out, "+", text, top),
        Reply::Error(text) => write_text(out, "-", text, top),
        Reply::Bulk(text) => write_text(out, "$", text, false),
        Reply::BulkError(text) => write_text(out, "!", text, top),
        Reply::Double(text) => write_text(out, ",", text, false),
        Reply::BigNumber(text) => write_text(out, "(", text, false),
        Reply::Verbatim(text) => {
            let (format, text) = text.split_at_checked(4).unwrap_or((text, b""));
            write_text(out, &format!("={}", String::from_utf8_lossy(format)), text, false);
        }
        Reply::Int(number) => out.push_str(&format!(":{number}")),
        Reply::NullBulk | Reply::Null => out.push_str("nil"),
        Reply::NullArray => out.push_str("nil-array"),
        Reply::Bool(true) => out.push_str("#t"),
        Reply::Bool(false) => out.push_str("#f"),
        Reply::Array(items) => write_list(out, "[", items.iter(), "]"),
        Reply::Set(items) => write_list(out, "~[", items.iter(), "]"),
        Reply::Push(items) => write_list(out, ">[", items.iter(), "]"),
        Reply::Map(pairs) => write_list(out, "{", pairs.iter().flat_map(|(key, value)| [key, value]), "}"),
    }
}

fn write_list<'a>(out: &mut String, open: &str, items: impl Iterator<Item = &'a Reply>, close: &str) {
    out.push_str(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(' ');
        }
        write(out, item, false);
    }
    out.push_str(close);
}

/// A text bare if it reads back as itself, else quoted. With `spaces` it stands alone on its line and may have some.
fn write_text(out: &mut String, mark: &str, text: &[u8], spaces: bool) {
    out.push_str(mark);
    let special = |byte: &u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'[' | b']' | b'{' | b'}' | b'\\');
    let bare = if spaces {
        text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') && text.trim_ascii() == text
    } else {
        !text.iter().any(special)
    };
    if bare && !text.is_empty() && !matches!(text.first(), Some(b'*' | b'/' | b'"')) {
        out.push_str(&String::from_utf8_lossy(text));
        return;
    }
    out.push('"');
    for byte in text {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            0x20..=0x7e => out.push(char::from(*byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expect;

    #[test]
    fn what_is_rendered_is_accepted() {
        let texts: [&[u8]; 9] =
            [b"", b"a", b"a b", b"*", b"/x/", b"\"q\"", b"\xff\0\r\n\\", b"ERR unknown command 'x', with", b" x "];
        for text in texts {
            let text = text.to_vec();
            let replies = [
                Reply::Bulk(text.clone()),
                Reply::Error(text.clone()),
                Reply::Array(vec![Reply::Simple(text.clone()), Reply::Bulk(text), Reply::Int(-1)]),
            ];
            for reply in replies {
                let notation = render(&reply);
                assert!(notation.parse::<Expect>().unwrap().matches(&reply, 2), "{notation}");
                assert!(!notation.parse::<Expect>().unwrap().matches(&Reply::Bulk(b"other".to_vec()), 2), "{notation}");
            }
        }
    }
}
