//! What can be done to keys, as methods of [`View`](crate::View): the functions that commands and the typed API share.
//!
//! An operation that returns an error has changed nothing.

mod bit_calculation;
mod bit_field;
mod bits;
mod calculation;
mod expiry;
mod generic;
mod hash;
mod hash_expiry;
mod list;
mod list_edit;
mod list_search;
mod object;
mod range;
mod set;
mod set_calculation;
mod set_pop;
mod sorted_set;
mod string;

pub use bit_calculation::{BitCalculation, BitOp};
pub use bit_field::{BitField, BitFieldOp, Overflow};
pub use calculation::{ATTEMPTS, Calculation, Provisional, is_unchanged, renew};
pub use expiry::{ExpireCondition, Ttl};
pub use hash_expiry::FieldExpiry;
pub use list::{ListEnd, index_place, index_range};
pub use list_edit::ListEdit;
pub use list_search::ListSearch;
pub use set_calculation::{SetCalculation, SetOp};
pub use set_pop::SetPop;
pub use sorted_set::{
    Aggregate, Removed, SortedSetCalculation, SortedSetRange, SortedSetRemoval, ZaddOptions, ZaddOutcome, ZremReason,
};
pub use string::{Condition, Expiry, SetOptions, SetOutcome};
