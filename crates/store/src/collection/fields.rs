//! What a hash holds: fields and their values, whatever their deadlines (`hash.rs`, `timed.rs`).

use std::iter::FusedIterator;
use std::ops::Range;

use bytes::Bytes;

use super::element::{Element, Kept};
use super::hashed::HashTree;
use super::order::{ByHash, Naming};
use super::page::{Draft, Page, Rec};
use super::walk::{PageWalk, Walk};

/// Hashes up to this many fields are "listpack", as Redis 7.0 has it by default.
const SMALL_MAX: usize = 512;

/// Hashes with a longer field or value are not.
const SMALL_BYTES: usize = 64;

/// Fields, each with a value.
#[derive(Clone)]
pub(super) struct Fields(Repr);

#[derive(Clone)]
enum Repr {
    Small(Page),
    Large(Box<HashTree<Field>>),
}

/// A record is the field's length, the field and the value. The flag says that the value is an integer.
#[derive(Debug, Clone)]
struct Field;

impl Naming for Field {
    fn name(record: Rec<'_>) -> Rec<'_> {
        Rec { bytes: split(record.bytes).0, flag: false }
    }
}

/// A length, seven bits to a byte, low ones first.
struct Length {
    bytes: [u8; 5],
    len: usize,
}

impl Length {
    fn new(mut value: usize) -> Self {
        let mut length = Self { bytes: [0; 5], len: 0 };
        for byte in &mut length.bytes {
            length.len += 1;
            *byte = value.to_le_bytes()[0] & 0x7f;
            value >>= 7;
            if value == 0 {
                break;
            }
            *byte |= 0x80;
        }
        length
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A record's field and the bytes of its value.
#[inline]
fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let (mut len, mut rest) = (0, record);
    for shift in [0, 7, 14, 21, 28] {
        let Some((byte, more)) = rest.split_first() else { break };
        rest = more;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    rest.split_at_checked(len).unwrap_or((rest, &[]))
}

fn pair(record: Rec<'_>) -> (&[u8], Element<'_>) {
    let (field, bytes) = split(record.bytes);
    (field, Element::new(Rec { bytes, flag: record.flag }))
}

fn find(page: &Page, field: &[u8]) -> Option<usize> {
    PageWalk::new(page, 0..page.count()).position(|record| split(record.bytes).0 == field)
}

const fn name(field: &[u8]) -> Rec<'_> {
    Rec { bytes: field, flag: false }
}

impl Fields {
    /// None.
    pub(super) fn new() -> Self {
        Self(Repr::Small(Page::new(false)))
    }

    /// How many fields there are.
    pub(super) const fn len(&self) -> usize {
        match &self.0 {
            Repr::Small(page) => page.count(),
            Repr::Large(tree) => tree.len(),
        }
    }

    /// Bytes of memory behind the hash.
    pub(super) fn memory(&self) -> usize {
        match &self.0 {
            Repr::Small(page) => page.memory(),
            Repr::Large(tree) => tree.memory() + super::boxed(tree),
        }
    }

    /// Whether this is a clone of the other, or the other of this, and neither was changed since. O(1). Hashes that are equal need not be the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Small(page), Repr::Small(other)) => page.is_same(other),
            (Repr::Large(tree), Repr::Large(other)) => tree.is_same(other),
            _ => false,
        }
    }

    /// What OBJECT ENCODING says.
    pub(super) const fn encoding(&self) -> &'static str {
        match self.0 {
            Repr::Small(_) => "listpack",
            Repr::Large(_) => "hashtable",
        }
    }

    /// Whether they are one page.
    pub(super) const fn is_small(&self) -> bool {
        matches!(self.0, Repr::Small(_))
    }

    fn find(&self, field: &[u8]) -> Option<Rec<'_>> {
        match &self.0 {
            Repr::Small(page) => find(page, field).map(|at| page.record(at)),
            Repr::Large(tree) => tree.find(name(field)),
        }
    }

    /// The value of a field.
    pub(super) fn get(&self, field: &[u8]) -> Option<Element<'_>> {
        self.find(field).map(|record| pair(record).1)
    }

    /// The bytes of a value of 1 KB or more, shared with the hash: O(1) to take along.
    pub(super) fn share(&self, field: &[u8]) -> Option<Bytes> {
        let Repr::Large(tree) = &self.0 else { return None };
        let (page, at) = tree.locate(name(field))?;
        let record = page.record(at);
        let len = split(record.bytes).1.len();
        let from = record.bytes.len() - len;
        (len >= super::SHARED_BYTES_MIN).then(|| super::shared(page, at).slice(from..))
    }

    /// Whether a field is there.
    pub(super) fn contains(&self, field: &[u8]) -> bool {
        self.find(field).is_some()
    }

    /// Gives a field a value. Whether the field was not there. One that was keeps its place.
    pub(super) fn insert(&mut self, field: &[u8], value: &[u8]) -> bool {
        let kept = Kept::new(value);
        let (length, value_rec) = (Length::new(field.len()), kept.as_rec());
        let draft = Draft { parts: &[length.bytes(), field, value_rec.bytes], flag: value_rec.flag, tag: 0 };
        if let Repr::Small(page) = &mut self.0 {
            if field.len() <= SMALL_BYTES && value.len() <= SMALL_BYTES {
                if let Some(at) = find(page, field) {
                    page.replace(at, draft);
                    return false;
                }
                if page.count() < SMALL_MAX {
                    page.push(draft);
                    return true;
                }
            }
            let mut tree = Box::new(HashTree::new(ByHash::new()));
            for record in page.records() {
                tree.put(Field::name(record), &[record.bytes], record.flag);
            }
            self.0 = Repr::Large(tree);
        }
        match &mut self.0 {
            Repr::Large(tree) => tree.put(name(field), draft.parts, draft.flag),
            Repr::Small(_) => false,
        }
    }

    /// Takes a field out. Whether it was there.
    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Small(page) => match find(page, field) {
                Some(at) => {
                    page.remove(at);
                    true
                }
                None => false,
            },
            Repr::Large(tree) => tree.take_out(name(field)),
        }
    }

    /// The fields of a range of ranks, which may end beyond the hash, and their values.
    pub(super) fn range(
        &self,
        range: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = (&[u8], Element<'_>)> + ExactSizeIterator + FusedIterator + Clone {
        let walk = match &self.0 {
            Repr::Small(page) => Walk::<ByHash<Field>>::page(page, range),
            Repr::Large(tree) => Walk::tree(tree, range),
        };
        walk.map(pair)
    }

    /// Shows about `count` fields from a cursor on, as [`Set::scan`](super::Set::scan) does.
    pub(super) fn scan<'h>(&'h self, cursor: u64, count: usize, mut show: impl FnMut(&'h [u8], Element<'h>)) -> u64 {
        let mut show = |(field, value): (&'h [u8], Element<'h>)| show(field, value);
        if let Repr::Large(tree) = &self.0 {
            return tree.scan(cursor, count, |record| show(pair(record)));
        }
        self.range(0..self.len()).for_each(show);
        0
    }

    /// Frees the hash from its end, at most so many pages. Whether there is more to free.
    pub(super) fn shed(&mut self, pages: usize) -> bool {
        if let Repr::Large(tree) = &mut self.0 {
            return tree.shed(pages);
        }
        *self = Self::new();
        false
    }
}

#[cfg(test)]
impl Fields {
    pub(super) const fn is_tree(&self) -> bool {
        !self.is_small()
    }

    /// Panics unless what is behind it is in order.
    pub(super) fn check(&self) {
        if let Repr::Large(tree) = &self.0 {
            tree.check();
        }
    }
}
