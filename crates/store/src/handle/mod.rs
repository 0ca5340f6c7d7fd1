//! The typed API of what keys hold beside strings: a handle for each type, over a store or over a transaction.
//!
//! A handle is a door and a key, no more: making one looks nothing up and locks nothing, and it may be kept and copied. Each of its methods goes
//! through the door once, so over a [`Store`](crate::Store) it is atomic by itself, and over a [`Tx`](crate::Tx) it is part of the transaction.
//!
//! Elements, members, fields and values go in as anything that is [`ToBytes`], and come out as any type that is [`FromBytes`]. They are read before
//! they are taken out, so what cannot be read as the type that was asked for stays where it is.

mod bitmap;
mod convert;
mod door;
mod hash;
mod hash_expiry;
mod list;
mod set;
mod sorted_set;

pub use bitmap::BitmapHandle;
pub use convert::{FromBytes, ToBytes};
pub use door::Door;
pub use hash::HashHandle;
pub use list::ListHandle;
pub(crate) use list::{element, last};
pub use set::SetHandle;
pub use sorted_set::SortedSetHandle;

/// Declares a handle, and how a store and a transaction give one.
macro_rules! handle {
    ($(#[$about:meta])* $name:ident, $method:ident, $(#[$doc:meta])*) => {
        $(#[$about])*
        #[derive(Clone, Copy)]
        pub struct $name<D, K> {
            pub(super) door: D,
            key: K,
        }

        impl<D, K: AsRef<[u8]>> $name<D, K> {
            /// The key.
            pub fn key(&self) -> &[u8] {
                self.key.as_ref()
            }
        }

        impl $crate::store::Store {
            $(#[$doc])*
            pub const fn $method<K: AsRef<[u8]>>(&self, key: K) -> $name<&Self, K> {
                $name { door: self, key }
            }
        }

        impl<'t, 's> $crate::transaction::Tx<'t, 's> {
            $(#[$doc])*
            ///
            /// Its methods return [`TxError::Undeclared`](crate::TxError::Undeclared) where the transaction has not named the key.
            pub const fn $method<K: AsRef<[u8]>>(&self, key: K) -> $name<&Self, K> {
                $name { door: self, key }
            }
        }

        impl<D, K> std::fmt::Debug for $name<D, K> {
            /// Not the key: it may be secret.
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
use handle;
