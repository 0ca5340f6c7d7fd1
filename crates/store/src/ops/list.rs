//! Lists: what LPUSH, LPOP, LSET, LTRIM, LMOVE and their relatives do. What has to look for its place first is in `list_edit.rs`.

use std::ops::Range;

use bytes::Bytes;

use crate::change::Report;
use crate::collection::List;
use crate::effect::{Delta, event};
use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListEnd {
    /// Where the element of index 0 is.
    Front,
    /// Where that of index -1 is.
    Back,
}

impl ListEnd {
    const fn pushed(self) -> &'static str {
        match self {
            Self::Front => event::LPUSH,
            Self::Back => event::RPUSH,
        }
    }

    const fn popped(self) -> &'static str {
        match self {
            Self::Front => event::LPOP,
            Self::Back => event::RPOP,
        }
    }

    /// The last elements before this end, at most so many.
    fn last(self, count: usize, list: &List) -> Range<usize> {
        let count = count.min(list.len());
        match self {
            Self::Front => 0..count,
            Self::Back => list.len() - count..list.len(),
        }
    }
}

/// The range of places from index `start` to index `end`, both included, among so many elements; negative indices count from behind, -1 is the last one.
/// Empty where nothing is there.
pub fn index_range(start: i64, end: i64, len: usize) -> Range<usize> {
    let count = i64::try_from(len).unwrap_or(i64::MAX);
    let from_front = |index: i64| if index < 0 { index.saturating_add(count) } else { index };
    let (start, end) = (from_front(start).max(0), from_front(end).min(count - 1));
    if start > end {
        return 0..0;
    }
    let place = |index| usize::try_from(index).unwrap_or(len);
    place(start)..place(end) + 1
}

/// The place of an index, if there is an element.
pub fn index_place(index: i64, len: usize) -> Option<usize> {
    index_range(index, index, len).next()
}

impl View<'_> {
    /// Puts elements before or behind those of a list, one after the other; where there is no key, one is made, unless the list has to exist.
    /// Returns how many elements there are then: 0 where there is no list.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`], as for every operation here.
    pub fn list_push<'e>(
        &mut self,
        key: &Key<'_>,
        end: ListEnd,
        elements: impl Iterator<Item = &'e [u8]> + Clone,
        has_to_exist: bool,
    ) -> Result<usize, StoreError> {
        let push = |list: &mut List, report: &mut Report<'_>| {
            let before = list.len();
            match end {
                ListEnd::Front => elements.clone().for_each(|element| list.push_front(element)),
                ListEnd::Back => elements.clone().for_each(|element| list.push_back(element)),
            }
            if list.len() > before {
                report.tell(end.pushed(), || {
                    let mut elements: Vec<Bytes> = elements.map(Bytes::copy_from_slice).collect();
                    let at = if end == ListEnd::Front { 0 } else { before };
                    if end == ListEnd::Front {
                        elements.reverse();
                    }
                    Delta::ListInsert { at, elements }
                });
            }
            list.len()
        };
        let mut shard = self.shard_mut(key)?;
        if has_to_exist { Ok(shard.change(key, push)?.unwrap_or(0)) } else { shard.change_or_make(key, push) }
    }

    /// Takes an element from an end of a list, and calls `read` with the list that it is still part of and its place. `None` where there is no list.
    ///
    /// # Errors
    /// See [`list_push`](Self::list_push).
    pub fn list_pop_with<R>(
        &mut self,
        key: &Key<'_>,
        end: ListEnd,
        read: impl FnOnce(&List, usize) -> R,
    ) -> Result<Option<R>, StoreError> {
        self.shard_mut(key)?.change(key, |list: &mut List, report| {
            let range = end.last(1, list);
            let result = read(list, range.start);
            list.remove(range.start);
            report.tell(end.popped(), || Delta::ListRemove(vec![range]));
            result
        })
    }

    /// Takes elements from an end of a list, as many as there are at most, and returns them in their order in the list. `None` where there is no list.
    /// O(log n), whatever their number.
    ///
    /// # Errors
    /// See [`list_push`](Self::list_push).
    pub fn list_pop(&mut self, key: &Key<'_>, end: ListEnd, count: usize) -> Result<Option<List>, StoreError> {
        let mut shard = self.shard_mut(key)?;
        if count == 0 {
            let Some(entry) = shard.live(key) else { return Ok(None) };
            return entry.collection::<List>().map(|_| Some(List::new()));
        }
        shard.change(key, |list: &mut List, report| {
            let range = end.last(count, list);
            let popped = list.remove_range(range.clone());
            report.tell(end.popped(), || Delta::ListRemove(vec![range]));
            popped
        })
    }

    /// Puts another element in the place of that at an index; negative ones count from behind. Returns whether there is one.
    ///
    /// # Errors
    /// [`StoreError::NoSuchKey`]; see [`list_push`](Self::list_push).
    pub fn list_set(&mut self, key: &Key<'_>, index: i64, element: &[u8]) -> Result<bool, StoreError> {
        let is_set = self.shard_mut(key)?.change(key, |list: &mut List, report| {
            let Some(at) = index_place(index, list.len()) else { return false };
            list.set(at, element);
            report.tell(event::LSET, || Delta::ListSet { at, element: Bytes::copy_from_slice(element) });
            true
        })?;
        is_set.ok_or(StoreError::NoSuchKey)
    }

    /// Takes out all elements but those from index `start` to index `end`, see [`index_range`]. O(log n): what is taken out is freed without the lock.
    ///
    /// # Errors
    /// See [`list_push`](Self::list_push).
    pub fn list_trim(&mut self, key: &Key<'_>, start: i64, end: i64) -> Result<(), StoreError> {
        self.shard_mut(key)?.change(key, |list: &mut List, report| {
            let kept = index_range(start, end, list.len());
            let gone = [kept.end..list.len(), 0..kept.start].into_iter().filter(|range| !range.is_empty());
            let gone: Vec<Range<usize>> = gone.collect();
            for range in &gone {
                report.discard(list.remove_range(range.clone()));
            }
            if gone.is_empty() {
                report.touch();
                report.note(event::LTRIM);
            } else {
                report.tell(event::LTRIM, || Delta::ListRemove(gone));
            }
        })?;
        Ok(())
    }

    /// Takes an element from an end of a list, and puts it at an end of another list, or of the same. Where there is no key `to`, one is made. Returns the
    /// element; `None` where there is no list `from`.
    ///
    /// # Errors
    /// See [`list_push`](Self::list_push).
    pub fn list_move(
        &mut self,
        from: (&Key<'_>, ListEnd),
        to: (&Key<'_>, ListEnd),
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let ((from, from_end), (to, to_end)) = (from, to);
        let same = (from.db(), from.bytes()) == (to.db(), to.bytes());
        let mut source = self.shard_mut(from)?;
        let Some(entry) = source.live(from) else { return Ok(None) };
        let list = entry.collection::<List>()?;
        let Some(element) = list.get(from_end.last(1, list).start).map(|element| element.to_vec()) else {
            return Ok(None);
        };
        if same {
            source.change(from, |list: &mut List, report| rotate(list, report, from_end, to_end, &element))?;
        } else {
            self.list_push(to, to_end, std::iter::once(element.as_slice()), false)?;
            self.list_pop_with(from, from_end, |_, _| ())?;
        }
        Ok(Some(element))
    }
}

/// Moves the element at an end, which is at hand, within its list.
fn rotate(list: &mut List, report: &mut Report<'_>, from: ListEnd, to: ListEnd, element: &[u8]) {
    let at = if to == ListEnd::Front { 0 } else { list.len() };
    list.insert(at, element);
    report.tell(to.pushed(), || Delta::ListInsert { at, elements: vec![Bytes::copy_from_slice(element)] });
    let place = match (from, to) {
        (ListEnd::Front, ListEnd::Back) => 0,
        (ListEnd::Front, ListEnd::Front) => 1,
        (ListEnd::Back, ListEnd::Front) => list.len() - 1,
        (ListEnd::Back, ListEnd::Back) => list.len() - 2,
    };
    list.remove(place);
    report.tell(from.popped(), || Delta::ListRemove(std::iter::once(place..place + 1).collect()));
}
