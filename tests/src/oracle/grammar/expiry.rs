//! Times to live: so long that they do not end during a run, or over at once.

use super::super::judge::Judge;
use super::{Row, judged, row};

pub(super) const ROWS: &[Row] = &[
    row(8, "EXPIRE any seconds {NX | XX | GT | LT}"),
    row(5, "PEXPIRE any millis {NX | XX | GT | LT}"),
    row(6, "EXPIREAT any at {NX | XX | GT | LT}"),
    row(5, "PEXPIREAT any atmillis {NX | XX | GT | LT}"),
    row(6, "PERSIST any"),
    judged(5, "TTL any", Judge::Near(20)),
    judged(5, "PTTL any", Judge::Near(20_000)),
    judged(4, "EXPIRETIME any", Judge::Near(20)),
    judged(4, "PEXPIRETIME any", Judge::Near(20_000)),
];
