//! Sets: SADD, SINTER and their relatives.

use super::spec::CommandSpec;

pub(super) const COMMANDS: &[&CommandSpec] = &[];
