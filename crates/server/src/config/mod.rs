//! The server's configuration: Redis's directive names, in a file, as `--name value`, and through CONFIG.
//!
//! Every directive is declared once, in `directives.rs`: field, name, one line of documentation, default, accepted
//! values, and whether CONFIG SET may change it. [`Config`], the parsers, [`LiveConfig`], `--help` and
//! `docs/configuration.md` are all derived from that table.
//!
//! What comes from outside never panics: a bad value, an unknown directive or an unreadable file is a
//! [`ConfigError`] (at start) or a [`SetError`] (CONFIG SET), and nothing is accepted and then ignored.

mod codec;
mod command_line;
mod directives;
mod error;
mod file;
mod help;
mod keyspace_events;
mod live;
mod loader;
mod output_limit;
mod save;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use command_line::{Command, from_command_line};
pub use directives::Config;
pub use error::{ConfigError, SetError, ValueError};
pub use keyspace_events::KeyspaceEvents;
pub use live::LiveConfig;
pub use output_limit::{OutputLimit, OutputLimits};
pub use save::SaveRule;
pub use value::{AppendOnly, BindAddress, LogLevel, MaxmemoryPolicy};
