//! Lists: what [`Store::list`](crate::Store::list) and [`Tx::list`](crate::Tx::list) give.

use super::door::calculate_into;
use super::{Door, FromBytes, ToBytes, handle};
use crate::collection::List;
use crate::error::StoreError;
use crate::key::Key;
use crate::ops::{ListEdit, ListEnd, index_place, index_range};
use crate::view::View;

handle! {
    /// The list of a key. Every method is O(log n) for each element that it names or returns, if it does not say otherwise, and fails with
    /// [`StoreError::WrongType`] where the key holds anything else. A list that loses its last element is gone, as is its key.
    ///
    /// An index counts from 0 at the front; negative ones count from behind, -1 is the last element.
    ///
    /// # Panics
    /// Every method, when called inside a view of a store on the same thread, as in [`Store::get_with`](crate::Store::get_with).
    ListHandle, list,
    /// A handle to the list of a key. O(1), nothing is looked up.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// let jobs = store.list("jobs");
    /// jobs.push_back("first")?;
    /// jobs.push_back("second")?;
    /// let job: Option<String> = jobs.pop_front()?;
    /// assert_eq!(job.as_deref(), Some("first"));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
}

impl<D: Door, K: AsRef<[u8]>> ListHandle<D, K> {
    /// Puts an element behind all others; where there is no key, one is made. Returns how many elements there are then.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn push_back(&self, element: impl ToBytes) -> Result<usize, D::Error> {
        self.extend(ListEnd::Back, [element])
    }

    /// The same before all others.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn push_front(&self, element: impl ToBytes) -> Result<usize, D::Error> {
        self.extend(ListEnd::Front, [element])
    }

    /// Puts elements at an end, one after the other and all at one instant. Returns how many elements there are then.
    ///
    /// ```
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// store.list("numbers").extend(ListEnd::Back, [1, 2, 3])?;
    /// store.list("numbers").extend(ListEnd::Front, [0, -1])?;
    /// assert_eq!(store.list("numbers").range::<i64>(0, -1)?, [-1, 0, 1, 2, 3]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn extend<E: ToBytes>(&self, end: ListEnd, elements: impl IntoIterator<Item = E>) -> Result<usize, D::Error> {
        let elements: Vec<E> = elements.into_iter().collect();
        let elements: Vec<_> = elements.iter().map(ToBytes::to_bytes).collect();
        self.door.write(self.key(), |view, key| view.list_push(key, end, elements.iter().map(|e| &**e), false))
    }

    /// Takes the first element out.
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`StoreError::Unreadable`] or its like where the element is no `T`, and then it stays.
    pub fn pop_front<T: FromBytes>(&self) -> Result<Option<T>, D::Error> {
        self.pop(ListEnd::Front)
    }

    /// Takes the last element out.
    ///
    /// # Errors
    /// See [`pop_front`](Self::pop_front).
    pub fn pop_back<T: FromBytes>(&self) -> Result<Option<T>, D::Error> {
        self.pop(ListEnd::Back)
    }

    /// Takes an element from an end.
    ///
    /// # Errors
    /// See [`pop_front`](Self::pop_front).
    pub fn pop<T: FromBytes>(&self, end: ListEnd) -> Result<Option<T>, D::Error> {
        self.door.write(self.key(), |view, key| {
            let element = last(view, key, end)?;
            if element.is_some() {
                view.list_pop_with(key, end, |_, _| ())?;
            }
            Ok(element)
        })
    }

    /// Takes up to `count` elements from an end, as a list of their own, in the order in which they were. O(log n), whatever their number.
    ///
    /// ```
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// store.list("jobs").extend(ListEnd::Back, ["a", "b", "c"])?;
    /// let batch = store.list("jobs").pop_many(ListEnd::Front, 2)?;
    /// assert_eq!(batch.iter().map(|job| job.to_vec()).collect::<Vec<_>>(), [b"a", b"b"]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn pop_many(&self, end: ListEnd, count: usize) -> Result<List, D::Error> {
        self.door.write(self.key(), |view, key| Ok(view.list_pop(key, end, count)?.unwrap_or_default()))
    }

    /// How many elements there are. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn len(&self) -> Result<usize, D::Error> {
        self.door.read(self.key(), |view, key| Ok(view.collection::<List>(key)?.map_or(0, List::len)))
    }

    /// Whether there are none, as where there is no key. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn is_empty(&self) -> Result<bool, D::Error> {
        Ok(self.len()? == 0)
    }

    /// The element at an index.
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`StoreError::Unreadable`] or its like where it is no `T`.
    pub fn get<T: FromBytes>(&self, index: i64) -> Result<Option<T>, D::Error> {
        self.door.read(self.key(), |view, key| {
            let Some(list) = view.collection::<List>(key)? else { return Ok(None) };
            index_place(index, list.len()).map_or(Ok(None), |place| element(list, place))
        })
    }

    /// The elements from one index to another, both included. O(log n + elements), under the lock: of a long list, [`read`](Self::read) that.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn range<T: FromBytes>(&self, start: i64, end: i64) -> Result<Vec<T>, D::Error> {
        self.door.read(self.key(), |view, key| {
            let Some(list) = view.collection::<List>(key)? else { return Ok(Vec::new()) };
            let range = index_range(start, end, list.len());
            list.range(range).map(|element| element.with_bytes(T::from_bytes)).collect()
        })
    }

    /// The whole list as it is at this moment; empty where there is none. It shares its memory with the store, and never changes. O(1).
    ///
    /// ```
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// store.list("log").extend(ListEnd::Back, ["a", "b", "c"])?;
    /// let log = store.list("log").read()?;
    /// store.del("log");
    /// assert_eq!(log.iter().map(|line| line.to_vec()).collect::<Vec<_>>().concat(), b"abc");
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn read(&self) -> Result<List, D::Error> {
        self.door.read(self.key(), |view, key| Ok(view.collection::<List>(key)?.cloned().unwrap_or_default()))
    }

    /// Puts another element in the place of that at an index. Returns whether there is one.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::NoSuchKey`].
    pub fn set(&self, index: i64, element: impl ToBytes) -> Result<bool, D::Error> {
        let element = element.to_bytes();
        self.door.write(self.key(), |view, key| view.list_set(key, index, &element))
    }

    /// Puts an element before the first one that is like `pivot`. Returns how many there are then, `None` where there is none like that.
    /// O(n), at most 1024 elements of it under the lock, unless the list is changed all the time; in a transaction, all of it.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn insert_before(&self, pivot: impl ToBytes, element: impl ToBytes) -> Result<Option<usize>, D::Error> {
        self.insert(&pivot.to_bytes(), &element.to_bytes(), false)
    }

    /// The same behind it.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn insert_after(&self, pivot: impl ToBytes, element: impl ToBytes) -> Result<Option<usize>, D::Error> {
        self.insert(&pivot.to_bytes(), &element.to_bytes(), true)
    }

    /// Takes out the first `count` elements that are like one; the last ones if `count` is negative, all if it is 0. Returns how many that were.
    /// O(n), at most 1024 elements of it under the lock, unless the list is changed all the time; in a transaction, all of it.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn remove(&self, element: impl ToBytes, count: i64) -> Result<usize, D::Error> {
        let element = element.to_bytes();
        let edited = self.edit(|view, key| ListEdit::remove(view, key, &element, count))?;
        Ok(edited.map_or(0, |(removed, _)| removed))
    }

    /// Takes out all elements but those from one index to another, both included. O(log n).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn trim(&self, start: i64, end: i64) -> Result<(), D::Error> {
        self.door.write(self.key(), |view, key| view.list_trim(key, start, end))
    }

    /// Takes an element from an end and puts it at an end of another list, or of this one, and returns it. `None` where there is none.
    ///
    /// ```
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// store.list("jobs").push_back("resize")?;
    /// let job: Option<String> = store.list("jobs").move_to(ListEnd::Front, "running", ListEnd::Back)?;
    /// assert_eq!(job.as_deref(), Some("resize"));
    /// assert_eq!(store.list("running").len()?, 1);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`pop_front`](Self::pop_front); the other key, too, has to hold a list or nothing.
    pub fn move_to<T: FromBytes>(
        &self,
        end: ListEnd,
        target: impl AsRef<[u8]>,
        target_end: ListEnd,
    ) -> Result<Option<T>, D::Error> {
        self.door.at_once(&[self.key(), target.as_ref()], &[], |view, keys, _| {
            let [from, to] = keys else { return Err(StoreError::Undeclared) };
            let element = last(view, from, end)?;
            if element.is_some() {
                view.list_move((from, end), (to, target_end))?;
            }
            Ok(element)
        })
    }

    fn insert(&self, pivot: &[u8], element: &[u8], after: bool) -> Result<Option<usize>, D::Error> {
        let edited = self.edit(|view, key| ListEdit::insert(view, key, pivot, element, after))?;
        Ok(edited.filter(|(inserted, _)| *inserted > 0).map(|(_, length)| length))
    }

    /// Changes a list where something has to be looked for first. `None` where there is no list.
    fn edit(
        &self,
        begin: impl Fn(&View<'_>, &Key<'_>) -> Result<ListEdit, StoreError>,
    ) -> Result<Option<(usize, usize)>, D::Error> {
        calculate_into(self.door, self.key(), &[self.key()], |view, keys| {
            begin(view, keys.first().ok_or(StoreError::Undeclared)?)
        })
    }
}

/// The element at an end.
pub(crate) fn last<T: FromBytes>(view: &View<'_>, key: &Key<'_>, end: ListEnd) -> Result<Option<T>, StoreError> {
    let index = if end == ListEnd::Front { 0 } else { -1 };
    let Some(list) = view.held::<List>(key)? else { return Ok(None) };
    index_place(index, list.len()).map_or(Ok(None), |place| element(list, place))
}

/// The element of a place; a long one is shared with the list.
pub(crate) fn element<T: FromBytes>(list: &List, place: usize) -> Result<Option<T>, StoreError> {
    match list.share(place) {
        Some(shared) => T::from_shared(shared).map(Some),
        None => list.get(place).map(|element| element.with_bytes(T::from_bytes)).transpose(),
    }
}
