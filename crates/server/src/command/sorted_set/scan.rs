//! ZSCAN: some members at a time.

use pyredis_protocol::number::DoubleText;
use pyredis_store::{Element, SortedSet};

use crate::command::member_scan::{MemberScan, Scanned, scan};
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};

pub(super) const ZSCAN: CommandSpec = CommandSpec {
    name: "zscan",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    group: Group::SortedSet,
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    summary: "Returns some members of a sorted set with their scores, and the cursor to go on with; what is there all the time is returned for sure.",
    since: "2.8.0",
    complexity: "O(COUNT) a call, O(N) for all N members",
    tips: &["nondeterministic_output"],
    run: scan::<SortedSet>,
    ..CommandSpec::BASE
};

impl Scanned for SortedSet {
    fn bytes(&self) -> usize {
        self.memory()
    }

    fn scan_on(&self, cursor: u64, count: usize, seen: &mut MemberScan) -> u64 {
        let is_small = self.encoding() == "listpack";
        self.scan(cursor, count, |member, score| match whole(score).filter(|_| is_small) {
            Some(number) => seen.see_pair(member, Element::Integer(number)),
            // Text in RESP3, too.
            None => seen.see_pair(member, Element::Bytes(DoubleText::new(score).as_bytes())),
        })
    }
}

/// A score that Redis keeps as an integer in a small set, and so shows as one.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small enough")]
fn whole(score: f64) -> Option<i64> {
    (score.abs() <= WHOLE_MAX && score.trunc() == score).then_some(score as i64)
}

/// Two to the 62nd.
const WHOLE_MAX: f64 = 4_611_686_018_427_387_904.0;
