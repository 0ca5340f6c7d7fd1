//! Hashes.

use super::super::judge::Judge;
use super::{Row, judged, row};

pub(super) const ROWS: &[Row] = &[
    row(12, "HSET key (member value)..."),
    row(3, "HMSET key (member value)..."),
    row(3, "HSETNX key member value"),
    row(5, "HGET key member"),
    row(4, "HMGET key member..."),
    row(6, "HDEL key member..."),
    row(3, "HEXISTS key member"),
    row(3, "HLEN key"),
    row(3, "HSTRLEN key member"),
    row(5, "HINCRBY key member int"),
    row(6, "HINCRBYFLOAT key member float"),
    judged(4, "HGETALL key", Judge::Pairs),
    judged(3, "HKEYS key", Judge::Unordered),
    judged(3, "HVALS key", Judge::Unordered),
    judged(2, "HRANDFIELD key", Judge::Random("HGETALL")),
    judged(4, "HRANDFIELD key some [WITHVALUES]", Judge::Random("HGETALL")),
    judged(4, "HSCAN key cursor {MATCH pattern | COUNT count}", Judge::Scan { cursor: 2, pairs: true }),
];
