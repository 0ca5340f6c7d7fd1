//! Lists. The blocking commands end by themselves after a moment.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row(10, "LPUSH key value..."),
    row(10, "RPUSH key value..."),
    row(3, "LPUSHX key value..."),
    row(3, "RPUSHX key value..."),
    row(4, "LPOP key [count]"),
    row(4, "RPOP key [count]"),
    row(3, "LLEN key"),
    row(5, "LINDEX key index"),
    row(5, "LSET key index value"),
    row(6, "LRANGE key index index"),
    row(4, "LTRIM key index index"),
    row(5, "LREM key index value"),
    row(6, "LINSERT key (BEFORE | AFTER) value value"),
    row(6, "LPOS key value {RANK index | COUNT count | MAXLEN count}"),
    row(3, "RPOPLPUSH key key"),
    row(5, "LMOVE key key (LEFT | RIGHT) (LEFT | RIGHT)"),
    row(5, "LMPOP #key (LEFT | RIGHT) [COUNT count]"),
    row(1, "BLPOP key... timeout"),
    row(1, "BRPOP key... timeout"),
    row(1, "BRPOPLPUSH key key timeout"),
    row(1, "BLMOVE key key (LEFT | RIGHT) (LEFT | RIGHT) timeout"),
    row(1, "BLMPOP timeout #key (LEFT | RIGHT) [COUNT count]"),
];
