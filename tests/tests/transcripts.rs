//! Every file under `cases/`, on both servers and on pyredis without a port, in both protocol versions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use libtest_mimic::Trial;
use pyredis_tests::{Flavour, Server, Transcript, record, run};

use crate::oracle::needs_redis;
use crate::trial;

/// One test per file, server and version; each has a server of its own.
pub(crate) fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for path in files()? {
        for flavour in [Flavour::Redis, Flavour::Pyredis] {
            for version in [2, 3] {
                let name = format!("{}::{flavour}::resp{version}", name_of(&path));
                let path = path.clone();
                let test = trial(name, move || check(&path, &Server::start(flavour)?, version));
                trials.push(if flavour == Flavour::Redis { needs_redis(test) } else { test });
            }
        }
        // The door without a port gives the same answers.
        for version in [2, 3] {
            let name = format!("{}::in_process::resp{version}", name_of(&path));
            let path = path.clone();
            trials.push(trial(name, move || check(&path, &Server::start_in_process()?, version)));
        }
    }
    Ok(trials)
}

/// One test per file and version, all on the server at `target`.
pub(crate) fn external(target: &str) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for path in files()? {
        for version in [2, 3] {
            let (path, target) = (path.clone(), target.to_owned());
            let name = format!("{}::external::resp{version}", name_of(&path));
            trials.push(trial(name, move || check(&path, &Server::external(&target)?, version)));
        }
    }
    Ok(trials)
}

/// Writes every missing expectation into its file.
pub(crate) fn record_all() -> Result<()> {
    for path in files()? {
        let count = record(&Transcript::load(&path)?, &Server::start(Flavour::Redis)?)
            .with_context(|| format!("{}", path.display()))?;
        if count > 0 {
            println!("{}: {count} recorded", path.display());
        }
    }
    Ok(())
}

fn check(path: &Path, server: &Server, version: u8) -> Result<()> {
    let transcript = Transcript::load(path)?;
    let mismatches = run(&transcript, server, version)?;
    if mismatches.is_empty() {
        return Ok(());
    }
    let mut report = String::new();
    for one in &mismatches {
        writeln!(report, "{}:{}: {} in RESP{version}", path.display(), one.line, server.flavour())?;
        writeln!(
            report,
            "  sent      {}\n  expected  {}\n  got       {}",
            one.command,
            short(&one.expected),
            short(&one.got)
        )?;
    }
    bail!("{} of its replies are wrong\n{report}", mismatches.len());
}

/// At most 2 000 characters.
fn short(text: &str) -> String {
    match text.char_indices().nth(2000) {
        Some((end, _)) => format!("{}... ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

/// The transcripts, in the order of their names.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files = Vec::new();
    for family in std::fs::read_dir(&root).with_context(|| format!("cannot list {}", root.display()))? {
        for file in std::fs::read_dir(family?.path())? {
            files.push(file?.path());
        }
    }
    files.sort();
    Ok(files)
}

/// `string::set` for `cases/string/set.resp`.
fn name_of(path: &Path) -> String {
    let part = |path: Option<&Path>| path.and_then(Path::file_stem).unwrap_or_default().to_string_lossy().into_owned();
    format!("{}::{}", part(path.parent()), part(Some(path)))
}
