//! `save`: when the server saves by itself.

use super::codec::{Codec, several};
use super::error::ValueError;

/// Save once `seconds` have passed since the latest save and there were at least `changes` changes since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveRule {
    /// Seconds since the latest save, at least 1.
    pub seconds: u64,
    /// Changes since the latest save.
    pub changes: u64,
}

/// Pairs of seconds and changes; no pair is no rule.
pub(super) struct SaveRules;

impl Codec<Vec<SaveRule>> for SaveRules {
    fn shape(&self) -> String {
        "pairs of seconds and changes, such as 60 1 300 10".to_owned()
    }

    fn text(&self, rules: &Vec<SaveRule>) -> String {
        let pairs: Vec<String> = rules.iter().map(|rule| format!("{} {}", rule.seconds, rule.changes)).collect();
        pairs.join(" ")
    }

    fn parse(&self, words: &[&[u8]]) -> Result<Vec<SaveRule>, ValueError> {
        if words.is_empty() {
            return Err(ValueError::WordCount);
        }
        several(words).chunks(2).map(|pair| rule(pair).ok_or(ValueError::NotSaveRules)).collect()
    }
}

fn rule(pair: &[&[u8]]) -> Option<SaveRule> {
    let [seconds, changes] = pair else { return None };
    let (seconds, changes) = (number(seconds)?, number(changes)?);
    (seconds >= 1).then_some(SaveRule { seconds, changes })
}

/// As `strtoll` reads it (a plus sign and leading zeros included), but nothing below 0.
fn number(word: &[u8]) -> Option<u64> {
    let number: i64 = str::from_utf8(word).ok()?.parse().ok()?;
    u64::try_from(number).ok()
}
