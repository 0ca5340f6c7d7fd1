//! What can be done to keys, as methods of [`View`](crate::View): the functions that commands and the typed API share.
//!
//! An operation that returns an error has changed nothing.

mod expiry;
mod generic;
mod object;
mod string;

pub use expiry::{ExpireCondition, Ttl};
pub use string::{Condition, Expiry, SetOptions, SetOutcome};
