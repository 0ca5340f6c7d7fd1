//! What SSCAN and its relatives share: cursors, options, and the reply.

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Element, glob_match};

use super::args::Args;
use super::error::CommandError;
use super::pieces::Pieces;

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

/// What a scan of one key's elements is asked for.
#[derive(Default)]
pub(super) struct MemberScan {
    /// About how many elements are to be looked at.
    pub(super) count: usize,
    pattern: Option<Box<[u8]>>,
    found: Pieces,
}

impl MemberScan {
    /// The arguments behind the cursor.
    pub(super) fn parse(mut args: Args<'_>) -> Result<Self, CommandError> {
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
    pub(super) fn reply(self, cursor: u64, reply: &mut ReplyWriter) {
        reply.array(2);
        reply.bulk(cursor.to_string().as_bytes());
        self.found.reply_array(reply);
    }
}
