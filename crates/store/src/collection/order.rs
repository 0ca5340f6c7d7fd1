//! What a tree is ordered by: place, hash, or score and member.

use std::marker::PhantomData;

use ahash::RandomState;

use super::page::{Page, Rec};
use super::score;

/// Bits of a hash that put a record into its place: few enough for a SCAN cursor, which some clients keep in a double.
///
/// Tests get along with so few that many records have one place.
const PLACE_BITS: u32 = if cfg!(test) { 11 } else { 53 };

/// All places are below this.
pub(super) const PLACES: u64 = 1 << PLACE_BITS;

/// Where a page that has become too large was added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grown {
    /// At the first end of the whole tree: more is likely to come there, so all else stays together.
    Front,
    /// At the other.
    Back,
    /// Anywhere.
    Within,
}

/// A page divided in two, and the key of the second.
pub(super) type Halves<K> = (Page, K, Page);

/// The order of the records of a tree, and what its inner nodes know of each child for it.
pub(super) trait Order: Clone {
    /// What is kept for each child.
    type Key: Copy;
    /// Whether pages keep a byte of each record's hash.
    const TAGGED: bool;
    /// Pages with more bytes than this are divided.
    const PAGE_BYTES: usize;
    /// And pages with more records.
    const PAGE_RECORDS: usize = usize::MAX;
    /// The key of what comes first.
    const FIRST: Self::Key;

    /// The key of a page that was changed.
    fn key(&self, page: &Page, old: Self::Key) -> Self::Key;

    /// The key of an inner node, given that of its first child.
    fn key_above(&self, first: Self::Key, old: Self::Key) -> Self::Key;

    /// Whether what is in a page belongs there, by its key and the next one's.
    #[cfg(test)]
    fn belongs(&self, page: &Page, key: Self::Key, until: Option<Self::Key>) -> bool;

    /// Divides a page of two records at least. `None` if its records have to stay together.
    fn divide(&self, page: &Page, grown: Grown) -> Option<Halves<Self::Key>>;
}

/// The place about which a page is divided: after half of its bytes, but with a record on each side.
fn middle(page: &Page, grown: Grown) -> usize {
    let last = page.count() - 1;
    match grown {
        Grown::Front => 1,
        Grown::Back => last,
        Grown::Within => {
            let half = page.used() / 2;
            let mut sum = 0;
            let before = (0..last).take_while(|at| {
                sum += page.cell(*at).0 + 1;
                sum <= half
            });
            before.count().max(1)
        }
    }
}

/// Lists: a record is where it was put.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByPlace;

impl Order for ByPlace {
    type Key = ();
    const TAGGED: bool = false;
    const PAGE_BYTES: usize = if cfg!(test) { 160 } else { 4080 };
    const FIRST: () = ();

    fn key(&self, _: &Page, (): ()) {}

    fn key_above(&self, (): (), (): ()) {}

    #[cfg(test)]
    fn belongs(&self, _: &Page, (): (), _: Option<()>) -> bool {
        true
    }

    fn divide(&self, page: &Page, grown: Grown) -> Option<Halves<()>> {
        let at = middle(page, grown);
        Some((page.part(0, at), (), page.part(at, page.count())))
    }
}

/// Records of a score and a member, the lower score first, and members of one score by their bytes. The key is the score of the first record.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByScore;

impl Order for ByScore {
    type Key = f64;
    const TAGGED: bool = false;
    const PAGE_BYTES: usize = if cfg!(test) { 160 } else { 2032 };
    const FIRST: f64 = f64::NEG_INFINITY;

    fn key(&self, page: &Page, old: f64) -> f64 {
        if page.count() == 0 { old } else { score::split(page.record_at(0, 0).bytes).0 }
    }

    fn key_above(&self, first: f64, _: f64) -> f64 {
        first
    }

    #[cfg(test)]
    fn belongs(&self, page: &Page, key: f64, until: Option<f64>) -> bool {
        let scores: Vec<f64> = page.records().map(|record| score::split(record.bytes).0).collect();
        scores.first().is_none_or(|first| *first == key)
            && scores.iter().all(|score| until.is_none_or(|until| *score <= until))
    }

    fn divide(&self, page: &Page, grown: Grown) -> Option<Halves<f64>> {
        let at = middle(page, grown);
        let right = page.part(at, page.count());
        Some((page.part(0, at), self.key(&right, 0.0), right))
    }
}

/// The part of a record that names it, and whether that is an integer's bytes.
pub(super) trait Naming: Clone {
    fn name(record: Rec<'_>) -> Rec<'_>;
}

/// Sets and hashes: records lie in pages by the keyed hash of their name, and within a page as they came. The key is the least hash that belongs to the child.
#[derive(Debug, Clone)]
pub(super) struct ByHash<N> {
    seed: RandomState,
    naming: PhantomData<N>,
}

/// Where a record's hash puts it: into which page, and by which tag it is found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) place: u64,
    pub(super) tag: u8,
}

impl<N: Naming> ByHash<N> {
    /// An order of its own seed: what lies near to what in one collection says nothing of any other.
    pub(super) fn new() -> Self {
        Self::seeded(RandomState::new())
    }

    pub(super) const fn seeded(seed: RandomState) -> Self {
        Self { seed, naming: PhantomData }
    }

    /// Where a name belongs.
    pub(super) fn home(&self, name: Rec<'_>) -> Home {
        let hash = self.seed.hash_one(name.bytes);
        // Names that are integers are kept as their bytes, and must not meet the text of the same bytes.
        let hash = if name.flag { hash.rotate_left(32) } else { hash };
        // 0 is where a scan begins, and says that it is at its end.
        Home { place: (hash >> (u64::BITS - PLACE_BITS)).max(1), tag: hash.to_le_bytes()[0] }
    }

    /// The records of a page, in the order of their places.
    pub(super) fn places(&self, page: &Page) -> Vec<Placed> {
        let mut offset = 0;
        let placed = page.records().enumerate().map(|(at, record)| {
            let placed = Placed { place: self.home(N::name(record)).place, at, offset, len: record.bytes.len() };
            offset += placed.len;
            placed
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort_unstable_by_key(|placed| (placed.place, placed.at));
        placed
    }
}

/// A record of a page: its place, which it is, where it begins and how long it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) place: u64,
    pub(super) at: usize,
    offset: usize,
    len: usize,
}

impl<N: Naming> Order for ByHash<N> {
    type Key = u64;
    const TAGGED: bool = true;
    const PAGE_BYTES: usize = if cfg!(test) { 160 } else { 4080 };
    const PAGE_RECORDS: usize = if cfg!(test) { 12 } else { 96 };
    const FIRST: u64 = 0;

    fn key(&self, _: &Page, old: u64) -> u64 {
        old
    }

    fn key_above(&self, _: u64, old: u64) -> u64 {
        old
    }

    #[cfg(test)]
    fn belongs(&self, page: &Page, key: u64, until: Option<u64>) -> bool {
        self.places(page).iter().all(|Placed { place, .. }| *place >= key && until.is_none_or(|until| *place < until))
    }

    /// Divides where half of the bytes are before, and two places differ.
    fn divide(&self, page: &Page, _: Grown) -> Option<Halves<u64>> {
        let placed = self.places(page);
        let half = page.used() / 2;
        let mut sum = 0;
        let mut best: Option<(usize, usize)> = None;
        for (at, pair) in placed.windows(2).enumerate() {
            if let [one, next] = pair {
                sum += one.len + 1;
                if one.place != next.place && best.is_none_or(|(_, distance)| sum.abs_diff(half) < distance) {
                    best = Some((at + 1, sum.abs_diff(half)));
                }
            }
        }
        let (left, right) = placed.split_at_checked(best?.0)?;
        let gather = |part: &[Placed]| page.gather(part.iter().map(|placed| (placed.at, placed.offset)));
        Some((gather(left), right.first()?.place, gather(right)))
    }
}
