//! The options, named as redis-cli's.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use crate::connection::Target;
use crate::output::Format;
use crate::uri;

/// Talks to a pyredis or Redis server.
///
/// With a command it sends that and ends. Without one it reads commands, one a line, from standard input, which may
/// be a pipe or you.
#[derive(Debug, Parser)]
#[command(
    name = "pyredis-cli",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true
)]
pub(crate) struct Args {
    /// Server host
    #[arg(short = 'h', value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Server port
    #[arg(short = 'p', value_name = "PORT", default_value_t = 6379)]
    port: u16,
    /// Password; others may see it in the list of processes, REDISCLI_AUTH in the environment is safer
    #[arg(short = 'a', long = "pass", value_name = "PASSWORD")]
    password: Option<String>,
    /// User name, with a password
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Server as redis://user:password@host:port/db, in place of -h, -p, -a, --user and -n
    #[arg(short = 'u', value_name = "URI")]
    uri: Option<String>,
    /// Database number
    #[arg(short = 'n', value_name = "DB", default_value_t = 0)]
    database: u32,
    /// Speak RESP2, the default
    #[arg(short = '2', conflicts_with = "resp3")]
    resp2: bool,
    /// Speak RESP3
    #[arg(short = '3')]
    resp3: bool,
    /// Print replies bare, as is done when the output is no terminal
    #[arg(long)]
    raw: bool,
    /// Print replies for people, as is done on a terminal
    #[arg(long, conflicts_with = "raw")]
    no_raw: bool,
    /// End with status 1 when the server answers with an error
    #[arg(short = 'e')]
    pub(crate) error_status: bool,
    /// Run the command this often; without end if negative
    #[arg(short = 'r', value_name = "COUNT", default_value_t = 1, allow_negative_numbers = true, requires = "command")]
    pub(crate) repeat: i64,
    /// Seconds to wait after each run of a repeated command, such as 0.1
    #[arg(short = 'i', value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub(crate) interval: Duration,
    /// Take the last argument from standard input
    #[arg(short = 'x', requires = "command")]
    pub(crate) last_argument_from_stdin: bool,
    /// Print this help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// Print the version
    #[arg(long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true)]
    pub(crate) command: Vec<OsString>,
}

impl Args {
    /// Where to connect to, and as whom.
    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        let mut target = Target {
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            password: self.password.clone().or_else(|| std::env::var("REDISCLI_AUTH").ok()),
            database: self.database,
            resp3: self.resp3,
        };
        if let Some(text) = &self.uri {
            uri::apply(text, &mut target).with_context(|| format!("bad URI '{text}'"))?;
        }
        Ok(target)
    }

    /// How replies are printed.
    pub(crate) fn format(&self) -> Format {
        if self.raw || !self.no_raw && !std::io::stdout().is_terminal() { Format::Raw } else { Format::ForPeople }
    }

    /// Tells a person that a password on the command line can be seen by others.
    pub(crate) fn warn_of_visible_password(&self) {
        if (self.password.is_some() || self.uri.as_ref().is_some_and(|uri| uri.contains('@')))
            && std::io::stderr().is_terminal()
        {
            eprintln!(
                "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."
            );
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
