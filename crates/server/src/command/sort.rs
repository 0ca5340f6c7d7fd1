//! SORT and SORT_RO.

use super::spec::CommandSpec;

pub(super) const COMMANDS: &[&CommandSpec] = &[];
