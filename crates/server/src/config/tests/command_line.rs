//! The command line.

use std::ffi::OsString;
use std::path::Path;

use super::super::{Command, Config, SaveRule, from_command_line};

fn run(args: &[&str]) -> Config {
    match from_command_line(args.iter().map(OsString::from)).unwrap() {
        Command::Run(config) => *config,
        Command::Print(text) => panic!("{text}"),
    }
}

fn refused(args: &[&str]) -> String {
    from_command_line(args.iter().map(OsString::from)).unwrap_err().to_string()
}

fn printed(args: &[&str]) -> String {
    match from_command_line(args.iter().map(OsString::from)).unwrap() {
        Command::Run(config) => panic!("{config:?}"),
        Command::Print(text) => text,
    }
}

fn save(rules: &[(u64, u64)]) -> Config {
    let save = rules.iter().map(|&(seconds, changes)| SaveRule { seconds, changes }).collect();
    Config { save, ..Config::default() }
}

#[test]
fn options_set_directives() {
    assert_eq!(run(&[]), Config::default());
    assert_eq!(run(&["--port", "7000"]), Config { port: 7000, ..Config::default() });
    assert_eq!(run(&["--PORT=7000"]), Config { port: 7000, ..Config::default() });
    assert_eq!(run(&["--save", ""]), save(&[]));
    assert_eq!(run(&["--save="]), save(&[]));
    assert_eq!(run(&["--save", "60", "1", "--save", "300", "10"]), save(&[(60, 1), (300, 10)]));
    assert_eq!(run(&["--save", "60 1 300 10"]), save(&[(60, 1), (300, 10)]));
    let config = run(&["--requirepass=--a=b", "--bind", "-::1", "::1", "--manual-clock", "YES"]);
    assert_eq!((config.requirepass.as_deref(), config.bind.len(), config.manual_clock), (Some("--a=b"), 2, true));
}

#[test]
fn options_come_after_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.conf");
    std::fs::write(&path, "port 7000\nsave 60 1\ntimeout 5\n").unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(run(&[path]).port, 7000);
    let config = run(&[path, "--port", "7001", "--save", "7", "7"]);
    assert_eq!((config.port, config.timeout.as_secs()), (7001, 5));
    assert_eq!(config.save, save(&[(60, 1), (7, 7)]).save);
    std::fs::write(path, "port x\n").unwrap();
    assert!(refused(&[path]).starts_with(&format!("{path}:1: bad value 'x'")));
    assert!(printed(&[path, "--version"]).starts_with("pyredis-server v="));
}

#[test]
fn mistakes_name_the_option() {
    for (args, error) in [
        (&["--prot", "1"][..], "--prot: unknown directive 'prot', did you mean 'port'?"),
        (&["--port"], "--port: 'port' needs a value: 0 to 65535"),
        (&["--port", "--timeout", "5"], "--port: 'port' needs a value: 0 to 65535"),
        (
            &["--timeout", "-1"],
            "--timeout: bad value '-1' for 'timeout': argument must be between 0 and 2147483647 inclusive",
        ),
        (&["-p", "5"], "command line: unexpected '-p', a configuration file comes first and then --name value"),
        (&["--include", "a"], "--include: 'include' is not supported, put the lines of that file here"),
        (&["--", "a"], "--: unknown directive '', see --help for those there are"),
    ] {
        assert_eq!(refused(args), error);
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("a.conf");
    let error = refused(&[missing.to_str().unwrap()]);
    assert!(error.starts_with(&format!("{}: can't read the configuration: ", missing.display())), "{error}");
    let present = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert!(refused(&[present.to_str().unwrap(), "b.conf"]).contains("Cargo.toml:1: unknown directive '[package]'"));
}

#[test]
fn help_and_version_are_printed() {
    assert_eq!(printed(&["-v"]), format!("pyredis-server v={} bits={}\n", env!("CARGO_PKG_VERSION"), usize::BITS));
    assert_eq!(printed(&["--port", "1", "--version"]), printed(&["-v"]));
    let help = printed(&["-h"]);
    assert_eq!(help, printed(&["--port", "1", "--help"]));
    assert!(
        help.contains(
            "\n  --port\n      TCP port to listen on; 0 takes any free one\n      [0 to 65535; default 6379]\n"
        ),
        "{help}"
    );
    assert!(help.contains("\n* --save\n"), "{help}");
}
