//! redis-cli: one command, piped commands, RESP3, mass insertion, scanning.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::checks::{Checks, contains, equal};
use super::target::Target;
use crate::process::{self, Ended};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(30);

/// redis-cli, and the server it talks to.
struct Cli<'a> {
    program: &'a Path,
    target: &'a Target,
}

/// Makes all checks; they share the server's data.
pub(super) fn run(program: &Path, target: &Target, checks: &mut Checks) {
    let cli = Cli { program, target };
    checks.record("one-shot", one_shot(&cli));
    checks.record("errors and status", errors(&cli));
    checks.record("piped commands", piped(&cli));
    checks.record("a piped transaction", transaction(&cli));
    checks.record("RESP3", resp3(&cli));
    checks.record("an argument from standard input", last_argument(&cli));
    checks.record("other databases", databases(&cli));
    checks.record("mass insertion", mass_insertion(&cli));
    checks.record("scanning", scanning(&cli));
    checks.record("repetition", repetition(&cli));
}

impl Cli<'_> {
    fn ended(&self, arguments: &[&str], input: &[u8]) -> Result<Ended> {
        let mut command = Command::new(self.program);
        command.args(["-h", "127.0.0.1", "-p", &self.target.port().to_string()]).args(arguments);
        // Where `-e` writes the errors that these checks provoke.
        command.stderr(Stdio::null());
        process::converse(&mut command, input, LIMIT)
    }

    /// What it prints, without the last line's end.
    fn text(&self, arguments: &[&str], input: &[u8]) -> Result<String> {
        let output = self.ended(arguments, input)?.output;
        Ok(String::from_utf8_lossy(&output).trim_end_matches('\n').to_owned())
    }
}

fn one_shot(cli: &Cli<'_>) -> Result<()> {
    equal(cli.text(&["SET", "k", "a value"], b"")?, "OK")?;
    equal(cli.text(&["GET", "k"], b"")?, "a value")?;
    equal(cli.text(&["GET", "missing"], b"")?, "")?;
    equal(cli.text(&["--no-raw", "GET", "missing"], b"")?, "(nil)")?;
    equal(cli.text(&["--no-raw", "MGET", "k", "missing"], b"")?, "1) \"a value\"\n2) (nil)")?;
    equal(cli.text(&["--no-raw", "DBSIZE"], b"")?, "(integer) 1")?;
    equal(cli.text(&["--csv", "MGET", "k", "missing"], b"")?, "\"a value\",NULL")
}

fn errors(cli: &Cli<'_>) -> Result<()> {
    contains(&cli.text(&["NOSUCH", "x"], b"")?, "ERR unknown command 'NOSUCH'")?;
    equal(cli.text(&["--no-raw", "GET"], b"")?, "(error) ERR wrong number of arguments for 'get' command")?;
    let ended = cli.ended(&["-e", "INCR", "k"], b"")?;
    ensure!(!ended.success, "with -e its status was 0 after an error");
    Ok(())
}

fn piped(cli: &Cli<'_>) -> Result<()> {
    equal(cli.text(&[], b"SET piped 41\nINCR piped\nGET piped\nPTTL piped\n")?, "OK\n42\n42\n-1")?;
    equal(cli.text(&[], b"SET \"a key\" \"a\\nb\"\nSTRLEN \"a key\"\n")?, "OK\n3")
}

fn transaction(cli: &Cli<'_>) -> Result<()> {
    let input = b"WATCH t\nMULTI\nSET t 1\nINCR t\nEXEC\nMULTI\nSET t 9\nDISCARD\nGET t\n";
    equal(cli.text(&[], input)?, "OK\nOK\nQUEUED\nQUEUED\nOK\n2\nOK\nQUEUED\nOK\n2")
}

fn resp3(cli: &Cli<'_>) -> Result<()> {
    equal(cli.text(&["-3", "GET", "missing"], b"")?, "")?;
    let map = cli.text(&["-3", "--no-raw", "CONFIG", "GET", "dbfilename"], b"")?;
    equal(map, "1# \"dbfilename\" => \"dump.rdb\"")?;
    equal(cli.text(&["--json", "CONFIG", "GET", "dbfilename"], b"")?, r#"{"dbfilename":"dump.rdb"}"#)?;
    contains(&cli.text(&["-3", "INFO", "server"], b"")?, "redis_version:7.")
}

fn last_argument(cli: &Cli<'_>) -> Result<()> {
    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    equal(cli.text(&["-x", "SET", "binary"], &binary)?, "OK")?;
    equal(cli.text(&["STRLEN", "binary"], b"")?, "100000")?;
    let mut output = cli.ended(&["GET", "binary"], b"")?.output;
    output.pop();
    ensure!(output == binary, "GET did not give back the bytes that SET was given");
    Ok(())
}

fn databases(cli: &Cli<'_>) -> Result<()> {
    equal(cli.text(&["-n", "3", "SET", "k", "three"], b"")?, "OK")?;
    equal(cli.text(&["-n", "3", "GET", "k"], b"")?, "three")?;
    equal(cli.text(&["GET", "k"], b"")?, "a value")?;
    equal(cli.text(&["-n", "3", "FLUSHDB"], b"")?, "OK")
}

fn mass_insertion(cli: &Cli<'_>) -> Result<()> {
    let mut input = String::new();
    for number in 0..5000 {
        let key = format!("mass:{number:04}");
        write!(input, "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n$1\r\nx\r\n", key.len())?;
    }
    contains(&cli.text(&["--pipe"], input.as_bytes())?, "errors: 0, replies: 5000")
}

fn scanning(cli: &Cli<'_>) -> Result<()> {
    let found = cli.text(&["--scan", "--pattern", "mass:*"], b"")?;
    let mut names: Vec<&str> = found.lines().collect();
    names.sort_unstable();
    names.dedup();
    equal(names.len(), 5000)
}

fn repetition(cli: &Cli<'_>) -> Result<()> {
    equal(cli.text(&["-r", "3", "INCR", "repeated"], b"")?, "1\n2\n3")
}
