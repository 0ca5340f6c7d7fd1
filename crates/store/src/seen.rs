//! Entries as a view sees them, where they hold more than is there at its instant: a hash with fields that are past.
//!
//! Whoever reads under a shared lock cannot take such fields out. He is shown a copy of the entry that hides them, which costs O(log n) however many they are, and lasts as
//! long as the view. The fields are noted, and taken out when the locks are released, as dead keys are.

use std::cell::{Cell, OnceCell};

use crate::clock::Timestamp;
use crate::entry::Entry;

/// Copies that only become more, so that each can be borrowed for as long as all of them.
#[derive(Default)]
pub(crate) struct Seen(OnceCell<Box<Chunk>>);

/// Some of them; each chunk has room for several times as many as the one before.
struct Chunk {
    copies: Box<[OnceCell<(u32, Entry)>]>,
    used: Cell<usize>,
    rest: Seen,
}

impl Chunk {
    const FIRST_ROOM: usize = 2;
    const GROWTH: usize = 8;

    fn new(room: usize) -> Box<Self> {
        Box::new(Self {
            copies: (0..room).map(|_| OnceCell::new()).collect(),
            used: Cell::new(0),
            rest: Seen::default(),
        })
    }
}

impl Seen {
    /// The entry of a database as it is at an instant: itself, unless it has to be a copy.
    pub(crate) fn of<'s>(&'s self, entry: &'s Entry, db: u32, now: Timestamp) -> &'s Entry {
        let mut room = Chunk::FIRST_ROOM;
        let mut chunk = self.0.get_or_init(|| Chunk::new(room));
        loop {
            let used = chunk.used.get();
            let last = used.checked_sub(1).and_then(|last| chunk.copies.get(last)?.get());
            // Whoever asks for several fields asks for them one after the other.
            if let Some((_, copy)) = last.filter(|(of, copy)| *of == db && copy.is_seen_as(entry)) {
                return copy;
            }
            if let Some(free) = chunk.copies.get(used) {
                let Some(copy) = entry.seen_at(now) else { return entry };
                chunk.used.set(used + 1);
                return &free.get_or_init(|| (db, copy)).1;
            }
            room = room.saturating_mul(Chunk::GROWTH);
            chunk = chunk.rest.0.get_or_init(|| Chunk::new(room));
        }
    }
}
