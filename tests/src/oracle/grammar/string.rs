//! Strings, as text and as numbers.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row(8, "SET key value"),
    row(10, "SET key value {NX | XX | GET | EX seconds | PX millis | EXAT at | PXAT atmillis | KEEPTTL}"),
    row(1, "SET lexstring value"),
    row(8, "GET key"),
    row(3, "GETSET key value"),
    row(3, "GETDEL key"),
    row(4, "GETEX key {EX seconds | PX millis | EXAT at | PXAT atmillis | PERSIST}"),
    row(3, "SETNX key value"),
    row(3, "SETEX key seconds value"),
    row(2, "PSETEX key millis value"),
    row(3, "MSET (key value)..."),
    row(3, "MSETNX (key value)..."),
    row(4, "MGET key..."),
    row(5, "APPEND key value"),
    row(3, "STRLEN key"),
    row(5, "SETRANGE key offset value"),
    row(5, "GETRANGE key index index"),
    row(1, "SUBSTR key index index"),
    row(5, "INCR key"),
    row(3, "DECR key"),
    row(5, "INCRBY key int"),
    row(3, "DECRBY key int"),
    row(7, "INCRBYFLOAT key float"),
    row(4, "LCS key key {LEN | IDX | MINMATCHLEN count | WITHMATCHLEN}"),
];
