//! Sequence after sequence, until it is enough: what was tried, and what was found.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use anyhow::{Result, ensure};

use super::generate::{Sequence, sequence};
use super::grammar::{Form, Group, forms};
use super::play::{Arena, Content, Difference, Played, play};
use super::report::transcript;
use super::shrink::shrink;
use crate::client::Client;

/// How many commands a sequence has.
const STEPS: usize = 300;
/// After so many of them all that the servers hold is compared.
const CONTENT_EVERY: usize = 150;

/// What to try.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed of the first sequence; each has the next.
    pub seed: u64,
    /// The groups to draw from.
    pub groups: Vec<Group>,
    /// Enough is found when so many differences are.
    pub differences_max: usize,
    /// Whether what was found is made as short as it gets.
    pub shortens: bool,
}

impl Default for Plan {
    /// Everything, from the seed 0.
    fn default() -> Self {
        Self { seed: 0, groups: Group::ALL.to_vec(), differences_max: 20, shortens: true }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many sequences were played.
    pub sequences: u64,
    /// For each group, how many commands were tried, and how many of them were not answered by an error.
    pub commands: BTreeMap<Group, (u64, u64)>,
    /// How many commands of the grammar the accused knows, and how many there are.
    pub known: (usize, usize),
    /// Those that it does not know.
    pub unknown: Vec<String>,
    /// Differences that are meant, by reason, and how often they were seen.
    pub allowed: BTreeMap<&'static str, u64>,
    /// Each different difference as a transcript, by what tells it from the others.
    pub differences: BTreeMap<String, Found>,
}

/// A difference that was found.
#[derive(Debug)]
pub struct Found {
    /// The seed of the sequence.
    pub seed: u64,
    /// The shortest sequence that shows it, in the notation of transcripts.
    pub transcript: String,
    /// How many commands that is.
    pub steps: usize,
    /// How many sequences showed it.
    pub times: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} commands known", self.known.0, self.known.1)?;
        if !self.unknown.is_empty() {
            writeln!(f, "left out: {}", self.unknown.join(" "))?;
        }
        writeln!(f, "{:<12} {:>10} {:>18}", "group", "commands", "without an error")?;
        for (group, (tried, answered)) in &self.commands {
            writeln!(f, "{:<12} {tried:>10} {answered:>18}", group.name())?;
        }
        for (why, times) in &self.allowed {
            writeln!(f, "allowed, {times} times: {why}")?;
        }
        for (signature, found) in &self.differences {
            writeln!(f, "difference, in {} sequences, first of seed {}: {signature}", found.times, found.seed)?;
        }
        let commands: u64 = self.commands.values().map(|(tried, _)| tried).sum();
        write!(f, "{} sequences, {commands} commands, differences: {}", self.sequences, self.differences.len())
    }
}

/// Plays sequences while `is_going` says so, and tells of each new difference at once.
///
/// # Errors
/// When a server does not answer, or the grammar is broken.
pub fn run(
    arena: &Arena,
    plan: &Plan,
    mut is_going: impl FnMut() -> bool,
    mut tell: impl FnMut(&Found),
) -> Result<Summary> {
    let mut summary = Summary::default();
    let forms = known_forms(arena, plan, &mut summary)?;
    ensure!(!forms.is_empty(), "{} knows no command of these groups", arena.accused.name);
    let mut seed = plan.seed;
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    while is_going() && summary.differences.len() < plan.differences_max {
        let sequence = sequence(&forms, seed, STEPS);
        let played = play(arena, &sequence, Content::Every(CONTENT_EVERY))?;
        summary.count(&sequence, &played);
        if let Some(difference) = &played.difference {
            // What looks like one that was seen is not looked into again.
            let signature = match seen.entry(difference.signature()) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => {
                    let (signature, found) = found(arena, plan, seed, &sequence, &played, difference);
                    new.insert(signature.clone());
                    if let Entry::Vacant(place) = summary.differences.entry(signature.clone()) {
                        tell(&found);
                        place.insert(found);
                    }
                    signature
                }
            };
            if let Some(found) = summary.differences.get_mut(&signature) {
                found.times += 1;
            }
        }
        seed = seed.wrapping_add(1);
    }
    Ok(summary)
}

impl Summary {
    fn count(&mut self, sequence: &Sequence, played: &Played) {
        self.sequences += 1;
        for (step, reply) in sequence.steps.iter().zip(&played.replies) {
            let Some(reply) = reply else { continue };
            let (tried, answered) = self.commands.entry(step.group).or_default();
            *tried += 1;
            *answered += u64::from(!reply.is_error());
        }
        for why in &played.allowed {
            *self.allowed.entry(why).or_default() += 1;
        }
    }
}

/// The rows whose commands the accused has, after its own list.
fn known_forms(arena: &Arena, plan: &Plan, summary: &mut Summary) -> Result<Vec<Form>> {
    let list = Client::connect(arena.accused.address)?.call("COMMAND LIST")?;
    let list: Vec<String> = list.items().unwrap_or_default().iter().map(|name| name.string().to_lowercase()).collect();
    let is_known = |form: &Form| {
        let has_subcommands = list.iter().any(|name| name.starts_with(&format!("{}|", form.command)));
        let subcommand = form.subcommand.as_ref().filter(|_| has_subcommands);
        let name = subcommand.map_or(form.command.clone(), |second| format!("{}|{second}", form.command));
        form.command.is_empty() || list.contains(&name)
    };
    let (known, unknown): (Vec<Form>, Vec<Form>) = forms(&plan.groups)?.into_iter().partition(is_known);
    let (names, mut others) = (names(&known), names(&unknown));
    summary.known = (names.len(), names.len() + others.len());
    summary.unknown.append(&mut others);
    Ok(known)
}

/// The names of these commands, each once.
fn names(forms: &[Form]) -> Vec<String> {
    let mut names: Vec<String> =
        forms.iter().map(|form| form.command.to_uppercase()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The difference, as short as it gets, and what tells it from others.
fn found(
    arena: &Arena,
    plan: &Plan,
    seed: u64,
    sequence: &Sequence,
    played: &Played,
    difference: &Difference,
) -> (String, Found) {
    let accused = &arena.accused.name;
    let whole = |why: &str| {
        let mut whole = sequence.clone();
        whole.steps.truncate(difference.steps);
        let title = format!("{}, seed {seed} ({why})", difference.signature());
        let transcript = transcript(&title, accused, &whole, &played.replies, difference);
        (difference.signature(), Found { seed, steps: difference.steps, transcript, times: 0 })
    };
    if !plan.shortens {
        return whole("whole");
    }
    let shrunk = match shrink(arena, sequence, difference) {
        Ok(Some(shrunk)) => shrunk,
        Ok(None) => return whole("not seen again, so not shortened"),
        Err(error) => return whole(&format!("not shortened: {error:#}")),
    };
    match play(arena, &shrunk.sequence, Content::Never) {
        Ok(again) => {
            let signature = shrunk.signature();
            let title = format!("{signature}, seed {seed}");
            let transcript = transcript(&title, accused, &shrunk.sequence, &again.replies, &shrunk.difference);
            (signature, Found { seed, steps: shrunk.sequence.steps.len(), transcript, times: 0 })
        }
        Err(error) => whole(&format!("not shortened: {error:#}")),
    }
}
