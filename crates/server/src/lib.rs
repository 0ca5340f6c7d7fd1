//! A Redis-compatible server around a [`pyredis_store::Store`]: embeddable, or as the binary `pyredis-server`.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use pyredis_server::Server;
//!
//! let server = Server::builder().ephemeral().start().await?; // a free port, nothing on disk
//! let address = server.local_addr(); // give it to any Redis client
//! assert_ne!(address.port(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it works
//! `startup.rs` binds, loads and starts; `listener.rs` accepts and seats each connection on a worker (`worker.rs`); `connection.rs` reads
//! requests, runs them through `dispatch.rs` and writes the replies; commands live in `command/`. `persistence.rs` saves, `shutdown.rs` ends.
//! Command functions are plain functions: they never await, and reach the store only through the view that the dispatcher locked for them.

mod allocator;
mod buffers;
mod clients;
mod command;
pub mod config;
mod connection;
pub mod descriptors;
mod dispatch;
mod garbage;
pub mod huge_pages;
mod info;
mod lifecycle;
mod listener;
mod listening;
mod loading;
pub mod logging;
mod memory;
mod notify;
mod outcome;
mod pause;
mod persistence;
mod pipeline;
mod pubsub;
mod running;
mod server;
mod session;
mod shared;
mod shutdown;
mod startup;
mod stats;
mod stopwatch;
mod subscriptions;
mod tasks;
mod worker;

pub use allocator::Allocator;
pub use connection::stream::LocalStream;
pub use lifecycle::{Phase, ShutdownMode};
pub use listening::{Message, Subscription};
pub use pyredis_store as store;
pub use running::RunningServer;
pub use server::{Server, ServerBuilder};
pub use shutdown::ShutdownError;
pub use startup::StartError;

/// The programs in the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
