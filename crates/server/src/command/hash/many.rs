//! Answers of many fields: HGETALL, HKEYS, HVALS, and the end of what else answers so.

use std::cell::Cell;
use std::ops::Range;

use pyredis_protocol::{ReplyWriter, RespVersion};
use pyredis_store::{Element, Hash, RandomRanks, View};

use super::super::context::Ctx;
use super::super::error::CommandError;
use super::super::held::Held;
use super::super::long_reply::{LongReply, REPEATED_BYTES_MAX, too_long};
use super::super::spec::{Arity, CommandSpec, Flags};
use super::super::work::{BYTES_UNDER_LOCK, ELEMENTS_UNDER_LOCK, Ended, Work};
use crate::garbage::Freeing;
use crate::outcome::Outcome;

/// So many fields that are past are swept out at a time.
const FIELDS_PER_SWEEP: usize = 128;

/// What a field costs, in bytes, if it has no more.
const FIELD_BYTES_MIN: usize = 64;

pub(super) const HGETALL: CommandSpec = CommandSpec {
    name: "hgetall",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    syntax: "key",
    summary: "Returns all fields of a hash and their values.",
    complexity: "O(N) with N fields in the hash",
    tips: &["nondeterministic_output_order"],
    run: |ctx| all(ctx, Shape::Map),
    ..super::BASE
};

pub(super) const HKEYS: CommandSpec = CommandSpec {
    name: "hkeys",
    summary: "Returns all fields of a hash.",
    run: |ctx| all(ctx, Shape::Fields),
    ..HGETALL
};

pub(super) const HVALS: CommandSpec = CommandSpec {
    name: "hvals",
    summary: "Returns all values of a hash.",
    run: |ctx| all(ctx, Shape::Values),
    ..HGETALL
};

fn all(ctx: &mut Ctx<'_, '_>, shape: Shape) -> Result<Outcome, CommandError> {
    let freeing = &ctx.server.garbage;
    let (key, view, reply) = ctx.key_view_reply(0)?;
    let hash = view.collection::<Hash>(key)?.cloned().unwrap_or_default();
    Ok(Fields::all(hash, shape).answer(freeing, reply))
}

/// What is said of each field, and how.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Map,
    Fields,
    Values,
    /// A field that there is, and no array.
    One,
    /// Fields and values in turn; from RESP3 on, an array for each.
    Pairs,
}

impl Shape {
    fn begin(self, fields: usize, reply: &mut ReplyWriter) {
        match self {
            Self::Map => reply.map(fields),
            Self::One => {}
            Self::Pairs if reply.version() == RespVersion::Resp2 => reply.array(fields.saturating_mul(2)),
            Self::Fields | Self::Values | Self::Pairs => reply.array(fields),
        }
    }

    fn write(self, (field, value): (&[u8], Element<'_>), reply: &mut ReplyWriter) {
        if matches!(self, Self::Pairs) && reply.version() != RespVersion::Resp2 {
            reply.array(2);
        }
        if !matches!(self, Self::Values) {
            reply.bulk(field);
        }
        if !matches!(self, Self::Fields | Self::One) {
            value.with_bytes(|value| reply.bulk(value));
        }
    }
}

/// The fields that are wanted.
enum Wanted {
    All(Range<usize>),
    Random(RandomRanks),
}

/// Fields of a hash, which is held by reference, on their way into a reply.
pub(super) struct Fields {
    hash: Hash,
    wanted: Wanted,
    shape: Shape,
    count: usize,
    written: LongReply,
}

impl Fields {
    /// All fields of a hash.
    pub(super) fn all(hash: Hash, shape: Shape) -> Self {
        let count = hash.len();
        Self::new(hash, Wanted::All(0..count), shape, count)
    }

    /// Fields of random ranks.
    pub(super) fn random(hash: Hash, ranks: RandomRanks, shape: Shape) -> Self {
        let count = ranks.left();
        Self::new(hash, Wanted::Random(ranks), shape, count)
    }

    fn new(hash: Hash, wanted: Wanted, shape: Shape, count: usize) -> Self {
        Self { hash, wanted, shape, count, written: LongReply::default() }
    }

    /// Answers at once if that is little work, else leaves it to be done without the locks.
    pub(super) fn answer(mut self, freeing: &Freeing, reply: &mut ReplyWriter) -> Outcome {
        let bytes_each = self.hash.memory() / self.hash.len().max(1);
        // What is past is in nobody's way once it is swept out.
        let is_swept = !self.hash.sweep(FIELDS_PER_SWEEP);
        if !is_swept || self.count > ELEMENTS_UNDER_LOCK || bytes_each.saturating_mul(self.count) > BYTES_UNDER_LOCK {
            self.written = LongReply::new(reply.version());
            return Outcome::Work(Box::new(LongAnswer(Held::new(freeing, self, |fields| fields.hash.memory()))));
        }
        self.shape.begin(self.count, reply);
        let shape = self.shape;
        self.show(usize::MAX, |pair| shape.write(pair, reply));
        Outcome::Done
    }

    /// Shows fields of about so many bytes. Returns whether there are more.
    fn show(&mut self, bytes: usize, mut show: impl FnMut((&[u8], Element<'_>))) -> bool {
        let (hash, left) = (&self.hash, Cell::new(bytes));
        let mut shows = |pair: (&[u8], Element<'_>)| {
            show(pair);
            let length = pair.0.len().saturating_add(pair.1.len()).max(FIELD_BYTES_MIN);
            left.set(left.get().saturating_sub(length));
        };
        match &mut self.wanted {
            Wanted::All(ranks) => {
                let mut pairs = hash.range(ranks.clone());
                while let Some(pair) = pairs.next().filter(|_| left.get() > 0) {
                    shows(pair);
                    ranks.start += 1;
                }
                ranks.start < ranks.end
            }
            Wanted::Random(ranks) => {
                while left.get() > 0
                    && let Some(pair) = ranks.next().and_then(|rank| hash.get_at(rank))
                {
                    shows(pair);
                }
                ranks.left() > 0
            }
        }
    }

    /// Whether so long an answer is refused.
    fn is_too_long(&self) -> bool {
        matches!(self.wanted, Wanted::Random(_)) && self.written.len_bytes() > REPEATED_BYTES_MAX
    }
}

/// Many fields, or long ones.
struct LongAnswer(Held<Fields>);

impl Work for LongAnswer {
    fn step(&mut self) -> bool {
        let fields = &mut *self.0;
        if fields.hash.sweep(FIELDS_PER_SWEEP) {
            return true;
        }
        let (mut written, shape) = (std::mem::take(&mut fields.written), fields.shape);
        let has_more = fields.show(BYTES_UNDER_LOCK, |pair| shape.write(pair, written.writer()));
        fields.written = written;
        has_more && !fields.is_too_long()
    }

    fn end(mut self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        if self.0.is_too_long() {
            return Err(too_long());
        }
        self.0.shape.begin(self.0.count, reply);
        std::mem::take(&mut self.0.written).reply(reply);
        Ok(Ended::Answered)
    }
}
