//! `pyredis-cli`: talks to a server from the command line, once, from a pipe, or interactively.
//!
//! Replies are printed as redis-cli 7.0 prints them. What the commands are it learns from the server.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::output::Output;
use crate::session::Session;

mod args;
mod batch;
mod connection;
mod docs;
mod help;
mod hints;
mod output;
mod prompt;
mod render;
mod repl;
mod session;
mod state;
mod uri;
mod words;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(message) => {
            // Nothing is left to be done if even this can't be written.
            let _ = message.print();
            return ExitCode::from(u8::from(message.use_stderr()));
        }
    };
    match run(&args) {
        Ok(all_well) => ExitCode::from(u8::from(!all_well)),
        // Whoever read the output has seen enough.
        Err(error) if error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
fn run(args: &Args) -> anyhow::Result<bool> {
    args.warn_of_visible_password();
    let mut session = Session::new(args.target()?, Output::new(args.format()));
    if !args.command.is_empty() {
        batch::one_shot(&mut session, args)
    } else if io::stdin().is_terminal() {
        repl::run(&mut session, args.interval).map(|()| true)
    } else {
        batch::piped(&mut session, io::stdin().lock(), args)
    }
}
