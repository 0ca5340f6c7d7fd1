//! The command line, in redis-server's forms.
//!
//! A configuration file may come first (`-` is standard input), then options: `--name value`, with several values
//! where the directive takes them, or `--name=value`, which also takes a value that begins with dashes itself.
//! What the options say is applied after the file.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::directives::Config;
use super::error::{ConfigError, Place, Problem, shown};
use super::file::apply_file;
use super::help;
use super::loader::Loader;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A server with this configuration.
    Run(Box<Config>),
    /// This text on standard output, and nothing else.
    Print(String),
}

/// Understands the arguments of `pyredis-server`, given without the program's name, and reads the configuration file
/// if they name one.
///
/// # Errors
/// The first mistake in the file or the arguments, or that the file can't be read.
pub fn from_command_line(args: impl IntoIterator<Item = OsString>) -> Result<Command, ConfigError> {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut loader = Loader::default();
    let mut rest = args.as_slice();
    if let Some((first, after)) = rest.split_first() {
        match first.as_bytes() {
            b"-h" => return Ok(Command::Print(help::help())),
            b"-v" => return Ok(Command::Print(help::version())),
            b"-" => {}
            word if word.starts_with(b"-") => return options(loader, rest),
            _ => {}
        }
        // The options that only print do so whatever the file says.
        if let Some(text) = after.iter().find_map(|arg| text_asked_for(arg.as_bytes())) {
            return Ok(Command::Print(text));
        }
        apply_file(&mut loader, Path::new(first))?;
        rest = after;
    }
    options(loader, rest)
}

/// Applies `--name value ...` until the arguments end.
fn options(mut loader: Loader, mut rest: &[OsString]) -> Result<Command, ConfigError> {
    while let Some((option, after)) = rest.split_first() {
        if let Some(text) = text_asked_for(option.as_bytes()) {
            return Ok(Command::Print(text));
        }
        let Some(option) = option.as_bytes().strip_prefix(b"--") else {
            return Err(ConfigError {
                place: Place::CommandLine,
                problem: Problem::Unexpected(shown(option.as_bytes())),
            });
        };
        let (name, values, after) = match option.iter().position(|&byte| byte == b'=').map(|at| option.split_at(at)) {
            Some((name, value)) => (name, vec![value.strip_prefix(b"=").unwrap_or(value)], after),
            None => {
                let count = after.iter().take_while(|arg| !arg.as_bytes().starts_with(b"--")).count();
                let (values, after) = after.split_at_checked(count).unwrap_or((after, &[]));
                (option, values.iter().map(|value| value.as_bytes()).collect(), after)
            }
        };
        loader.apply(name, &values).map_err(|problem| ConfigError { place: Place::Option(shown(name)), problem })?;
        rest = after;
    }
    Ok(Command::Run(Box::new(loader.config)))
}

/// The text that an option which only prints asks for.
fn text_asked_for(option: &[u8]) -> Option<String> {
    match option {
        b"--help" => Some(help::help()),
        b"--version" => Some(help::version()),
        _ => None,
    }
}
