//! What SSCAN and its relatives share: cursors, options, and the reply.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{CollectionType, Element, View, glob_match};

use super::args::Args;
use super::context::Ctx;
use super::error::CommandError;
use super::held::Held;
use super::pieces::Pieces;
use super::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::outcome::Outcome;

/// A cursor as C's `strtoul` reads it, which is how Redis does: nothing is 0, and a sign is taken.
pub(super) fn parse_cursor(text: &[u8]) -> Option<u64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        [] => return Some(0),
        digits => (false, digits),
    };
    let number: u64 = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?.parse().ok()?;
    Some(if negative { number.wrapping_neg() } else { number })
}

/// How many elements are looked at in a step, if they are not long.
const ELEMENTS_PER_STEP: usize = 256;

/// A collection that can be scanned.
pub(super) trait Scanned: CollectionType + Clone + Send + 'static {
    /// Bytes of memory behind it.
    fn bytes(&self) -> usize;

    /// Lets `seen` look at about `count` elements from a cursor on. Returns the cursor to go on from, 0 at the end.
    fn scan_on(&self, cursor: u64, count: usize, seen: &mut MemberScan) -> u64;
}

/// HSCAN, SSCAN and ZSCAN: some elements of what the first key holds, and the cursor to go on with.
pub(super) fn scan<C: Scanned>(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let cursor = parse_cursor(ctx.arg(2)).ok_or(CommandError::InvalidCursor)?;
    let args = Args::from(ctx.args, 3);
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    // As in Redis, nobody minds the options where there is no key.
    let Some(collection) = view.collection::<C>(key)? else {
        MemberScan::default().reply(0, reply);
        return Ok(Outcome::Done);
    };
    let mut seen = MemberScan::parse(args)?;
    let elements = seen.count.min(collection.count());
    let bytes_each = collection.bytes() / collection.count().max(1);
    if elements > ELEMENTS_UNDER_LOCK || bytes_each.saturating_mul(elements) > BYTES_UNDER_LOCK {
        let per_step = (BYTES_UNDER_LOCK / bytes_each.max(1)).clamp(1, ELEMENTS_PER_STEP);
        let (collection, left) = (Held::new(freeing, collection.clone(), C::bytes), seen.count);
        return Ok(Outcome::Work(Box::new(LongScan { collection, left, per_step, cursor, seen })));
    }
    let next = collection.scan_on(cursor, seen.count, &mut seen);
    seen.reply(next, reply);
    Ok(Outcome::Done)
}

/// A scan of many elements, or of long ones.
struct LongScan<C: Scanned> {
    collection: Held<C>,
    cursor: u64,
    left: usize,
    per_step: usize,
    seen: MemberScan,
}

impl<C: Scanned> Work for LongScan<C> {
    fn step(&mut self) -> bool {
        let count = self.left.min(self.per_step);
        self.cursor = self.collection.scan_on(self.cursor, count, &mut self.seen);
        self.left -= count;
        self.left > 0 && self.cursor != 0
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        self.seen.reply(self.cursor, reply);
        Ok(Ended::Answered)
    }
}

/// What a scan of one key's elements is asked for, and has found.
#[derive(Default)]
pub(super) struct MemberScan {
    /// About how many elements are to be looked at.
    count: usize,
    pattern: Option<Box<[u8]>>,
    found: Pieces,
}

impl MemberScan {
    /// The arguments behind the cursor.
    fn parse(mut args: Args<'_>) -> Result<Self, CommandError> {
        let (mut count, mut pattern) = (10, None);
        while !args.is_empty() {
            if args.len() > 1 && args.eat("COUNT") {
                let wanted = args.take_int()?;
                count = usize::try_from(wanted).ok().filter(|count| *count > 0).ok_or(CommandError::Syntax)?;
            } else if args.len() > 1 && args.eat("MATCH") {
                pattern = Some(args.take()?.into());
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(Self { count, pattern, found: Pieces::default() })
    }

    /// Looks at an element, which is in the reply if it is asked for.
    pub(super) fn see(&mut self, element: Element<'_>) {
        element.with_bytes(|bytes| {
            if self.pattern.as_ref().is_none_or(|pattern| glob_match(pattern, bytes)) {
                self.found.add(bytes);
            }
        });
    }

    /// Looks at a name and what belongs to it, which are both in the reply if the name is asked for.
    pub(super) fn see_pair(&mut self, name: &[u8], with: Element<'_>) {
        if self.pattern.as_ref().is_none_or(|pattern| glob_match(pattern, name)) {
            self.found.add(name);
            with.with_bytes(|bytes| self.found.add(bytes));
        }
    }

    /// Answers, with the cursor to go on from.
    fn reply(self, cursor: u64, reply: &mut ReplyWriter) {
        reply.array(2);
        reply.bulk(cursor.to_string().as_bytes());
        self.found.reply_array(reply);
    }
}
