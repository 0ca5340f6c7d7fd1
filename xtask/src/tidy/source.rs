//! Habits of every Rust file, line by line.

use super::Finding;

/// No file is longer than this many lines.
const LINES_MAX: usize = 600;
/// Except files of tests, which may be this long.
const TEST_LINES_MAX: usize = 900;
/// Macros that mark unfinished work; written so that this file does not break its own rule.
const UNFINISHED: [&str; 3] = [concat!("dbg", "!("), concat!("to", "do!("), concat!("unimple", "mented!(")];
/// Words that mark unfinished work.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
/// The only modules that may have unsafe code.
const UNSAFE_ALLOWED: [&str; 7] = [
    "crates/store/src/entry.rs",
    "crates/store/src/prefetch.rs",
    "crates/store/src/table/group.rs",
    "crates/store/src/table/lock.rs",
    "crates/store/src/table/lock_tests.rs",
    "crates/store/src/table/sync.rs",
    "crates/server/src/counted_mimalloc.rs",
];
/// Samples for tests, which are no modules.
const SAMPLES: &str = "tests/cases/";

/// Everything wrong with one file.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !path.starts_with(SAMPLES) && !text.trim_start().starts_with("//!") {
        findings.push(Finding::in_whole(path, "begin with a `//!` header that says what the file is and guarantees"));
    }
    let (lines, limit) = (text.lines().count(), lines_limit(path));
    if lines > limit {
        findings.push(Finding::in_whole(path, format!("has {lines} lines, more than {limit}; split it by subject")));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::in_whole(path, "ends without a line feed"));
    }
    for (index, line) in text.lines().enumerate() {
        let wrong = line_findings(path, line).into_iter().flatten();
        findings.extend(wrong.map(|what| Finding::in_line(path, index + 1, what)));
    }
    findings
}

fn lines_limit(path: &str) -> usize {
    let is_test = path.split('/').any(|part| part == "tests" || part.ends_with("tests.rs"));
    if is_test { TEST_LINES_MAX } else { LINES_MAX }
}

/// What is wrong with one line, rule by rule.
fn line_findings(path: &str, line: &str) -> [Option<String>; 6] {
    let code = code_of(line);
    [
        line.ends_with([' ', '\t']).then(|| "has blanks at its end".to_owned()),
        line.contains('\t').then(|| "has a tab; indent with spaces".to_owned()),
        line.chars().find(|character| !character.is_ascii()).map(|found| format!("has {found:?}; keep to ASCII")),
        UNFINISHED.iter().find(|name| has_word(&code, name)).map(|name| format!("finish it and take out `{name}`")),
        MARKS.iter().find(|mark| has_word(line, mark)).map(|mark| format!("do it now instead of leaving `{mark}`")),
        (has_word(&code, "unsafe") && !UNSAFE_ALLOWED.contains(&path))
            .then(|| format!("unsafe code belongs into {} only", UNSAFE_ALLOWED.join(", "))),
    ]
}

/// The line without what strings contain and without its comment.
pub(super) fn code_of(line: &str) -> String {
    let mut code = String::new();
    let mut characters = line.chars().peekable();
    let mut in_string = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_string => _ = characters.next(),
            '\'' if !in_string && characters.peek() == Some(&'"') => _ = characters.next(),
            '"' => {
                in_string = !in_string;
                code.push('"');
            }
            '/' if !in_string && characters.peek() == Some(&'/') => break,
            _ if in_string => {}
            _ => code.push(character),
        }
    }
    code
}

/// Whether `word` stands in `text` and is not the part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|after| after.chars().next());
        let goes_on = word.ends_with(is_part) && after.is_some_and(is_part);
        !before.is_some_and(is_part) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about a file with a header and this line.
    fn said(path: &str, line: &str) -> Vec<String> {
        check(path, &format!("//! Header.\n{line}\n")).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn clean_text_is_left_alone() {
        assert_eq!(check("a.rs", "//! Header.\n\nfn main() {}\n"), []);
        for line in
            ["// the unsafe part is elsewhere", "let text = \"unsafe\";", "#![deny(unsafe_code)]", "let '\"' = c;"]
        {
            assert_eq!(said("a.rs", line), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn files_begin_with_a_header() {
        assert!(check("a.rs", "fn main() {}\n").first().unwrap().what.contains("header"));
        assert_eq!(check("tests/cases/a.rs", "fn main() {}\n"), []);
    }

    #[test]
    fn files_are_short_and_end_with_a_line_feed() {
        let long = format!("//! Header.\n{}", "// line\n".repeat(LINES_MAX));
        assert!(check("src/a.rs", &long).first().unwrap().what.contains("601 lines"));
        assert_eq!(check("crates/a/tests/a.rs", &long), []);
        assert_eq!(check("src/a/tests.rs", &long), []);
        let longer = format!("//! Header.\n{}", "// line\n".repeat(TEST_LINES_MAX));
        assert_eq!(check("tests/a.rs", &longer).len(), 1);
        assert_eq!(check("a.rs", "//! Header.").len(), 1);
    }

    #[test]
    fn lines_keep_their_habits() {
        assert_eq!(said("a.rs", "let a = 1; "), ["a.rs:2: has blanks at its end"]);
        assert_eq!(said("a.rs", "\tlet a = 1;"), ["a.rs:2: has a tab; indent with spaces"]);
        assert_eq!(said("a.rs", "// \u{e9}").len(), 1);
    }

    #[test]
    fn nothing_is_left_unfinished() {
        for name in UNFINISHED {
            assert_eq!(said("a.rs", &format!("    {name}x);")).len(), 1, "{name}");
            assert_eq!(said("a.rs", &format!("    my_{name}x);")).len(), 0, "{name}");
        }
        for mark in MARKS {
            assert_eq!(said("a.rs", &format!("// {mark}: later")).len(), 1, "{mark}");
            assert_eq!(said("a.rs", &format!("// {mark}S")).len(), 0, "{mark}");
        }
    }

    #[test]
    fn unsafe_code_has_its_places() {
        for line in ["unsafe { a() }", "let a = unsafe { b() };", "unsafe impl Send for A {}", "pub unsafe fn a() {}"] {
            assert_eq!(said("crates/server/src/a.rs", line).len(), 1, "{line}");
            assert_eq!(said("crates/store/src/table/group.rs", line).len(), 0, "{line}");
        }
    }
}
