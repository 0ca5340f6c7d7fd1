//! The typed API of lists. See `api.rs`.

use bytes::Bytes;

use crate::collection::List;
use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::{ListEdit, ListEnd, index_place};
use crate::store::Store;
use crate::view::View;

/// Lists. Every method but [`list_insert`](Self::list_insert) and [`list_remove`](Self::list_remove) is O(log elements) for each element that it names or
/// returns. All of them return [`StoreError::WrongType`] where a key holds anything else.
impl Store {
    /// Puts elements at an end of a list, one after the other, and makes one where there is no key. Returns how many elements there are then.
    ///
    /// ```
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// assert_eq!(store.list_push("jobs", ListEnd::Back, ["first", "second"])?, 2);
    /// assert_eq!(store.list_pop("jobs", ListEnd::Front)?.as_deref(), Some(&b"first"[..]));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_push<E: AsRef<[u8]>>(
        &self,
        key: impl AsRef<[u8]>,
        end: ListEnd,
        elements: impl IntoIterator<Item = E>,
    ) -> Result<usize, StoreError> {
        let elements: Vec<E> = elements.into_iter().collect();
        self.write(key.as_ref(), |view, key| view.list_push(key, end, elements.iter().map(AsRef::as_ref), false))
    }

    /// Takes an element from an end of a list. A list that is empty then is gone, as is its key.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_pop(&self, key: impl AsRef<[u8]>, end: ListEnd) -> Result<Option<Bytes>, StoreError> {
        let popped = self.write(key.as_ref(), |view, key| view.list_pop_with(key, end, element))?;
        Ok(popped.flatten())
    }

    /// How many elements a list has.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_len(&self, key: impl AsRef<[u8]>) -> Result<usize, StoreError> {
        self.read(key.as_ref(), |view, key| Ok(view.collection::<List>(key)?.map_or(0, List::len)))
    }

    /// The element at an index; negative ones count from behind.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_get(&self, key: impl AsRef<[u8]>, index: i64) -> Result<Option<Bytes>, StoreError> {
        self.read(key.as_ref(), |view, key| {
            let list = view.collection::<List>(key)?;
            Ok(list.and_then(|list| element(list, index_place(index, list.len())?)))
        })
    }

    /// The whole list, as it is at this moment; empty where there is none. O(1).
    ///
    /// ```
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// store.list_push("log", ListEnd::Back, ["a", "b", "c"])?;
    /// let log = store.list("log")?;
    /// store.del("log");
    /// assert_eq!(log.iter().map(|line| line.to_vec()).collect::<Vec<_>>().concat(), b"abc");
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list(&self, key: impl AsRef<[u8]>) -> Result<List, StoreError> {
        self.read(key.as_ref(), |view, key| Ok(view.collection::<List>(key)?.cloned().unwrap_or_default()))
    }

    /// Puts another element in the place of that at an index; negative ones count from behind. Returns whether there is one.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::NoSuchKey`].
    pub fn list_set(&self, key: impl AsRef<[u8]>, index: i64, element: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        self.write(key.as_ref(), |view, key| view.list_set(key, index, element.as_ref()))
    }

    /// Puts an element before the first one that is like `pivot`, or behind it. Returns how many there are then, `None` where there is none like that.
    /// O(elements), at most 1024 of them looked at under the lock, unless the list is changed all the time.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_insert(
        &self,
        key: impl AsRef<[u8]>,
        pivot: impl AsRef<[u8]>,
        element: impl AsRef<[u8]>,
        after: bool,
    ) -> Result<Option<usize>, StoreError> {
        let (pivot, element) = (pivot.as_ref(), element.as_ref());
        let key = self.key(key.as_ref());
        let begin = |view: &View<'_>, _: &[Key<'_>]| ListEdit::insert(view, &key, pivot, element, after);
        let edited = self.calculate_into(&key, &[key], begin)?;
        Ok(edited.filter(|(inserted, _)| *inserted > 0).map(|(_, length)| length))
    }

    /// Takes out the first `count` elements that are like one; the last ones if `count` is negative, all if it is 0. Returns how many that were.
    /// O(elements), at most 1024 of them looked at under the lock, unless the list is changed all the time.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_remove(
        &self,
        key: impl AsRef<[u8]>,
        element: impl AsRef<[u8]>,
        count: i64,
    ) -> Result<usize, StoreError> {
        let element = element.as_ref();
        let key = self.key(key.as_ref());
        let begin = |view: &View<'_>, _: &[Key<'_>]| ListEdit::remove(view, &key, element, count);
        let edited = self.calculate_into(&key, &[key], begin)?;
        Ok(edited.map_or(0, |(removed, _)| removed))
    }

    /// Takes out all elements but those from one index to another, both included; negative ones count from behind.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_trim(&self, key: impl AsRef<[u8]>, start: i64, end: i64) -> Result<(), StoreError> {
        self.write(key.as_ref(), |view, key| view.list_trim(key, start, end))
    }

    /// Takes an element from an end of a list and puts it at an end of another, or of the same. `None` where there is no list to take it from.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn list_move(
        &self,
        (from, from_end): (impl AsRef<[u8]>, ListEnd),
        (to, to_end): (impl AsRef<[u8]>, ListEnd),
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (from, to) = (self.key(from.as_ref()), self.key(to.as_ref()));
        let mut locks = LockSet::new();
        locks.write(&from);
        locks.write(&to);
        self.with_view(locks, |view| view.list_move((&from, from_end), (&to, to_end)))
    }
}

/// An element, to be kept: a long one is shared with the list.
fn element(list: &List, place: usize) -> Option<Bytes> {
    list.share(place).or_else(|| Some(list.get(place)?.to_vec().into()))
}
