//! Histories of many clients on few keys, recorded from a running server and checked for linearizability: whether
//! some order of all commands, one after the other, explains every answer, keeps each connection's own order, and never
//! puts a command before one that had been answered when it was sent.
//!
//! Guarantees: a history is judged by what one thread saw (`round.rs`), so its idea of before and after is that of
//! one counter; the judge (`checker.rs`) knows no command, and the commands (`op.rs`, `model.rs`; of lists, `lists.rs`) know no judge. What
//! the whole can find is shown by `faulty.rs`, which breaks a sound server in ways that are known.

mod checker;
mod faulty;
mod lists;
mod model;
mod op;
mod plan;
mod report;
mod round;
mod value;

pub use checker::{Event, Model, Stuck, check};
pub use faulty::{Fault, Faulty, SharedCache};
pub use lists::{ListAnswer, ListOp, Lists, plan_lists, report_lists};
pub use model::Keyspace;
pub use op::{Answer, Condition, Expiry, KEYS, Op};
pub use report::report;
pub use round::{Ask, History, Link, record, record_plan};
pub use value::Value;
