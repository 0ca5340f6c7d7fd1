//! Sorted sets: ZADD, ZRANGE and their relatives.

use super::spec::CommandSpec;

pub(super) const COMMANDS: &[&CommandSpec] = &[];
