//! CLIENT KILL: ends connections, by address or by filters that all have to fit.

use std::net::SocketAddr;

use super::{SUBCOMMAND, Type};
use crate::clients::client::Client;
use crate::command::args::{Args, integer, text};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::spec::{Arity, CommandSpec, Flags};
use crate::outcome::Outcome;

pub(super) const KILL: CommandSpec = CommandSpec {
    name: "kill",
    arity: Arity::AtLeast(3),
    flags: SUBCOMMAND.flags.union(Flags::ADMIN),
    syntax: "(address | (ID client-id | TYPE (NORMAL | MASTER | SLAVE | REPLICA | PUBSUB) | USER username | ADDR address | \
             LADDR address | SKIPME (YES | NO))...)",
    summary: "Ends the connections that all filters fit.",
    since: "2.4.0",
    complexity: "O(N) with N clients",
    run: kill,
    ..SUBCOMMAND
};

/// How many clients are taken from the registry at once.
const CLIENTS_AT_ONCE: usize = 256;

/// What a client must be to be ended. What is not said fits all.
#[derive(Default)]
struct Filter {
    id: Option<u64>,
    kind: Option<Type>,
    peer: Option<Address>,
    local: Option<Address>,
    spares_itself: bool,
}

/// An address as it was written; what is none fits nobody.
struct Address(Option<SocketAddr>);

impl Address {
    fn parse(word: &[u8]) -> Self {
        let address = str::from_utf8(word).ok().and_then(|word| word.parse::<SocketAddr>().ok());
        // As it is listed, and in no other spelling.
        Self(address.filter(|address| address.to_string().as_bytes() == word))
    }

    fn is(&self, address: SocketAddr) -> bool {
        self.0 == Some(address)
    }
}

impl Filter {
    fn fits(&self, client: &Client) -> bool {
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind.is_of(client))
            && self.peer.as_ref().is_none_or(|address| address.is(client.peer))
            && self.local.as_ref().is_none_or(|address| address.is(client.local))
    }

    fn parse(args: &mut Args<'_>) -> Result<Self, CommandError> {
        let mut filter = Self { spares_itself: true, ..Self::default() };
        while let Some(option) = args.next() {
            let value = args.take()?;
            match option.to_ascii_lowercase().as_slice() {
                b"id" => {
                    let id = integer(value).ok().and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0);
                    filter.id = Some(id.ok_or_else(|| CommandError::err("client-id should be greater than 0"))?);
                }
                b"type" => filter.kind = Some(Type::named(value)?),
                b"addr" => filter.peer = Some(Address::parse(value)),
                b"laddr" => filter.local = Some(Address::parse(value)),
                // Every client is the one user that there is.
                b"user" if value == b"default" => {}
                b"user" => return Err(CommandError::err(format_args!("No such user '{}'", text(value)))),
                b"skipme" if value.eq_ignore_ascii_case(b"yes") => filter.spares_itself = true,
                b"skipme" if value.eq_ignore_ascii_case(b"no") => filter.spares_itself = false,
                _ => return Err(CommandError::Syntax),
            }
        }
        Ok(filter)
    }
}

fn kill(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let old_form = if let [_, _, address] = ctx.args { Some(address) } else { None };
    let filter = match old_form {
        Some(address) => Filter { peer: Some(Address::parse(address)), ..Filter::default() },
        None => Filter::parse(&mut Args::from(ctx.args, 2))?,
    };
    let (mut killed, mut kills_itself, mut last) = (0, false, 0);
    loop {
        let clients = ctx.server.clients.after(last, CLIENTS_AT_ONCE);
        for client in clients.iter().filter(|client| filter.fits(client) && !client.mailbox.is_killed()) {
            let is_this = client.id == ctx.session.client.id;
            if is_this && filter.spares_itself {
                continue;
            }
            killed += 1;
            kills_itself |= is_this;
            client.kill();
        }
        last = match clients.last() {
            Some(client) if clients.len() == CLIENTS_AT_ONCE => client.id,
            _ => break,
        };
    }
    match old_form {
        Some(_) if killed == 0 => return Err(CommandError::err("No such client")),
        Some(_) => ctx.reply.ok(),
        None => ctx.reply.count(killed),
    }
    // In EXEC what is queued runs, and the connection ends behind it.
    Ok(if kills_itself && !ctx.in_exec { Outcome::Close } else { Outcome::Done })
}
