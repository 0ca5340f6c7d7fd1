//! ZSCAN: some members at a time.

use pyredis_protocol::ReplyWriter;
use pyredis_protocol::number::DoubleText;
use pyredis_store::{Element, SortedSet, View};

use crate::command::args::Args;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::member_scan::{MemberScan, parse_cursor};
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

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
    run: zscan,
    ..CommandSpec::BASE
};

/// Members that are looked at in a step, if they are not long.
const MEMBERS_PER_STEP: usize = 256;

/// Looks at some members and their scores, from a cursor on. Returns the next cursor.
fn look(set: &SortedSet, cursor: u64, count: usize, scan: &mut MemberScan) -> u64 {
    let is_small = set.encoding() == "listpack";
    set.scan(cursor, count, |member, score| match whole(score).filter(|_| is_small) {
        Some(number) => scan.see_pair(member, Element::Integer(number)),
        // Text in RESP3, too.
        None => scan.see_pair(member, Element::Bytes(DoubleText::new(score).as_bytes())),
    })
}

/// A score that Redis keeps as an integer in a small set, and so shows as one.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small enough")]
fn whole(score: f64) -> Option<i64> {
    (score.abs() <= WHOLE_MAX && score.trunc() == score).then_some(score as i64)
}

/// Two to the 62nd.
const WHOLE_MAX: f64 = 4_611_686_018_427_387_904.0;

fn zscan(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let cursor = parse_cursor(ctx.arg(2)).ok_or(CommandError::InvalidCursor)?;
    let args = Args::from(ctx.args, 3);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    // As in Redis, nobody minds the options where there is no key.
    let Some(set) = view.collection::<SortedSet>(key)? else {
        MemberScan::default().reply(0, reply);
        return Ok(Outcome::Done);
    };
    let mut scan = MemberScan::parse(args)?;
    let members = scan.count.min(set.len());
    let bytes_each = set.memory() / set.len().max(1);
    if members > ELEMENTS_UNDER_LOCK || bytes_each.saturating_mul(members) > BYTES_UNDER_LOCK {
        let per_step = (BYTES_UNDER_LOCK / bytes_each.max(1)).clamp(1, MEMBERS_PER_STEP);
        let (set, left) = (set.clone(), scan.count);
        return Ok(Outcome::Work(Box::new(LongScan { set, left, per_step, cursor, scan })));
    }
    let next = look(set, cursor, scan.count, &mut scan);
    scan.reply(next, reply);
    Ok(Outcome::Done)
}

/// A scan of many members, or of long ones.
struct LongScan {
    set: SortedSet,
    cursor: u64,
    left: usize,
    per_step: usize,
    scan: MemberScan,
}

impl Work for LongScan {
    fn step(&mut self) -> bool {
        let count = self.left.min(self.per_step);
        self.cursor = look(&self.set, self.cursor, count, &mut self.scan);
        self.left -= count;
        self.left > 0 && self.cursor != 0
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        self.scan.reply(self.cursor, reply);
        Ok(Ended::Answered)
    }
}
