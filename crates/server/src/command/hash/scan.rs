//! HSCAN.

use pyredis_store::Hash;

use super::super::member_scan::{MemberScan, Scanned, scan};
use super::super::spec::{Arity, CommandSpec, Flags};

pub(super) const HSCAN: CommandSpec = CommandSpec {
    name: "hscan",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    summary: "Returns some fields of a hash and their values, and the cursor to go on with; what is there all the time is returned for sure.",
    since: "2.8.0",
    complexity: "O(COUNT) a call, O(N) for all N fields",
    tips: &["nondeterministic_output"],
    run: scan::<Hash>,
    ..super::BASE
};

impl Scanned for Hash {
    fn bytes(&self) -> usize {
        self.memory()
    }

    fn scan_on(&self, cursor: u64, count: usize, seen: &mut MemberScan) -> u64 {
        self.scan(cursor, count, |field, value| seen.see_pair(field, value))
    }
}
