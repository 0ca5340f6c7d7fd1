//! Times to live as commands give them: seconds or milliseconds, from now or since the epoch.

use std::time::Duration;

use pyredis_store::Timestamp;

use super::args::{Args, integer};
use super::error::CommandError;

/// How a command counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) millis_each: i64,
    pub(crate) is_absolute: bool,
}

impl Unit {
    pub(crate) const SECONDS: Self = Self { millis_each: 1000, is_absolute: false };
    pub(crate) const MILLIS: Self = Self { millis_each: 1, is_absolute: false };
    pub(crate) const UNIX_SECONDS: Self = Self { millis_each: 1000, is_absolute: true };
    pub(crate) const UNIX_MILLIS: Self = Self { millis_each: 1, is_absolute: true };

    /// The instant `amount` units from `now` or from the epoch, in milliseconds; `None` where Redis's 64 bits overflow.
    pub(crate) fn millis(self, amount: i64, now: Timestamp) -> Option<i64> {
        let millis = amount.checked_mul(self.millis_each)?;
        if self.is_absolute { Some(millis) } else { millis.checked_add(i64::try_from(now.as_millis()).ok()?) }
    }
}

/// An amount and its unit, not yet looked at: SET reads all its options before it minds the number.
pub(crate) type RawExpiry<'a> = (Unit, &'a [u8]);

/// Takes `EX n`, `PX n`, `EXAT n` or `PXAT n`, if it comes next and does not contradict what came before; says whether it did. The same
/// option may come again, and the last counts, as in Redis.
pub(crate) fn eat_expiry<'a>(args: &mut Args<'a>, expiry: &mut Option<RawExpiry<'a>>) -> Result<bool, CommandError> {
    for (word, unit) in
        [("EX", Unit::SECONDS), ("PX", Unit::MILLIS), ("EXAT", Unit::UNIX_SECONDS), ("PXAT", Unit::UNIX_MILLIS)]
    {
        if expiry.is_none_or(|(before, _)| before == unit) && args.eat(word) {
            *expiry = Some((unit, args.take()?));
            return Ok(true);
        }
    }
    Ok(false)
}

/// The deadline of an `EX n` and so on. It must lie after the epoch, as SET and its relatives want it.
pub(crate) fn deadline(
    (unit, amount): RawExpiry<'_>,
    now: Timestamp,
    command: &'static str,
) -> Result<Timestamp, CommandError> {
    let millis = Some(integer(amount)?).filter(|amount| *amount > 0).and_then(|amount| unit.millis(amount, now));
    let millis = millis.and_then(|millis| u64::try_from(millis).ok());
    millis.map(Timestamp::from_millis).ok_or(CommandError::InvalidExpire(command))
}

/// Milliseconds left, as PTTL gives them.
pub(crate) fn millis_left(deadline: Timestamp, now: Timestamp) -> i64 {
    let left: Duration = deadline.saturating_since(now);
    i64::try_from(left.as_millis()).unwrap_or(i64::MAX)
}

/// An instant in milliseconds since the epoch, as PEXPIRETIME gives it.
pub(crate) fn epoch_millis(deadline: Timestamp) -> i64 {
    i64::try_from(deadline.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds as seconds, rounded to the nearest as TTL and EXPIRETIME do.
pub(crate) fn rounded_seconds(millis: i64) -> i64 {
    millis / 1000 + i64::from(millis % 1000 >= 500)
}
