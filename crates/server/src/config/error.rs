//! What can be wrong with a configuration, and how it is said: at start for the operator, by CONFIG SET for a client.

use std::fmt;

/// Why a directive does not take a value. The wording is Redis's where Redis has one; clients see it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// No word, or more than the directive takes.
    #[error("wrong number of arguments")]
    WordCount,
    /// Not a whole number in its plain form.
    #[error("argument couldn't be parsed into an integer")]
    NotAnInteger,
    /// A number that is too small or too large.
    #[error("argument must be between {min} and {max} inclusive")]
    OutOfRange {
        /// The smallest number accepted.
        min: i64,
        /// The largest number accepted.
        max: i64,
    },
    /// A number that is not 2^n.
    #[error("argument must be a power of two")]
    NotAPowerOfTwo,
    /// Neither a number of bytes nor one with a known unit.
    #[error("argument must be a memory value")]
    NotMemory,
    /// Neither `yes` nor `no`.
    #[error("argument must be 'yes' or 'no'")]
    NotYesNo,
    /// None of these names.
    #[error("argument(s) must be one of the following: {0}")]
    NotOneOf(String),
    /// `save` with a number missing, negative or not a number.
    #[error("Invalid save parameters")]
    NotSaveRules,
    /// `bind` without an address, or with something that is none.
    #[error("argument must be one or more IP addresses")]
    NoAddress,
    /// `dbfilename` with a folder in it.
    #[error("dbfilename can't be a path, just a filename")]
    NotAFileName,
    /// `client-output-buffer-limit` with a number of words that is no multiple of four.
    #[error("Wrong number of arguments in buffer limit configuration.")]
    LimitWords,
    /// `client-output-buffer-limit` with a class that there is not.
    #[error("Invalid client class specified in buffer limit configuration.")]
    LimitClass,
    /// `client-output-buffer-limit` with something that is no number of bytes or seconds.
    #[error("Error in hard, soft or soft_seconds setting in buffer limit configuration.")]
    LimitNumber,
    /// `notify-keyspace-events` with a letter that stands for nothing.
    #[error("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")]
    EventClass,
    /// A name or a path without a character.
    #[error("argument can't be empty")]
    Empty,
    /// Not UTF-8, or a NUL in a path.
    #[error("argument must be UTF-8 text")]
    NotText,
    /// `appendonly yes`.
    #[error("there is no journal yet, use 'no' and 'save' rules")]
    NoJournal,
}

impl ValueError {
    /// Whether the text leaves open what would be accepted.
    const fn needs_shape(&self) -> bool {
        matches!(self, Self::WordCount | Self::NotAnInteger | Self::NotMemory | Self::NotSaveRules | Self::NoAddress)
    }
}

/// Why CONFIG SET changed nothing; the text is Redis's, without the `ERR` in front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// No directive has this name.
    #[error("Unknown option or number of arguments for CONFIG SET - '{0}'")]
    Unknown(String),
    /// The directive can't be changed while the server runs.
    #[error("CONFIG SET failed (possibly related to argument '{0}') - can't set immutable config")]
    Immutable(String),
    /// The directive says where the data is, which can't be changed while the server runs.
    #[error("CONFIG SET failed (possibly related to argument '{0}') - can't set protected config")]
    Protected(String),
    /// The directive is named twice.
    #[error("CONFIG SET failed (possibly related to argument '{0}') - duplicate parameter")]
    Duplicate(String),
    /// The operating system has no room for so many clients; holds for how many it has.
    #[error(
        "CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to handle the specified number of clients, try with {0}"
    )]
    TooManyClients(u32),
    /// The directive does not take this value.
    #[error("CONFIG SET failed (possibly related to argument '{name}') - {reason}")]
    Value {
        /// The directive.
        name: &'static str,
        /// What is wrong with the value.
        reason: ValueError,
    },
}

/// Why a server can't start with this configuration: one line that says where, what, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    pub(super) place: Place,
    pub(super) problem: Problem,
}

/// Where the mistake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A whole file.
    File(String),
    /// A line of a file; the first is 1.
    Line(String, usize),
    /// An option, without its dashes.
    Option(String),
    /// The arguments as a whole.
    CommandLine,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => write!(f, "{name}"),
            Self::Line(name, line) => write!(f, "{name}:{line}"),
            Self::Option(name) => write!(f, "--{name}"),
            Self::CommandLine => write!(f, "command line"),
        }
    }
}

/// What the mistake is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("can't read the configuration: {0}")]
    Unreadable(std::io::Error),
    #[error("unbalanced quotes, close the quote or write \\\" for a quote itself")]
    UnbalancedQuotes,
    #[error("'include' is not supported, put the lines of that file here")]
    Include,
    #[error("unknown directive '{name}', {}", advice(.nearest))]
    Unknown { name: String, nearest: Option<&'static str> },
    #[error("'{name}' needs a value: {shape}")]
    NoValue { name: &'static str, shape: String },
    #[error("bad value{} for '{name}': {reason}{}", quoted(.value), way_out(.reason, .shape))]
    Value { name: &'static str, value: Option<String>, shape: String, reason: ValueError },
    #[error("unexpected '{0}', a configuration file comes first and then --name value")]
    Unexpected(String),
}

fn advice(nearest: &Option<&str>) -> String {
    nearest.map_or_else(|| "see --help for those there are".to_owned(), |name| format!("did you mean '{name}'?"))
}

fn quoted(value: &Option<String>) -> String {
    value.as_ref().map_or_else(String::new, |value| format!(" '{value}'"))
}

/// What would be accepted, where the reason alone does not say it.
fn way_out(reason: &ValueError, shape: &str) -> String {
    if reason.needs_shape() { format!(", it takes {shape}") } else { String::new() }
}

/// What came from outside, as it may stand in a one-line message: printable, and not long.
pub(super) fn shown(text: &[u8]) -> String {
    const CHARS_MAX: usize = 64;
    let text = String::from_utf8_lossy(text);
    let mut shown: String = text.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        shown.push_str("...");
    }
    shown
}
