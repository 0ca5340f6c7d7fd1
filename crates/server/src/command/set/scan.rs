//! SSCAN.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Set, View};

use super::super::args::Args;
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::member_scan::{MemberScan, parse_cursor};
use super::super::spec::{Arity, CommandSpec, Flags};
use super::super::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

pub(super) const SSCAN: CommandSpec = CommandSpec {
    name: "sscan",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    summary: "Returns some members of a set, and the cursor to go on with; what is there all the time is returned for sure.",
    since: "2.8.0",
    complexity: "O(COUNT) a call, O(N) for all N members",
    tips: &["nondeterministic_output"],
    run: sscan,
    ..super::BASE
};

/// Members that are looked at in a step.
const MEMBERS_PER_STEP: usize = 256;

fn sscan(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let cursor = parse_cursor(ctx.arg(2)).ok_or(CommandError::InvalidCursor)?;
    let args = Args::from(ctx.args, 3);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    // As in Redis, nobody minds the options where there is no key.
    let Some(set) = view.collection::<Set>(key)? else {
        MemberScan::default().reply(0, reply);
        return Ok(Outcome::Done);
    };
    let mut scan = MemberScan::parse(args)?;
    let members = scan.count.min(set.len());
    let bytes_each = set.memory() / set.len().max(1);
    if members > ELEMENTS_UNDER_LOCK || bytes_each.saturating_mul(members) > BYTES_UNDER_LOCK {
        return Ok(Outcome::Work(Box::new(LongScan { set: set.clone(), left: scan.count, cursor, scan })));
    }
    let next = set.scan(cursor, scan.count, |member| scan.see(member));
    scan.reply(next, reply);
    Ok(Outcome::Done)
}

/// A scan of many members, or of long ones.
struct LongScan {
    set: Set,
    cursor: u64,
    left: usize,
    scan: MemberScan,
}

impl Work for LongScan {
    fn step(&mut self) -> bool {
        let count = self.left.min(MEMBERS_PER_STEP);
        let scan = &mut self.scan;
        self.cursor = self.set.scan(self.cursor, count, |member| scan.see(member));
        self.left -= count;
        self.left > 0 && self.cursor != 0
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        self.scan.reply(self.cursor, reply);
        Ok(Ended::Answered)
    }
}
