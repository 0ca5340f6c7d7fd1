//! What every command's spec must be like, so that everything that is derived from it is right.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pyredis_protocol::Arg;

use crate::command::spec::{Arity, Flags, KeySpec, Locks};
use crate::command::syntax::{Argument, Kind, parse};
use crate::command::table::{Command, CommandTable};

/// Runs a check on every command and subcommand, and names all that fail it.
fn check(holds: impl Fn(&Command) -> bool) {
    let table = CommandTable::new();
    let failing: Vec<String> = table.all().iter().filter(|command| !holds(command)).map(Command::full_name).collect();
    assert_eq!(failing, Vec::<String>::new());
}

fn syntax(command: &Command) -> Vec<Argument<'static>> {
    parse(command.spec.syntax).unwrap_or_else(|error| panic!("{}: {error}", command.full_name()))
}

#[test]
fn names_are_unique_and_found() {
    let table = CommandTable::new();
    let names: BTreeSet<String> = table.all().iter().map(Command::full_name).collect();
    assert_eq!(names.len(), table.all().len());
    for command in table.all() {
        let found = match command.container {
            None => table.by_name(command.spec.name.to_uppercase().as_bytes()),
            Some(container) => {
                let container = table.by_name(container.as_bytes()).unwrap();
                table.subcommand(container, command.spec.name.to_uppercase().as_bytes())
            }
        };
        assert_eq!(found.map(|found| found.number), Some(command.number), "{}", command.full_name());
    }
}

#[test]
fn names_are_lower_case() {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    check(|command| !command.spec.name.is_empty() && command.spec.name.bytes().all(is_plain));
}

#[test]
fn summaries_are_sentences() {
    check(|command| {
        let summary = command.spec.summary;
        summary.starts_with(|first: char| first.is_ascii_uppercase()) && summary.ends_with('.') && is_tidy(summary)
    });
}

#[test]
fn since_is_a_version() {
    check(|command| {
        let parts: Vec<&str> = command.spec.since.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
    });
}

#[test]
fn complexity_is_said() {
    check(|command| !command.spec.complexity.is_empty() && is_tidy(command.spec.complexity));
}

/// One line of ASCII, with single spaces and none at its ends.
fn is_tidy(text: &str) -> bool {
    text.trim() == text && !text.contains("  ") && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[test]
fn syntax_agrees_with_arity() {
    check(|command| {
        if !command.spec.subcommands.is_empty() {
            return command.spec.syntax.is_empty() && matches!(command.spec.arity, Arity::AtLeast(1 | 2));
        }
        let names = 1 + usize::from(command.container.is_some());
        let arguments = syntax(command);
        match command.spec.arity {
            Arity::AtLeast(count) => count == names + least(&arguments),
            Arity::Exactly(count) => count == names + least(&arguments) && most(&arguments) == Some(count - names),
        }
    });
}

/// How many words a sequence has at least.
fn least(sequence: &[Argument<'_>]) -> usize {
    let words = |argument: &Argument<'_>| match argument.kind {
        Kind::PureToken => 0,
        Kind::Block => least(&argument.children),
        Kind::OneOf => argument.children.iter().map(|child| least(std::slice::from_ref(child))).min().unwrap_or(0),
        _ => 1,
    };
    let required = sequence.iter().filter(|argument| !argument.optional);
    required.map(|argument| usize::from(argument.token.is_some()) + words(argument)).sum()
}

/// How many words a sequence has at most, if there is a limit.
fn most(sequence: &[Argument<'_>]) -> Option<usize> {
    let words = |argument: &Argument<'_>| match argument.kind {
        _ if argument.multiple => None,
        Kind::PureToken => Some(0),
        Kind::Block => most(&argument.children),
        Kind::OneOf => argument.children.iter().map(|child| most(std::slice::from_ref(child))).max().flatten(),
        _ => Some(1),
    };
    sequence.iter().map(|argument| Some(usize::from(argument.token.is_some()) + words(argument)?)).sum()
}

/// The keys of a command, channels that are listed as such left out.
fn keys_of_the_store(command: &Command) -> impl Iterator<Item = &'static KeySpec> {
    command.spec.keys.iter().filter(|keys| !keys.flags.contains(&"not_key"))
}

#[test]
fn keys_lie_inside_the_arity() {
    check(|command| {
        let (Arity::Exactly(count) | Arity::AtLeast(count)) = command.spec.arity;
        let names = 1 + usize::from(command.container.is_some());
        keys_of_the_store(command).filter(|keys| keys.hidden.is_none()).all(|keys| {
            let args = vec![Arg::InBuffer(b"1"); count + usize::from(keys.counted)];
            let positions: Vec<usize> = keys.positions(&args).collect();
            let count = args.len();
            keys.step > 0 && !positions.is_empty() && positions.iter().all(|position| (names..count).contains(position))
        })
    });
}

#[test]
fn every_key_in_the_syntax_has_its_key_spec() {
    fn keys(arguments: &[Argument<'_>]) -> usize {
        arguments.iter().map(|argument| usize::from(argument.kind == Kind::Key) + keys(&argument.children)).sum()
    }
    check(|command| keys(&syntax(command)) == keys_of_the_store(command).map(KeySpec::named).sum());
}

#[test]
fn nothing_both_reads_and_writes() {
    check(|command| !command.spec.flags.contains(Flags::WRITE | Flags::READONLY));
}

#[test]
fn what_reads_or_writes_finds_locks() {
    check(|command| {
        let uses_keys = command.spec.flags.intersects(Flags::WRITE | Flags::READONLY);
        !uses_keys
            || !matches!(command.spec.locks, Locks::Keys | Locks::KeysAndTarget(_))
            || !command.spec.keys.is_empty()
    });
}

#[test]
fn flags_of_keys_agree_with_those_of_the_command() {
    check(|command| {
        let mut keys = keys_of_the_store(command);
        let only_reads = |flags: &[&str]| flags.contains(&"RO");
        if command.spec.flags.contains(Flags::WRITE) {
            command.spec.keys.is_empty() || keys.any(|keys| !only_reads(keys.flags))
        } else {
            keys.all(|keys| only_reads(keys.flags))
        }
    });
}

#[test]
fn containers_have_help() {
    check(|command| {
        let subcommands = command.spec.subcommands;
        let takes_nothing = |arity| arity == Arity::Exactly(2);
        subcommands.is_empty() || subcommands.iter().any(|spec| spec.name == "help" && takes_nothing(spec.arity))
    });
}

#[test]
fn every_command_has_a_transcript() {
    let families: Vec<PathBuf> = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/cases")
        .read_dir()
        .unwrap()
        .map(|family| family.unwrap().path())
        .collect();
    check(|command| {
        let file = format!("{}.resp", command.spec.name);
        command.container.is_some() || families.iter().any(|family| family.join(&file).is_file())
    });
}
