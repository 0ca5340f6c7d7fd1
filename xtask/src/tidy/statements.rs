//! Two habits that need more than a line: results that are dropped, and names in the dispatcher.

use super::Finding;
use super::source::code_of;

/// The macro whose result must be used; written so that this file does not break its own rule.
const MATCHES: &str = concat!("matches", "!(");

/// Everything wrong with one file.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = dropped_matches(path, text);
    let is_dispatcher = path == "crates/server/src/dispatch.rs" || path.starts_with("crates/server/src/dispatch/");
    if is_dispatcher {
        findings.extend(names_in_dispatcher(path, text));
    }
    findings
}

/// Statements that compute `matches!` and drop it: most often an assertion that lost its `assert!`.
fn dropped_matches(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut begins_statement = true;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let code = code_of(line);
        let code = code.trim();
        if begins_statement && code.starts_with(MATCHES) {
            let mut depth = depth_of(code);
            let mut last = code.to_owned();
            while depth > 0 {
                let Some((_, line)) = lines.next() else { break };
                last = code_of(line).trim().to_owned();
                depth += depth_of(&last);
            }
            if last.ends_with(");") {
                findings.push(Finding::in_line(path, index + 1, format!("the result of `{MATCHES}..)` is dropped")));
            }
        }
        if !code.is_empty() {
            begins_statement = code.ends_with([';', '{', '}']);
        }
    }
    findings
}

/// How many more parentheses open than close.
fn depth_of(code: &str) -> isize {
    code.chars().map(|character| isize::from(character == '(') - isize::from(character == ')')).sum()
}

/// Comparisons with literals in the dispatcher: it goes by a command's flags, never by its name.
fn names_in_dispatcher(path: &str, text: &str) -> Vec<Finding> {
    let before_tests = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    let names = before_tests.enumerate().filter(|(_, line)| {
        let code = code_of(line);
        ["== \"", "!= \"", "== b\"", "!= b\"", "b\"", "\" =>", "\" |", "eq_ignore_ascii_case("]
            .iter()
            .any(|sign| code.contains(sign))
    });
    let what = "the dispatcher compares with a literal; give the command a flag and look at that";
    names.map(|(index, _)| Finding::in_line(path, index + 1, what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().filter_map(|finding| finding.line).collect()
    }

    #[test]
    fn dropped_results_are_found() {
        let text = format!("fn a() {{\n    {MATCHES}b, C);\n    {MATCHES}\n        b,\n        C(_)\n    );\n}}\n");
        assert_eq!(lines(&check("a.rs", &text)), [2, 3]);
    }

    #[test]
    fn used_results_are_left_alone() {
        let text = format!("fn a() -> bool {{\n    let b =\n        {MATCHES}c, D);\n    {MATCHES}b, C)\n}}\n");
        assert_eq!(check("a.rs", &text), []);
        assert_eq!(check("a.rs", &format!("assert!({MATCHES}b, C));\n")), []);
        assert_eq!(check("a.rs", &format!("{MATCHES}b, C) && {MATCHES}c, D)\n")), []);
    }

    #[test]
    fn the_dispatcher_knows_no_names() {
        let path = "crates/server/src/dispatch.rs";
        let bad = ["if name == \"get\" {", "if name != b\"get\" {", "    \"get\" => a(),", "a(b\"get\")"];
        for line in bad {
            assert_eq!(lines(&check(path, line)), [1], "{line}");
            assert_eq!(check("crates/server/src/session.rs", line), [], "{line}");
        }
        assert_eq!(lines(&check(path, "if name.eq_ignore_ascii_case(other) {")), [1]);
        for line in ["// never == \"get\"", "warn!(\"unknown command\");", "#[cfg(test)]\nassert!(a == \"get\");"] {
            assert_eq!(check(path, line), [], "{line}");
        }
    }
}
