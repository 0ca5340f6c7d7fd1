//! Commands: what one is (`spec.rs`), what it sees (`context.rs`), how errors are worded (`error.rs`), and the families.
//!
//! To add a command: write its constant and its function in a family's file, name it in that file's `COMMANDS`, and give it a transcript in
//! `tests/cases`. Everything else is derived.

mod args;
pub(crate) mod context;
pub(crate) mod error;
mod expiry;
mod float;
mod held;
mod help;
mod long_reply;
mod member_scan;
mod own_keys;
mod pieces;
pub(crate) mod spec;
mod store_result;
mod syntax;
pub(crate) mod table;
pub(crate) mod waiting;
pub(crate) mod work;

mod bitfield;
mod bitmap;
mod bitop;
mod client;
mod config;
mod connection;
mod counter;
mod debug;
mod generic;
mod hash;
mod introspection;
mod keyspace;
mod lcs;
mod list;
mod memory;
mod monitor;
mod object;
mod pubsub;
mod range;
mod server;
mod set;
mod sort;
mod sorted_set;
mod string;
mod transaction;
mod transfer;
mod ttl;

#[cfg(test)]
mod tests;

use spec::CommandSpec;

/// The families, one line each.
static FAMILIES: &[&[&CommandSpec]] = &[
    bitfield::COMMANDS,
    bitmap::COMMANDS,
    bitop::COMMANDS,
    client::COMMANDS,
    config::COMMANDS,
    connection::COMMANDS,
    counter::COMMANDS,
    debug::COMMANDS,
    generic::COMMANDS,
    hash::COMMANDS,
    introspection::COMMANDS,
    keyspace::COMMANDS,
    lcs::COMMANDS,
    list::COMMANDS,
    memory::COMMANDS,
    monitor::COMMANDS,
    object::COMMANDS,
    pubsub::COMMANDS,
    range::COMMANDS,
    server::COMMANDS,
    set::COMMANDS,
    sort::COMMANDS,
    sorted_set::COMMANDS,
    string::COMMANDS,
    transaction::COMMANDS,
    transfer::COMMANDS,
    ttl::COMMANDS,
];
