//! SSCAN.

use pyredis_store::Set;

use super::super::member_scan::{MemberScan, Scanned, scan};
use super::super::spec::{Arity, CommandSpec, Flags};

pub(super) const SSCAN: CommandSpec = CommandSpec {
    name: "sscan",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    summary: "Returns some members of a set, and the cursor to go on with; what is there all the time is returned for sure.",
    since: "2.8.0",
    complexity: "O(COUNT) a call, O(N) for all N members",
    tips: &["nondeterministic_output"],
    run: scan::<Set>,
    ..super::BASE
};

impl Scanned for Set {
    fn bytes(&self) -> usize {
        self.memory()
    }

    fn scan_on(&self, cursor: u64, count: usize, seen: &mut MemberScan) -> u64 {
        self.scan(cursor, count, |member| seen.see(member))
    }
}
