//! A listener that keeps the units of effects it is given, in sequence.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on ends")]

use std::sync::Mutex;

use pyredis_store::{Effect, EffectSink};

/// Keeps every unit, at the place that its sequence number names.
#[derive(Default)]
pub(crate) struct Units(Mutex<Vec<Option<Vec<Effect>>>>);

impl Units {
    /// All units since `from`. Panics when a number is missing.
    pub(crate) fn since(&self, from: usize) -> Vec<Vec<Effect>> {
        let units = self.0.lock().unwrap();
        units.iter().skip(from).map(|unit| unit.clone().expect("sequence numbers without gaps")).collect()
    }
}

impl EffectSink for Units {
    fn accept(&self, sequence: u64, effects: Vec<Effect>) {
        assert!(!effects.is_empty(), "an empty unit says nothing");
        let mut units = self.0.lock().unwrap();
        let at = usize::try_from(sequence).unwrap();
        if units.len() <= at {
            units.resize(at + 1, None);
        }
        assert!(units[at].replace(effects).is_none(), "sequence number {at} twice");
    }
}
