//! Lists, where the place has to be looked for: LPOS, LINSERT and LREM.
//!
//! A search pauses whenever it is told to. A [`ListEdit`] looks in a clone of the list, which needs no lock, and changes the list itself under it, if it is still
//! the one that the clone was taken from.

use std::ops::Range;

use bytes::Bytes;

use crate::change::Report;
use crate::collection::List;
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// So many runs of elements are taken out under the lock; if there are more, out of the clone, which takes the list's place.
const RUNS_UNDER_LOCK: usize = 1024;
/// Runs up to this length are taken out one by one, longer ones cut out.
const SHORT_RUN: usize = 8;

/// A search for the places of an element in a list.
#[derive(Debug, Clone)]
pub struct ListSearch {
    element: Bytes,
    from_back: bool,
    /// Matches to pass over first.
    skip: usize,
    /// Matches to find.
    wanted: usize,
    /// Elements to look at.
    within: usize,
    /// Elements that were looked at.
    passed: usize,
    found: Vec<usize>,
}

impl ListSearch {
    /// A search for every place, from the front.
    pub fn new(element: &[u8]) -> Self {
        let element = Bytes::copy_from_slice(element);
        let (wanted, within) = (usize::MAX, usize::MAX);
        Self { element, from_back: false, skip: 0, wanted, within, passed: 0, found: Vec::new() }
    }

    /// The same from the back.
    #[must_use]
    pub fn from_back(self, from_back: bool) -> Self {
        Self { from_back, ..self }
    }

    /// Passes over the first places.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Finds at most so many places.
    #[must_use]
    pub fn at_most(self, wanted: usize) -> Self {
        Self { wanted, ..self }
    }

    /// Looks at no more than so many elements.
    #[must_use]
    pub fn within(self, within: usize) -> Self {
        Self { within, ..self }
    }

    /// Looks at so many elements of the list more, which has to be the same each time. Returns whether the search is not over yet.
    pub fn step(&mut self, list: &List, elements: usize) -> bool {
        let end = self.within.min(list.len());
        let next = self.passed.saturating_add(elements).min(end);
        let missing = self.skip.saturating_add(self.wanted.saturating_sub(self.found.len()));
        if self.from_back {
            let places = list.positions(list.len() - next..list.len() - self.passed, &self.element).rev();
            self.found.extend(skipping(&mut self.skip, places.take(missing)));
        } else {
            let places = list.positions(self.passed..next, &self.element);
            self.found.extend(skipping(&mut self.skip, places.take(missing)));
        }
        self.passed = next;
        next < end && self.found.len() < self.wanted
    }

    /// The places that were found, in the order of the search.
    pub fn places(&self) -> &[usize] {
        &self.found
    }

    /// The place of such a number, counted from the back of the list.
    fn nth_from_behind(&self, number: usize) -> Option<usize> {
        let at = if self.from_back { number } else { self.found.len().checked_sub(number + 1)? };
        self.found.get(at).copied()
    }
}

/// Passes over as many as are still to be skipped.
fn skipping(skip: &mut usize, places: impl Iterator<Item = usize>) -> impl Iterator<Item = usize> {
    places.filter(move |_| {
        let passes = *skip > 0;
        *skip -= usize::from(passes);
        !passes
    })
}

#[derive(Debug, Clone)]
enum Change {
    Insert { element: Bytes, after: bool },
    Remove,
}

/// A change of a list at places that have to be looked for. See the module.
#[derive(Debug, Clone)]
pub struct ListEdit {
    change: Change,
    search: ListSearch,
    list: List,
    /// What is to be taken out, from the back to the front.
    runs: Vec<Range<usize>>,
    /// How many places the runs are made of.
    gathered: usize,
    /// The list without as many of the runs, where there are too many of them to take them out under the lock.
    result: Option<(List, usize)>,
}

impl ListEdit {
    const fn new(change: Change, search: ListSearch, list: List) -> Self {
        Self { change, search, list, runs: Vec::new(), gathered: 0, result: None }
    }

    /// An element to be put before or behind the first one that is like another. `list` is a clone of what the key holds.
    pub fn insert(list: List, pivot: &[u8], element: &[u8], after: bool) -> Self {
        let change = Change::Insert { element: Bytes::copy_from_slice(element), after };
        Self::new(change, ListSearch::new(pivot).at_most(1), list)
    }

    /// The first elements that are like one to be taken out, so many of them, or the last ones if the number is negative, or all if it is 0. `list` is a clone
    /// of what the key holds.
    pub fn remove(list: List, element: &[u8], count: i64) -> Self {
        let wanted = match count {
            0 => usize::MAX,
            _ => usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX),
        };
        Self::new(Change::Remove, ListSearch::new(element).at_most(wanted).from_back(count < 0), list)
    }

    /// The same change of another list, which takes the place of the first; that one is returned.
    pub fn restart(&mut self, list: List) -> List {
        self.search.found.clear();
        self.search.passed = 0;
        (self.gathered, self.result) = (0, None);
        self.runs.clear();
        std::mem::replace(&mut self.list, list)
    }

    /// Whether a list is the one that was begun with.
    pub fn is_current(&self, list: &List) -> bool {
        self.list.is_same(list)
    }

    /// Does as much of it as takes looking at so many elements. Returns whether there is more to be done without a lock.
    pub fn step(&mut self, elements: usize) -> bool {
        if self.search.step(&self.list, elements) {
            return true;
        }
        if matches!(self.change, Change::Insert { .. }) {
            return false;
        }
        for _ in 0..elements {
            let Some(place) = self.search.nth_from_behind(self.gathered) else { break };
            self.gathered += 1;
            match self.runs.last_mut() {
                Some(run) if run.start == place + 1 => run.start = place,
                _ => self.runs.push(place..place + 1),
            }
        }
        if self.gathered < self.search.found.len() {
            return true;
        }
        if self.runs.len() <= RUNS_UNDER_LOCK {
            return false;
        }
        let (list, done) = self.result.get_or_insert_with(|| (self.list.clone(), 0));
        for run in self.runs.iter().skip(*done).take(elements) {
            take_out(list, run.clone());
            *done += 1;
        }
        *done < self.runs.len()
    }

    /// Ends the change, if it is not at its end, and lets the key hold what comes of it: the list has to be the one that was begun with.
    /// Returns how many elements were put in or taken out, and how many the list has then.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`]; [`StoreError::NoSuchKey`] where there is none.
    pub fn store(mut self, view: &mut View<'_>, key: &Key<'_>) -> Result<(usize, usize), StoreError> {
        while self.step(usize::MAX) {}
        let clone = std::mem::take(&mut self.list);
        if self.search.found.is_empty() {
            return Ok((0, clone.len()));
        }
        // What is shared would be copied before it is changed.
        view.discard(clone);
        let mut shard = view.shard_mut(key)?;
        shard
            .change(key, |list: &mut List, report| {
                let changed = self.search.found.len();
                match &self.change {
                    Change::Insert { element, after } => {
                        let at = self.search.found.first().map_or(0, |place| place + usize::from(*after));
                        list.insert(at, element);
                        report.tell(event::LINSERT, || Delta::ListInsert { at, elements: vec![element.clone()] });
                    }
                    Change::Remove => self.remove_from(list, report),
                }
                (changed, list.len())
            })?
            .ok_or(StoreError::NoSuchKey)
    }

    fn remove_from(&mut self, list: &mut List, report: &mut Report<'_>) {
        if let Some((result, _)) = self.result.take() {
            report.discard(std::mem::replace(list, result));
        } else {
            self.runs.iter().for_each(|run| report.discard(take_out(list, run.clone())));
        }
        let runs = std::mem::take(&mut self.runs);
        report.tell(event::LREM, || Delta::ListRemove(runs));
    }
}

/// Takes a run of elements out; returns those that can't be freed in no time.
fn take_out(list: &mut List, run: Range<usize>) -> List {
    if run.len() > SHORT_RUN {
        return list.remove_range(run);
    }
    for _ in run.clone() {
        list.remove(run.start);
    }
    List::new()
}
