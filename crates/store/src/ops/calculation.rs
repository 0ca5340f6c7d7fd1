//! What takes long to work out of what keys hold: in slices, without their locks, and then stored under them, if the keys hold the same. The one way for
//! BITOP, the STORE forms of set operations, ZRANGESTORE, SPOP, LREM, LINSERT and removals of ranges, for commands and for the typed API; SORT does it with
//! the half of it that looks up keys on its way ([`renew`]).

use crate::error::StoreError;
use crate::key::Key;
use crate::view::View;

/// Bytes that are looked at while keys are locked.
pub(super) const BYTES_UNDER_LOCK: usize = 64 * 1024;
/// Elements that are.
pub(super) const ELEMENTS_UNDER_LOCK: usize = 1024;
/// Bytes that a step without locks looks at.
pub(super) const BYTES_PER_STEP: usize = 256 * 1024;
/// How often something is worked out without the locks; if what the keys hold is changed each time, it is done under them.
pub const ATTEMPTS: usize = 2;

/// Something that counts only if keys still hold what they held when it began, which it holds by reference.
pub trait Provisional: Sized + Send + 'static {
    /// Whether the keys hold what they held at the beginning. O(keys).
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError>;

    /// Leaves it, as what the keys hold is something else by now. What it is the last to hold is freed when the locks are released.
    fn abandon(self, view: &mut View<'_>) {
        let bytes = self.held_bytes();
        view.leave(self, bytes);
    }

    /// About how many bytes are freed when it is dropped, if nobody else holds what it does. O(keys).
    fn held_bytes(&self) -> usize;
}

/// Whether a key holds what it held: the very same collection, or nothing, as before.
pub fn is_unchanged<C>(now: Option<&C>, before: Option<&C>, is_same: impl FnOnce(&C, &C) -> bool) -> bool {
    match (now, before) {
        (Some(now), Some(before)) => is_same(now, before),
        (now, before) => now.is_none() && before.is_none(),
    }
}

/// A calculation with what keys held when it began.
pub trait Calculation: Provisional {
    /// What there is to say of the result.
    type Stored;

    /// Whether so little is left that it can be done while keys are locked.
    fn is_short(&self) -> bool;

    /// Does a slice of it. Returns whether there is more.
    fn advance(&mut self) -> bool;

    /// Ends it, if it is not at its end, and changes the key accordingly. The keys that it began with have to hold what they held then.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], [`StoreError::TooLong`].
    fn store(self, view: &mut View<'_>, target: &Key<'_>) -> Result<Self::Stored, StoreError>;
}

/// What was begun, if the keys hold what they held at its beginning, and else a new one; and whether it is the old one. Whatever comes of it, what has become
/// useless is freed when the locks are released.
///
/// # Errors
/// What `begin` gives, and what [`Provisional::is_current`] does.
pub fn renew<P: Provisional, E: From<StoreError>>(
    begun: P,
    view: &mut View<'_>,
    keys: &[Key<'_>],
    begin: impl FnOnce(&View<'_>, &[Key<'_>]) -> Result<P, E>,
) -> Result<(P, bool), E> {
    let is_current = begun.is_current(view, keys);
    if is_current == Ok(true) {
        return Ok((begun, true));
    }
    begun.abandon(view);
    is_current?;
    Ok((begin(view, keys)?, false))
}
