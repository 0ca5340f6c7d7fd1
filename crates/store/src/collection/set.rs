//! Sets.

use std::fmt;
use std::ops::Range;

use super::element::{Element, Kept};
use super::hashed::HashTree;
use super::ints::Ints;
use super::order::{ByHash, Naming, Order};
use super::page::{Draft, Page, Rec};
use super::walk::{PageWalk, Walk};

/// Sets of integers up to this many members are "intset", as Redis has it by default.
const INTS_MAX: usize = 512;

/// Sets of anything up to this many members are one page, if it is no larger than those of a tree.
const SMALL_MAX: usize = 128;

/// Members, each of them once. See [`Collection`](super::Collection) for what all guarantee.
///
/// Integers up to 512 are in ascending order; other members in none, but one that holds until the next change, so that each has a rank.
#[derive(Clone)]
pub struct Set(Repr);

#[derive(Clone)]
enum Repr {
    Ints(Ints),
    Small(Page),
    Large(Box<HashTree<Member>>),
}

/// A record is the member.
#[derive(Debug, Clone)]
struct Member;

impl Naming for Member {
    fn name(record: Rec<'_>) -> Rec<'_> {
        record
    }
}

fn find(page: &Page, member: Rec<'_>) -> Option<usize> {
    PageWalk::new(page, 0..page.count()).position(|record| record == member)
}

impl Set {
    /// An empty set.
    pub fn new() -> Self {
        Self(Repr::Ints(Ints::new()))
    }

    /// How many members there are.
    pub const fn len(&self) -> usize {
        match &self.0 {
            Repr::Ints(ints) => ints.len(),
            Repr::Small(page) => page.count(),
            Repr::Large(tree) => tree.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory behind the set.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Repr::Ints(ints) => ints.memory(),
            Repr::Small(page) => page.memory(),
            Repr::Large(tree) => tree.memory() + super::boxed(tree),
        }
    }

    /// Whether this is a clone of the other, or the other of this, and neither was changed since. O(1). Sets that are equal need not be the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Ints(ints), Repr::Ints(other)) => ints.is_same(other),
            (Repr::Small(page), Repr::Small(other)) => page.is_same(other),
            (Repr::Large(tree), Repr::Large(other)) => tree.is_same(other),
            _ => false,
        }
    }

    /// What OBJECT ENCODING says.
    pub const fn encoding(&self) -> &'static str {
        match self.0 {
            Repr::Ints(_) => "intset",
            Repr::Small(_) | Repr::Large(_) => "hashtable",
        }
    }

    /// Whether a member is there.
    pub fn contains(&self, member: &[u8]) -> bool {
        self.has(Kept::new(member))
    }

    /// Whether an element of another collection is a member.
    pub fn contains_element(&self, member: Element<'_>) -> bool {
        self.has(Kept::of(member))
    }

    fn has(&self, member: Kept<'_>) -> bool {
        match &self.0 {
            Repr::Ints(ints) => member.as_integer().is_some_and(|number| ints.find(number).is_ok()),
            Repr::Small(page) => find(page, member.as_rec()).is_some(),
            Repr::Large(tree) => tree.find(member.as_rec()).is_some(),
        }
    }

    /// Puts a member in. Whether it was not there.
    pub fn insert(&mut self, member: &[u8]) -> bool {
        self.put(Kept::new(member))
    }

    /// Puts an element of another collection in. Whether it was not there.
    pub fn insert_element(&mut self, member: Element<'_>) -> bool {
        self.put(Kept::of(member))
    }

    fn put(&mut self, member: Kept<'_>) -> bool {
        if let Repr::Ints(ints) = &mut self.0 {
            match member.as_integer() {
                Some(number) if ints.len() < INTS_MAX => return ints.insert(number),
                Some(number) if ints.find(number).is_ok() => return false,
                _ => self.outgrow_ints(),
            }
        }
        let name = member.as_rec();
        let draft = Draft { parts: &[name.bytes], flag: name.flag, tag: 0 };
        if let Repr::Small(page) = &mut self.0 {
            if find(page, name).is_some() {
                return false;
            }
            if page.count() < SMALL_MAX && page.used() + draft.len() < ByHash::<Member>::PAGE_BYTES {
                page.push(draft);
                return true;
            }
            let mut tree = Box::new(HashTree::new(ByHash::new()));
            for record in page.records() {
                tree.put(record, &[record.bytes], record.flag);
            }
            self.0 = Repr::Large(tree);
        }
        match &mut self.0 {
            Repr::Large(tree) => tree.put_new(name, draft.parts, draft.flag),
            Repr::Ints(_) | Repr::Small(_) => false,
        }
    }

    /// Makes a set of integers one of anything.
    fn outgrow_ints(&mut self) {
        let Repr::Ints(ints) = &self.0 else { return };
        let mut grown = Self(Repr::Small(Page::new(false)));
        for number in ints.iter(0..ints.len()) {
            grown.put(Kept::integer(number));
        }
        *self = grown;
    }

    /// Takes a member out. Whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        self.take_out(Kept::new(member))
    }

    /// Takes out what is equal to an element. Whether it was there.
    pub fn remove_element(&mut self, member: Element<'_>) -> bool {
        self.take_out(Kept::of(member))
    }

    fn take_out(&mut self, member: Kept<'_>) -> bool {
        match &mut self.0 {
            Repr::Ints(ints) => member.as_integer().is_some_and(|number| ints.remove(number)),
            Repr::Small(page) => match find(page, member.as_rec()) {
                Some(at) => {
                    page.remove(at);
                    true
                }
                None => false,
            },
            Repr::Large(tree) => tree.take_out(member.as_rec()),
        }
    }

    /// The member of a rank: a random rank gives each member the same chance.
    pub fn get(&self, rank: usize) -> Option<Element<'_>> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// Takes the member of a rank out and returns a copy.
    pub fn take(&mut self, rank: usize) -> Option<Vec<u8>> {
        let member = self.get(rank)?.to_vec();
        if let Repr::Large(tree) = &mut self.0 {
            tree.remove_at(rank);
        } else {
            self.remove(&member);
        }
        Some(member)
    }

    /// The members of a range of ranks, which may end beyond the set.
    pub fn range(
        &self,
        range: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = Element<'_>> + ExactSizeIterator + Clone {
        match &self.0 {
            Repr::Ints(ints) => Members::Ints(ints.iter(range)),
            Repr::Small(page) => Members::Kept(Walk::<ByHash<Member>>::page(page, range)),
            Repr::Large(tree) => Members::Kept(Walk::tree(tree, range)),
        }
    }

    /// All members.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Element<'_>> + ExactSizeIterator + Clone {
        self.range(0..self.len())
    }

    /// Shows about `count` members from a cursor on, and returns where to go on: 0 at the beginning and at the end. What is there from the first step to
    /// the last is shown, whatever else comes and goes. Small sets are shown whole. Cursors are below 2^53.
    pub fn scan<'s>(&'s self, cursor: u64, count: usize, mut show: impl FnMut(Element<'s>)) -> u64 {
        if let Repr::Large(tree) = &self.0 {
            return tree.scan(cursor, count, |record| show(Element::new(record)));
        }
        self.iter().for_each(show);
        0
    }

    /// Frees the set from its end, at most so many pages. Whether there is more to free.
    pub fn shed(&mut self, pages: usize) -> bool {
        if let Repr::Large(tree) = &mut self.0 {
            return tree.shed(pages);
        }
        *self = Self::new();
        false
    }
}

/// The members of a range, wherever they lie.
#[derive(Clone)]
enum Members<'s, I> {
    Ints(I),
    Kept(Walk<'s, ByHash<Member>>),
}

impl<'s, I: Iterator<Item = i64>> Iterator for Members<'s, I> {
    type Item = Element<'s>;

    #[inline]
    fn next(&mut self) -> Option<Element<'s>> {
        match self {
            Self::Ints(ints) => ints.next().map(Element::Integer),
            Self::Kept(walk) => walk.next().map(Element::new),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Ints(ints) => ints.size_hint(),
            Self::Kept(walk) => walk.size_hint(),
        }
    }
}

impl<I: DoubleEndedIterator<Item = i64>> DoubleEndedIterator for Members<'_, I> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Ints(ints) => ints.next_back().map(Element::Integer),
            Self::Kept(walk) => walk.next_back().map(Element::new),
        }
    }
}

impl<I: ExactSizeIterator<Item = i64>> ExactSizeIterator for Members<'_, I> {}

impl Default for Set {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: AsRef<[u8]>> Extend<T> for Set {
    fn extend<I: IntoIterator<Item = T>>(&mut self, members: I) {
        for member in members {
            self.insert(member.as_ref());
        }
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Set {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        let mut set = Self::new();
        set.extend(members);
        set
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|member| other.contains_element(member))
    }
}

impl Eq for Set {}

impl fmt::Debug for Set {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
impl Set {
    pub(super) const fn is_tree(&self) -> bool {
        matches!(self.0, Repr::Large(_))
    }

    /// Panics unless what is behind it is in order.
    pub(super) fn check(&self) {
        if let Repr::Large(tree) = &self.0 {
            tree.check();
        }
    }
}
