//! Commands that no person waits for: one from the command line, or a line each from a pipe.

use std::io::{self, BufRead, Read};
use std::os::unix::ffi::OsStrExt;

use anyhow::{Context, Result};
use bytes::Bytes;

use crate::args::Args;
use crate::docs::Docs;
use crate::help;
use crate::session::{Answer, Session};
use crate::words::{self, Line};

/// Runs the command of the command line. Whether all went well.
pub(crate) fn one_shot(session: &mut Session, args: &Args) -> Result<bool> {
    let mut command: Vec<Bytes> =
        args.command.iter().map(|arg| Bytes::copy_from_slice(arg.as_os_str().as_bytes())).collect();
    if args.last_argument_from_stdin {
        let mut last = Vec::new();
        io::stdin().lock().read_to_end(&mut last).context("reading the last argument from standard input")?;
        command.push(last.into());
    }
    session.output.errors_to_stderr = args.error_status;
    let answer = session.run_repeated(&command, args.repeat, args.interval)?;
    Ok(answer == Answer::Good || !args.error_status)
}

/// Runs the commands of `input`, a line each, and goes on after errors. Whether all went well: none was lost with
/// the connection, and with `-e` none was answered with an error.
pub(crate) fn piped(session: &mut Session, mut input: impl BufRead, args: &Args) -> Result<bool> {
    let mut all_well = true;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).context("reading commands from standard input")? == 0 {
            return Ok(all_well);
        }
        let result = match words::parse(&line) {
            Line::Empty | Line::Clear => continue,
            Line::Quit => return Ok(all_well),
            Line::Invalid(message) => {
                session.output.line(message)?;
                Ok(Answer::Error)
            }
            Line::Help(topic) => {
                let docs = Docs::fetch(session);
                docs.and_then(|docs| {
                    Ok(session.output.line(help::text(&docs, &topic, help::Style::Plain).trim_end())?)
                })
                .map(|()| Answer::Good)
            }
            Line::Connect { host, port } => session.connect_to(host, port).map(|()| Answer::Good),
            Line::Command { repeat, args: command } => session.run_repeated(&command, repeat, args.interval),
        };
        match result {
            Ok(answer) => all_well &= answer == Answer::Good || !args.error_status,
            Err(error) if error.is::<io::Error>() => return Err(error),
            Err(error) => {
                eprintln!("{error:#}");
                all_well = false;
            }
        }
    }
}
