//! What OBJECT and MEMORY USAGE ask about a key. Asking does not count as using it.

use crate::error::StoreError;
use crate::key::Key;
use crate::table::SLOT_BYTES;
use crate::value::StringRef;
use crate::view::View;
use crate::wheel::NODE_BYTES;

impl View<'_> {
    /// For how many seconds the key was not used; `None` where there is none. Counted while the store
    /// [tracks](crate::Store::set_tracking) recency, and wraps after 194 days, as in Redis.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], as for every operation here.
    pub fn idle_seconds(&self, key: &Key<'_>) -> Result<Option<u32>, StoreError> {
        Ok(self.peek_quietly(key)?.map(|entry| self.touch().idle_seconds(entry.access_word())))
    }

    /// How often the key is used, as a logarithm from 0 to 255 that decays with the time; `None` where there is no key. Counted while the store
    /// [tracks](crate::Store::set_tracking) frequency.
    ///
    /// # Errors
    /// See [`idle_seconds`](Self::idle_seconds).
    pub fn frequency(&self, key: &Key<'_>) -> Result<Option<u32>, StoreError> {
        Ok(self.peek_quietly(key)?.map(|entry| self.touch().count(entry.access_word())))
    }

    /// How Redis would say that the key's value is kept, such as `int`, `embstr` or `listpack`; `None` where there is no key.
    ///
    /// # Errors
    /// See [`idle_seconds`](Self::idle_seconds).
    pub fn encoding(&self, key: &Key<'_>) -> Result<Option<&'static str>, StoreError> {
        Ok(self.peek_quietly(key)?.map(|entry| entry.encoding()))
    }

    /// How many references to the key's value there are in Redis: one, but of the integers below 10 000 as many as can be counted, as all keys share
    /// them there; `None` where there is no key.
    ///
    /// # Errors
    /// See [`idle_seconds`](Self::idle_seconds).
    pub fn references(&self, key: &Key<'_>) -> Result<Option<i32>, StoreError> {
        let is_small = |number| (0..10_000).contains(&number);
        Ok(self.peek_quietly(key)?.map(|entry| match entry.string().ok().and_then(StringRef::as_integer) {
            Some(number) if is_small(number) && entry.encoding() == "int" => i32::MAX,
            _ => 1,
        }))
    }

    /// Where in memory the key's block begins; `None` where there is no key.
    ///
    /// # Errors
    /// See [`idle_seconds`](Self::idle_seconds).
    pub fn address(&self, key: &Key<'_>) -> Result<Option<usize>, StoreError> {
        Ok(self.find(key)?.map(|entry| entry.address().addr()))
    }

    /// Bytes of memory that the key accounts for: its slot in the table, its block, a long value, and its timer, each as large as
    /// allocators make it. `None` where there is no key.
    ///
    /// # Errors
    /// See [`idle_seconds`](Self::idle_seconds).
    pub fn memory_usage(&self, key: &Key<'_>) -> Result<Option<usize>, StoreError> {
        Ok(self.find(key)?.map(|entry| entry.memory() + SLOT_BYTES + entry.timer().map_or(0, |_| NODE_BYTES)))
    }
}
