//! Snapshots of a [`Store`](pyredis_store::Store) in a file: MessagePack records in checksummed blocks.
//!
//! ```
//! use pyredis_persist::{Progress, load, save};
//! use pyredis_store::Store;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("dump.rdb");
//! let store = Store::new();
//! store.set("user:1", "alice");
//! save(&store, &path, &Progress::default())?;
//!
//! let reloaded = Store::new();
//! let report = load(&reloaded, &path, reloaded.now(), &Progress::default())?;
//! assert_eq!(report.map(|report| report.keys_loaded), Some(1));
//! assert_eq!(reloaded.get("user:1").as_deref(), Some(&b"alice"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is guaranteed
//! - A file holds the whole store as it was at one instant, while writers went on. Deadlines are absolute times.
//! - Under its name there is always a complete file: the one from before, or the new one. The new one is on the disk before it gets the name.
//! - A file that is cut, damaged anywhere, put together from two, or not a snapshot at all is refused, with the byte and the reason, and is
//!   never changed. A file that is no snapshot is never overwritten.
//!
//! # What this crate never does
//! It starts no thread and reads no clock (what it needs to know of time comes from the store or the caller). The caller decides when to save,
//! and on which thread: both [`save`] and [`load`] take as long as the disk does.
//!
//! Reading order: `docs/persistence-format.md`, then `format.rs`, `record.rs`, `writer.rs`, `save.rs`, `reader.rs`, `load.rs`.

mod content;
mod error;
mod foreign;
mod format;
mod load;
mod lock;
mod piece;
mod progress;
mod reader;
mod record;
mod replace;
mod save;
mod temporary;
mod writer;

pub use error::{Damage, LoadError, SaveError};
pub use foreign::{Foreign, is_snapshot};
pub use load::{LoadReport, load};
pub use lock::{DirLock, DirLockError};
pub use progress::Progress;
pub use save::{SaveReport, save};
