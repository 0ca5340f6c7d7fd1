//! The command table: every command by name, and its place in the figures.

use std::collections::HashMap;

use ahash::RandomState;
use pyredis_protocol::Arg;

use super::args::text;
use super::error::CommandError;
use super::spec::CommandSpec;

/// A command or subcommand, and its place in the table.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    pub(crate) spec: &'static CommandSpec,
    /// Counts through commands and subcommands; indexes the figures.
    pub(crate) number: usize,
    /// The name of the command that a subcommand belongs to.
    pub(crate) container: Option<&'static str>,
}

impl Command {
    /// `name`, or `container|name`.
    pub(crate) fn full_name(&self) -> String {
        self.container.map_or_else(|| self.spec.name.to_owned(), |container| format!("{container}|{}", self.spec.name))
    }
}

/// All commands, each followed by its subcommands.
pub(crate) struct CommandTable {
    commands: Vec<Command>,
    /// Every request looks its name up here.
    by_name: HashMap<&'static [u8], usize, RandomState>,
}

/// The longest command name; a longer one is no command.
const NAME_BYTES_MAX: usize = 32;

impl CommandTable {
    pub(crate) fn new() -> Self {
        let mut table = Self { commands: Vec::new(), by_name: HashMap::default() };
        for spec in super::FAMILIES.iter().copied().flatten() {
            table.by_name.insert(spec.name.as_bytes(), table.commands.len());
            table.add(spec, None);
            spec.subcommands.iter().for_each(|subcommand| table.add(subcommand, Some(spec.name)));
        }
        table
    }

    fn add(&mut self, spec: &'static CommandSpec, container: Option<&'static str>) {
        self.commands.push(Command { spec, number: self.commands.len(), container });
    }

    /// Every command and subcommand, in the order of their numbers.
    pub(crate) fn all(&self) -> &[Command] {
        &self.commands
    }

    /// The command or subcommand that a request names.
    pub(crate) fn find(&self, args: &[Arg<'_>]) -> Result<Command, CommandError> {
        let command = args.first().and_then(|name| self.by_name(name)).ok_or_else(|| unknown_command(args))?;
        match args.get(1) {
            Some(word) if !command.spec.subcommands.is_empty() => self.subcommand(command, word).ok_or_else(|| {
                let name = text(word.get(..128).unwrap_or(word)).into_owned();
                CommandError::UnknownSubcommand(Box::new((name, command.spec.name.to_uppercase())))
            }),
            _ => Ok(command),
        }
    }

    /// A command by its name, in any case.
    pub(crate) fn by_name(&self, name: &[u8]) -> Option<Command> {
        let mut lower = [0; NAME_BYTES_MAX];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        self.by_name.get(&*lower).and_then(|number| self.commands.get(*number)).copied()
    }

    /// A command's subcommand by its name, in any case.
    pub(crate) fn subcommand(&self, command: Command, name: &[u8]) -> Option<Command> {
        let mut specs = command.spec.subcommands.iter();
        let place = specs.position(|spec| name.eq_ignore_ascii_case(spec.name.as_bytes()))?;
        self.commands.get(command.number + 1 + place).copied()
    }
}

/// Redis shows the name and the arguments cut to 128 bytes. What looks like HTTP is told apart: a web page must not be able to make a browser
/// send commands.
fn unknown_command(args: &[Arg<'_>]) -> CommandError {
    if args.first().is_some_and(|name| name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")) {
        return CommandError::Http;
    }
    const SHOWN_BYTES_MAX: usize = 128;
    let cut = |bytes: &[u8], max: usize| text(bytes.get(..max).unwrap_or(bytes)).into_owned();
    // The limit counts bytes as they came, and U+FFFD may be longer.
    let (mut shown, mut bytes) = (String::new(), 0);
    for arg in args.iter().skip(1) {
        let Some(room) = SHOWN_BYTES_MAX.checked_sub(bytes).filter(|room| *room > 0) else { break };
        shown.push_str(&format!("'{}' ", cut(arg, room)));
        bytes += arg.iter().take(room).take_while(|byte| **byte != 0).count() + "'' ".len();
    }
    let name = args.first().map(|name| cut(name, SHOWN_BYTES_MAX)).unwrap_or_default();
    CommandError::UnknownCommand(Box::new((name, shown)))
}
