//! Transactions. A connection that has begun one is led to its end by the generator.

use super::{Row, row};

pub(super) const ROWS: &[Row] =
    &[row(10, "MULTI"), row(3, "EXEC"), row(2, "DISCARD"), row(8, "WATCH any..."), row(1, "UNWATCH")];
