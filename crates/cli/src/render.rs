//! Replies as text: for people, with types and numbers, or bare. Both are what redis-cli 7.0 prints.

use std::io::Write;

use pyredis_protocol::number::DoubleText;
use pyredis_protocol::{Frame, write_quoted};

/// The reply for a terminal, with a newline at the end.
pub(crate) fn for_people(reply: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    write_for_people(&mut out, reply, 0);
    out
}

/// The reply's bytes: strings as they are, an array's items on lines of their own, nothing for null. No newline at the
/// end, except after an error.
pub(crate) fn raw(reply: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    write_raw(&mut out, reply);
    out
}

fn write_for_people(out: &mut Vec<u8>, reply: &Frame, indent: usize) {
    match reply {
        Frame::Simple(text) | Frame::Verbatim { text, .. } => out.extend_from_slice(text),
        Frame::Error(text) | Frame::BulkError(text) => {
            out.extend_from_slice(b"(error) ");
            out.extend_from_slice(text);
        }
        Frame::Integer(value) => put(out, format_args!("(integer) {value}")),
        Frame::Double(value) => put(out, format_args!("(double) {}", DoubleText::new(*value).as_str())),
        Frame::BigNumber(digits) => {
            out.extend_from_slice(b"(big number) ");
            out.extend_from_slice(digits);
        }
        Frame::Boolean(value) => put(out, format_args!("({value})")),
        Frame::Null | Frame::NullArray => out.extend_from_slice(b"(nil)"),
        Frame::Bulk(bytes) => write_quoted(bytes, out),
        Frame::Attribute { frame, .. } => return write_for_people(out, frame, indent),
        Frame::Map(pairs) if pairs.is_empty() => out.extend_from_slice(b"(empty hash)"),
        Frame::Map(pairs) => return write_pairs(out, pairs, indent),
        Frame::Array(items) if items.is_empty() => out.extend_from_slice(b"(empty array)"),
        Frame::Set(items) if items.is_empty() => out.extend_from_slice(b"(empty set)"),
        Frame::Push(items) if items.is_empty() => out.extend_from_slice(b"(empty push)"),
        Frame::Set(items) => return write_items(out, items, '~', indent),
        Frame::Array(items) | Frame::Push(items) => return write_items(out, items, ')', indent),
    }
    out.push(b'\n');
}

fn write_items(out: &mut Vec<u8>, items: &[Frame], separator: char, indent: usize) {
    let width = decimal_digits(items.len());
    for (index, item) in items.iter().enumerate() {
        write_number(out, index, width, separator, indent);
        write_for_people(out, item, indent + width + 2);
    }
}

fn write_pairs(out: &mut Vec<u8>, pairs: &[(Frame, Frame)], indent: usize) {
    let width = decimal_digits(pairs.len());
    let inner = indent + width + 2;
    for (index, (key, value)) in pairs.iter().enumerate() {
        write_number(out, index, width, '#', indent);
        write_for_people(out, key, inner);
        out.pop();
        out.extend_from_slice(b" => ");
        if has_many_items(value) {
            put(out, format_args!("\n{:inner$}", ""));
        }
        write_for_people(out, value, inner);
    }
}

/// The number before an item. The first is on its parent's line, which is indented already.
fn write_number(out: &mut Vec<u8>, index: usize, width: usize, separator: char, indent: usize) {
    let indent = if index == 0 { 0 } else { indent };
    put(out, format_args!("{:indent$}{:width$}{separator} ", "", index + 1));
}

/// Whether a map's value begins on a line of its own.
fn has_many_items(value: &Frame) -> bool {
    match value {
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => match items.as_slice() {
            [] => false,
            [only] => has_many_items(only),
            _ => true,
        },
        Frame::Map(pairs) => match pairs.as_slice() {
            [] => false,
            [(_, only)] => has_many_items(only),
            _ => true,
        },
        Frame::Attribute { frame, .. } => has_many_items(frame),
        _ => false,
    }
}

fn write_raw(out: &mut Vec<u8>, reply: &Frame) {
    match reply {
        Frame::Null | Frame::NullArray => {}
        Frame::Error(text) | Frame::BulkError(text) => {
            out.extend_from_slice(text);
            out.push(b'\n');
        }
        Frame::Simple(bytes) | Frame::Bulk(bytes) | Frame::BigNumber(bytes) | Frame::Verbatim { text: bytes, .. } => {
            out.extend_from_slice(bytes);
        }
        Frame::Integer(value) => put(out, format_args!("{value}")),
        Frame::Double(value) => out.extend_from_slice(DoubleText::new(*value).as_bytes()),
        Frame::Boolean(value) => put(out, format_args!("({value})")),
        Frame::Attribute { frame, .. } => write_raw(out, frame),
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b'\n');
                }
                write_raw(out, item);
            }
        }
        Frame::Map(pairs) => {
            for (index, (key, value)) in pairs.iter().enumerate() {
                if index > 0 {
                    out.push(b'\n');
                }
                write_raw(out, key);
                out.push(b' ');
                write_raw(out, value);
            }
        }
    }
}

fn decimal_digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing into memory can't fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
