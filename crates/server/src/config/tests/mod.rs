//! The configuration against itself (whatever it shows, it takes back) and against Redis's wording.

mod command_line;
mod docs;
mod live;
mod properties;
mod text;

use super::Config;

/// The configuration that this text gives.
fn parsed(text: &str) -> Config {
    Config::from_text("test.conf", text.as_bytes()).unwrap()
}

/// What is said about this text.
fn refused(text: &[u8]) -> String {
    Config::from_text("test.conf", text).unwrap_err().to_string()
}
