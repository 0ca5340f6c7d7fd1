//! Puts a configuration together at start, directive by directive, from a file and the command line.

use super::directives::{Config, TABLE};
use super::error::{Problem, shown};
use super::table::Directive;

/// The configuration so far.
#[derive(Default)]
pub(super) struct Loader {
    pub(super) config: Config,
    /// The names of the directives met so far that add up.
    begun: Vec<&'static str>,
}

impl Loader {
    /// Takes one directive with its words. A later mention replaces an earlier one; one that adds up is added to it,
    /// until an empty value clears them all.
    pub(super) fn apply(&mut self, name: &[u8], words: &[&[u8]]) -> Result<(), Problem> {
        let directive = known(name)?;
        if words.is_empty() {
            return Err(Problem::NoValue { name: directive.name, shape: (directive.shape)() });
        }
        // Checked alone first, so that the halves of a rule on two lines are not taken for a rule.
        let mut config = self.config.clone();
        put(directive, &mut config, words)?;
        if directive.adds_up {
            let (before, added) = ((directive.get)(&self.config), (directive.get)(&config));
            if !self.begun.contains(&directive.name) {
                self.begun.push(directive.name);
            } else if !before.is_empty() && !added.is_empty() {
                put(directive, &mut config, &[format!("{before} {added}").as_bytes()])?;
            }
        }
        self.config = config;
        Ok(())
    }
}

/// Sets one directive; on error, `config` is as it was.
fn put(directive: &Directive, config: &mut Config, words: &[&[u8]]) -> Result<(), Problem> {
    (directive.set)(config, words).map_err(|reason| Problem::Value {
        name: directive.name,
        value: (!directive.secret).then(|| shown(&words.join(&b' '))),
        shape: (directive.shape)(),
        reason,
    })
}

/// The directive of that name, or what to say when there is none.
fn known(name: &[u8]) -> Result<&'static Directive, Problem> {
    if name.eq_ignore_ascii_case(b"include") {
        return Err(Problem::Include);
    }
    Directive::find(name).ok_or_else(|| Problem::Unknown { name: shown(name), nearest: nearest(name) })
}

/// The directive whose name is close enough to be what was meant, if any.
fn nearest(name: &[u8]) -> Option<&'static str> {
    const NAME_BYTES_MAX: usize = 64;
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let wanted: Vec<u8> =
        name.iter().map(|&byte| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }).collect();
    let rated = TABLE.iter().map(|directive| (edits(&wanted, directive.name.as_bytes()), directive.name));
    let (edits, name) = rated.min_by_key(|(edits, _)| *edits)?;
    // Two slips, as in `prot`, or more in a long name; but never half of a short one.
    (edits <= (wanted.len() / 3).max(2).min(wanted.len() / 2)).then_some(name)
}

/// How many bytes must be put in, left out or changed to make one of the other (Levenshtein's distance).
fn edits(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (done, byte) in one.iter().enumerate() {
        let mut diagonal = done;
        let mut left = done + 1;
        for (cell, other_byte) in row.iter_mut().skip(1).zip(other) {
            let above = *cell;
            left = (diagonal + usize::from(byte != other_byte)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
