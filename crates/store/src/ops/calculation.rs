//! What several keys come to, worked out in slices without their locks, and how it is stored: what BITOP, the STORE forms of set operations and
//! ZRANGESTORE share.

use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::store::Store;
use crate::view::View;

/// Bytes that are looked at while keys are locked.
pub(super) const BYTES_UNDER_LOCK: usize = 64 * 1024;
/// Elements that are.
pub(super) const ELEMENTS_UNDER_LOCK: usize = 1024;
/// Bytes that a step without locks looks at.
pub(super) const BYTES_PER_STEP: usize = 256 * 1024;
/// How often a calculation is done without the locks; if its sources are changed each time, it is done under them.
const ATTEMPTS: usize = 2;

/// A calculation with what keys held when it began, which it holds by reference.
pub trait Calculation: Sized {
    /// Whether so little is left that it can be done while keys are locked.
    fn is_short(&self) -> bool;

    /// Does a slice of it. Returns whether there is more.
    fn advance(&mut self) -> bool;

    /// Whether the keys hold what they held at the beginning. O(keys).
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::Undeclared`].
    fn is_current(&self, view: &View<'_>, keys: &[Key<'_>]) -> Result<bool, StoreError>;

    /// Ends it, if it is not at its end, and lets a key hold the result, without a deadline; where that is empty, the key is removed. Returns how many
    /// elements or bytes that has.
    ///
    /// # Errors
    /// [`StoreError::Undeclared`], [`StoreError::TooLong`].
    fn store(self, view: &mut View<'_>, target: &Key<'_>) -> Result<usize, StoreError>;

    /// Leaves it, as what the keys hold is something else by now. What it is the last to hold is freed when the locks are released.
    fn abandon(self, view: &mut View<'_>);
}

impl Store {
    /// Lets `target` hold what is calculated from `sources`, which are locked for a moment only, unless they are changed again and again.
    pub(crate) fn calculate_into<C: Calculation>(
        &self,
        target: &Key<'_>,
        sources: &[Key<'_>],
        begin: impl Fn(&View<'_>, &[Key<'_>]) -> Result<C, StoreError>,
    ) -> Result<usize, StoreError> {
        let mut locks = LockSet::new();
        locks.write(target);
        sources.iter().for_each(|key| locks.read(key));
        let (mut begun, mut attempts) = (None::<C>, 0);
        loop {
            let outcome = self.with_view(locks.clone(), |view| {
                let calculation = match begun.take() {
                    Some(calculation) => renew(calculation, view, sources, &begin)?.0,
                    None => begin(view, sources)?,
                };
                if calculation.is_short() || attempts == ATTEMPTS {
                    return calculation.store(view, target).map(Ok);
                }
                Ok(Err(calculation))
            });
            match outcome? {
                Ok(count) => return Ok(count),
                Err(mut calculation) => {
                    attempts += 1;
                    while calculation.advance() {}
                    begun = Some(calculation);
                }
            }
        }
    }
}

/// The calculation, if the keys hold what they held at its beginning, and else a new one; and whether it is the old one.
///
/// # Errors
/// What `begin` gives, and what [`Calculation::is_current`] does.
pub fn renew<C: Calculation, E: From<StoreError>>(
    calculation: C,
    view: &mut View<'_>,
    keys: &[Key<'_>],
    begin: impl Fn(&View<'_>, &[Key<'_>]) -> Result<C, E>,
) -> Result<(C, bool), E> {
    let is_current = calculation.is_current(view, keys);
    if is_current == Ok(true) {
        return Ok((calculation, true));
    }
    calculation.abandon(view);
    is_current?;
    Ok((begin(view, keys)?, false))
}
