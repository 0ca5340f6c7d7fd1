//! A future that takes an element from a list, and waits for one where there is none: what BLPOP and BRPOP do, from Rust.
//!
//! # Guarantees
//! - It stands in one queue with the clients of a server: who has waited longest for a key is served first.
//! - No element is lost: what it was given and nobody took, because it was dropped first, goes back to the end of the list that it came from.
//! - Nothing runs while it waits, and it needs no runtime: it is woken once.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::collection::List;
use crate::error::StoreError;
use crate::handle::{FromBytes, last};
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::ListEnd;
use crate::store::Store;
use crate::waiting::{Given, WaitEnd, Waiting, Wish};

/// An element of the first of several lists to have one, and the key of that list: see [`Store::blocking_pop`].
///
/// Begins when it is first polled. Dropping it ends the wait; that locks the shard of each key for a moment, so not inside a view.
#[must_use = "a future does nothing unless it is awaited"]
pub struct BlockingPop<T> {
    store: Store,
    keys: Vec<Box<[u8]>>,
    end: ListEnd,
    waiting: Option<Waiting>,
    element: PhantomData<fn() -> T>,
}

/// What was found at once, or a place in the queues.
enum Begun<T> {
    Popped(Bytes, T),
    Waits(Waiting),
}

impl Store {
    /// Takes an element from an end of the first of these lists that is there, and if there is none waits until somebody, a program or a client, puts
    /// one into any of them. For a limit in time, give it to your runtime's timeout: what is dropped while it waits loses nothing. O(keys log n).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// use pyredis_store::{ListEnd, Store};
    /// let store = Store::new();
    /// let job = tokio::spawn(store.blocking_pop::<String, _>(["urgent", "jobs"], ListEnd::Front));
    /// tokio::task::yield_now().await; // it waits
    /// store.list("jobs").push_back("resize")?;
    /// assert_eq!(job.await??, ("jobs".into(), "resize".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When awaited: [`StoreError::WrongType`] where a key before the first list holds anything else, [`StoreError::Unreadable`] or its like where the
    /// element is no `T`, and then it stays; [`StoreError::Undeclared`] without a key. While it waits, what is no list is waited out.
    pub fn blocking_pop<T: FromBytes, K: AsRef<[u8]>>(&self, keys: impl AsRef<[K]>, end: ListEnd) -> BlockingPop<T> {
        let keys = keys.as_ref().iter().map(|key| key.as_ref().into()).collect();
        BlockingPop { store: self.clone(), keys, end, waiting: None, element: PhantomData }
    }
}

impl<T: FromBytes> BlockingPop<T> {
    /// Looks, and begins to wait under the same locks.
    fn begin(&self) -> Result<Begun<T>, StoreError> {
        let keys: Vec<Key<'_>> = self.keys.iter().map(|key| self.store.key(key)).collect();
        let mut locks = LockSet::new();
        keys.iter().for_each(|key| locks.write(key));
        self.store.with_view(locks, |view| {
            for key in &keys {
                if let Some(element) = last(view, key, self.end)? {
                    view.list_pop_with(key, self.end, |_, _| ())?;
                    return Ok(Begun::Popped(Bytes::copy_from_slice(key.bytes), element));
                }
            }
            Waiting::begin(&self.store, view, &keys, Wish::Elements { end: self.end, count: 1 }).map(Begun::Waits)
        })
    }
}

impl<T> BlockingPop<T> {
    /// Puts elements back where they came from. If the key holds anything else by now, there is no such place.
    fn put_back(&self, key: &[u8], list: &List) {
        let elements: Vec<Vec<u8>> = list.iter().map(|element| element.to_vec()).collect();
        let put = |view: &mut crate::view::View<'_>, key: &Key<'_>| {
            view.list_push(key, self.end, elements.iter().map(Vec::as_slice), false)
        };
        self.store.write(key, put).ok();
    }
}

impl<T: FromBytes> Future for BlockingPop<T> {
    type Output = Result<(Bytes, T), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let Some(waiting) = &mut self.waiting else {
                match self.begin() {
                    Ok(Begun::Popped(key, element)) => return Poll::Ready(Ok((key, element))),
                    Ok(Begun::Waits(waiting)) => self.waiting = Some(waiting),
                    Err(error) => return Poll::Ready(Err(error)),
                }
                continue;
            };
            let Poll::Ready(end) = Pin::new(waiting).poll(context) else { return Poll::Pending };
            self.waiting = None;
            // Nobody else can end this wait; if somebody could, it would begin again.
            let WaitEnd::Served(served) = end else { continue };
            let Given::Elements(list) = served.given? else { continue };
            let read = crate::handle::element(&list, 0);
            if read.is_err() {
                self.put_back(&served.key, &list);
            }
            if let Some(element) = read? {
                return Poll::Ready(Ok((served.key, element)));
            }
        }
    }
}

impl<T> Drop for BlockingPop<T> {
    fn drop(&mut self) {
        if let Some(WaitEnd::Served(served)) = self.waiting.take().and_then(Waiting::stop)
            && let Ok(Given::Elements(list)) = served.given
        {
            self.put_back(&served.key, &list);
        }
    }
}

impl<T> fmt::Debug for BlockingPop<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BlockingPop").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}
