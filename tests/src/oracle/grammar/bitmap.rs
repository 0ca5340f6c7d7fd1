//! Strings as bits.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row(8, "SETBIT key bitoffset bit"),
    row(6, "GETBIT key bitoffset"),
    row(6, "BITCOUNT key [index index [(BYTE | BIT)]]"),
    row(6, "BITPOS key bit [index [index [(BYTE | BIT)]]]"),
    row(7, "BITOP (AND | OR | XOR | NOT) key key..."),
    row(
        10,
        "BITFIELD key {GET field fieldoffset | SET field fieldoffset int | INCRBY field fieldoffset int | OVERFLOW (WRAP | SAT | FAIL)}",
    ),
    row(4, "BITFIELD key OVERFLOW (WRAP | SAT | FAIL) INCRBY field fieldoffset int {SET field fieldoffset int}"),
    row(4, "BITFIELD_RO key {GET field fieldoffset}"),
];
