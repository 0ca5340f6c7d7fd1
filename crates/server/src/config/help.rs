//! What `--help` and `--version` print, and the table in `docs/configuration.md`.

use std::fmt::Write;

use super::directives::TABLE;
use super::table::Change;

/// The line of `--version`, with its line feed.
pub(super) fn version() -> String {
    format!("pyredis-server v={} bits={}\n", env!("CARGO_PKG_VERSION"), usize::BITS)
}

/// The text of `--help`.
pub(super) fn help() -> String {
    let mut text = String::from(USAGE);
    for directive in TABLE {
        let mark = if directive.change == Change::AtRunTime { '*' } else { ' ' };
        let (name, doc, shape, default) =
            (directive.name, directive.doc, (directive.shape)(), directive.default_text());
        // Writing to a string can't fail.
        let _ = write!(text, "\n{mark} --{name}\n      {doc}\n      [{shape}; default {default}]\n");
    }
    text
}

const USAGE: &str = "\
A Redis-compatible in-memory datastore.

Usage: pyredis-server [configuration file, or - for standard input] [--name value ...]...
       pyredis-server -h or --help
       pyredis-server -v or --version

Examples:
  pyredis-server
  pyredis-server --port 7777 --save 60 1 300 10
  pyredis-server /etc/pyredis.conf --loglevel verbose
  echo 'requirepass \"a secret\"' | pyredis-server -

Directives, for the command line and the configuration file (* CONFIG SET can change it while the server runs):
";

/// The table of the documentation, in Markdown.
#[cfg(test)]
pub(super) fn markdown_table() -> String {
    let mut table =
        String::from("| Directive | What it does | Values | Default | CONFIG SET |\n| --- | --- | --- | --- | --- |\n");
    for directive in TABLE {
        let change = if directive.change == Change::AtRunTime { "yes" } else { "no" };
        let default = match directive.default_called {
            Some(words) => words.to_owned(),
            None => format!("`{}`", directive.default_text()),
        };
        let (name, doc, shape) = (directive.name, directive.doc, (directive.shape)());
        // Writing to a string can't fail.
        let _ = writeln!(table, "| `{name}` | {doc} | {shape} | {default} | {change} |");
    }
    table
}
