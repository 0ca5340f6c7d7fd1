//! Which events of keys are published: `notify-keyspace-events`.

use bitflags::bitflags;

use super::codec::{Codec, single};
use super::error::ValueError;

bitflags! {
    /// Classes of events, and in which channels they are published.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct KeyspaceEvents: u32 {
        /// In `__keyspace@<db>__:<key>`.
        const KEYSPACE = 1;
        /// In `__keyevent@<db>__:<event>`.
        const KEYEVENT = 1 << 1;
        /// DEL, EXPIRE, RENAME and others that work on any type.
        const GENERIC = 1 << 2;
        /// Of strings.
        const STRING = 1 << 3;
        /// Of lists.
        const LIST = 1 << 4;
        /// Of sets.
        const SET = 1 << 5;
        /// Of hashes.
        const HASH = 1 << 6;
        /// Of sorted sets.
        const SORTED_SET = 1 << 7;
        /// A deadline has passed.
        const EXPIRED = 1 << 8;
        /// A key was evicted. Nothing is, as there is no `maxmemory` yet.
        const EVICTED = 1 << 9;
        /// Of streams. There are none yet.
        const STREAM = 1 << 10;
        /// A read has found nothing.
        const MISS = 1 << 11;
        /// Of modules. There are none.
        const MODULE = 1 << 12;
        /// A key is new.
        const NEW = 1 << 13;
        /// `A`.
        const ALL = Self::GENERIC.bits() | Self::STRING.bits() | Self::LIST.bits() | Self::SET.bits() | Self::HASH.bits()
            | Self::SORTED_SET.bits() | Self::EXPIRED.bits() | Self::EVICTED.bits() | Self::STREAM.bits()
            | Self::MODULE.bits();
    }
}

/// The letters of single classes, in Redis's order; with `A`, those up to `n` are not shown.
const CLASSES: &[(u8, KeyspaceEvents)] = &[
    (b'g', KeyspaceEvents::GENERIC),
    (b'$', KeyspaceEvents::STRING),
    (b'l', KeyspaceEvents::LIST),
    (b's', KeyspaceEvents::SET),
    (b'h', KeyspaceEvents::HASH),
    (b'z', KeyspaceEvents::SORTED_SET),
    (b'x', KeyspaceEvents::EXPIRED),
    (b'e', KeyspaceEvents::EVICTED),
    (b't', KeyspaceEvents::STREAM),
    (b'd', KeyspaceEvents::MODULE),
    (b'n', KeyspaceEvents::NEW),
];
const CHANNELS: &[(u8, KeyspaceEvents)] =
    &[(b'K', KeyspaceEvents::KEYSPACE), (b'E', KeyspaceEvents::KEYEVENT), (b'm', KeyspaceEvents::MISS)];

/// Letters.
pub(super) struct Letters;

impl Codec<KeyspaceEvents> for Letters {
    fn shape(&self) -> String {
        "letters of Ag$lshzxetdmn, and K or E".to_owned()
    }

    fn text(&self, events: &KeyspaceEvents) -> String {
        let letters = |table: &[(u8, KeyspaceEvents)]| -> String {
            table.iter().filter(|(_, class)| events.contains(*class)).map(|(letter, _)| char::from(*letter)).collect()
        };
        let classes = if events.contains(KeyspaceEvents::ALL) { "A".to_owned() } else { letters(CLASSES) };
        classes + &letters(CHANNELS)
    }

    fn parse(&self, words: &[&[u8]]) -> Result<KeyspaceEvents, ValueError> {
        let mut events = KeyspaceEvents::empty();
        for letter in single(words)? {
            let found = CLASSES.iter().chain(CHANNELS).find(|(other, _)| other == letter);
            events |= match (letter, found) {
                (b'A', _) => KeyspaceEvents::ALL,
                (_, Some((_, class))) => *class,
                (_, None) => return Err(ValueError::EventClass),
            };
        }
        Ok(events)
    }
}
