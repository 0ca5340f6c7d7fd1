//! HSCAN.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Hash, View};

use super::super::args::Args;
use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::member_scan::{MemberScan, parse_cursor};
use super::super::spec::{Arity, CommandSpec, Flags};
use super::super::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

pub(super) const HSCAN: CommandSpec = CommandSpec {
    name: "hscan",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    summary: "Returns some fields of a hash and their values, and the cursor to go on with; what is there all the time is returned for sure.",
    since: "2.8.0",
    complexity: "O(COUNT) a call, O(N) for all N fields",
    tips: &["nondeterministic_output"],
    run: hscan,
    ..super::BASE
};

/// Fields that are looked at in a step, if they are not long.
const FIELDS_PER_STEP: usize = 256;

fn hscan(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let cursor = parse_cursor(ctx.arg(2)).ok_or(CommandError::InvalidCursor)?;
    let args = Args::from(ctx.args, 3);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    // As in Redis, nobody minds the options where there is no key.
    let Some(hash) = view.collection::<Hash>(key)? else {
        MemberScan::default().reply(0, reply);
        return Ok(Outcome::Done);
    };
    let mut scan = MemberScan::parse(args)?;
    let fields = scan.count.min(hash.len());
    let bytes_each = hash.memory() / hash.len().max(1);
    if fields > ELEMENTS_UNDER_LOCK || bytes_each.saturating_mul(fields) > BYTES_UNDER_LOCK {
        let per_step = (BYTES_UNDER_LOCK / bytes_each.max(1)).clamp(1, FIELDS_PER_STEP);
        let (hash, left) = (hash.clone(), scan.count);
        return Ok(Outcome::Work(Box::new(LongScan { hash, left, per_step, cursor, scan })));
    }
    let next = hash.scan(cursor, scan.count, |field, value| scan.see_pair(field, value));
    scan.reply(next, reply);
    Ok(Outcome::Done)
}

/// A scan of many fields, or of long ones.
struct LongScan {
    hash: Hash,
    cursor: u64,
    left: usize,
    per_step: usize,
    scan: MemberScan,
}

impl Work for LongScan {
    fn step(&mut self) -> bool {
        let (count, scan) = (self.left.min(self.per_step), &mut self.scan);
        self.cursor = self.hash.scan(self.cursor, count, |field, value| scan.see_pair(field, value));
        self.left -= count;
        self.left > 0 && self.cursor != 0
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        self.scan.reply(self.cursor, reply);
        Ok(Ended::Answered)
    }
}
