//! Hashes: fields, their values, and where they have one their deadlines.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use bytes::Bytes;

use super::element::Element;
use super::fields::Fields;
use super::timed::Timed;
use crate::clock::Timestamp;

/// Fields, each with a value, and perhaps with a deadline. See [`Collection`](super::Collection) for what all guarantee.
///
/// Up to 512 fields of up to 64 bytes, with values of up to 64, are in the order that they were put in; others in none, but one that holds until the next change, so that
/// each field has a rank.
///
/// A hash by itself knows no time: whatever its deadlines say, its fields are there. A hash that was read from a store is as it was at the instant of the reading, and
/// keeps that instant: fields that were past then are not in it, whatever one asks it. Ranks are found in O(rank) until they are [swept](Self::sweep) out.
#[derive(Clone)]
pub struct Hash(Repr);

#[derive(Clone)]
enum Repr {
    Plain(Fields),
    /// At least one field has a deadline.
    Timed(Box<Timed>),
}

impl Hash {
    /// An empty hash.
    pub fn new() -> Self {
        Self(Repr::Plain(Fields::new()))
    }

    const fn fields(&self) -> &Fields {
        match &self.0 {
            Repr::Plain(fields) => fields,
            Repr::Timed(timed) => &timed.fields,
        }
    }

    /// What knows of deadlines, if there are any.
    const fn timed(&self) -> Option<&Timed> {
        match &self.0 {
            Repr::Plain(_) => None,
            Repr::Timed(timed) => Some(timed),
        }
    }

    /// The same where fields are hidden.
    fn hiding(&self) -> Option<&Timed> {
        self.timed().filter(|timed| timed.hidden() > 0)
    }

    /// How many fields there are.
    pub const fn len(&self) -> usize {
        match &self.0 {
            Repr::Plain(fields) => fields.len(),
            Repr::Timed(timed) => timed.fields.len() - timed.hidden(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory behind the hash.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Repr::Plain(fields) => fields.memory(),
            Repr::Timed(timed) => timed.memory() + super::boxed(timed),
        }
    }

    /// Whether this is a clone of the other, or the other of this, and neither was changed since. O(1). Hashes that are equal need not be the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Plain(fields), Repr::Plain(other)) => fields.is_same(other),
            (Repr::Timed(timed), Repr::Timed(other)) => timed.is_same(other),
            _ => false,
        }
    }

    /// What OBJECT ENCODING says.
    pub const fn encoding(&self) -> &'static str {
        match &self.0 {
            Repr::Timed(timed) if timed.fields.is_small() => "listpackex",
            _ => self.fields().encoding(),
        }
    }

    /// The value of a field.
    pub fn get(&self, field: &[u8]) -> Option<Element<'_>> {
        if self.hides(field) { None } else { self.fields().get(field) }
    }

    /// The bytes of a value of 1 KB or more, shared with the hash: O(1) to take along.
    pub fn share(&self, field: &[u8]) -> Option<Bytes> {
        if self.hides(field) { None } else { self.fields().share(field) }
    }

    /// Whether a field is there.
    pub fn contains(&self, field: &[u8]) -> bool {
        !self.hides(field) && self.fields().contains(field)
    }

    fn hides(&self, field: &[u8]) -> bool {
        self.timed().is_some_and(|timed| timed.hides(field))
    }

    /// Gives a field a value, and no deadline. Whether the field was not there. One that was keeps its place.
    pub fn insert(&mut self, field: &[u8], value: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Plain(fields) => fields.insert(field, value),
            Repr::Timed(timed) => {
                let was_hidden = timed.hides(field);
                let is_new = timed.fields.insert(field, value);
                if !is_new {
                    self.set_any_deadline(field, None);
                }
                is_new || was_hidden
            }
        }
    }

    /// The same, but the field keeps the deadline that it has.
    pub fn replace(&mut self, field: &[u8], value: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Timed(timed) if !timed.hides(field) => timed.fields.insert(field, value),
            _ => self.insert(field, value),
        }
    }

    /// Takes a field out. Whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        if self.hides(field) {
            return false;
        }
        match &mut self.0 {
            Repr::Plain(fields) => fields.remove(field),
            Repr::Timed(timed) => {
                let was_there = timed.fields.remove(field);
                if was_there {
                    self.set_any_deadline(field, None);
                }
                was_there
            }
        }
    }

    /// When a field expires, as its last millisecond; `None` where it does not, or is not there. O(log n).
    pub fn deadline(&self, field: &[u8]) -> Option<Timestamp> {
        self.timed().filter(|timed| !timed.hides(field))?.deadline(field)
    }

    /// Gives a field a deadline, at most the year 287396, or takes it away. Whether the field is there. O(log n).
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<Timestamp>) -> bool {
        let is_there = self.contains(field);
        if is_there {
            self.set_any_deadline(field, deadline);
        }
        is_there
    }

    /// The same for a field that is there, hidden or not, or just went.
    fn set_any_deadline(&mut self, field: &[u8], deadline: Option<Timestamp>) {
        if let Repr::Plain(fields) = &mut self.0
            && deadline.is_some()
        {
            let fields = std::mem::replace(fields, Fields::new());
            self.0 = Repr::Timed(Box::new(Timed::new(fields)));
        }
        if let Repr::Timed(timed) = &mut self.0 {
            timed.set_deadline(field, deadline);
        }
        self.shrink();
    }

    /// Without a deadline there is no place for any.
    fn shrink(&mut self) {
        if let Repr::Timed(timed) = &mut self.0
            && timed.deadlines() == 0
        {
            self.0 = Repr::Plain(std::mem::replace(&mut timed.fields, Fields::new()));
        }
    }

    /// How many fields have a deadline, those that are past included. O(1).
    pub const fn deadlines(&self) -> usize {
        match &self.0 {
            Repr::Plain(_) => 0,
            Repr::Timed(timed) => timed.deadlines(),
        }
    }

    /// The earliest deadline of a field, past ones included. O(1).
    pub const fn next_deadline(&self) -> Option<Timestamp> {
        match &self.0 {
            Repr::Plain(_) => None,
            Repr::Timed(timed) => timed.first(),
        }
    }

    /// Takes out for good what was past when the hash was read, at most so many fields; nobody sees a difference, but ranks are found in O(log n) from then on. Whether
    /// there is more of it. O(1) where there is nothing.
    pub fn sweep(&mut self, most: usize) -> bool {
        let Repr::Timed(timed) = &mut self.0 else { return false };
        let has_more = timed.hidden() > 0 && timed.sweep(most);
        self.shrink();
        has_more
    }

    /// Whether nothing is left to be [swept](Self::sweep) out. O(1).
    pub const fn is_swept(&self) -> bool {
        match &self.0 {
            Repr::Plain(_) => true,
            Repr::Timed(timed) => timed.hidden() == 0,
        }
    }

    /// Whether every field is past at an instant. O(1) where none is.
    pub fn is_dead(&self, now: Timestamp) -> bool {
        self.timed().is_some_and(|timed| timed.is_dead(now))
    }

    /// Whether a field is past at an instant. O(1) where none is.
    pub(crate) fn is_past(&self, field: &[u8], now: Timestamp) -> bool {
        self.timed().is_some_and(|timed| timed.is_past(field, now))
    }

    /// Whether some field is past at an instant. O(1).
    pub(crate) fn has_past(&self, now: Timestamp) -> bool {
        self.next_deadline().is_some_and(|first| first.is_past(now))
    }

    /// Hides the fields that are past at an instant.
    pub(crate) fn look_at(&mut self, now: Timestamp) {
        if let Repr::Timed(timed) = &mut self.0 {
            timed.look_at(now);
        }
    }

    /// Hides nothing any more.
    pub(crate) fn look_at_all(&mut self) {
        self.look_at(Timestamp::default());
    }

    /// That a hash in a store hides nothing, and has no place for deadlines without any.
    pub(crate) fn debug_check(&self) {
        if let Some(timed) = self.timed() {
            assert_eq!(timed.hidden(), 0, "a hash in a store hides nothing");
            assert!(timed.deadlines() > 0 && timed.deadlines() <= timed.fields.len(), "a deadline is a field's");
        }
    }

    /// Takes out fields that are past at an instant, the earliest first, and at most so many; tells which. Nothing may be hidden.
    pub(crate) fn take_past(&mut self, now: Timestamp, most: usize, each: impl FnMut(&[u8])) {
        if let Repr::Timed(timed) = &mut self.0 {
            timed.take_past(now, most, each);
        }
        self.shrink();
    }

    /// Takes a field out that is hidden. Whether it was.
    pub(crate) fn take_hidden(&mut self, field: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Timed(timed) if timed.hides(field) => timed.fields.remove(field),
            _ => return false,
        };
        self.set_any_deadline(field, None);
        true
    }

    /// Whether the other has the same fields, values and deadlines by reference, whatever is hidden. O(1).
    pub(crate) fn shares(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Repr::Timed(timed), Repr::Timed(other)) if timed.shares(other))
    }

    /// The field of a rank and its value: a random rank gives each field the same chance.
    pub fn get_at(&self, rank: usize) -> Option<(&[u8], Element<'_>)> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// The fields of a range of ranks, which may end beyond the hash, and their values.
    pub fn range(
        &self,
        range: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = (&[u8], Element<'_>)> + ExactSizeIterator + FusedIterator + Clone {
        let hiding = self.hiding();
        let Some(timed) = hiding else {
            let walk = self.fields().range(range);
            return Shown { left: walk.len(), walk, hiding };
        };
        let (all, shown) = (timed.fields.len(), self.len());
        let end = range.end.min(shown);
        let start = range.start.min(end);
        let mut walk = Shown { walk: timed.fields.range(0..all), hiding, left: shown };
        (0..start).for_each(|_| _ = walk.next());
        (end..shown).for_each(|_| _ = walk.next_back());
        walk
    }

    /// All fields and their values.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&[u8], Element<'_>)> + ExactSizeIterator + FusedIterator + Clone {
        self.range(0..self.len())
    }

    /// Shows about `count` fields from a cursor on, as [`Set::scan`](super::Set::scan) does members.
    pub fn scan<'h>(&'h self, cursor: u64, count: usize, mut show: impl FnMut(&'h [u8], Element<'h>)) -> u64 {
        self.fields().scan(cursor, count, |field, value| {
            if !self.hides(field) {
                show(field, value);
            }
        })
    }

    /// Frees the hash from its end, at most so many pages. Whether there is more to free.
    pub fn shed(&mut self, pages: usize) -> bool {
        match &mut self.0 {
            Repr::Plain(fields) => fields.shed(pages),
            Repr::Timed(timed) => timed.shed(pages),
        }
    }
}

/// A walk over fields that passes over those that are hidden. The rest of it shows `left` fields.
#[derive(Clone)]
struct Shown<'h, W> {
    walk: W,
    hiding: Option<&'h Timed>,
    left: usize,
}

impl<'h, W: Iterator<Item = (&'h [u8], Element<'h>)>> Iterator for Shown<'h, W> {
    type Item = W::Item;

    fn next(&mut self) -> Option<W::Item> {
        self.left = self.left.checked_sub(1)?;
        let hiding = self.hiding;
        self.walk.find(|(field, _)| !hiding.is_some_and(|timed| timed.hides(field)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'h, W: DoubleEndedIterator<Item = (&'h [u8], Element<'h>)>> DoubleEndedIterator for Shown<'h, W> {
    fn next_back(&mut self) -> Option<W::Item> {
        self.left = self.left.checked_sub(1)?;
        let hiding = self.hiding;
        self.walk.rfind(|(field, _)| !hiding.is_some_and(|timed| timed.hides(field)))
    }
}

impl<'h, W: Iterator<Item = (&'h [u8], Element<'h>)>> ExactSizeIterator for Shown<'h, W> {}
impl<'h, W: Iterator<Item = (&'h [u8], Element<'h>)>> FusedIterator for Shown<'h, W> {}

impl Default for Hash {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: AsRef<[u8]>, V: AsRef<[u8]>> Extend<(F, V)> for Hash {
    fn extend<I: IntoIterator<Item = (F, V)>>(&mut self, pairs: I) {
        for (field, value) in pairs {
            self.insert(field.as_ref(), value.as_ref());
        }
    }
}

impl<F: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(F, V)> for Hash {
    fn from_iter<I: IntoIterator<Item = (F, V)>>(pairs: I) -> Self {
        let mut hash = Self::new();
        hash.extend(pairs);
        hash
    }
}

/// The same fields with the same values and deadlines.
impl PartialEq for Hash {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(field, value)| other.get(field) == Some(value) && self.deadline(field) == other.deadline(field))
    }
}

impl Eq for Hash {}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.iter().map(|(field, value)| (Element::Bytes(field), value));
        out.debug_map().entries(pairs).finish()
    }
}

#[cfg(test)]
impl Hash {
    pub(super) const fn is_tree(&self) -> bool {
        self.fields().is_tree()
    }

    /// Panics unless what is behind it is in order.
    pub(super) fn check(&self) {
        match &self.0 {
            Repr::Plain(fields) => fields.check(),
            Repr::Timed(timed) => timed.check(),
        }
    }
}
