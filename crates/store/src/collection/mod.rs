//! Collections: [`List`], [`Set`], [`Hash`] and [`SortedSet`].
//!
//! # Guarantees
//! - **A clone is O(1)** for what is large (it shares all pages), and copies at most a header for what is small. A clone never changes when the original does. So whoever
//!   needs the whole takes a clone under a lock and reads it without.
//! - **A change is O(log n)** and copies at most one page that is shared, of 4 KB or as large as its one record, and the nodes above it. Operations over ranges
//!   do as much as the range asks for; those that cut (`remove_range` of a list, `split_off`, `append`) are O(log n) all the same.
//! - **Freeing can pause**: dropping a large collection frees all its pages; `shed` frees so many at a time.
//! - `memory` is O(1): what is behind the value, in the sizes that allocators use, pages that are shared with clones included.
//! - Text that is an integer as Redis writes integers is kept as one and read as [`Element::Integer`].
//!
//! # Layout
//! Small collections are one page (`page.rs`), a block of records; sets of integers one sorted block (`ints.rs`). Large ones are trees of such pages
//! (`tree.rs`): lists by place, sets and hashes by a keyed hash, sorted sets by score and by a hash. `docs/decisions/009-collections.md` says why.
//!
//! Where Redis tells encodings apart, `encoding` does, at Redis's default limits, and as there, a collection that has become large stays so.

mod block;
mod cells;
mod cut;
mod element;
mod fields;
mod hash;
mod hashed;
mod ints;
mod list;
mod node;
mod order;
mod page;
mod score;
mod scored;
mod set;
mod sorted_set;
mod timed;
mod tree;
mod walk;
mod work;

#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use element::Element;
pub use hash::Hash;
pub use list::List;
pub use set::Set;
pub use sorted_set::{Boundary, SortedSet};

use crate::value::ValueType;

/// A collection of any type.
///
/// All of them guarantee: a clone is O(1) for what is large (it shares all pages), copies at most a header of what is small, and never changes when
/// the original does; a change is O(log n) and copies at most one page that is shared, and the nodes above it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Collection {
    /// Elements in an order that whoever puts them in chooses.
    List(List),
    /// Members, each once.
    Set(Set),
    /// Fields with values.
    Hash(Hash),
    /// Members with scores, in the order of these.
    SortedSet(SortedSet),
}

/// Does the same with whichever collection it is.
macro_rules! each {
    ($collection:expr, $inner:ident => $what:expr) => {
        match $collection {
            Collection::List($inner) => $what,
            Collection::Set($inner) => $what,
            Collection::Hash($inner) => $what,
            Collection::SortedSet($inner) => $what,
        }
    };
}

impl Collection {
    /// Which kind of value it is.
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::List(_) => ValueType::List,
            Self::Set(_) => ValueType::Set,
            Self::Hash(_) => ValueType::Hash,
            Self::SortedSet(_) => ValueType::SortedSet,
        }
    }

    /// How many elements, members or fields there are.
    pub const fn len(&self) -> usize {
        each!(self, inner => inner.len())
    }

    /// Whether there are none. A key never holds such a collection.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory behind the collection. O(1).
    pub fn memory(&self) -> usize {
        each!(self, inner => inner.memory())
    }

    /// Whether one is a clone of the other, and neither was changed since. O(1). Collections that are equal need not be the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(list), Self::List(other)) => list.is_same(other),
            (Self::Set(set), Self::Set(other)) => set.is_same(other),
            (Self::Hash(hash), Self::Hash(other)) => hash.is_same(other),
            (Self::SortedSet(set), Self::SortedSet(other)) => set.is_same(other),
            _ => false,
        }
    }

    /// Fields of a hash that are past at some instant are there again.
    pub(crate) fn look_at_all(&mut self) {
        if let Self::Hash(hash) = self {
            hash.look_at_all();
        }
    }

    /// How Redis would say that it is kept.
    pub const fn encoding(&self) -> &'static str {
        each!(self, inner => inner.encoding())
    }
}

/// What makes a type one of the collections.
pub trait CollectionType: Default + Into<Collection> {
    /// Which kind of value it is.
    const TYPE: ValueType;

    /// The collection, if it is of this type.
    fn of(collection: &Collection) -> Option<&Self>;

    /// The collection, to be changed, if it is of this type.
    fn of_mut(collection: &mut Collection) -> Option<&mut Self>;

    /// How many elements there are.
    fn count(&self) -> usize;

    /// The same collection as a hash, if it is one.
    fn as_hash(&mut self) -> Option<&mut Hash> {
        None
    }
}

macro_rules! collection_type {
    ($type:ident $(, $more:item)?) => {
        impl CollectionType for $type {
            const TYPE: ValueType = ValueType::$type;

            fn of(collection: &Collection) -> Option<&Self> {
                if let Collection::$type(inner) = collection { Some(inner) } else { None }
            }

            fn of_mut(collection: &mut Collection) -> Option<&mut Self> {
                if let Collection::$type(inner) = collection { Some(inner) } else { None }
            }

            fn count(&self) -> usize {
                self.len()
            }

            $($more)?
        }

        impl From<$type> for Collection {
            fn from(inner: $type) -> Self {
                Self::$type(inner)
            }
        }
    };
}

collection_type!(List);
collection_type!(Set);
collection_type!(
    Hash,
    fn as_hash(&mut self) -> Option<&mut Hash> {
        Some(self)
    }
);
collection_type!(SortedSet);

/// What an allocator spends on a value in a box.
const fn boxed<T>(_: &T) -> usize {
    crate::footprint::block(size_of::<T>())
}

/// Elements and values from this many bytes on can be had by reference.
const SHARED_BYTES_MIN: usize = 1024;

/// A record's bytes, shared with its page.
fn shared(page: &page::Page, at: usize) -> Bytes {
    let (block, range) = page.share(at);
    Bytes::from_owner(block).slice(range)
}
