//! CLIENT LIST: a line for every client, gathered in slices.

use std::sync::Arc;

use pyredis_protocol::ReplyWriter;
use pyredis_store::{Timestamp, View};

use super::line::describe;
use super::{SUBCOMMAND, Type};
use crate::clients::Clients;
use crate::command::args::{integer, text};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags};
use crate::command::table::CommandTable;
use crate::command::work::{Ended, Work};
use crate::outcome::Outcome;

pub(super) const LIST: CommandSpec = CommandSpec {
    name: "list",
    arity: Arity::AtLeast(2),
    flags: SUBCOMMAND.flags.union(Flags::ADMIN),
    syntax: "[TYPE (NORMAL | MASTER | REPLICA | PUBSUB)] [ID client-id...]",
    summary: "Lists the clients, a line each.",
    since: "2.4.0",
    complexity: "O(N) with N clients",
    tips: &["nondeterministic_output"],
    run: list,
    ..SUBCOMMAND
};

/// How many clients are looked at in one go.
const CLIENTS_PER_STEP: usize = 256;

fn list(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    ctx.show();
    let wanted = match ctx.args {
        [_, _] => Wanted::All,
        [_, _, option, kind] if option.eq_ignore_ascii_case(b"TYPE") => Wanted::Of(Type::named(kind)?),
        [_, _, option, ids @ ..] if option.eq_ignore_ascii_case(b"ID") && !ids.is_empty() => {
            // What is no number is said, what is no client is left out.
            let id = |word: &[u8]| integer(word).map_err(|_| CommandError::err("Invalid client ID"));
            let ids = ids.iter().map(|word| id(word)).collect::<Result<Vec<_>, _>>()?;
            Wanted::Ids(ids.into_iter().filter_map(|id| u64::try_from(id).ok()).collect())
        }
        _ => return Err(CommandError::Syntax),
    };
    Ok(Outcome::Work(Box::new(Listing {
        clients: Arc::clone(&ctx.server.clients),
        table: Arc::clone(&ctx.server.table),
        now: ctx.now,
        wanted,
        done: 0,
        lines: String::new(),
    })))
}

/// Which clients are listed.
enum Wanted {
    All,
    Of(Type),
    /// These, in this order.
    Ids(Vec<u64>),
}

struct Listing {
    clients: Arc<Clients>,
    table: Arc<CommandTable>,
    now: Timestamp,
    wanted: Wanted,
    /// The last client that was looked at; of those asked for by number, how many were.
    done: u64,
    lines: String,
}

impl Work for Listing {
    fn step(&mut self) -> bool {
        let of = match &self.wanted {
            Wanted::All => None,
            Wanted::Of(kind) => Some(*kind),
            Wanted::Ids(ids) => {
                let done = usize::try_from(self.done).unwrap_or(usize::MAX);
                let next = ids.get(done..).unwrap_or_default().iter().take(CLIENTS_PER_STEP);
                for client in next.filter_map(|id| self.clients.get(*id)) {
                    describe(&client, &self.table, self.now, &mut self.lines);
                }
                self.done += CLIENTS_PER_STEP as u64;
                return done.saturating_add(CLIENTS_PER_STEP) < ids.len();
            }
        };
        let clients = self.clients.after(self.done, CLIENTS_PER_STEP);
        for client in clients.iter().filter(|client| !client.mailbox.is_killed()) {
            if of.is_none_or(|kind| kind.is_of(client)) {
                describe(client, &self.table, self.now, &mut self.lines);
            }
        }
        self.done = clients.last().map_or(self.done, |client| client.id);
        clients.len() == CLIENTS_PER_STEP
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.verbatim("txt", self.lines);
        Ok(Ended::Answered)
    }
}

impl Type {
    /// The type of that name.
    pub(super) fn named(name: &[u8]) -> Result<Self, CommandError> {
        match name.to_ascii_lowercase().as_slice() {
            b"normal" => Ok(Self::Normal),
            b"slave" | b"replica" => Ok(Self::Replica),
            b"master" => Ok(Self::Master),
            b"pubsub" => Ok(Self::Pubsub),
            _ => Err(CommandError::err(format_args!("Unknown client type '{}'", text(name)))),
        }
    }
}
