//! SORT from its beginning to its end, in steps: take the elements out of a clone, look up what to sort by, sort, look up what to get, answer or store.
//!
//! What has to look up no more keys than a step has elements does it at one instant, at which the collection is also what it was; else the keys are looked up in
//! slices, each at its own instant. What stores its result looks, with the locks held, whether the collection is still the same; the third time all is done
//! under them.

use std::ops::Range;
use std::sync::Arc;
use std::vec::IntoIter;

use bytes::Bytes;
use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{
    ATTEMPTS, Collection, Key, List, LockSet, Provisional, StoreError, ValueRef, ValueType, View, is_unchanged, renew,
};

use super::Options;
use super::number;
use super::order::{Item, MergeSort};
use super::pattern::Pattern;
use crate::command::error::CommandError;
use crate::command::held::Held;
use crate::command::long_reply::LongReply;
use crate::command::own_keys::OwnKey;
use crate::command::work::{BYTES_PER_STEP, BYTES_UNDER_LOCK, ELEMENTS_PER_STEP, Ended, Work};

enum Phase {
    /// As many elements are taken.
    Load(Vec<Item>),
    /// As many weights are known.
    Weigh(Vec<Item>, usize),
    Sort(MergeSort),
    /// The rest of the elements, of which as many are passed.
    Output(IntoIter<Item>, usize),
}

/// What is asked for.
pub(super) struct Request {
    pub(super) options: Options,
    pub(super) key: OwnKey,
    pub(super) version: RespVersion,
}

/// See the module.
pub(super) struct Sorting {
    request: Arc<Request>,
    /// The request's, as the source has it.
    options: Options,
    source: Option<Collection>,
    phase: Phase,
    /// Which elements, once they are sorted, are wanted.
    window: Range<usize>,
    output: Output,
    is_number: bool,
    attempts: usize,
    /// A slice under locks is done, and others have their turn.
    pauses: bool,
}

/// Where the result is put together.
struct Output {
    count: usize,
    reply: LongReply,
    list: List,
}

impl Output {
    fn new(version: RespVersion) -> Self {
        Self { count: 0, reply: LongReply::new(version), list: List::new() }
    }

    fn add(&mut self, stores: bool, value: Option<Bytes>) {
        self.count += 1;
        match value {
            value if stores => self.list.push_back(&value.unwrap_or_default()),
            Some(value) => self.reply.bulk_shared(value),
            None => self.reply.writer().null(),
        }
    }
}

fn source(value: Option<ValueRef<'_>>) -> Result<Option<Collection>, StoreError> {
    match value {
        None => Ok(None),
        Some(value @ (ValueRef::Collection(Collection::Hash(_)) | ValueRef::String(_))) => {
            Err(StoreError::WrongType { expected: ValueType::List, found: value.value_type() })
        }
        Some(ValueRef::Collection(collection)) => Ok(Some(collection.clone())),
    }
}

impl Sorting {
    pub(super) fn begin(request: Arc<Request>, view: &View<'_>, attempts: usize) -> Result<Self, StoreError> {
        let source = source(view.value(&request.key.key())?)?;
        let mut options = request.options.clone();
        if options.keeps_order && options.target.is_some() && matches!(source, Some(Collection::Set(_))) {
            // The order of a set is nobody's, so what is stored of it is sorted.
            (options.keeps_order, options.alpha, options.by) = (false, true, None);
        }
        let count = source.as_ref().map_or(0, Collection::len);
        let signed = i64::try_from(count).unwrap_or(i64::MAX);
        let (offset, limit) = options.limit.unwrap_or((0, -1));
        let first = usize::try_from(offset.clamp(0, signed)).unwrap_or(count);
        let most = usize::try_from(limit).unwrap_or(count);
        let mut sorting = Self {
            options,
            source,
            phase: Phase::Load(Vec::new()),
            window: first..first.saturating_add(most).min(count),
            output: Output::new(request.version),
            is_number: true,
            attempts,
            pauses: false,
            request,
        };
        // Room for all, as moving many to more room takes long.
        sorting.phase = Phase::Load(Vec::with_capacity(sorting.wanted().len()));
        Ok(sorting)
    }

    /// Whether all of it can be done under the locks that the command has.
    pub(super) fn is_small(&self) -> bool {
        let is_small = |source: &Collection| source.len() <= ELEMENTS_PER_STEP && source.memory() <= BYTES_UNDER_LOCK;
        self.options.patterns().next().is_none() && self.source.as_ref().is_none_or(is_small)
    }

    /// Places of the elements that are wanted at all: where nothing is sorted, only the window's.
    fn wanted(&self) -> Range<usize> {
        if self.options.keeps_order { self.window.clone() } else { 0..self.source.as_ref().map_or(0, Collection::len) }
    }

    /// Whether everything that needs locks happens at one instant.
    fn is_at_once(&self) -> bool {
        let patterns = self.options.patterns().count();
        let lookups = self.wanted().len().saturating_mul(patterns);
        self.attempts > ATTEMPTS || (patterns > 0 && lookups <= ELEMENTS_PER_STEP)
    }

    /// Takes elements out of the collection. Returns whether there are more.
    fn load(&mut self) -> bool {
        let wanted = self.wanted();
        let (Phase::Load(items), Some(source)) = (&mut self.phase, &self.source) else { return false };
        let average = source.memory() / source.len().max(1);
        let most = (BYTES_PER_STEP / average.max(1)).clamp(1, ELEMENTS_PER_STEP);
        let from = wanted.start + items.len();
        let part = from..wanted.end.min(from + most);
        let mirrored = source.len() - part.end..source.len() - part.start;
        let mut take = |element: Vec<u8>| items.push(Item { element: element.into(), score: 0.0, weight: None });
        let from_back = self.options.keeps_order && self.options.descending;
        match source {
            Collection::List(list) if from_back => list.range(mirrored).rev().for_each(|one| take(one.to_vec())),
            Collection::List(list) => list.range(part).for_each(|one| take(one.to_vec())),
            Collection::Set(set) => set.range(part).for_each(|one| take(one.to_vec())),
            Collection::SortedSet(set) if from_back => {
                set.range(mirrored).rev().for_each(|(one, _)| take(one.to_vec()))
            }
            Collection::SortedSet(set) => set.range(part).for_each(|(one, _)| take(one.to_vec())),
            _ => {}
        }
        items.len() < wanted.len()
    }

    /// Elements whose keys the next slice looks up, and by which patterns.
    fn to_look_up(&self) -> (&[Item], &[Pattern]) {
        let together = if self.is_at_once() { usize::MAX } else { ELEMENTS_PER_STEP };
        match &self.phase {
            Phase::Weigh(items, known) => {
                let rest = items.get(*known..).unwrap_or_default();
                let by = self.options.weights().map_or(&[][..], std::slice::from_ref);
                (rest.get(..together).unwrap_or(rest), by)
            }
            Phase::Output(rest, passed) if self.window.contains(passed) => {
                let most = (together / self.options.gets.len().max(1)).clamp(1, self.window.end - passed);
                let rest = rest.as_slice();
                (rest.get(..most).unwrap_or(rest), &self.options.gets)
            }
            _ => (&[], &[]),
        }
    }

    /// Whether the next slice needs a view.
    fn needs_view(&self) -> bool {
        let (items, patterns) = self.to_look_up();
        !items.is_empty() && patterns.iter().any(Pattern::names_keys)
    }

    /// Looks up what the next slice needs, and uses it; without a view where nothing has to be looked up.
    fn look_up(&mut self, view: Option<&View<'_>>) -> Result<(), StoreError> {
        let (items, patterns) = self.to_look_up();
        let mut found = Vec::with_capacity(items.len() * patterns.len());
        for item in items {
            for pattern in patterns {
                found.push(match (pattern, pattern.key(&item.element), view) {
                    (Pattern::Element, ..) => Some(item.element.clone()),
                    (_, Some(key), Some(view)) => pattern.read(view, &self.request.key.beside(&key))?,
                    _ => None,
                });
            }
        }
        let count = items.len();
        self.use_found(count, found);
        Ok(())
    }

    fn use_found(&mut self, count: usize, found: Vec<Option<Bytes>>) {
        let stores = self.options.target.is_some();
        match &mut self.phase {
            Phase::Weigh(items, known) => {
                let mut found = found.into_iter();
                for item in items.iter_mut().skip(*known).take(count) {
                    if self.options.weights().is_none() {
                        self.is_number &= self.options.alpha || set_score(item, None);
                    } else if let Some(weight) = found.next().flatten() {
                        self.is_number &= self.options.alpha || set_score(item, Some(&weight));
                        item.weight = Some(weight).filter(|_| self.options.alpha);
                    }
                }
                *known += count;
            }
            Phase::Output(rest, passed) => {
                if self.options.gets.is_empty() {
                    rest.by_ref().take(count).for_each(|item| self.output.add(stores, Some(item.element)));
                } else {
                    rest.by_ref().take(count).for_each(drop);
                    found.into_iter().for_each(|value| self.output.add(stores, value));
                }
                *passed += count;
            }
            _ => {}
        }
    }

    /// Goes on without a view. Returns whether there is more to be done so.
    fn go_on(&mut self) -> bool {
        if self.needs_view() {
            return false;
        }
        if self.load() {
            return true;
        }
        let (window, is_sorted) = (self.window.clone(), !self.options.keeps_order);
        match &mut self.phase {
            Phase::Load(items) => {
                let items = std::mem::take(items);
                let first = if is_sorted { 0 } else { window.start };
                self.phase = if is_sorted { Phase::Weigh(items, 0) } else { Phase::Output(items.into_iter(), first) };
            }
            Phase::Weigh(items, known) if *known == items.len() => {
                self.phase = Phase::Sort(MergeSort::new(std::mem::take(items)));
            }
            Phase::Sort(sort) => {
                if let Some(sorted) = sort.step(&self.options) {
                    self.phase = Phase::Output(sorted.into_iter(), 0);
                }
            }
            Phase::Output(rest, passed) if !window.contains(passed) => {
                let before = if *passed < window.start { window.start - *passed } else { usize::MAX };
                *passed += rest.by_ref().take(before.min(ELEMENTS_PER_STEP)).map(drop).count();
                return rest.len() > 0;
            }
            // Nothing has to be looked up, so no error comes of it.
            Phase::Weigh(..) | Phase::Output(..) => return self.look_up(None).is_ok(),
        }
        true
    }

    /// What is left to be done is to answer, or to store.
    fn is_over(&self) -> bool {
        matches!(&self.phase, Phase::Output(rest, _) if rest.len() == 0)
    }

    fn answer(&mut self, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<(), CommandError> {
        if !self.is_number {
            return Err(CommandError::err("One or more scores can't be converted into double"));
        }
        let Output { count, reply: pieces, list } =
            std::mem::replace(&mut self.output, Output::new(self.request.version));
        match (&self.options.target, view) {
            (Some(target), Some(view)) => {
                view.store_sorted(&self.request.key.beside(target), list)?;
                reply.count(count);
            }
            _ => {
                reply.array(count);
                pieces.reply(reply);
            }
        }
        Ok(())
    }

    /// Does what is to be done under locks, and answers if that is the end. Returns whether it is.
    fn go_on_locked(
        &mut self,
        is_at_once: bool,
        view: &mut View<'_>,
        reply: &mut ReplyWriter,
    ) -> Result<bool, CommandError> {
        while is_at_once && !self.is_over() {
            if !self.go_on() && self.needs_view() {
                self.look_up(Some(view))?;
            }
        }
        if self.is_over() {
            return self.answer(Some(view), reply).map(|()| true);
        }
        self.look_up(Some(view))?;
        self.pauses = true;
        Ok(false)
    }

    /// The locks that the next slice needs, if any.
    fn locks(&self) -> Option<LockSet> {
        let mut locks = LockSet::new();
        let key = &self.request.key;
        let target = self.options.target.as_ref().map(|target| key.beside(target));
        let stores = (self.is_at_once() || self.is_over()) && target.is_some();
        if self.is_at_once() || stores {
            locks.read(&key.key());
        }
        if let Some(target) = target.filter(|_| stores) {
            locks.write(&target);
        }
        if self.attempts > ATTEMPTS {
            locks.read_database(key.key().db());
        } else if self.needs_view() {
            let patterns: Vec<&Pattern> = if self.is_at_once() {
                self.options.patterns().collect()
            } else {
                self.to_look_up().1.iter().collect()
            };
            let items = self.to_look_up().0;
            let keys = items.iter().flat_map(|item| patterns.iter().filter_map(|pattern| pattern.key(&item.element)));
            keys.for_each(|name| locks.read(&key.beside(&name)));
        }
        (!locks.is_empty()).then_some(locks)
    }
}

impl Provisional for Sorting {
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError> {
        let [key] = keys else { return Err(StoreError::Undeclared) };
        Ok(is_unchanged(source(view.held_value(key)?)?.as_ref(), self.source.as_ref(), Collection::is_same))
    }

    fn held_bytes(&self) -> usize {
        let source = self.source.as_ref().map_or(0, Collection::memory);
        source + self.output.reply.len_bytes() + self.output.list.memory()
    }
}

/// Sets what an element is sorted by as a number: that of its weight, or its own. Whether it is one.
fn set_score(item: &mut Item, weight: Option<&Bytes>) -> bool {
    let score = number::read(weight.unwrap_or(&item.element));
    item.score = score.unwrap_or_default();
    score.is_some()
}

/// A sorting on its way.
pub(super) struct LongSort(pub(super) Held<Sorting>);

impl Work for LongSort {
    fn step(&mut self) -> bool {
        std::mem::take(&mut self.0.pauses) || self.0.go_on()
    }

    fn locks(&self) -> Option<LockSet> {
        self.0.locks()
    }

    fn end(mut self: Box<Self>, view: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        let Some(view) = view else { return self.0.answer(None, reply).map(|()| Ended::Answered) };
        let Self(held) = *self;
        let (freeing, mut sorting) = held.take_apart();
        let again = |sorting| Ended::Again(Box::new(Self(Held::new(&freeing, sorting, Provisional::held_bytes))));
        let (at_once, insists) = (sorting.is_at_once(), sorting.attempts > ATTEMPTS);
        if at_once || (sorting.is_over() && sorting.options.target.is_some()) {
            let (request, next) = (Arc::clone(&sorting.request), sorting.attempts + 1);
            let anew = |view: &View<'_>, _: &[Key<'_>]| Sorting::begin(Arc::clone(&request), view, next);
            let (current, is_current) = renew(sorting, view, &[request.key.key()], anew)?;
            // Begun anew it needs other locks, but for the last time, which has all.
            if !is_current && !insists {
                return Ok(again(current));
            }
            sorting = current;
        }
        let ended = sorting.go_on_locked(at_once, view, reply);
        if matches!(ended, Ok(false)) {
            return Ok(again(sorting));
        }
        sorting.abandon(view);
        ended.map(|_| Ended::Answered)
    }
}
