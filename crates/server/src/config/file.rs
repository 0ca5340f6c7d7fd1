//! The configuration file, in the form of redis.conf: a directive a line, `#` in front of a comment, words quoted
//! as in inline commands.

use std::io::Read;
use std::{fs, io};

use pyredis_protocol::split_words;

use super::directives::Config;
use super::error::{ConfigError, Place, Problem};
use super::loader::Loader;

impl Config {
    /// What the text of a configuration file says, and the defaults for the rest. `name` stands for the file in
    /// errors.
    ///
    /// # Errors
    /// The first mistake, with its line.
    pub fn from_text(name: &str, text: &[u8]) -> Result<Self, ConfigError> {
        let mut loader = Loader::default();
        apply_text(&mut loader, name, text)?;
        Ok(loader.config)
    }
}

/// Applies the file at `path`; `-` is standard input.
pub(super) fn apply_file(loader: &mut Loader, path: &std::path::Path) -> Result<(), ConfigError> {
    let from_stdin = path.as_os_str() == "-";
    let name =
        if from_stdin { "standard input".to_owned() } else { path.display().to_string().escape_debug().to_string() };
    let text = if from_stdin { read_stdin() } else { fs::read(path) };
    let text =
        text.map_err(|error| ConfigError { place: Place::File(name.clone()), problem: Problem::Unreadable(error) })?;
    apply_text(loader, &name, &text)
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}

fn apply_text(loader: &mut Loader, name: &str, text: &[u8]) -> Result<(), ConfigError> {
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        apply_line(loader, line)
            .map_err(|problem| ConfigError { place: Place::Line(name.to_owned(), index + 1), problem })?;
    }
    Ok(())
}

fn apply_line(loader: &mut Loader, line: &[u8]) -> Result<(), Problem> {
    let line = line.trim_ascii();
    if line.starts_with(b"#") {
        return Ok(());
    }
    let words = split_words(line).map_err(|_| Problem::UnbalancedQuotes)?;
    match words.split_first() {
        Some((name, values)) => loader.apply(name, &values.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>()),
        None => Ok(()),
    }
}
