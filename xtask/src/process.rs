//! Running other programs: with their output shown, or kept in a log that is shown only when they fail.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{clock, workspace};

/// The command as a person would type it, for messages.
pub(crate) fn shown(command: &Command) -> String {
    let mut text = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Runs `command` with its output on the terminal. `Ok(false)` when it ran and failed.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("can't start {}", shown(command)))?;
    Ok(status.success())
}

/// Runs `command`, gives every line of its standard output to `each` and prints it as it comes.
///
/// `Ok(false)` when it ran and failed.
pub(crate) fn run_with_lines(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("can't start {}", shown(command)))?;
    let mut reader = BufReader::new(child.stdout.take().context("the child has no standard output")?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        each(text.trim_end());
        line.clear();
    }
    Ok(child.wait()?.success())
}

/// Runs `command` with its output in `target/xtask/<log>.log`; when it fails, prints the log and says what failed.
pub(crate) fn run_logged(command: &mut Command, log: &str) -> Result<()> {
    let path = workspace::scratch().join(format!("{log}.log"));
    fs::create_dir_all(workspace::scratch()).context("can't make the tasks' folder")?;
    let mut file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
    writeln!(file, "$ {}", shown(command))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("can't start {}", shown(command)))?;
    if !status.success() {
        eprintln!("--- {}\n{}---", path.display(), fs::read_to_string(&path).unwrap_or_default());
        bail!("{} failed with {status}; its output is above", shown(command));
    }
    Ok(())
}

/// What a program that ran to its end left behind.
pub(crate) struct Ended {
    /// Its standard output, whole.
    pub(crate) output: Vec<u8>,
    /// Whether it ended with status 0.
    pub(crate) success: bool,
}

/// Runs `command` with `input` on its standard input; kills it, and fails, when `limit` passes before it ends.
pub(crate) fn converse(command: &mut Command, input: &[u8], limit: Duration) -> Result<Ended> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't start {}", shown(command)))?;
    let mut stdin = child.stdin.take().context("the child has no standard input")?;
    let stdout = child.stdout.take().context("the child has no standard output")?;
    let input = input.to_vec();
    // A program may end without reading all of its input: then writing fails, which is no concern of ours.
    thread::spawn(move || stdin.write_all(&input));
    let (output, is_whole) = collect(stdout, limit);
    if !is_whole {
        child.kill()?;
        child.wait()?;
        let text = String::from_utf8_lossy(&output);
        let last = text.lines().last().unwrap_or("nothing");
        bail!("{} did not end within {} s; it printed last: {last}", shown(command), limit.as_secs());
    }
    Ok(Ended { output, success: child.wait()?.success() })
}

/// What can be read from `pipe` within `limit`, and whether that is all.
fn collect(mut pipe: impl Read + Send + 'static, limit: Duration) -> (Vec<u8>, bool) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut chunk) {
            if sender.send(chunk.get(..count).unwrap_or_default().to_vec()).is_err() {
                return;
            }
        }
    });
    let deadline = clock::now() + limit;
    let mut output = Vec::new();
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(clock::now())) {
            Ok(chunk) => output.extend(chunk),
            Err(RecvTimeoutError::Disconnected) => return (output, true),
            Err(RecvTimeoutError::Timeout) => return (output, false),
        }
    }
}

/// What `command` prints on standard output, trimmed; `None` when it can't be started or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The path of the program of this name, if it is on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8], limit: Duration) -> Result<Ended> {
        converse(Command::new("sh").args(["-c", script]), input, limit)
    }

    #[test]
    fn conversations_end_with_all_output() {
        let large = vec![b'x'; 1_000_000];
        let ended = shell("cat; exit 3", &large, Duration::from_secs(60)).unwrap();
        assert_eq!((ended.output == large, ended.success), (true, false));
        assert!(shell("true", b"unread", Duration::from_secs(60)).unwrap().success);
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let script = "echo the last words; exec tail -f /dev/null";
        let why = shell(script, b"", Duration::from_millis(300)).err().unwrap().to_string();
        assert!(why.contains("did not end"), "{why}");
    }
}
