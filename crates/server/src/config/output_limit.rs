//! How much a client may leave unread: `client-output-buffer-limit`.

use std::time::Duration;

use pyredis_protocol::number::parse_i64;

use super::codec::{Codec, bytes_of, several};
use super::error::ValueError;

/// What one class of clients may leave unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// More bytes than these end the connection at once; 0 is no limit.
    pub hard: usize,
    /// More bytes than these end it when they stay for `soft_time`; 0 is no limit.
    pub soft: usize,
    /// How long more than `soft` may stay.
    pub soft_time: Duration,
}

impl OutputLimit {
    /// Whether there is a limit that time has to do with.
    pub(crate) const fn has_soft(&self) -> bool {
        self.soft > 0
    }
}

/// The limits of all classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Clients that ask and are answered.
    pub normal: OutputLimit,
    /// Replicas, of which there are none yet.
    pub replica: OutputLimit,
    /// Clients that listen: to channels, patterns, or with MONITOR.
    pub pubsub: OutputLimit,
}

const MIB: usize = 1024 * 1024;
const MINUTE: Duration = Duration::from_secs(60);

/// Redis's.
impl Default for OutputLimits {
    fn default() -> Self {
        Self {
            normal: OutputLimit::default(),
            replica: OutputLimit { hard: 256 * MIB, soft: 64 * MIB, soft_time: MINUTE },
            pubsub: OutputLimit { hard: 32 * MIB, soft: 8 * MIB, soft_time: MINUTE },
        }
    }
}

/// Classes by name, each with three numbers; those that are not named stay as they are.
pub(super) struct ByClass;

impl Codec<OutputLimits> for ByClass {
    fn shape(&self) -> String {
        "normal, replica or pubsub, bytes, bytes, seconds; and again".to_owned()
    }

    fn text(&self, limits: &OutputLimits) -> String {
        let of = |name: &str, limit: &OutputLimit| {
            format!("{name} {} {} {}", limit.hard, limit.soft, limit.soft_time.as_secs())
        };
        // Redis keeps the old name here.
        [of("normal", &limits.normal), of("slave", &limits.replica), of("pubsub", &limits.pubsub)].join(" ")
    }

    fn parse(&self, words: &[&[u8]]) -> Result<OutputLimits, ValueError> {
        self.update(&OutputLimits::default(), words)
    }

    fn update(&self, current: &OutputLimits, words: &[&[u8]]) -> Result<OutputLimits, ValueError> {
        let (words, mut limits) = (several(words), *current);
        let (classes, rest) = words.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(ValueError::LimitWords);
        }
        for [class, hard, soft, seconds] in classes {
            let limit = match class.to_ascii_lowercase().as_slice() {
                b"normal" => &mut limits.normal,
                b"slave" | b"replica" => &mut limits.replica,
                b"pubsub" => &mut limits.pubsub,
                _ => return Err(ValueError::LimitClass),
            };
            let bytes = |word: &[u8]| bytes_of(word).and_then(|bytes| usize::try_from(bytes).ok());
            let seconds = parse_i64(seconds).and_then(|seconds| u64::try_from(seconds).ok());
            let (Some(hard), Some(soft), Some(seconds)) = (bytes(hard), bytes(soft), seconds) else {
                return Err(ValueError::LimitNumber);
            };
            *limit = OutputLimit { hard, soft, soft_time: Duration::from_secs(seconds) };
        }
        Ok(limits)
    }
}
