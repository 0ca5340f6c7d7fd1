//! What came of a run: latencies, and what the replies were.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use pyredis_protocol::Frame;

/// The longest latency told apart from longer ones, in nanoseconds: an hour.
const LATENCY_NANOS_MAX: u64 = 3_600_000_000_000;
/// Decimal digits that a latency is kept with.
const LATENCY_DIGITS: u8 = 3;

/// Counts and latencies of some connections.
pub(crate) struct Outcome {
    /// In nanoseconds.
    pub(super) latencies: Histogram<u64>,
    /// Replies that said there is no value.
    pub(super) misses: u64,
    /// Error replies: the text, and how often it came.
    pub(super) errors: BTreeMap<String, u64>,
}

impl Outcome {
    /// Nothing yet.
    pub(crate) fn new() -> Result<Self> {
        let latencies = Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, LATENCY_DIGITS)
            .context("the histogram's bounds are wrong")?;
        Ok(Self { latencies, misses: 0, errors: BTreeMap::new() })
    }

    /// Counts one reply.
    pub(super) fn record(&mut self, reply: &Frame, latency: Duration) {
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
        match reply {
            Frame::Null => self.misses += 1,
            Frame::Error(text) | Frame::BulkError(text) => {
                *self.errors.entry(String::from_utf8_lossy(text).into_owned()).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Adds what came of other connections.
    pub(crate) fn add(&mut self, other: Self) -> Result<()> {
        self.latencies.add(other.latencies).context("histograms of different bounds")?;
        self.misses += other.misses;
        for (text, count) in other.errors {
            *self.errors.entry(text).or_default() += count;
        }
        Ok(())
    }

    /// How many replies came.
    pub(super) fn replies(&self) -> u64 {
        self.latencies.len()
    }

    /// The latency in milliseconds that this part of the commands, between 0 and 1, did not exceed.
    pub(crate) fn millis_at(&self, quantile: f64) -> f64 {
        Duration::from_nanos(self.latencies.value_at_quantile(quantile)).as_secs_f64() * 1e3
    }

    /// The longest latency, in milliseconds.
    pub(crate) fn worst_millis(&self) -> f64 {
        self.millis_at(1.0)
    }
}
