//! Databases, protocol versions, and what is no command at all.

use super::super::judge::Judge;
use super::{Row, judged, row};

pub(super) const ROWS: &[Row] = &[
    row(10, "SELECT db"),
    row(6, "SWAPDB db db"),
    row(3, "PING [value]"),
    row(3, "ECHO value"),
    judged(2, "HELLO version", Judge::Kind),
    row(1, "RESET"),
    row(3, "nonsense value..."),
    row(1, "OBJECT nonsense any"),
];
