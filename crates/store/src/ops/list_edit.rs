//! Lists, where the place has to be looked for first: LINSERT and LREM.
//!
//! A [`ListEdit`] looks in a clone of the list, which needs no lock, and changes the list itself under it, if it is still the one that the clone was taken
//! from: see `calculation.rs`.

use std::ops::Range;

use bytes::Bytes;

use super::calculation::{
    BYTES_PER_STEP, BYTES_UNDER_LOCK, Calculation, ELEMENTS_UNDER_LOCK, Provisional, is_unchanged,
};
use super::list_search::ListSearch;
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
/// Elements from this length on are cut out, too: so they are freed without the lock.
const LONG_ELEMENT: usize = 4 * 1024;

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
    /// What the key held; nothing where it did not exist.
    list: Option<List>,
    /// What is to be taken out, from the back to the front.
    runs: Vec<Range<usize>>,
    /// How many places the runs are made of.
    gathered: usize,
    /// The list without as many of the runs, where there are too many of them to take them out under the lock.
    result: Option<(List, usize)>,
    /// Whether all is done that can be done without a lock.
    is_ready: bool,
}

impl ListEdit {
    /// An element to be put before or behind the first one of a key's list that is like another. Looks at some elements already.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn insert(
        view: &View<'_>,
        key: &Key<'_>,
        pivot: &[u8],
        element: &[u8],
        after: bool,
    ) -> Result<Self, StoreError> {
        let change = Change::Insert { element: Bytes::copy_from_slice(element), after };
        Self::begin(view, key, change, || ListSearch::new(pivot).at_most(1))
    }

    /// The first elements of a key's list that are like one to be taken out, so many of them, or the last ones if the number is negative, or all if it is 0.
    /// Looks at some elements already.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    pub fn remove(view: &View<'_>, key: &Key<'_>, element: &[u8], count: i64) -> Result<Self, StoreError> {
        let wanted = match count {
            0 => usize::MAX,
            _ => usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX),
        };
        let search = || ListSearch::new(element).at_most(wanted).from_back(count < 0);
        Self::begin(view, key, Change::Remove, search)
    }

    fn begin(
        view: &View<'_>,
        key: &Key<'_>,
        change: Change,
        search: impl FnOnce() -> ListSearch,
    ) -> Result<Self, StoreError> {
        let list = view.held::<List>(key)?.cloned();
        let (runs, gathered, result) = (Vec::new(), 0, None);
        let mut edit = Self { change, search: search(), list, runs, gathered, result, is_ready: false };
        edit.step(ELEMENTS_UNDER_LOCK, BYTES_UNDER_LOCK);
        Ok(edit)
    }

    /// Does as much of it as takes looking at so many elements and comparing so many bytes. Returns whether there is more to be done without a lock.
    pub fn step(&mut self, elements: usize, bytes: usize) -> bool {
        self.is_ready = self.is_ready || !self.goes_on(elements, bytes);
        !self.is_ready
    }

    fn goes_on(&mut self, elements: usize, bytes: usize) -> bool {
        let Some(list) = &self.list else { return false };
        if self.search.step(list, elements, bytes) {
            return true;
        }
        if matches!(self.change, Change::Insert { .. }) {
            return false;
        }
        let places = self.search.places().len();
        for _ in 0..elements {
            let Some(place) = self.search.nth_from_behind(self.gathered) else { break };
            self.gathered += 1;
            match self.runs.last_mut() {
                Some(run) if run.start == place + 1 => run.start = place,
                _ => self.runs.push(place..place + 1),
            }
        }
        if self.gathered < places {
            return true;
        }
        if self.runs.len() <= RUNS_UNDER_LOCK {
            return false;
        }
        let element_bytes = self.search.element.len();
        let (list, done) = self.result.get_or_insert_with(|| (list.clone(), 0));
        for run in self.runs.iter().skip(*done).take(elements) {
            take_out(list, run.clone(), element_bytes);
            *done += 1;
        }
        *done < self.runs.len()
    }

    fn remove_from(&mut self, list: &mut List, report: &mut Report<'_>) {
        if let Some((result, _)) = self.result.take() {
            report.discard(std::mem::replace(list, result));
        } else {
            let element_bytes = self.search.element.len();
            self.runs.iter().for_each(|run| report.discard(take_out(list, run.clone(), element_bytes)));
        }
        let runs = std::mem::take(&mut self.runs);
        report.tell(event::LREM, || Delta::ListRemove(runs));
    }
}

impl Provisional for ListEdit {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        let [key] = keys else { return Err(StoreError::Undeclared) };
        Ok(is_unchanged(view.held::<List>(key)?, self.list.as_ref(), List::is_same))
    }

    fn abandon(self, view: &mut View<'_>) {
        let lists = self.list.into_iter().chain(self.result.map(|(list, _)| list));
        lists.for_each(|list| view.discard(list));
        let bytes = self.search.memory();
        view.leave((self.search, self.runs), bytes);
    }

    fn held_bytes(&self) -> usize {
        let result = self.result.as_ref().map(|(list, _)| list);
        self.list.iter().chain(result).map(List::memory).sum()
    }
}

impl Calculation for ListEdit {
    /// How many elements were put in or taken out, and how many the list has then; nothing where there is none.
    type Stored = Option<(usize, usize)>;

    fn is_short(&self) -> bool {
        self.is_ready
    }

    fn advance(&mut self) -> bool {
        self.step(ELEMENTS_UNDER_LOCK, BYTES_PER_STEP)
    }

    fn store(mut self, view: &mut View<'_>, key: &Key<'_>) -> Result<Self::Stored, StoreError> {
        while self.step(usize::MAX, usize::MAX) {}
        // The key holds it, too. What is shared would be copied before it is changed.
        let Some(length) = self.list.take().map(|list| list.len()) else { return Ok(None) };
        if self.search.places().is_empty() {
            return Ok(Some((0, length)));
        }
        let stored = view.shard_mut(key)?.change(key, |list: &mut List, report| {
            let changed = self.search.places().len();
            match &self.change {
                Change::Insert { element, after } => {
                    let at = self.search.places().first().map_or(0, |place| place + usize::from(*after));
                    list.insert(at, element);
                    report.tell(event::LINSERT, || Delta::ListInsert { at, elements: vec![element.clone()] });
                }
                Change::Remove => self.remove_from(list, report),
            }
            (changed, list.len())
        });
        let bytes = self.search.memory();
        view.leave(self.search, bytes);
        stored
    }
}

/// Takes a run of elements out; returns those that can't be freed in no time.
fn take_out(list: &mut List, run: Range<usize>, element_bytes: usize) -> List {
    if run.len() > SHORT_RUN || element_bytes >= LONG_ELEMENT {
        return list.remove_range(run);
    }
    for _ in run.clone() {
        list.remove(run.start);
    }
    List::new()
}
