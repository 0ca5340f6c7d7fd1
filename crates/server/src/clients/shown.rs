//! What a connection shows of its session: written by its worker after each batch, read by anyone at any time.
//!
//! Relaxed: the figures are for people, and need not agree with one another. One writer, and a cache line that nobody else writes: a dozen
//! stores for a batch.

use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};

use bitflags::bitflags;
use pyredis_store::Timestamp;

bitflags! {
    /// What a client is at the moment.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct State: u32 {
        const MONITOR = 1;
        /// Listens to channels or patterns.
        const PUBSUB = 1 << 1;
        /// Between MULTI and EXEC, or in it.
        const MULTI = 1 << 2;
        /// Waits in a command, or for a pause to end.
        const BLOCKED = 1 << 3;
        /// One of its watched keys was changed.
        const DIRTY = 1 << 4;
        const NO_EVICT = 1 << 5;
        const NO_TOUCH = 1 << 6;
        const RESP3 = 1 << 7;
    }
}

impl State {
    /// CLIENT LIST's letters, in Redis's order.
    pub(crate) fn letters(self) -> String {
        let letters = [
            (Self::MONITOR, 'O'),
            (Self::PUBSUB, 'P'),
            (Self::MULTI, 'x'),
            (Self::BLOCKED, 'b'),
            (Self::DIRTY, 'd'),
            (Self::NO_EVICT, 'e'),
            (Self::NO_TOUCH, 'T'),
        ];
        let all: String = letters.iter().filter(|(state, _)| self.contains(*state)).map(|(_, letter)| letter).collect();
        if all.is_empty() { "N".to_owned() } else { all }
    }
}

/// What is shown.
pub(crate) struct Shown {
    /// When it last ran a batch, in milliseconds.
    active: AtomicU64,
    /// Bytes of the transaction that is being queued.
    queued_bytes: AtomicU64,
    /// Bytes of replies that it has not taken.
    reply_bytes: AtomicU64,
    /// Bytes of half a request, and room behind them.
    input_bytes: AtomicU32,
    input_room: AtomicU32,
    db: AtomicU32,
    /// One more than the number of the command that it ran last.
    command: AtomicU32,
    state: AtomicU32,
    /// Commands in its transaction; -1 without one.
    queued: AtomicI32,
    watched: AtomicU32,
    /// Channels, patterns and sharded channels that it listens to.
    subscriptions: [AtomicU32; 3],
    /// What CLIENT UNBLOCK may do to it: see `client.rs`.
    waits: AtomicU8,
}

/// The same as values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Showing {
    pub(crate) active: Timestamp,
    pub(crate) queued_bytes: usize,
    pub(crate) reply_bytes: usize,
    pub(crate) input_bytes: usize,
    pub(crate) input_room: usize,
    pub(crate) db: u32,
    /// The number of the command that it ran last.
    pub(crate) command: Option<usize>,
    pub(crate) state: State,
    pub(crate) queued: Option<usize>,
    pub(crate) watched: usize,
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Shown {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            active: AtomicU64::new(now.as_millis()),
            queued_bytes: AtomicU64::new(0),
            reply_bytes: AtomicU64::new(0),
            input_bytes: AtomicU32::new(0),
            input_room: AtomicU32::new(0),
            db: AtomicU32::new(0),
            command: AtomicU32::new(0),
            state: AtomicU32::new(0),
            queued: AtomicI32::new(-1),
            watched: AtomicU32::new(0),
            subscriptions: [const { AtomicU32::new(0) }; 3],
            waits: AtomicU8::new(0),
        }
    }

    /// Shows how things are now. What is not among the values stays: subscriptions, and whether the client waits.
    #[inline]
    pub(crate) fn show(&self, showing: &Showing) {
        self.active.store(showing.active.as_millis(), Ordering::Relaxed);
        self.queued_bytes.store(showing.queued_bytes as u64, Ordering::Relaxed);
        self.reply_bytes.store(showing.reply_bytes as u64, Ordering::Relaxed);
        self.input_bytes.store(narrow(showing.input_bytes), Ordering::Relaxed);
        self.input_room.store(narrow(showing.input_room), Ordering::Relaxed);
        self.db.store(showing.db, Ordering::Relaxed);
        self.command.store(showing.command.map_or(0, |number| narrow(number + 1)), Ordering::Relaxed);
        self.state.store(showing.state.bits(), Ordering::Relaxed);
        self.queued
            .store(showing.queued.map_or(-1, |queued| i32::try_from(queued).unwrap_or(i32::MAX)), Ordering::Relaxed);
        self.watched.store(narrow(showing.watched), Ordering::Relaxed);
    }

    /// What is shown.
    pub(crate) fn get(&self) -> Showing {
        let wide = |value: &AtomicU64| usize::try_from(value.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let mut state = State::from_bits_truncate(self.state.load(Ordering::Relaxed));
        state.set(State::BLOCKED, self.waits() != Waits::Not);
        state.set(State::PUBSUB, self.subscriptions().iter().any(|count| *count > 0));
        Showing {
            active: Timestamp::from_millis(self.active.load(Ordering::Relaxed)),
            queued_bytes: wide(&self.queued_bytes),
            reply_bytes: wide(&self.reply_bytes),
            input_bytes: self.input_bytes.load(Ordering::Relaxed) as usize,
            input_room: self.input_room.load(Ordering::Relaxed) as usize,
            db: self.db.load(Ordering::Relaxed),
            command: (self.command.load(Ordering::Relaxed) as usize).checked_sub(1),
            state,
            queued: usize::try_from(self.queued.load(Ordering::Relaxed)).ok(),
            watched: self.watched.load(Ordering::Relaxed) as usize,
        }
    }

    /// Whether it waits, and whether CLIENT UNBLOCK may end that.
    pub(crate) fn waits(&self) -> Waits {
        match self.waits.load(Ordering::Relaxed) {
            0 => Waits::Not,
            1 => Waits::ForTime,
            _ => Waits::ForKeys,
        }
    }

    /// Its connection begins to wait, or has ended waiting.
    pub(crate) fn set_waits(&self, waits: Waits) {
        self.waits.store(waits as u8, Ordering::Relaxed);
    }

    /// Whether it gets what it has not asked for: it listens, or watches the others.
    #[inline]
    pub(crate) fn is_listener(&self) -> bool {
        self.subscriptions().iter().any(|count| *count > 0)
            || self.state.load(Ordering::Relaxed) & State::MONITOR.bits() != 0
    }

    /// Whether it speaks RESP3.
    pub(crate) fn is_resp3(&self) -> bool {
        self.state.load(Ordering::Relaxed) & State::RESP3.bits() != 0
    }

    /// How many channels, patterns and sharded channels it listens to.
    pub(crate) fn subscriptions(&self) -> [usize; 3] {
        [0, 1, 2]
            .map(|kind: usize| self.subscriptions.get(kind).map_or(0, |count| count.load(Ordering::Relaxed) as usize))
    }

    /// It listens to so many now.
    pub(crate) fn set_subscriptions(&self, counts: [usize; 3]) {
        for (shown, count) in self.subscriptions.iter().zip(counts) {
            shown.store(narrow(count), Ordering::Relaxed);
        }
    }
}

/// What a connection waits for that has no answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Waits {
    /// It does not.
    Not = 0,
    /// For something that CLIENT UNBLOCK does not end: a pause, a snapshot.
    ForTime = 1,
    /// For keys: CLIENT UNBLOCK ends it.
    ForKeys = 2,
}
