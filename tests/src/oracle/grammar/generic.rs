//! Keys whatever they hold.

use super::super::judge::Judge;
use super::{Row, judged, row};

pub(super) const ROWS: &[Row] = &[
    row(6, "DEL any..."),
    row(3, "UNLINK any..."),
    row(4, "EXISTS any..."),
    row(2, "TOUCH any..."),
    row(4, "TYPE any"),
    row(6, "RENAME any any"),
    row(4, "RENAMENX any any"),
    row(8, "COPY any any {DB db | REPLACE}"),
    row(5, "MOVE any db"),
    judged(4, "KEYS pattern", Judge::Unordered),
    judged(5, "SCAN cursor {MATCH pattern | COUNT count | TYPE type}", Judge::Scan { cursor: 1, pairs: false }),
    judged(2, "RANDOMKEY", Judge::Key),
    judged(2, "DBSIZE", Judge::Settling),
    row(5, "OBJECT ENCODING any"),
    // A value is shared by whoever looks at it, and a copy of a small integer is not.
    judged(2, "OBJECT REFCOUNT any", Judge::Kind),
    row(1, "OBJECT FREQ any"),
    // Small integers are shared in Redis, and were used whenever any of them was.
    judged(2, "OBJECT IDLETIME any", Judge::Kind),
    // Texts and weights apart: elements of a set whose weights are equal texts come in any order.
    row(4, "SORT any {ASC | DESC | ALPHA | LIMIT index index | GET sortpattern | STORE any}"),
    row(4, "SORT any BY by {ASC | DESC | LIMIT index index | GET sortpattern | STORE any}"),
    judged(2, "SORT any BY NOSUCH {ASC | DESC | ALPHA}", Judge::Unordered),
    row(2, "SORT_RO any {ASC | DESC | ALPHA | LIMIT index index | GET sortpattern}"),
    row(1, "SORT_RO any BY by {ASC | DESC | LIMIT index index | GET sortpattern}"),
    row(1, "FLUSHDB [ASYNC | SYNC]"),
    row(1, "FLUSHALL [ASYNC | SYNC]"),
];
