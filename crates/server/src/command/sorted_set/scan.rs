//! ZSCAN: some members at a time.

use pyredis_protocol::number::DoubleText;
use pyredis_store::SortedSet;

use crate::command::args::Args;
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::long_reply::LongReply;
use crate::command::member_scan::{LongMemberScan, MemberScan, Scanned, cursor};
use crate::command::spec::{Arity, CommandSpec, Flags, Group, KeySpec};
use crate::command::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK};
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

impl Scanned for SortedSet {
    fn scan(&self, cursor: u64, count: usize, wanted: &dyn Fn(&[u8]) -> bool, out: &mut LongReply) -> (u64, usize) {
        let mut written = 0;
        let next = Self::scan(self, cursor, count, |member, score| {
            if wanted(member) {
                let out = out.writer();
                out.bulk(member);
                // Text in RESP3, too.
                out.bulk(DoubleText::new(score).as_bytes());
                written += 2;
            }
        });
        (next, written)
    }
}

fn zscan(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let cursor = cursor(ctx.arg(2))?;
    let args = Args::from(ctx.args, 3);
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let Some(set) = view.collection::<SortedSet>(key)? else {
        // The options of what is not there are not looked at.
        reply.array(2);
        reply.bulk(b"0");
        reply.array(0);
        return Ok(Outcome::Done);
    };
    let mut scan = MemberScan::new(cursor, args, reply.version())?;
    let bytes = (set.memory() / set.len().max(1)).saturating_mul(scan.count);
    if scan.count > ELEMENTS_UNDER_LOCK || (bytes > BYTES_UNDER_LOCK && set.memory() > BYTES_UNDER_LOCK) {
        return Ok(Outcome::Work(Box::new(LongMemberScan { collection: set.clone(), scan })));
    }
    while scan.step(set) {}
    scan.reply(reply);
    Ok(Outcome::Done)
}
