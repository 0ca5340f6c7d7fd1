//! Makes a sequence that shows a difference as short as it gets.
//!
//! How: whole runs of steps are left out, halves first and single ones last, then of arguments; each attempt is played from
//! empty servers and kept if the same difference is seen. What is left does not get shorter by any one of these.

use anyhow::Result;

use super::generate::{Sequence, Step};
use super::play::{Arena, Content, Difference, play, shown};

/// At most so many attempts; many more than a sequence of some hundred steps needs.
const ATTEMPTS_MAX: usize = 3_000;

/// An option has up to so many words; so many arguments and fewer are left out wherever they are.
const OPTION_WORDS: usize = 4;

/// A sequence that shows a difference.
#[derive(Debug)]
pub(super) struct Shrunk {
    pub(super) sequence: Sequence,
    pub(super) difference: Difference,
}

impl Shrunk {
    /// What tells it from others: the command, and the kinds of replies. If the servers hold different things, it is the command
    /// that made it so.
    pub(super) fn signature(&self) -> String {
        let last = self.sequence.steps.last().filter(|_| self.difference.database.is_some());
        match last.and_then(|step| step.arguments.first()) {
            Some(name) => format!("{}: {}", shown(name), self.difference.signature()),
            None => self.difference.signature(),
        }
    }
}

/// Shortens `sequence`, which showed `difference`, and goes back to where the servers began to hold different things, if that is
/// what a reply shows; none if it does not show it again.
///
/// # Errors
/// When a server does not answer.
pub(super) fn shrink(arena: &Arena, sequence: &Sequence, difference: &Difference) -> Result<Option<Shrunk>> {
    let Some(shrunk) = shorten(arena, sequence, difference)? else { return Ok(None) };
    if shrunk.difference.database.is_some() {
        return Ok(Some(shrunk));
    }
    let mut before = shrunk.sequence.clone();
    before.steps.pop();
    let origin = match play(arena, &before, Content::AtEnd)?.difference {
        Some(earlier) => shorten(arena, &before, &earlier)?,
        None => None,
    };
    Ok(Some(origin.unwrap_or(shrunk)))
}

fn shorten(arena: &Arena, sequence: &Sequence, difference: &Difference) -> Result<Option<Shrunk>> {
    let content = if difference.database.is_some() { Content::AtEnd } else { Content::Never };
    let mut shrinker = Shrinker { arena, content, signature: difference.signature(), attempts: 0 };
    let mut sequence = sequence.clone();
    sequence.steps.truncate(difference.steps);
    let Some(difference) = shrinker.attempt(&sequence)? else { return Ok(None) };
    let mut best = Shrunk { sequence, difference };
    loop {
        let before = size(&best.sequence);
        shrinker.fewer_steps(&mut best)?;
        shrinker.fewer_arguments(&mut best)?;
        shrinker.plainer(&mut best)?;
        if size(&best.sequence) == before || shrinker.attempts >= ATTEMPTS_MAX {
            return Ok(Some(best));
        }
    }
}

fn size(sequence: &Sequence) -> usize {
    sequence.steps.iter().flat_map(|step| &step.arguments).map(|argument| argument.len() + 1).sum()
}

struct Shrinker<'a> {
    arena: &'a Arena,
    content: Content,
    signature: String,
    attempts: usize,
}

impl Shrinker<'_> {
    /// The difference, if this sequence shows it, too.
    fn attempt(&mut self, sequence: &Sequence) -> Result<Option<Difference>> {
        self.attempts += 1;
        let found = play(self.arena, sequence, self.content)?.difference;
        Ok(found.filter(|found| found.signature() == self.signature))
    }

    /// Keeps a changed sequence if it shows the difference; whether it does.
    fn keep(&mut self, best: &mut Shrunk, mut sequence: Sequence) -> Result<bool> {
        if self.attempts >= ATTEMPTS_MAX {
            return Ok(false);
        }
        let Some(difference) = self.attempt(&sequence)? else { return Ok(false) };
        sequence.steps.truncate(difference.steps);
        *best = Shrunk { sequence, difference };
        Ok(true)
    }

    fn fewer_steps(&mut self, best: &mut Shrunk) -> Result<()> {
        let mut run = (best.sequence.steps.len() / 2).max(1);
        loop {
            let mut start = 0;
            while start < best.sequence.steps.len() {
                let mut sequence = best.sequence.clone();
                let end = (start + run).min(sequence.steps.len());
                sequence.steps.drain(start..end);
                if !self.keep(best, sequence)? {
                    start += run;
                }
            }
            if run == 1 {
                return Ok(());
            }
            run = next_run(run);
        }
    }

    fn fewer_arguments(&mut self, best: &mut Shrunk) -> Result<()> {
        for index in 0..best.sequence.steps.len() {
            let length = |best: &Shrunk| best.sequence.steps.get(index).map_or(0, |step| step.arguments.len());
            let mut run = (length(best) / 2).max(1);
            loop {
                let mut start = 1;
                while start < length(best) {
                    let end = (start + run).min(length(best));
                    let changed = changed(&best.sequence, index, |step| drop(step.arguments.drain(start..end)));
                    if !self.keep(best, changed)? {
                        start += if run > OPTION_WORDS { run } else { 1 };
                    }
                }
                if run == 1 {
                    break;
                }
                run = next_run(run);
            }
        }
        Ok(())
    }

    /// One connection, one protocol, short arguments.
    fn plainer(&mut self, best: &mut Shrunk) -> Result<()> {
        let plain = Sequence { versions: best.sequence.versions.iter().map(|_| 2).collect(), ..best.sequence.clone() };
        if plain.versions != best.sequence.versions {
            self.keep(best, plain)?;
        }
        if best.sequence.pipeline > 1 {
            let single = Sequence { pipeline: 1, ..best.sequence.clone() };
            self.keep(best, single)?;
        }
        for index in 0..best.sequence.steps.len() {
            let Some(step) = best.sequence.steps.get(index).cloned() else { break };
            if step.connection > 0 {
                let alone = changed(&best.sequence, index, |step| step.connection = 0);
                self.keep(best, alone)?;
            }
            for place in 1..step.arguments.len() {
                self.shorter(best, index, place)?;
            }
        }
        Ok(())
    }

    /// A long argument cut to its first byte, or else in half as often as that can be done.
    fn shorter(&mut self, best: &mut Shrunk, index: usize, place: usize) -> Result<()> {
        let length = |best: &Shrunk| best.sequence.steps.get(index)?.arguments.get(place).map(Vec::len);
        let mut cut = 1;
        while let Some(old) = length(best).filter(|old| *old > 8 && cut < *old) {
            let short = changed(&best.sequence, index, |step| {
                if let Some(argument) = step.arguments.get_mut(place) {
                    argument.truncate(cut);
                }
            });
            let is_kept = self.keep(best, short)?;
            cut = match cut {
                1 if !is_kept => old / 2,
                _ if is_kept => length(best).unwrap_or_default() / 2,
                _ => break,
            };
        }
        Ok(())
    }
}

/// How many steps or arguments are left out next: half as many, and from an option's length on one less.
fn next_run(run: usize) -> usize {
    if run > OPTION_WORDS { (run / 2).max(OPTION_WORDS) } else { run.saturating_sub(1).max(1) }
}

fn changed(sequence: &Sequence, index: usize, change: impl FnOnce(&mut Step)) -> Sequence {
    let mut sequence = sequence.clone();
    if let Some(step) = sequence.steps.get_mut(index) {
        change(step);
    }
    sequence
}
