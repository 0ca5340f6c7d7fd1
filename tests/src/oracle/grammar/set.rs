//! Sets.

use super::super::judge::Judge;
use super::{Row, judged, row};

pub(super) const ROWS: &[Row] = &[
    row(14, "SADD key member..."),
    row(6, "SREM key member..."),
    row(4, "SISMEMBER key member"),
    row(4, "SMISMEMBER key member..."),
    row(3, "SCARD key"),
    row(4, "SMOVE key key member"),
    judged(4, "SMEMBERS key", Judge::Unordered),
    judged(4, "SINTER key...", Judge::Unordered),
    judged(4, "SUNION key...", Judge::Unordered),
    judged(4, "SDIFF key...", Judge::Unordered),
    row(3, "SINTERSTORE any key..."),
    row(3, "SUNIONSTORE any key..."),
    row(3, "SDIFFSTORE any key..."),
    row(5, "SINTERCARD #key [LIMIT count]"),
    judged(2, "SPOP key", Judge::Pop),
    judged(3, "SPOP key some", Judge::Pop),
    judged(2, "SRANDMEMBER key", Judge::Random("SMEMBERS")),
    judged(4, "SRANDMEMBER key some", Judge::Random("SMEMBERS")),
    judged(4, "SSCAN key cursor {MATCH pattern | COUNT count}", Judge::Scan { cursor: 2, pairs: false }),
];
