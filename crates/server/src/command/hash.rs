//! Hashes: HSET, HGET and their relatives.

use super::spec::CommandSpec;

pub(super) const COMMANDS: &[&CommandSpec] = &[];
