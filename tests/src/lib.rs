//! What the black-box tests are made of: servers as child processes, a plain client, and transcripts.
//!
//! Nothing here links a pyredis crate, the codec included: a judge that shares its decoder with the accused cannot see
//! the decoder's faults. The tests themselves are in `tests/`, the transcripts in `cases/`, their notation in
//! `README.md`.
//!
//! Guarantees: every server listens on a free port of 127.0.0.1 with a temporary folder of its own, is ended by its
//! own process id, and no wait is unbounded ([`PATIENCE`]) or a guess at a duration.

mod client;
mod expect;
mod expect_parse;
mod hello;
pub mod linear;
pub mod oracle;
mod process;
mod record;
mod render;
mod reply;
mod run;
mod server;
mod transcript;
mod words;

pub use client::{Client, PATIENCE};
pub use expect::{Expect, Text};
pub use process::{Ended, Process};
pub use record::record;
pub use render::render;
pub use reply::Reply;
pub use run::{Mismatch, run};
pub use server::{Flavour, Server, pyredis_binary, pyredis_command};
pub use transcript::{Condition, Expectation, Section, Step, StepKind, Transcript};
pub use words::{WordsError, split_words};
