//! The judge is judged: a transcript that is wrong anywhere must fail, and say where.

use std::path::Path;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Mismatch, Server, Transcript, run};

use crate::oracle::on_both;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::from(on_both("selftest::wrong_expectations_fail", wrong_expectations_fail));
    trials.extend(on_both("selftest::right_expectations_pass", right_expectations_pass));
    trials.extend(on_both("selftest::every_section_is_run", every_section_is_run));
    trials
}

fn mismatches(server: &Server, text: &str, version: u8) -> Result<Vec<Mismatch>> {
    run(&Transcript::parse(Path::new("selftest.resp"), text)?, server, version)
}

fn right_expectations_pass(server: &Server) -> Result<()> {
    let right = "> SET k v\n< +OK\n> GET k\n< $v\n> GET missing\n< nil\n> CONFIG GET timeout\n< {$timeout $0}\n";
    for version in [2, 3] {
        let found = mismatches(server, right, version)?;
        ensure!(found.is_empty(), "{found:?}");
    }
    Ok(())
}

/// Each is one step away from what both servers answer.
fn wrong_expectations_fail(server: &Server) -> Result<()> {
    let wrong = [
        ("SET k v", "$OK"),
        ("SET k v", "+ok"),
        ("GET k", "$\"\""),
        ("GET k", "[]"),
        ("INCR k", "$1"),
        ("INCR k", ":2..=9"),
        ("KEYS *", "nil-array"),
        ("KEYS *", "[$k]"),
        ("MGET a b", "[nil]"),
        ("MGET a b", "[nil nil nil]"),
        ("MGET a b", "[nil :0]"),
        ("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with:"),
        ("GET", "-ERR wrong number of arguments for 'GET' command"),
        ("GET", "-/ERR syntax.*/"),
        ("CONFIG GET timeout", "{$timeout $1}"),
        ("CONFIG GET timeout", "{}"),
    ];
    for (command, expectation) in wrong {
        for version in [2, 3] {
            let found = mismatches(server, &format!("> {command}\n< {expectation}\n"), version)?;
            ensure!(found.len() == 1, "{command} may be answered by {expectation} in RESP{version}: {found:?}");
        }
    }
    // What is right in one version and wrong in the other.
    for (command, expectation, right) in [
        ("CONFIG GET timeout", "[$timeout $0]", 2),
        ("KEYS *", "~[]", 2),
        ("KEYS *", "{}", 2),
        ("GET k", "nil-array", 3),
        ("INFO nosuch", "$\"\"", 2),
    ] {
        for version in [2, 3] {
            let found = mismatches(server, &format!("> {command}\n< {expectation}\n"), version)?;
            ensure!(found.is_empty() == (version == right), "{command}, {expectation} in RESP{version}: {found:?}");
        }
    }
    Ok(())
}

/// Neither a wrong reply nor a broken connection hides what comes later, and no section sees another's keys.
fn every_section_is_run(server: &Server) -> Result<()> {
    let sections = [
        "> SET k v\n< -no\n> GET k\n< $w\n",
        "## two\n> GET k\n< $v\n> QUIT\n< +OK\n> PING\n< +PONG\n",
        "## three\n> GET k\n< nil\n> ECHO a\n< $b\n",
    ];
    let text = &sections.concat();
    let lines: Vec<usize> = mismatches(server, text, 2)?.iter().map(|one| one.line).collect();
    ensure!(lines == [1, 3, 6, 10, 15], "mismatches on lines {lines:?}");
    Ok(())
}
