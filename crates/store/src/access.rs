//! How lately and how often a key was used, in one word: what OBJECT IDLETIME and FREQ show, and what eviction will choose by.
//!
//! As in Redis, a store keeps one of the two. *Recency* is the second of the last access, in 24 bits that wrap every 194 days. *Frequency* is a
//! counter of 8 bits that grows with the logarithm of the accesses, and beside it the minute in which it was last brought up to date: it loses
//! one for every minute that has passed. Readers write the word with the shard's lock shared, so it is an atomic, and it is written only
//! when it changes: a hot key does not travel between the cores for it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock::Timestamp;

/// Bits of a second's number that are kept.
const SECOND_BITS: u32 = 24;
/// The counter of a new key: not so low that it is the first to go before it had a chance.
const COUNT_NEW: u32 = 5;
const COUNT_MAX: u32 = 255;
/// How much rarer a count becomes with each that is there: with 10, about a million accesses reach the end of the counter.
const LOG_FACTOR: u32 = 10;

/// How many seconds or minutes an access may come late.
const BEHIND_MAX: u32 = 60;

/// Which of the two a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracking {
    /// When each key was last used.
    #[default]
    Recency,
    /// How often each key is used.
    Frequency,
}

/// The current choice, which may change while the store runs. Words that were written before the change are read as if they had been
/// written after it, as in Redis: they become right as keys are used.
#[derive(Default)]
pub(crate) struct TrackingSwitch(AtomicBool);

impl TrackingSwitch {
    pub(crate) fn get(&self) -> Tracking {
        if self.0.load(Ordering::Relaxed) { Tracking::Frequency } else { Tracking::Recency }
    }

    pub(crate) fn set(&self, tracking: Tracking) {
        self.0.store(tracking == Tracking::Frequency, Ordering::Relaxed);
    }
}

/// What an access at one instant makes of the word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    tracking: Tracking,
    /// The second or the minute, cut to the bits that are kept.
    time: u32,
    /// Leaves the word of a key that is there as it is.
    is_silent: bool,
}

impl Touch {
    #[expect(clippy::cast_possible_truncation, reason = "the bits that are kept are what is wanted")]
    pub(crate) const fn at(now: Timestamp, tracking: Tracking) -> Self {
        let time = match tracking {
            Tracking::Recency => (now.as_millis() / 1000) as u32 & ((1 << SECOND_BITS) - 1),
            Tracking::Frequency => (now.as_millis() / 60_000) as u16 as u32,
        };
        Self { tracking, time, is_silent: false }
    }

    /// The same, which shows on no key that is there.
    pub(crate) const fn silent(self) -> Self {
        Self { is_silent: true, ..self }
    }

    /// The word of a key that is made now.
    pub(crate) const fn born(self) -> u32 {
        match self.tracking {
            Tracking::Recency => self.time,
            Tracking::Frequency => self.time << 8 | COUNT_NEW,
        }
    }

    /// The word after an access. It never goes back: of two workers, one may have read its clock before the other.
    pub(crate) fn after(self, word: u32) -> u32 {
        match self.tracking {
            _ if self.is_silent => word,
            Tracking::Recency if self.is_behind(word) => word,
            Tracking::Recency => self.time,
            Tracking::Frequency => {
                let count = self.count(word);
                let rarity = count.saturating_sub(COUNT_NEW) * LOG_FACTOR + 1;
                let counts = count < COUNT_MAX && (rarity == 1 || fastrand::u32(..rarity) == 0);
                let time = if self.is_behind(word) { word >> 8 } else { self.time };
                time << 8 | (count + u32::from(counts))
            }
        }
    }

    /// For how many seconds the key was not used.
    pub(crate) const fn idle_seconds(self, word: u32) -> u32 {
        if self.is_behind(word) { 0 } else { self.since(word) }
    }

    /// The counter, less one for every minute since it was brought up to date.
    pub(crate) const fn count(self, word: u32) -> u32 {
        let minutes = if self.is_behind(word) { 0 } else { self.since(word) };
        (word & 0xFF).saturating_sub(minutes)
    }

    /// The seconds or minutes since the word's; just below the wrap if that is later.
    const fn since(self, word: u32) -> u32 {
        match self.tracking {
            Tracking::Recency => self.time.wrapping_sub(word) & ((1 << SECOND_BITS) - 1),
            Tracking::Frequency => self.time.wrapping_sub(word >> 8) & 0xFFFF,
        }
    }

    /// Whether this access is older than the word's last one. Only a little: a word from far ahead was written while the store kept the other of the
    /// two, and means nothing.
    const fn is_behind(self, word: u32) -> bool {
        let wrap = match self.tracking {
            Tracking::Recency => 1 << SECOND_BITS,
            Tracking::Frequency => 1 << 16,
        };
        self.since(word) >= wrap - BEHIND_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, tracking: Tracking) -> Touch {
        Touch::at(Timestamp::from_millis(seconds * 1000), tracking)
    }

    #[test]
    fn recency_is_the_last_second_and_survives_the_wrap() {
        let word = at((1 << SECOND_BITS) - 2, Tracking::Recency).born();
        assert_eq!(at((1 << SECOND_BITS) + 3, Tracking::Recency).idle_seconds(word), 5);
        let word = at(100, Tracking::Recency).after(word);
        assert_eq!(at(107, Tracking::Recency).idle_seconds(word), 7);
    }

    #[test]
    fn an_access_that_comes_late_takes_nothing_back() {
        let (early, late) = (at(6_000_000, Tracking::Recency), at(6_000_002, Tracking::Recency));
        assert_eq!((early.after(late.born()), early.idle_seconds(late.born())), (late.born(), 0));
        let (early, late) = (at(6_000_000, Tracking::Frequency), at(6_000_060, Tracking::Frequency));
        let hot = late.born() + 100;
        assert_eq!((early.count(hot), late.count(early.after(hot)) >= 105), (105, true));
        let other = at(6_000_000, Tracking::Recency);
        assert_eq!(other.after(other.born() + 5000), other.born(), "a word from far ahead is of the other kind");
    }

    #[test]
    fn frequency_grows_ever_more_slowly_and_decays_by_the_minute() {
        fastrand::seed(1);
        let now = at(6_000_000, Tracking::Frequency);
        let (mut word, mut accesses) = (now.born(), 0_u64);
        while now.count(word) < 12 {
            word = now.after(word);
            accesses += 1;
        }
        assert!(accesses > 100, "seven counts took {accesses} accesses");
        assert_eq!(at(6_000_000 + 180, Tracking::Frequency).count(word), 9);
        assert_eq!(at(6_000_000 + 6_000, Tracking::Frequency).count(word), 0);
        let first = at(6_000_060, Tracking::Frequency).after(now.born());
        assert_eq!(at(6_000_060, Tracking::Frequency).count(first), 5, "one lost to the minute, one won");
    }
}
