//! The two ways to what keys hold: a store, which locks for each operation, and a transaction, which has locked already.

use smallvec::SmallVec;

use crate::error::StoreError;
use crate::key::Key;
use crate::lock_set::LockSet;
use crate::ops::{ATTEMPTS, Calculation, renew};
use crate::store::Store;
use crate::transaction::{Tx, TxError};
use crate::view::View;

/// Where a handle does its operations: `&Store` or `&Tx`. Nothing else can be one.
pub trait Door: Copy + sealed::Sealed {
    /// What can go wrong there: [`StoreError`], or [`TxError`] in a transaction.
    type Error: From<StoreError>;

    /// Runs an operation that reads a key.
    #[doc(hidden)]
    fn read<R>(
        self,
        key: &[u8],
        operation: impl FnOnce(&View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, Self::Error>;

    /// Runs an operation that changes a key.
    #[doc(hidden)]
    fn write<R>(
        self,
        key: &[u8],
        operation: impl FnOnce(&mut View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, Self::Error>;

    /// Runs an operation that changes some keys and reads others, all at one instant.
    #[doc(hidden)]
    fn at_once<R>(
        self,
        written: &[&[u8]],
        read: &[&[u8]],
        operation: impl FnOnce(&mut View<'_>, &[Key<'_>], &[Key<'_>]) -> Result<R, StoreError>,
    ) -> Result<R, Self::Error>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for &crate::store::Store {}
    impl Sealed for &crate::transaction::Tx<'_, '_> {}
}

impl Door for &Store {
    type Error = StoreError;

    fn read<R>(
        self,
        key: &[u8],
        operation: impl FnOnce(&View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        Store::read(self, key, operation)
    }

    fn write<R>(
        self,
        key: &[u8],
        operation: impl FnOnce(&mut View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        Store::write(self, key, operation)
    }

    fn at_once<R>(
        self,
        written: &[&[u8]],
        read: &[&[u8]],
        operation: impl FnOnce(&mut View<'_>, &[Key<'_>], &[Key<'_>]) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let written: SmallVec<[Key<'_>; 4]> = written.iter().map(|key| self.key(key)).collect();
        let read: SmallVec<[Key<'_>; 4]> = read.iter().map(|key| self.key(key)).collect();
        let mut locks = LockSet::new();
        written.iter().for_each(|key| locks.write(key));
        read.iter().for_each(|key| locks.read(key));
        self.with_view(locks, |view| operation(view, &written, &read))
    }
}

impl Door for &Tx<'_, '_> {
    type Error = TxError;

    fn read<R>(
        self,
        key: &[u8],
        operation: impl FnOnce(&View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, TxError> {
        Tx::read(self, key, operation)
    }

    fn write<R>(
        self,
        key: &[u8],
        operation: impl FnOnce(&mut View<'_>, &Key<'_>) -> Result<R, StoreError>,
    ) -> Result<R, TxError> {
        Tx::write(self, key, operation)
    }

    fn at_once<R>(
        self,
        written: &[&[u8]],
        read: &[&[u8]],
        operation: impl FnOnce(&mut View<'_>, &[Key<'_>], &[Key<'_>]) -> Result<R, StoreError>,
    ) -> Result<R, TxError> {
        let declared = |keys: &[&[u8]]| keys.iter().map(|key| self.declared(key)).collect::<Result<Vec<_>, _>>();
        let (written, read) = (declared(written)?, declared(read)?);
        self.with_view(|view| Ok(operation(view, &written, &read)?))
    }
}

/// Changes `target` by what is calculated from `sources`. Over a store these are locked for a moment only, unless they are changed again and again.
pub(super) fn calculate_into<D: Door, C: Calculation>(
    door: D,
    target: &[u8],
    sources: &[&[u8]],
    begin: impl Fn(&View<'_>, &[Key<'_>]) -> Result<C, StoreError>,
) -> Result<C::Stored, D::Error> {
    let (mut begun, mut attempts) = (None::<C>, 0);
    loop {
        let outcome = door.at_once(&[target], sources, |view, target, sources| {
            let calculation = match begun.take() {
                Some(calculation) => renew(calculation, view, sources, &begin)?.0,
                None => begin(view, sources)?,
            };
            match target {
                [target] if calculation.is_short() || attempts == ATTEMPTS => calculation.store(view, target).map(Ok),
                _ => Ok(Err(calculation)),
            }
        });
        match outcome? {
            Ok(stored) => return Ok(stored),
            Err(mut calculation) => {
                attempts += 1;
                while calculation.advance() {}
                begun = Some(calculation);
            }
        }
    }
}
