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

mod cells;
mod cut;
mod element;
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
