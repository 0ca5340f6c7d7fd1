//! The conversation with a person: line editing, history, completion, hints.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use crate::docs::Docs;
use crate::session::{Answer, Session};
use crate::words::{self, Line};
use crate::{help, hints, prompt};

/// A command that takes longer has its time shown.
const SLOW: Duration = Duration::from_millis(500);

/// What the line editor asks while a line is typed.
#[derive(Default)]
struct Assistant {
    docs: Docs,
}

/// Talks until the person leaves. Fails only if the terminal does.
pub(crate) fn run(session: &mut Session, pace: Duration) -> Result<()> {
    let config = Config::builder().completion_type(CompletionType::Circular).auto_add_history(false).build();
    let mut editor = Editor::<Assistant, FileHistory>::with_config(config)?;
    editor.set_helper(Some(Assistant::default()));
    let history = history_file();
    if let Some(file) = &history {
        // There is none before the first conversation.
        let _ = editor.load_history(file);
    }
    report(session.connect().map(drop));
    learn(session, &mut editor);
    loop {
        let line = match editor.readline(&prompt::text(session)) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        remember(&mut editor, history.as_ref(), &line);
        match words::parse(line.as_bytes()) {
            Line::Empty => {}
            Line::Quit => return Ok(()),
            Line::Clear => editor.clear_screen()?,
            Line::Help(topic) => {
                if let Some(assistant) = editor.helper() {
                    print!("{}", help::text(&assistant.docs, &topic, help::Style::Colours));
                }
            }
            Line::Connect { host, port } => {
                report(session.connect_to(host, port));
                learn(session, &mut editor);
            }
            Line::Invalid(message) => println!("{message}"),
            Line::Command { repeat, args } => {
                let knew_server = session.is_connected();
                report(timed(session, &args, repeat, pace));
                if !knew_server && !session.in_transaction() {
                    learn(session, &mut editor);
                }
            }
        }
    }
}

/// Learns the commands of the server, if there is one.
fn learn(session: &mut Session, editor: &mut Editor<Assistant, FileHistory>) {
    if session.is_connected()
        && let Ok(docs) = Docs::fetch(session)
        && let Some(assistant) = editor.helper_mut()
    {
        assistant.docs = docs;
    }
}

/// Keeps a line for later, also for other conversations, unless it holds a password.
fn remember(editor: &mut Editor<Assistant, FileHistory>, file: Option<&PathBuf>, line: &str) {
    if words::is_sensitive(line.as_bytes()) {
        return;
    }
    if let (Ok(true), Some(file)) = (editor.add_history_entry(line), file) {
        // A history that can't be written is no reason to stop talking.
        let _ = editor.append_history(file);
    }
}

#[expect(clippy::disallowed_methods, reason = "a person is shown how long a command took in real time")]
fn timed(session: &mut Session, args: &[Bytes], repeat: i64, pace: Duration) -> Result<Answer> {
    let start = std::time::Instant::now();
    let answer = session.run_repeated(args, repeat, pace)?;
    let elapsed = start.elapsed();
    if elapsed >= SLOW && session.output.is_for_people() {
        println!("({:.2}s)", elapsed.as_secs_f64());
    }
    Ok(answer)
}

fn report<T>(result: Result<T>) {
    if let Err(error) = result {
        eprintln!("{error:#}");
    }
}

/// `PYREDIS_HISTFILE`, or `.pyredis_history` at home.
fn history_file() -> Option<PathBuf> {
    match std::env::var_os("PYREDIS_HISTFILE") {
        Some(file) if file.is_empty() => None,
        Some(file) => Some(file.into()),
        None => std::env::home_dir().map(|home| home.join(".pyredis_history")),
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((0, hints::completions(&self.docs, line.get(..pos).unwrap_or(line))))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<String> {
        (pos == line.len()).then(|| hints::hint(&self.docs, line)).flatten()
    }
}

impl Highlighter for Assistant {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        format!("\x1b[90m{hint}\x1b[0m").into()
    }
}

impl Validator for Assistant {}

impl Helper for Assistant {}
