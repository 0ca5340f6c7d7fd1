//! Sorted sets: giving members scores (`put.rs`), naming some of them (`range.rs`), taking these out (`removal.rs`), and calculating with whole sets
//! (`calculation.rs`).

mod calculation;
mod put;
mod range;
mod removal;

pub use calculation::{Aggregate, SortedSetCalculation};
pub use put::{ZaddOptions, ZaddOutcome};
pub use range::SortedSetRange;
pub use removal::{Removed, SortedSetRemoval, ZremReason};
