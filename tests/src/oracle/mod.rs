//! The oracle: the same random commands to `redis-server` and to pyredis, in lock-step, and every answer compared.
//!
//! - what is asked: `grammar`, tables in the notation of `syntax`, with arguments from `argument`; `generate` makes
//!   sequences of it;
//! - how answers are compared: `judge`, and `content` for what the servers hold; `allowed` has the differences that
//!   are meant, which it tells by the `past`, too;
//! - what happens: `play` plays one sequence, `shrink` shortens one that shows a difference, `report` writes it as
//!   a transcript, `campaign` does all that again and again;
//! - whether it would find anything: `fault` makes a server wrong on purpose.
//!
//! Guarantee: everything follows from the seed, the groups and the commands that the second server has, apart from what
//! servers draw at random themselves.

mod allowed;
mod argument;
mod campaign;
mod content;
mod fault;
mod generate;
mod grammar;
mod judge;
mod past;
mod play;
mod report;
mod shrink;
mod side;
mod syntax;

pub use campaign::{Found, Plan, Summary, run};
pub use fault::Fault;
pub use grammar::Group;
pub use play::Arena;
pub use side::Side;
