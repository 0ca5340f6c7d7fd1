//! Lists: LPUSH, LRANGE and their relatives.

use super::spec::CommandSpec;

pub(super) const COMMANDS: &[&CommandSpec] = &[];
